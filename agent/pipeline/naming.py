"""Has the largest themes named by a writer: one call a theme, however many texts there are.

A theme that kept the name a writer once gave it is not named again, so that names stay and what naming costs follows what
is new.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import structlog

from agent.analyse.commands import commands_machine
from agent.analyse.languages import language_fit
from agent.analyse.phrases import is_own_wording, telling_stems
from agent.errors import EvidenceError, ModelError
from agent.firewall import check_template
from agent.ports import Writer, WritingTask
from agent.redact import Redactor
from agent.schemas.insight import Theme
from agent.schemas.writing import QuotedItem, ThemeBrief, ThemeName

_log = structlog.get_logger(__name__)

MAX_NAMED = 30
"""Themes that a writer names, by size; the others keep the name made of their own phrases."""
_QUOTES_PER_THEME = 6
_MAX_QUOTE_CHARS = 240
_LEAST_OF_LABEL, _LEAST_OF_DEFINITION = 0.5, 0.2
"""Shares of the telling words of a name that its passages have to hold; a definition puts things in other words."""
_SALT = "discover"
_OFFLINE = re.compile(r"offline\b")
_OFFLINE_DEFINITION = "Customers bring up "
"""How the offline writer's definitions begin; a language model words those themes anew, once."""


class UnkeptCalls:
    """A call log for what stores nothing."""

    def get(self, key: str) -> str | None:
        """Return None: no call is known."""
        del key

    def put(self, key: str, request: str, response: str, tokens_in: int, tokens_out: int) -> None:
        """Keep nothing."""


def name_themes(writer: Writer, themes: Sequence[Theme], texts: Mapping[str, str]) -> Iterator[Theme]:
    """Yield the themes, the largest ones renamed that no writer named yet.

    A name that states a quantity, gives orders to a machine, says what the passages do not or that another theme has is not taken.

    Args:
        writer: Words the names.
        themes: Largest first.
        texts: Redacted texts by passage id, of all core passages.

    Raises:
        ModelError: The writer could not answer.
    """
    named: list[str] = []
    for number, theme in enumerate(themes):
        taken = [*named, *(other.label for other in themes[number + 1 :])]
        is_asked = number < MAX_NAMED and not _is_named(theme, writer)
        name = _name(writer, theme, texts, taken) if is_asked else None
        made = theme if name is None else theme.model_copy(update=name.model_dump())
        named.append(made.label)
        yield made


def name_raw_themes(writer: Writer, themes: Sequence[Theme], texts: Mapping[str, str]) -> tuple[Theme, ...]:
    """Return the themes with the largest ones renamed; personal data is taken out of what is sent.

    Where the model fails, the rest keep their own phrases: those are the customers' words, and a long run is not lost
    over a name.

    Args:
        writer: A language model's.
        themes: Largest first.
        texts: Texts as they were written, by passage id, of all core passages.
    """
    redactor = Redactor(_SALT)
    redacted = {
        key: redactor.redact(texts[key], person_id=key)
        for theme in themes[:MAX_NAMED]
        for key in _quoted(theme)
    }
    made: list[Theme] = []
    try:
        for theme in name_themes(writer, themes, redacted):
            made.append(theme)  # noqa: PERF402 - what was named before a failure is kept
    except ModelError as error:
        _log.warning("naming_stopped", reason=error.code, named=len(made))
    return (*made, *themes[len(made) :])


def _is_named(theme: Theme, writer: Writer) -> bool:
    """Tell whether a theme has a writer's name from an earlier run; told by its definition."""
    if _OFFLINE.match(writer.model_id) is None and theme.definition.startswith(_OFFLINE_DEFINITION):
        return False
    return not is_own_wording(theme.definition)


def _quoted(theme: Theme) -> tuple[str, ...]:
    return theme.core_passage_ids[:_QUOTES_PER_THEME]


def _name(writer: Writer, theme: Theme, texts: Mapping[str, str], taken: Sequence[str]) -> ThemeName | None:
    quotes = tuple(
        QuotedItem(evidence_id=f"e{number}", text=texts[key][:_MAX_QUOTE_CHARS])
        for number, key in enumerate(_quoted(theme), start=1)
    )
    brief = ThemeBrief(
        terms=(theme.label, *theme.terms), quotes=quotes, taken_labels=tuple(taken[:MAX_NAMED])
    )
    name = writer.write(WritingTask("name_theme", brief, ThemeName))
    try:
        check_template(name.label, offered=())
        check_template(name.definition, offered=())
    except EvidenceError as error:
        _log.warning("theme_name_dropped", theme=theme.theme_id, reason=error.code)
        return None
    if name.label in taken or commands_machine(name.label):
        return None
    # What the offline analyst says is made of the terms alone.
    if _OFFLINE.match(writer.model_id) is None and not _is_borne_out(name, brief):
        _log.warning("theme_name_dropped", theme=theme.theme_id, reason="not_borne_out")
        return None
    return name


def _is_borne_out(name: ThemeName, brief: ThemeBrief) -> bool:
    """Tell whether enough of a name's words stand in what it was to be made of; of passages in another language, always."""
    quoted = " ".join(quote.text for quote in brief.quotes)
    if not language_fit(quoted).is_english:
        return True
    stems = telling_stems(" ".join((*brief.terms, quoted)))
    asked = ((name.label, _LEAST_OF_LABEL), (name.definition, _LEAST_OF_DEFINITION))
    return all(
        len(own & stems) >= least * len(own)
        for own, least in ((telling_stems(text), least) for text, least in asked)
    )
