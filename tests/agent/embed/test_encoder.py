"""The encoder: right vectors, each a function of its own text alone."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.embed import MiniLMEncoder, open_encoder, weights
from agent.embed import encoder as encoder_module
from agent.embed import session as session_module
from agent.embed.session import EncoderSession

TEXTS = [
    "The bus driver waited for me even though I was late.",
    "My order came without the charger.",
    "Where do I enter the gift card number?",
    "I waited an hour at the counter and left without my prescription. The pharmacist did not look up once.",
    "ok",
    "",
    "Der Kaffee war kalt.",
    "Nobody told us that the pool would be closed all week, and there was no refund.",
]
PUBLISHED = [0.0676569, 0.0634959, 0.0487131, 0.0793049, 0.0374480]

WORDS = st.lists(
    st.sampled_from(["late", "refund", "kind", "app", "the", "!", "é", "zzxq", "42"]), max_size=40
).map(" ".join)
ANY_TEXT = st.one_of(WORDS, st.text(max_size=60), st.text(st.characters(categories=["Cs", "Ll"]), max_size=8))


def test_float_encoder_on_example_sentence_gives_published_vector(float_encoder: MiniLMEncoder) -> None:
    """The graph built from the weights is the published model."""
    vector = float_encoder.encode(["This is an example sentence"])[0]
    np.testing.assert_allclose(vector[:5], PUBLISHED, atol=1e-6)


def test_int8_encoder_stays_near_float(encoder: MiniLMEncoder, float_encoder: MiniLMEncoder) -> None:
    """Quantisation moves a vector by little, also on texts that the scales were not computed from."""
    cosines = (encoder.encode(TEXTS) * float_encoder.encode(TEXTS)).sum(axis=1)
    assert cosines.mean() > 0.99
    assert cosines.min() > 0.97


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(ANY_TEXT, min_size=1, max_size=12))
@example(texts=["late late", "kind kind", "app app", "the app"])
@example(texts=["late " * 200, "kind " * 200, "", "ok"])
@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_encode_in_any_company_equals_encode_alone(
    encoder: MiniLMEncoder, float_encoder: MiniLMEncoder, precision: str, texts: list[str]
) -> None:
    """A vector depends on its text only, bit for bit."""
    chosen = encoder if precision == "int8" else float_encoder
    together = chosen.encode(texts)
    for text, vector in zip(texts, together, strict=True):
        assert chosen.encode([text])[0].tobytes() == vector.tobytes()


@pytest.mark.parametrize("n_texts", [1, 2, 3, 16, 100, 400])
def test_encode_many_of_one_length_equals_encode_alone(encoder: MiniLMEncoder, n_texts: int) -> None:
    """Full runs, split runs and runs of one text give the same bits."""
    names = ["late", "kind", "cold", "warm", "slow", "fast", "rude", "good"]
    texts = [f"{names[i % 8]} and {names[i // 8 % 8]} and {names[i // 64 % 8]}" for i in range(n_texts)]
    together = encoder.encode(texts)
    for row in {0, n_texts // 2, n_texts - 1}:
        assert encoder.encode([texts[row]])[0].tobytes() == together[row].tobytes()


def test_encode_with_other_threads_and_run_size_gives_same_bytes(
    encoder: MiniLMEncoder, encoder_cache: Path
) -> None:
    """Neither the number of threads nor the size of a run shows in a vector."""
    session = EncoderSession(encoder_module.load_model(encoder_cache, "int8"))
    tokenizer_json = weights.load_tokenizer_json(weights.model_folder())
    other = MiniLMEncoder(session, tokenizer_json, model_id="x", n_workers=1, tokens_per_run=64)
    texts = TEXTS * 5
    assert other.encode(texts).tobytes() == encoder.encode(texts).tobytes()


def test_encode_from_several_threads_gives_same_bytes(encoder: MiniLMEncoder) -> None:
    """One encoder serves several callers at once."""
    expected = encoder.encode(TEXTS).tobytes()
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(encoder.encode, TEXTS) for _ in range(8)]
        assert {run.result().tobytes() for run in runs} == {expected}


def test_encode_returns_unit_rows_in_order(encoder: MiniLMEncoder) -> None:
    """Row i belongs to text i and has length one."""
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode(TEXTS[::-1])[::-1].tobytes() == vectors.tobytes()


def test_encode_no_texts_gives_no_rows(encoder: MiniLMEncoder) -> None:
    """Nothing in, nothing out, of the right width."""
    assert encoder.encode([]).shape == (0, 384)
    assert encoder.count_tokens([]).shape == (0,)


def test_encode_blank_text_gives_vector_of_empty_text(encoder: MiniLMEncoder) -> None:
    """White space holds nothing, and nothing has a vector."""
    empty, blank = encoder.encode(["", " \n\t "])
    assert empty.tobytes() == blank.tobytes()
    assert np.linalg.norm(empty) == pytest.approx(1, abs=1e-5)


def test_encode_surrogates_neither_fails_nor_changes_the_rest(encoder: MiniLMEncoder) -> None:
    """A lone surrogate is an unknown character; a pair is the character it stands for."""
    lone, plain, pair, joined = encoder.encode(["good \ud83d day", "good  day", "\ud83d\ude00", "\U0001f600"])
    assert lone.tobytes() == plain.tobytes()
    assert pair.tobytes() == joined.tobytes()


def test_encode_long_text_reads_its_first_tokens(encoder: MiniLMEncoder) -> None:
    """Text past the limit is cut, and its count says so."""
    n_words = encoder.max_tokens - 2
    exact, longer = "late " * n_words, "late " * n_words + "kind " * 50
    first, second = encoder.encode([exact, longer])
    assert first.tobytes() == second.tobytes()
    assert encoder.count_tokens([exact, longer]).tolist() == [256, 306]


def test_encode_control_words_in_text_stay_text(encoder: MiniLMEncoder) -> None:
    """Customer text cannot put a control token into the model."""
    assert encoder.count_tokens(["[SEP]", "[PAD] [MASK]"]).min() > 3
    marked, plain = encoder.encode(["[SEP]", ""])
    assert marked.tobytes() != plain.tobytes()


def test_encode_huge_text_takes_the_time_of_its_beginning(encoder: MiniLMEncoder) -> None:
    """One text of many megabytes does not hold up the rest."""
    huge, start = encoder.encode(["late " * 4_000_000, "late " * 300])
    assert huge.tobytes() == start.tobytes()


def test_encode_reports_progress_slice_by_slice(
    encoder: MiniLMEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts are worked on in slices, and slices leave no trace in the result."""
    whole = encoder.encode(TEXTS)
    monkeypatch.setattr(encoder_module, "_TEXTS_PER_SLICE", 3)
    steps: list[int] = []
    sliced = encoder.encode(TEXTS, on_progress=steps.append)
    assert steps == [3, 3, 2]
    assert sliced.tobytes() == whole.tobytes()
    assert encoder.count_tokens(TEXTS)[5] == 2


def test_session_where_int8_products_overflow_gives_same_vectors(
    encoder: MiniLMEncoder, encoder_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The careful kernels of processors without VNNI compute the same."""
    monkeypatch.setattr(session_module, "products_overflow", lambda: True)
    careful = open_encoder(encoder_cache)
    cosines = (careful.encode(TEXTS) * encoder.encode(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.9999


_CHILD = """
import hashlib, sys
from pathlib import Path
from agent.embed import open_encoder
texts = ["late", "My order came without the charger.", "ok", "late late"]
order = [int(digit) for digit in sys.argv[2]]
vectors = open_encoder(Path(sys.argv[1]), threads=1).encode([texts[i] for i in order])
rows = sorted(zip(order, vectors))
sys.stdout.write(hashlib.sha256(b"".join(vector.tobytes() for _, vector in rows)).hexdigest())
"""


def test_open_encoder_by_two_processes_at_once_builds_one_file_and_agrees(tmp_path: Path) -> None:
    """Two first uses at the same time are safe, and processes agree bit for bit."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(tmp_path / "cache"), order], stdout=subprocess.PIPE, text=True
        )
        for order in ("0123", "3210")
    ]
    digests = {child.communicate()[0] for child in children}
    assert [child.returncode for child in children] == [0, 0]
    assert len(digests) == 1
    assert len(list((tmp_path / "cache").iterdir())) == 1
