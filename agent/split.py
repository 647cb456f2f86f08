"""Who is kept unseen, and which texts are too alike to count as unseen.

Persons are split by a salted hash of their key: no list, no random state, the same answer on every machine. Texts
follow their person, with two rules that only ever take from the held-out side, so what was seen can never become
unseen:

1. A held-out text whose estimated Jaccard similarity to a working text is at least `NEAR_DUPLICATE` is excluded from
   checking, so near-duplicate texts stay on one side.
2. A held-out person who turns out to be a working person (an alias joins them) is excluded with all texts.

Similarity is estimated with MinHash over word 3-shingles (Broder 1997, "On the resemblance and containment of
documents"), candidates come from banding (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4): 8 bands of 5
rows. At similarity 0.8 a pair shares a band with probability 0.96, at 0.5 with 0.22.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from agent.identify import keyed_digest
from agent.schemas.records import Side

Signature = NDArray[np.uint32]
"""Shape `(N_BANDS * N_ROWS,)`."""

N_BANDS = 8
N_ROWS = 5
NEAR_DUPLICATE = 0.8
"""Estimated Jaccard similarity from which two texts count as one."""
MIN_WORDS = 8
"""Shorter texts ("great app, thanks") are alike without being copies."""

_N_HASHES = N_BANDS * N_ROWS
_BAND_BYTES = 4 * N_ROWS
_BAND_SALTS = tuple((i * _BAND_BYTES, bytes([i])) for i in range(N_BANDS))
_SHINGLE = 3
_BATCH_WORDS = 50_000
_LOW_BITS = np.uint64(32)
_WORD = re.compile(r"\w+")
_PLACEHOLDER = re.compile(r"\[([A-Z]+)-[0-9a-z]{3}\]")


def _permutations() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    # Constants of the universal hashes (a * x + b); odd multipliers, so no shingle is lost. Part of the stored format.
    generator = np.random.Generator(np.random.PCG64(20_240_501))
    multipliers = generator.integers(1, 1 << 62, size=_N_HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(
        1
    )
    return multipliers, generator.integers(0, 1 << 63, size=_N_HASHES, dtype=np.uint64)


_MULTIPLIERS, _OFFSETS = _permutations()


def side_of(person_key: str, *, salt: str, holdout: float) -> Side:
    """Return the side of a person; a share of `holdout` of all persons is held out.

    Growing `holdout` only moves persons from working to held out.

    Args:
        person_key: What stands for the person; the same person must always come under the same key.
        salt: Of the workspace.
        holdout: Share, 0 to 1.
    """
    digest = keyed_digest(b"side\x00" + person_key.encode("utf-8", "surrogatepass"), salt=salt)
    return Side.HELD_OUT if int.from_bytes(digest[:8]) < holdout * 2**64 else Side.WORKING


def text_signature(text: str) -> Signature | None:
    """Return the MinHash signature of a text, shape `(40,)`; None for texts under `MIN_WORDS` words."""
    return text_signatures([text])[0]


def text_signatures(texts: Sequence[str]) -> list[Signature | None]:
    """Return one signature a text, in order; each is independent of the other texts."""
    signatures: list[Signature | None] = [None] * len(texts)
    rows: list[int] = []
    words: list[list[str]] = []
    n_words = 0
    for row, text in enumerate(texts):
        # Placeholders differ between persons; copies of one text that name two persons are still copies.
        found = _WORD.findall(_PLACEHOLDER.sub(r" \1 ", text).casefold())
        if len(found) < MIN_WORDS:
            continue
        rows.append(row)
        words.append(found)
        n_words += len(found)
        if n_words >= _BATCH_WORDS:
            _sign(rows, words, signatures)
            rows, words, n_words = [], [], 0
    if rows:
        _sign(rows, words, signatures)
    return signatures


def _sign(rows: list[int], words: list[list[str]], signatures: list[Signature | None]) -> None:
    flat = [word for text in words for word in text]
    codes = {word: _word_code(word) for word in set(flat)}
    hashes = np.fromiter((codes[word] for word in flat), dtype=np.uint64, count=len(flat))
    lengths = np.fromiter((len(text) for text in words), dtype=np.int64, count=len(words))
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    shingles = _shingles(hashes)
    last = len(shingles)
    minima = np.empty((_N_HASHES, len(rows)), dtype=np.uint32)
    # A shingle that would run over into the next text is left out of the minimum: pairs (start, end) to reduceat.
    bounds = np.empty(2 * len(rows), dtype=np.int64)
    bounds[0::2] = starts
    bounds[1::2] = np.minimum(starts + lengths - (_SHINGLE - 1), last)
    padded = np.append(shingles, np.uint64(0))
    for i in range(_N_HASHES):
        mixed = ((padded * _MULTIPLIERS[i] + _OFFSETS[i]) >> _LOW_BITS).astype(np.uint32)
        minima[i] = np.minimum.reduceat(mixed, bounds)[0::2]
    for column, row in enumerate(rows):
        signatures[row] = np.ascontiguousarray(minima[:, column])


def _shingles(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    first, second, third = hashes[:-2], hashes[1:-1], hashes[2:]
    mixed = first * np.uint64(0x9E3779B97F4A7C15) + second * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed += third * np.uint64(0x165667B19E3779F9)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return mixed


def _word_code(word: str) -> int:
    # FNV-1a would do; BLAKE2 is in C and the same on every platform, unlike `hash`.
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def similar(a: Signature, b: Signature) -> float:
    """Return the estimated Jaccard similarity of two texts, 0 to 1; standard error about 0.06 at 0.8."""
    return float(np.count_nonzero(a == b)) / _N_HASHES


def bands(signature: Signature) -> tuple[int, ...]:
    """Return one 63-bit number a band; texts that share none are taken as different. Fits an SQL integer."""
    return _bands(signature.astype("<u4").tobytes())


@lru_cache(maxsize=16_384)
def _bands(data: bytes) -> tuple[int, ...]:
    # Asked several times for the texts of one batch, of which there are at most 10,000.
    return tuple(
        int.from_bytes(blake2b(data[low : low + _BAND_BYTES], digest_size=8, salt=salt).digest()) >> 1
        for low, salt in _BAND_SALTS
    )
