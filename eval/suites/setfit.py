"""A peer for few labels: MiniLM fine-tuned on pairs of labelled texts, then logistic regression, as SetFit does.

Needs torch, which the product never installs; the network is written out here, so that no library fetches a model.

Source:
    Tunstall et al. 2022, Efficient Few-Shot Learning Without Prompts, https://arxiv.org/abs/2209.11055.
"""

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from agent.embed import weights
from agent.embed.graph import N_LAYERS
from agent.embed.tokenise import WordPieces

_PAIRS_PER_TEXT = 20
_BATCH = 16
_RATE = 2e-5
_N_HEADS = 12
_MAX_TOKENS = 128
_AT_ONCE = 64

Flags = NDArray[np.bool_]


def has_torch() -> bool:
    """Say whether the peer can be run."""
    return importlib.util.find_spec("torch") is not None


def few_shot_peer(known: Sequence[str], truth: Flags, new: Sequence[str], *, seed: int) -> Flags:
    """Fine-tune on labelled texts and tag others, shape `(len(new), k)`.

    Args:
        known: Labelled texts.
        truth: Their tags, shape `(len(known), k)`.
        new: Texts to tag.
        seed: Of the pairs.
    """
    network = _Network()
    network.tune(known, truth, seed=seed)
    model: Any = OneVsRestClassifier(LogisticRegression(class_weight="balanced", max_iter=500))
    model.fit(network.encode(known), truth.astype(np.int64))
    return np.asarray(model.predict(network.encode(new))) == 1


class _Network:
    """The encoder in float, with gradients."""

    def __init__(self) -> None:
        self._torch: Any = importlib.import_module("torch")
        folder = weights.model_folder()
        self._weights: dict[str, Any] = {
            name: self._torch.tensor(np.array(value), requires_grad=True)
            for name, value in weights.load_weights(folder).items()
            if value.dtype == np.float32
        }
        self._words = WordPieces(weights.load_tokenizer_json(folder), max_tokens=_MAX_TOKENS)

    def tune(self, texts: Sequence[str], truth: Flags, *, seed: int) -> None:
        """Draw texts that share a tag together and others apart, for one pass over the pairs."""
        torch = self._torch
        pairs, wanted = _pairs(truth, seed=seed)
        steps = -(-len(pairs) // _BATCH)
        optimiser = torch.optim.AdamW(list(self._weights.values()), lr=_RATE)
        warm = max(1, steps // 10)
        for step in range(steps):
            some = slice(step * _BATCH, (step + 1) * _BATCH)
            for group in optimiser.param_groups:
                group["lr"] = _RATE * min((step + 1) / warm, (steps - step) / (steps - warm + 1))
            sides: list[list[int]] = pairs[some].T.tolist()
            left, right = (self._embed([texts[i] for i in side]) for side in sides)
            loss = (((left * right).sum(dim=1) - torch.tensor(wanted[some], dtype=torch.float32)) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape `(len(texts), 384)`."""
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        vectors = np.empty((len(texts), 384), dtype=np.float32)
        with self._torch.no_grad():
            for start in range(0, len(order), _AT_ONCE):
                rows = order[start : start + _AT_ONCE]
                vectors[rows] = self._embed([texts[row] for row in rows]).numpy()
        return vectors

    def _embed(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - a tensor of an optional library
        torch, functional, w = self._torch, self._torch.nn.functional, self._weights
        tokens = self._words.ids(list(texts))
        length = max(map(len, tokens))
        ids = torch.tensor([[*row, *[0] * (length - len(row))] for row in tokens])
        mask = torch.tensor([[1.0] * len(row) + [0.0] * (length - len(row)) for row in tokens])
        hidden = (
            w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:length]
        )
        hidden = self._norm(hidden + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        bias = ((1 - mask) * -1e9)[:, None, None, :]
        for layer in range(N_LAYERS):
            at = f"encoder.layer.{layer}."
            query, key, value = (
                self._linear(hidden, f"{at}attention.self.{name}")
                .unflatten(-1, (_N_HEADS, -1))
                .transpose(1, 2)
                for name in ("query", "key", "value")
            )
            seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
            seen = self._linear(seen.transpose(1, 2).flatten(-2), f"{at}attention.output.dense")
            hidden = self._norm(hidden + seen, f"{at}attention.output.LayerNorm")
            inner = functional.gelu(self._linear(hidden, f"{at}intermediate.dense"))
            hidden = self._norm(hidden + self._linear(inner, f"{at}output.dense"), f"{at}output.LayerNorm")
        mean = (hidden * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        return functional.normalize(mean, dim=1)

    def _linear(self, hidden: Any, name: str) -> Any:  # noqa: ANN401
        return hidden @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, hidden: Any, name: str) -> Any:  # noqa: ANN401
        gamma, beta = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return self._torch.nn.functional.layer_norm(hidden, (hidden.shape[-1],), gamma, beta, 1e-12)


def _pairs(truth: Flags, *, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return pairs of rows and 1 where they share a tag, 0 elsewhere, as many of each, shuffled."""
    drawn = np.random.default_rng(seed)
    shared = (truth.astype(np.int64) @ truth.T.astype(np.int64)) > 0
    np.fill_diagonal(shared, val=False)
    pairs: list[tuple[int, int]] = []
    wanted: list[float] = []
    for row in range(len(truth)):
        apart = ~shared[row]
        apart[row] = False
        for mask, target in ((shared[row], 1.0), (apart, 0.0)):
            partners = np.flatnonzero(mask)
            if len(partners):
                chosen: list[int] = drawn.choice(partners, _PAIRS_PER_TEXT).tolist()
                pairs += [(row, other) for other in chosen]
                wanted += [target] * len(chosen)
    order = drawn.permutation(len(pairs))
    return np.array(pairs, dtype=np.int64)[order], np.array(wanted)[order]
