"""Checks variants against held-out customers: does a copy speak to what they said about the pain point?

The score of a copy for a person is the highest cosine between a sentence of the copy and a passage in which that
person voices the pain point. It measures relevance to the words of customers nobody drafted from; it does not predict
clicks or sales, and the verdict says so. The comparison with the control is paired within each person.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from agent.analyse.statistics import mean_interval
from agent.normalise import passages_of
from agent.ports import Encoder, Vectors
from agent.schemas.creative import Certificate, Copy, Variant, VariantSet, Verdict, VerdictKind
from agent.schemas.insight import PainPoint
from agent.schemas.records import Passage, Record

MIN_PERSONS = 20
"""Fewer held-out customers who voice the pain point than this cannot tell variants apart."""
METHOD = (
    "mean over held-out customers who voice the pain point of (highest cosine of a sentence of the variant to their "
    "words) minus the same for the control; Student's 95 % interval; relevance, not a forecast of response"
)
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")

Voices = Callable[[Sequence[Passage], Vectors], NDArray[np.bool_]]
"""Tells of passages and their vectors which voice the pain point; learnt on working customers alone."""


class HeldOutChecker:
    """Implements `agent.ports.VariantChecker` on the vault.

    Args:
        held_out: Records fit for checking.
        encoder: The working side's encoder; held-out vectors are made here and forgotten.
        voices: Of a pain point's id, how to tell who voices it.
        certify: Makes the certificate for a set of variants.
        now: Time of the check.
        revision: Of the stores that are checked on; noted with the verdicts.
    """

    def __init__(
        self,
        held_out: Sequence[Record],
        *,
        encoder: Encoder,
        voices: Callable[[PainPoint], Voices],
        certify: Callable[[VariantSet, datetime], Certificate],
        now: datetime,
        revision: str | None = None,
    ) -> None:
        self._revision = revision
        self._held_out = held_out
        self._encoder = encoder
        self._voices = voices
        self._certify = certify
        self._now = now

    def check(self, variants: VariantSet, *, pain_point: PainPoint) -> VariantSet:
        """Return the set with a verdict on each variant and the certificate; without a valid one no verdict."""
        certificate = self._certify(variants, self._now)
        if not certificate.valid:
            failed = ", ".join(check.name for check in certificate.checks if not check.passed)
            verdict = _no_verdict(VerdictKind.INVALID, 0, f"the certificate does not hold: {failed}")
            judged = [variant.model_copy(update={"verdict": verdict}) for variant in variants.variants]
        else:
            words = self._words_of(pain_point)
            control = self._scores(variants.control, words)
            judged = [self._judged(variant, words, control) for variant in variants.variants]
        return variants.model_copy(
            update={"variants": tuple(judged), "certificate": certificate, "checked_on": self._revision}
        )

    def _words_of(self, pain_point: PainPoint) -> Mapping[str, Vectors]:
        """Return of each held-out person who voices the pain point the vectors of the passages that do."""
        passages = [passage for record in self._held_out for passage in passages_of(record)]
        if not passages:
            return {}
        vectors = self._encoder.encode([passage.text for passage in passages])
        voiced = np.flatnonzero(self._voices(pain_point)(passages, vectors))
        positions: dict[str, list[int]] = defaultdict(list)
        for position in voiced.tolist():
            positions[passages[position].person_id].append(position)
        return {person: vectors[found] for person, found in sorted(positions.items())}

    def _scores(self, copy: Copy, words: Mapping[str, Vectors]) -> NDArray[np.float64]:
        sentences = [
            part.strip() for text in copy.slots.values() for part in _SENTENCE.findall(text) if part.strip()
        ]
        vectors = self._encoder.encode(sentences)
        return np.array([float((said @ vectors.T).max()) for said in words.values()], dtype=np.float64)

    def _judged(
        self, variant: Variant, words: Mapping[str, Vectors], control: NDArray[np.float64]
    ) -> Variant:
        verdict = _verdict(self._scores(variant.copy_text, words) - control)
        return variant.model_copy(update={"verdict": verdict})


def _verdict(differences: NDArray[np.float64]) -> Verdict:
    n = len(differences)
    if n < MIN_PERSONS:
        reason = f"{n} held-out customers voice the pain point; {MIN_PERSONS} are needed"
        return _no_verdict(VerdictKind.CANNOT_TELL, n, reason)
    estimate = mean_interval(differences)
    if estimate is None or estimate.low is None or estimate.high is None:
        return _no_verdict(VerdictKind.CANNOT_TELL, n, "the differences cannot be bounded")
    if estimate.low > 0:
        kind, reason = VerdictKind.BETTER, "the interval lies above zero"
    elif estimate.high < 0:
        kind, reason = VerdictKind.WORSE, "the interval lies below zero"
    else:
        kind, reason = VerdictKind.NO_DIFFERENCE, "the interval holds zero"
    return Verdict(
        kind=kind,
        n_persons=n,
        effect=estimate.value,
        low=estimate.low,
        high=estimate.high,
        method=METHOD,
        reason=reason,
    )


def _no_verdict(kind: VerdictKind, n: int, reason: str) -> Verdict:
    return Verdict(kind=kind, n_persons=n, effect=None, low=None, high=None, method=METHOD, reason=reason)
