"""Reads the labelled corpora that the heads learn from; sentences stay in memory, only weights are written.

Every corpus becomes `Labelled` texts with three kinds of labels, each a distribution over classes or absent.
"""

import ast
import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import cast
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse

from agent.analyse.cues import cue_names, lexical_of
from agent.schemas.insight import Emotion, Severity
from eval.scorers.sentences import sentence_spans

TONES = ("negative", "neutral", "positive")
COMPLAINTS = ("no", "yes")
EMOTIONS = tuple(emotion.value for emotion in Emotion)
SEVERITIES = tuple(severity.value for severity in Severity)

_NEGATIVE, _NEUTRAL, _POSITIVE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)

_GOEMOTIONS_GROUPS: dict[Emotion, tuple[str, ...]] = {
    Emotion.FRUSTRATED: ("annoyance", "disapproval"),
    Emotion.ANGRY: ("anger", "disgust"),
    Emotion.CONFUSED: ("confusion",),
    Emotion.ANXIOUS: ("fear", "nervousness"),
    Emotion.DISAPPOINTED: ("disappointment", "sadness", "remorse", "grief", "embarrassment"),
    Emotion.RELIEVED: ("relief",),
    Emotion.DELIGHTED: ("joy", "love", "admiration", "excitement", "amusement", "pride"),
    Emotion.GRATEFUL: ("gratitude",),
    Emotion.NEUTRAL: (
        "neutral",
        "approval",
        "realization",
        "curiosity",
        "desire",
        "caring",
        "optimism",
        "surprise",
    ),
}
_BANKING_PROBLEMS = frozenset(
    {
        "Refund_not_showing_up",
        "balance_not_updated_after_bank_transfer",
        "balance_not_updated_after_cheque_or_cash_deposit",
        "beneficiary_not_allowed",
        "card_arrival",
        "card_not_working",
        "card_payment_fee_charged",
        "card_payment_not_recognised",
        "card_payment_wrong_exchange_rate",
        "card_swallowed",
        "cash_withdrawal_charge",
        "cash_withdrawal_not_recognised",
        "contactless_not_working",
        "declined_card_payment",
        "declined_cash_withdrawal",
        "declined_transfer",
        "direct_debit_payment_not_recognised",
        "extra_charge_on_statement",
        "failed_transfer",
        "pending_card_payment",
        "pending_cash_withdrawal",
        "pending_top_up",
        "pending_transfer",
        "pin_blocked",
        "reverted_card_payment?",
        "top_up_failed",
        "top_up_reverted",
        "transaction_charged_twice",
        "transfer_fee_charged",
        "transfer_not_received_by_recipient",
        "unable_to_verify_identity",
        "virtual_card_not_working",
        "wrong_amount_of_cash_received",
        "wrong_exchange_rate_for_cash_withdrawal",
    }
)
_BANKING_UNCLEAR = frozenset(
    {
        "lost_or_stolen_card",
        "lost_or_stolen_phone",
        "passcode_forgotten",
        "request_refund",
        "exchange_charge",
        "why_verify_identity",
        "transfer_timing",
        "compromised_card",
    }
)
_FEES = ("fee", "charge", "exchange_rate")
_SEVERITY_OF_ASPECT = {
    "account-management.account-access": Severity.BLOCKED,
    "logistics-rides.speed": Severity.COSTS_EFFORT,
    "staff-support.phone": Severity.COSTS_EFFORT,
    "staff-support.email": Severity.COSTS_EFFORT,
    "staff-support.attitude-of-staff": Severity.ANNOYS,
    "value.price-value-for-money": Severity.ANNOYS,
    "company-brand.competitor": Severity.ANNOYS,
}
"""A rough guide, for few texts say outright how bad it is; the project's own passages weigh more."""
_CLINC_PROBLEMS = frozenset(
    {"account_blocked", "card_declined", "damaged_card", "lost_luggage", "report_fraud"}
)
_CLINC_UNCLEAR = frozenset({"jump_start", "tire_change", "report_lost_card", "thank_you", "flight_status"})
_PROBLEM_CUES = (
    "cannot",
    "broken",
    "absent",
    "waiting",
    "silent",
    "money_lost",
    "wrong_thing",
    "effort",
    "angry",
)
_OWN_WEIGHT = 6.0
"""Few, and closest to what the product reads."""
_FEELING_WEIGHT = 0.2
_N_FEELINGS = 14_000
_COMPLAINT_OF_FEELING = {
    "frustrated": 0.7,
    "angry": 0.7,
    "disappointed": 0.6,
    "grateful": 0.0,
    "delighted": 0.0,
    "relieved": 0.0,
}
"""People in forums are cross about anything, and what they are cross about is seldom a service."""
_SENTENCE_WEIGHT = 0.5
"""Of a sentence whose label is that of the review it stands in."""
_TALK_WEIGHT = 0.4
"""Of requests and neutral reports: many, and of few domains."""
_TONE_CUES = ("good", "bad", "thanks", "lacking", "frustrated", "disappointed", "anxious", "exit", "contrast")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with what is known of it; a distribution over the classes of a head, or None where it says nothing."""

    corpus: str
    text: str
    weight: float
    tone: tuple[float, ...] | None = None
    complaint: tuple[float, ...] | None = None
    emotion: tuple[float, ...] | None = None
    severity: tuple[float, ...] | None = None
    friction: tuple[float, ...] | None = None
    group: str = ""
    """Organisation of a review or industry of an own text, for leaving whole ones out."""
    review: int = -1
    """The review it is or was cut from, counted from 0; -1 for a text of another corpus."""


@dataclass(frozen=True, slots=True)
class OwnPassage:
    """A passage written for this project, with labels; several values of a field are all right."""

    industry: str
    text: str
    complaint: bool
    severity: frozenset[str]
    stage: frozenset[str]
    touchpoint: frozenset[str]
    emotion: frozenset[str]


def read_fabsa(data: Path) -> list[Labelled]:
    """Read reviews: tone from the polarities of their aspects, complaint where any aspect is negative."""
    with (data / "reviews" / "fabsa.csv").open(encoding="utf-8", newline="") as file:
        return [_review(number, row) for number, row in enumerate(csv.DictReader(file))]


def read_fabsa_praise(data: Path) -> list[Labelled]:
    """Read the sentences of longer reviews without a negative aspect: none of them complains."""
    return [
        replace(
            review, corpus="fabsa praise", text=review.text[start:end], weight=_SENTENCE_WEIGHT, tone=None
        )
        for review in read_fabsa(data)
        if review.tone == _POSITIVE and len(spans := sentence_spans(review.text)) > 1
        for start, end in spans
    ]


def read_mams(data: Path) -> list[Labelled]:
    """Read restaurant sentences with several polarities: a complaint where any is negative."""
    with gzip.open(data / "reviews" / "mams_acsa_train.xml.gz", "rb") as file:
        root = parse(file).getroot()
    return [_mixed(sentence) for sentence in root.iter("sentence")] if root is not None else []


def read_goemotions(data: Path, split: str) -> list[Labelled]:
    """Read comments whose emotions fall into one of our groups; the others say nothing unambiguous."""
    names = (data / "emotion" / "goemotions_labels.txt").read_text(encoding="utf-8").split()
    group_of = {name: emotion for emotion, members in _GOEMOTIONS_GROUPS.items() for name in members}
    rows: list[Labelled] = []
    with gzip.open(data / "emotion" / f"goemotions_{split}.tsv.gz", "rt", encoding="utf-8") as file:
        for line in file:
            text, numbers, _ = line.rstrip("\n").split("\t")
            groups = {group_of[names[int(number)]] for number in numbers.split(",")}
            if len(groups) == 1:
                rows.append(Labelled("goemotions", text, 1.0, emotion=_one_hot(EMOTIONS, groups.pop().value)))
    return rows


def read_feelings(data: Path) -> list[Labelled]:
    """Read comments of clear feeling as weak labels: the cross ones mostly complain, the glad ones never do."""
    rows = [
        replace(row, complaint=(1 - chance, chance), emotion=None, weight=_FEELING_WEIGHT)
        for row in read_goemotions(data, "train")
        if row.emotion is not None
        and (chance := _COMPLAINT_OF_FEELING.get(EMOTIONS[row.emotion.index(1.0)])) is not None
    ]
    return rows[:_N_FEELINGS]


def read_service_talk(data: Path) -> list[Labelled]:
    """Read requests and reports of problems in neutral words: what reviews lack."""
    rows = [*_banking(data), *_clinc(data), *_dialogues(data)]
    return [replace(row, weight=row.weight * _TALK_WEIGHT) for row in rows]


def read_own(name: str = "passages.tsv") -> list[OwnPassage]:
    """Read passages written for this project, from a file beside this module; by default those for training."""
    lines = resources.files("eval.training").joinpath(name).read_text(encoding="utf-8").splitlines()
    return [
        _own_passage(dict(zip(lines[0].split("\t"), line.split("\t"), strict=True))) for line in lines[1:]
    ]


def read_own_sentences() -> list[OwnPassage]:
    """Read the project's own single sentences: many industries, many ways to complain without saying so."""
    return read_own("sentences.tsv")


def read_held_out() -> list[OwnPassage]:
    """Read the project's own passages on which nothing was trained and no threshold set."""
    return read_own("held_out_passages.tsv")


def label_own(passages: Sequence[OwnPassage]) -> list[Labelled]:
    """Turn own passages into training rows."""
    return [_own_labels(passage) for passage in passages]


def label_sentences(passages: Sequence[OwnPassage]) -> list[Labelled]:
    """Turn own sentences into training rows of complaint and severity.

    Half of them hide their feeling on purpose, which would teach tone and emotion to see it everywhere.
    """
    return [replace(_own_labels(passage), tone=None, emotion=None) for passage in passages]


def has_corpora(data: Path) -> bool:
    """Say whether a folder holds the corpora that training needs."""
    needed = (
        "reviews/fabsa.csv",
        "reviews/mams_acsa_train.xml.gz",
        "emotion/goemotions_train.tsv.gz",
        "emotion/goemotions_dev.tsv.gz",
        "emotion/goemotions_labels.txt",
        "intents/banking77_train.csv.gz",
        "intents/clinc150_train_val.json.gz",
        "transcripts/star.jsonl.gz",
    )
    return all((data / name).is_file() for name in needed)


def _review(number: int, row: dict[str, str]) -> Labelled:
    labels = cast("list[str]", ast.literal_eval(row["labels"]))
    polarities = {label.rsplit(".", 1)[1] for label in labels}
    tone: tuple[float, ...] = _NEUTRAL
    if "1" in polarities and "-1" in polarities:
        tone = (0.5, 0.0, 0.5)
    elif polarities & {"1", "-1"}:
        tone = _POSITIVE if "1" in polarities else _NEGATIVE
    return Labelled(
        "fabsa",
        row["text"],
        1.0,
        tone=tone,
        complaint=_one_hot(COMPLAINTS, "yes" if "-1" in polarities else "no"),
        severity=_severity_of_aspects(labels),
        group=row["org_index"],
        review=number,
    )


def _mixed(sentence: Element) -> Labelled:
    polarities = [aspect.get("polarity", "") for aspect in sentence.iter("aspectCategory")]
    tone = tuple(polarities.count(name) / len(polarities) for name in TONES)
    complaint = _one_hot(COMPLAINTS, "yes" if "negative" in polarities else "no")
    return Labelled("mams", sentence.findtext("text", ""), 0.4, tone=tone, complaint=complaint)


def _severity_of_aspects(labels: Sequence[str]) -> tuple[float, ...] | None:
    negative = [label.removesuffix(".-1") for label in labels if label.endswith(".-1")]
    found = {_SEVERITY_OF_ASPECT[aspect] for aspect in negative if aspect in _SEVERITY_OF_ASPECT}
    return _one_hot(SEVERITIES, found.pop().value) if len(found) == 1 else None


def _banking(data: Path) -> Iterator[Labelled]:
    with gzip.open(data / "intents" / "banking77_train.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if number % 2 or row["category"] in _BANKING_UNCLEAR:
                continue
            problem = row["category"] in _BANKING_PROBLEMS
            tone = (0.6, 0.4, 0.0) if problem else _NEUTRAL
            bad = Severity.ANNOYS if any(word in row["category"] for word in _FEES) else Severity.BLOCKED
            yield Labelled(
                "banking77",
                row["text"],
                0.5,
                tone=tone,
                complaint=_one_hot(COMPLAINTS, "yes" if problem else "no"),
                severity=_one_hot(SEVERITIES, bad.value) if problem else None,
            )


def _clinc(data: Path) -> Iterator[Labelled]:
    with gzip.open(data / "intents" / "clinc150_train_val.json.gz", "rt", encoding="utf-8") as file:
        rows = cast("list[tuple[str, str]]", json.load(file)["train"])
    for number, (text, intent) in enumerate(rows):
        problem = intent in _CLINC_PROBLEMS
        if intent in _CLINC_UNCLEAR or (number % 4 and not problem):
            continue
        tone = (0.6, 0.4, 0.0) if problem else _NEUTRAL
        yield Labelled(
            "clinc150", text, 0.5, tone=tone, complaint=_one_hot(COMPLAINTS, "yes" if problem else "no")
        )


def _dialogues(data: Path) -> Iterator[Labelled]:
    """Yield customers' turns that show neither trouble nor feeling: data, requests, answers."""
    texts: list[str] = []
    with gzip.open(data / "transcripts" / "star.jsonl.gz", "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            if number % 7 == 0:
                events = cast("list[dict[str, str]]", json.loads(line)["Events"])
                texts.extend(e["Text"] for e in events if e["Agent"] == "User" and e["Action"] == "utter")
    cues = lexical_of(texts).cues
    columns = [cue_names().index(name) for name in (*_PROBLEM_CUES, *_TONE_CUES)]
    quiet = cues[:, columns].sum(axis=1) == 0
    for text, is_quiet in zip(texts, quiet, strict=True):
        if is_quiet:
            yield Labelled("star", text, 0.4, tone=_NEUTRAL, complaint=_one_hot(COMPLAINTS, "no"))


def _own_passage(row: dict[str, str]) -> OwnPassage:
    def choices(name: str) -> frozenset[str]:
        return frozenset(row.get(name, "-").split("|"))

    return OwnPassage(
        industry=row["industry"],
        text=row["text"],
        complaint=row["complaint"] == "1",
        severity=choices("severity"),
        stage=choices("stage"),
        touchpoint=choices("touchpoint"),
        emotion=choices("emotion"),
    )


def _own_labels(passage: OwnPassage) -> Labelled:
    glad = passage.emotion & {"delighted", "grateful", "relieved"}
    tone = _NEGATIVE if passage.complaint else _POSITIVE if glad else _NEUTRAL
    return Labelled(
        "own",
        passage.text,
        _OWN_WEIGHT,
        tone=tone,
        complaint=_one_hot(COMPLAINTS, "yes" if passage.complaint else "no"),
        emotion=_shared(EMOTIONS, passage.emotion),
        severity=_shared(SEVERITIES, passage.severity) if passage.complaint else None,
        group=passage.industry,
    )


def _one_hot(classes: Sequence[str], chosen: str) -> tuple[float, ...]:
    return tuple(float(name == chosen) for name in classes)


def _shared(classes: Sequence[str], chosen: frozenset[str]) -> tuple[float, ...]:
    return tuple((name in chosen) / len(chosen) for name in classes)
