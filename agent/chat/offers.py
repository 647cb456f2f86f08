"""What the tools of one turn found: numbered through the turn, so that a mark and a metric's name mean one thing each.

A tool numbers its citations within its own result, and two results may give one name to different numbers (the same
theme's reach among two groups). Here equal citations get one mark, and different metrics get different names.
"""

import re
from collections.abc import Mapping, Sequence

from agent.chat.bearing import leans
from agent.errors import UnknownCitationError
from agent.schemas.chat import AnswerCitation, Sentence, Table, ToolResult
from agent.schemas.evidence import Metric

_PLACEHOLDER = re.compile(r"\{\{m:([a-z0-9._]+)((?::[a-z]+)?)\}\}")


class Offers:
    """The results of one turn, in order.

    Attributes:
        results: As the model sees them, with the turn's marks and names.
    """

    def __init__(self) -> None:
        self.results: list[ToolResult] = []
        self._citations: dict[str, AnswerCitation] = {}
        self._marks: dict[str, str] = {}
        self._metrics: dict[str, Metric] = {}

    @property
    def citations(self) -> Mapping[str, AnswerCitation]:
        """All citations, by mark."""
        return self._citations

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The tools' own sentences, in order."""
        return tuple(sentence for result in self.results for sentence in result.sentences)

    def antecedent(self, sentence: Sentence) -> Sentence | None:
        """Return the sentence of the same result that one leans on; None where it leans on none."""
        for result in self.results:
            if sentence in result.sentences:
                before = result.sentences[: result.sentences.index(sentence)]
                told = [one for one in before if not leans(one.template)] or list(before[:1])
                return told[-1] if told and leans(sentence.template) else None
        return None

    def follows(self, said: Sequence[Sentence], leant_on: Sentence, sentence: Sentence) -> bool:
        """Tell whether what was said last lets a sentence lean on another: nothing of another matter stands between.

        A model may have said a part of the tool's sentence.
        """
        for result in self.results:
            if sentence in result.sentences:
                start, end = result.sentences.index(leant_on), result.sentences.index(sentence)
                return bool(said) and any(
                    said[-1].template in one.template for one in result.sentences[start:end]
                )
        return False

    def add(self, result: ToolResult) -> ToolResult:
        """Take a result in and return it with the turn's marks and names.

        Raises:
            UnknownCitationError: It names a citation that it does not hold.
        """
        names = {c.metric.metric_id: self._name(c.metric) for c in result.citations if c.metric is not None}
        marks = {c.citation_id: self._mark(c, names) for c in result.citations}
        renumbered = result.model_copy(
            update={
                "sentences": tuple(renumber(s, marks, names) for s in result.sentences),
                "citations": tuple(self._citations[mark] for mark in dict.fromkeys(marks.values())),
                "tables": tuple(renumber_table(table, marks) for table in result.tables),
            }
        )
        self.results.append(renumbered)
        return renumbered

    def _name(self, metric: Metric) -> str:
        """Return a name that no other metric of the turn has."""
        name, number = metric.metric_id, 1
        while self._metrics.setdefault(name, metric) != metric:
            number += 1
            name = f"{metric.metric_id}.{number}"
        return name

    def _mark(self, citation: AnswerCitation, names: Mapping[str, str]) -> str:
        if citation.metric is not None:
            renamed = citation.metric.model_copy(update={"metric_id": names[citation.metric.metric_id]})
            citation = citation.model_copy(update={"metric": renamed})
        content = citation.model_dump_json(exclude={"citation_id"})
        mark = self._marks.setdefault(content, f"c{len(self._marks) + 1}")
        self._citations.setdefault(mark, citation.model_copy(update={"citation_id": mark}))
        return mark


def renumber(
    sentence: Sentence, marks: Mapping[str, str], names: Mapping[str, str] | None = None
) -> Sentence:
    """Return a sentence with other marks and names of metrics.

    Raises:
        UnknownCitationError: It names a citation that has no mark.
    """
    known = names or {}
    template = _PLACEHOLDER.sub(lambda m: "{{m:" + known.get(m[1], m[1]) + m[2] + "}}", sentence.template)
    return sentence.model_copy(update={"template": template, "citations": _marked(sentence.citations, marks)})


def renumber_table(table: Table, marks: Mapping[str, str]) -> Table:
    """Return a table with other marks.

    Raises:
        UnknownCitationError: A row names a citation that has no mark.
    """
    rows = (row.model_copy(update={"citations": _marked(row.citations, marks)}) for row in table.rows)
    return table.model_copy(update={"rows": tuple(rows)})


def _marked(citations: tuple[str, ...], marks: Mapping[str, str]) -> tuple[str, ...]:
    if unknown := [name for name in citations if name not in marks]:
        msg = f"a result names citations that it does not hold: {', '.join(unknown)}"
        raise UnknownCitationError(msg)
    return tuple(dict.fromkeys(marks[name] for name in citations))
