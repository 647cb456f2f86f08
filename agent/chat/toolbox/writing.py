"""Builds what a tool returns: every sentence a template whose numbers code fills in, every citation made by code.

A name out of the data stands between ‘ ’ marks, a verbatim quote between “ ” marks; neither can hold a placeholder.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from agent.chat.bearing import is_quotable
from agent.chat.requests import ToolRequest
from agent.firewall import check_template, fill, metric_ids
from agent.pipeline.snapshot import Snapshot
from agent.schemas.chat import (
    AnswerCitation,
    Missing,
    Picture,
    PictureKind,
    QuoteSource,
    Sentence,
    SentenceKind,
    Table,
    TableRow,
    Target,
    ToolResult,
)
from agent.schemas.evidence import Evidence, Metric, MetricQuery, Quantity

MOST_ROWS = 8
MOST_COLUMNS = 5
_MOST_QUESTIONS = 3
_LONGEST_NAME = 80
_PLACED = re.compile(r"(\{\{m:[a-z0-9._]+(?::[a-z]+)?\}\})")


def plain(name: str) -> str:
    """Return a name out of the data as one short line without anything that steers a template or a terminal."""
    words = one_line(name)
    return words if len(words) <= _LONGEST_NAME else f"{words[: _LONGEST_NAME - 1].rstrip()}…"


def one_line(text: str) -> str:
    """Return words as one line without anything that steers a template or a terminal."""
    letters = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or not unicodedata.category(char).startswith("C")
    )
    return " ".join(letters.split()).translate(str.maketrans("{}‘’“”", "()''\"\""))


def worded(name: str) -> str:
    """Return a technical name, such as an event's, as words."""
    return plain(name.replace("_", " "))


def slug(name: str) -> str:
    """Return a part of a metric's id."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") or "x"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, before its citations are numbered."""

    cells: tuple[str, ...]
    rests_on: tuple[str, ...] = ()
    """Ids of metrics and of quotes."""
    target: Target | None = None


@dataclass
class Writing:
    """One result in the making.

    Args:
        request: What is answered.
        understood: What was asked, as the tool took it.
        snapshot: Where quotes are from.
    """

    request: ToolRequest
    understood: str
    snapshot: Snapshot
    _metrics: dict[str, Metric] = field(default_factory=dict[str, Metric])
    _quotes: dict[str, Evidence] = field(default_factory=dict[str, Evidence])
    _numbers: dict[str, str] = field(default_factory=dict[str, str])
    """Key of a metric or a quote to its citation's id, in order of first use."""
    _names: set[str] = field(default_factory=set[str])
    _sentences: list[Sentence] = field(default_factory=list[Sentence])
    _tables: list[Table] = field(default_factory=list[Table])
    _pictures: list[Picture] = field(default_factory=list[Picture])
    _targets: list[Target] = field(default_factory=list[Target])
    _questions: list[str] = field(default_factory=list[str])

    def name(self, name: str) -> str:
        """Return a name between marks, for a template."""
        shown = f"‘{worded(name)}’"
        self._names.add(shown)
        return shown

    def words(self, words: str) -> str:
        """Return words made of names out of the data, such as a filter, for a template; they may hold digits."""
        shown = one_line(words)
        if shown:
            self._names.add(shown)
        return shown

    def metric(self, metric: Metric) -> str:
        """Take in a metric that was computed elsewhere, and return its id."""
        self._metrics[metric.metric_id] = metric
        return metric.metric_id

    def share(
        self,
        metric_id: str,
        quantity: Quantity,
        *,
        label: str,
        definition: str,
        query: MetricQuery | None = None,
    ) -> str:
        """Take in a share of customers, and return its id."""
        return self.metric(
            Metric(
                metric_id=metric_id,
                label=plain(label),
                definition=definition,
                unit="share",
                value=quantity.share,
                low=quantity.low,
                high=quantity.high,
                quantity=quantity,
                reason=None if quantity.share is not None else "nobody could be counted",
                query=query or self._query(metric_id),
            )
        )

    def number(
        self,
        metric_id: str,
        value: float | None,
        *,
        unit: str,
        label: str,
        definition: str,
        bounds: tuple[float | None, float | None] = (None, None),
    ) -> str:
        """Take in another number, such as a time or a difference, and return its id."""
        return self.metric(
            Metric.model_validate(
                {
                    "metric_id": metric_id,
                    "label": plain(label),
                    "definition": definition,
                    "unit": unit,
                    "value": value,
                    "low": bounds[0],
                    "high": bounds[1],
                    "reason": None if value is not None else "it could not be computed",
                    "query": self._query(metric_id),
                }
            )
        )

    def _query(self, metric_id: str) -> MetricQuery:
        params: dict[str, JsonValue] = {
            "metric_id": metric_id,
            "request": self.request.model_dump(mode="json"),
        }
        return MetricQuery(op="tool", params=params)

    def quote(self, evidence: Evidence) -> str:
        """Take in a quote, and return its key."""
        key = f"{evidence.record_id}:{evidence.start}:{evidence.end}"
        self._quotes[key] = evidence
        return key

    def finding(self, template: str, *, rests_on: Iterable[str] = ()) -> None:
        """Say something about customers; the metrics it names are cited, and `rests_on` beside them."""
        self._say(SentenceKind.FINDING, template, rests_on)

    def suggestion(self, template: str, *, rests_on: Iterable[str] = ()) -> None:
        """Say what could be done."""
        self._say(SentenceKind.SUGGESTION, template, rests_on)

    def guidance(self, text: str) -> None:
        """Say how the product works or what it did."""
        self._sentences.append(Sentence(kind=SentenceKind.GUIDANCE, text=text, template=text))

    def quoted(self, lead: str, quotes: Sequence[Evidence], *, most: int = 2) -> None:
        """Say in customers' own words: one sentence a quote that is short enough to stand in one, with a lead."""
        shown = [one for one in quotes if is_quotable(one.quote)][:most]
        for number, one in enumerate(shown):
            key = self.quote(one)
            words = f"“{one.quote.strip()}”"
            self._names.add(words)
            self.finding(f"{lead if number == 0 else 'Another:'} {words}", rests_on=[key])
        if not shown and quotes:
            keys = [self.quote(one) for one in quotes[:most]]
            self.finding("Their own words are cited here.", rests_on=keys)

    def _say(self, kind: SentenceKind, template: str, rests_on: Iterable[str]) -> None:
        check_template(self._without_names(template), offered=self._metrics)
        cited = self._cite((*metric_ids(template), *rests_on))
        text = fill(template, self._metrics)
        self._sentences.append(Sentence(kind=kind, text=text, template=template, citations=cited))

    def _without_names(self, template: str) -> str:
        """Return a template with names out of the data masked: they alone may hold digits."""
        names = sorted(self._names, key=lambda name: (-len(name), name))
        parts = _PLACED.split(template)
        for place in range(0, len(parts), 2):
            for name in names:
                parts[place] = parts[place].replace(name, "this")
        return "".join(parts)

    def _cite(self, keys: Iterable[str]) -> tuple[str, ...]:
        found = dict.fromkeys(keys)
        return tuple(self._numbers.setdefault(key, f"c{len(self._numbers) + 1}") for key in found)

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Put figures beside each other; empty tables are left out."""
        made = [
            TableRow(cells=row.cells[:MOST_COLUMNS], citations=self._cite(row.rests_on), target=row.target)
            for row in list(rows)[:MOST_ROWS]
        ]
        if made:
            self._tables.append(Table(title=title, columns=tuple(columns)[:MOST_COLUMNS], rows=tuple(made)))

    def picture(self, kind: PictureKind, alt: str, **params: str | tuple[str, ...]) -> None:
        """Show a picture that can be drawn again."""
        where: dict[str, str] = getattr(self.request, "where", {})
        given = {f"where.{key}": value for key, value in where.items()}
        self._pictures.append(Picture(kind=kind, params={**given, **params}, alt=alt))

    def target(self, place: str, label: str, ref: str = "") -> Target:
        """Name a place in the product where this goes on."""
        made = Target.model_validate({"place": place, "ref": ref, "label": plain(label)})
        if made not in self._targets:
            self._targets.append(made)
        return made

    def ask_next(self, *questions: str) -> None:
        """Propose questions that can be answered."""
        self._questions += [one for one in questions if one not in self._questions]

    @property
    def has_said(self) -> bool:
        """True where a sentence has been said."""
        return bool(self._sentences)

    def done(self) -> ToolResult:
        """Return the result."""
        citations = tuple(self._citation(key, number) for key, number in self._numbers.items())
        return ToolResult(
            tool=self.request.tool,
            understood=self.understood,
            sentences=tuple(self._sentences),
            citations=citations,
            tables=tuple(self._tables),
            pictures=tuple(self._pictures),
            targets=tuple(self._targets),
            next_questions=tuple(self._questions[:_MOST_QUESTIONS]),
        )

    def missing(self, missing: Missing) -> ToolResult:
        """Return that the data does not say; nothing else is told."""
        return ToolResult(
            tool=self.request.tool,
            understood=self.understood,
            missing=missing,
            next_questions=tuple(self._questions[:_MOST_QUESTIONS]),
        )

    def _citation(self, key: str, number: str) -> AnswerCitation:
        if key in self._metrics:
            return AnswerCitation(citation_id=number, metric=self._metrics[key])
        evidence = self._quotes[key]
        record = self.snapshot.records[evidence.record_id]
        source = QuoteSource(
            external_id=record.external_id, kind=record.kind, channel=record.channel, at=record.at
        )
        return AnswerCitation(citation_id=number, evidence=evidence, source=source)
