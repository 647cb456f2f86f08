"""Compute `calibration.json`: the fixed activation scales of the int8 encoder, from text of the project's own.

Run `python -m agent.embed.calibrate` after a change of the graph or of the texts, and raise `graph.GRAPH_VERSION`.
"""

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.embed import graph, weights
from agent.embed.calibration_texts import FRAGMENTS, SENTENCES
from agent.embed.quantise import ActivationScale, dump_calibration, fit_scale
from agent.embed.session import EncoderSession
from agent.embed.tokenise import WordPieces

Range = tuple[NDArray[np.float32], NDArray[np.float32]]


def calibration_texts() -> list[str]:
    """Return the texts to calibrate on: each sentence and fragment alone, and runs of 2 to 20 sentences.

    The long ones reach the last positions; upper case and missing punctuation are how many customers write.
    """
    runs = [
        " ".join(islice(cycle(SENTENCES), start, start + n))
        for n, step in ((2, 3), (4, 7), (9, 11), (20, 17))
        for start in range(0, len(SENTENCES), step)
    ]
    shouted = [text.upper().rstrip(".") for text in SENTENCES[::9]]
    return [*SENTENCES, *FRAGMENTS, *runs, *shouted]


def calibrate() -> dict[str, ActivationScale]:
    """Return the scale of each linear layer's input, from what the float graph sees on `calibration_texts()`.

    Raises:
        EncoderError: The weights are missing or not the official ones.
    """
    folder = weights.model_folder()
    tensors = weights.load_weights(folder)
    linears = {
        f"{layer}.{name}": linear.weight
        for layer in range(graph.N_LAYERS)
        for name, linear in graph.linear_weights(tensors, layer).items()
    }
    session = EncoderSession(graph.build_model(tensors, None, tap=True))
    words = WordPieces(weights.load_tokenizer_json(folder), max_tokens=graph.MAX_TOKENS)
    ranges: dict[str, Range] = {}
    for ids in words.ids(calibration_texts()):
        for name, span in _channel_ranges(session, ids, list(linears)):
            low, high = ranges.get(name, span)
            ranges[name] = (np.minimum(low, span[0]), np.maximum(high, span[1]))
    return {name: fit_scale(*ranges[name], weight) for name, weight in linears.items()}


def write_calibration(path: Path) -> None:
    """Write the scales to `path`."""
    path.write_text(dump_calibration(calibrate()), "utf-8")


def _channel_ranges(session: EncoderSession, ids: list[int], names: list[str]) -> Iterator[tuple[str, Range]]:
    values = session.outputs(names, np.array([ids], np.int32))
    for name, value in zip(names, values, strict=True):
        yield name, (value[0].min(axis=0), value[0].max(axis=0))


if __name__ == "__main__":
    write_calibration(Path(__file__).with_name("calibration.json"))
