"""Writes the model card that stands beside a head's weights."""

from collections import Counter
from collections.abc import Sequence

from agent.analyse.heads import HeadName
from eval.training.fit import Examples, HeadPlan

_CORPORA = {
    "fabsa": "FABSA reviews (MIT as stated by its publisher)",
    "fabsa praise": "sentences of longer FABSA reviews without a negative aspect (MIT as stated by its publisher)",
    "mams": "MAMS-ACSA restaurant sentences (Apache-2.0)",
    "banking77": "Banking77 queries, every second one (PolyAI, CC BY 4.0)",
    "clinc150": "CLINC150 requests, a quarter (CC BY 3.0)",
    "star": "STAR customer turns without a cue of trouble or feeling (MIT)",
    "goemotions": "GoEmotions training split, comments of clear feeling (Apache-2.0)",
    "own frictions": "complaints written for this project (eval/training/frictions.tsv)",
    "taxonomy": "phrases of agent/analyse/taxonomy.yaml, never tested",
    "review clauses": "clauses of FABSA reviews of one polarity (MIT as stated by its publisher)",
    "mixed clauses": "clauses of FABSA reviews of several polarities (MIT as stated by its publisher)",
    "pointed clauses": "MAMS-ACSA clauses that name aspects of one polarity (Apache-2.0)",
    "restaurant clauses": "other MAMS-ACSA clauses (Apache-2.0)",
    "own": "texts written for this project (eval/training/passages.tsv and sentences.tsv)",
}
_PURPOSE: dict[HeadName, str] = {
    "tone": "Negative, neutral or positive; sentiment is positive minus negative.",
    "complaint": "Whether a passage complains, or reports in neutral words that something went wrong.",
    "severity": "How bad a complaint is: blocked, costs effort, annoys.",
    "emotion": "One of nine feelings; the reader corrects it by the tone, and names none where none is likely.",
    "friction": "What kind of hitch a complaint is about: something does not work, is not understood, or is lost between people.",
    "clause": "Whether a single clause is good, bad or neither, so that mixed feelings in one text are kept apart.",
}
_LIMITS: dict[HeadName, str] = {
    "tone": "English only. Irony is missed. A passage with mixed feelings comes out near zero, as a neutral one does; `agent/analyse/clauses.py` keeps them apart. "
    "Training reviews are of apps, shops, travel, groceries, trading.",
    "complaint": "English only. A bare fact that is bad only in its context is often missed, so is irony; stories about "
    "others' trouble may be taken for one's own. The own sentences were made hard on purpose, in pairs that differ in "
    "little; their scores say more about such wordings than about the usual ones.",
    "severity": "Most training labels are guesses from the reviewed aspect or the reported issue; only the project's "
    "own passages were labelled for severity, by their author. Take shares over many passages, not one.",
    "emotion": "English only. Learnt from forum comments, which swear more and explain less than customers. Relief is "
    "rare in the data and seldom found. A guess about words, never about a person's state of mind.",
    "friction": "English only. Few texts, all by one author; without vectors it is hardly better than a guess. A hitch that "
    "is of two kinds gets one.",
    "clause": "English only. Most labels are of whole texts and were dealt out to clauses by the head itself. An opinion "
    "within one clause about two things is read as one; so is a contrast without a word or mark that tells of it.",
}


def render_card(
    name: HeadName, plan: HeadPlan, examples: Examples, scores: Sequence[str], *, model_id: str
) -> str:
    """Return a head's card in Markdown: purpose, data with licences, scores, limits."""
    counts = Counter(row.corpus for row in examples.rows)
    data = [f"- {_CORPORA[corpus]}: {n} texts" for corpus, n in counts.items()]
    return "\n".join(
        [
            f"# Head `{name}`",
            "",
            _PURPOSE[name],
            "",
            f"Logistic regression over cues, {plan.n_words} words and word pairs, and the vectors of `{model_id}`;",
            "a second set of weights does without vectors. Classes: " + ", ".join(plan.classes) + ".",
            "Made by `python -m eval.training`; words enter only if at least eight texts use them.",
            "",
            "## Data",
            "",
            *data,
            "",
            "## Scores on texts not fitted on",
            "",
            *(f"- {line}" for line in scores),
            "",
            "## Limits",
            "",
            _LIMITS[name],
            "",
        ]
    )
