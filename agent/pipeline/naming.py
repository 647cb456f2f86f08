"""Has the largest themes of a file named by a language model: one call a theme, however many texts there are."""

from collections.abc import Mapping, Sequence

import structlog

from agent.errors import EvidenceError, ModelError
from agent.firewall import check_template
from agent.ports import Writer, WritingTask
from agent.redact import Redactor
from agent.schemas.insight import Theme
from agent.schemas.writing import QuotedItem, ThemeBrief, ThemeName

_log = structlog.get_logger(__name__)

MAX_NAMED = 30
"""Themes that a language model names, by size; the others keep the name made of their own phrases."""
_QUOTES_PER_THEME = 6
_MAX_QUOTE_CHARS = 240
_SALT = "discover"


class UnkeptCalls:
    """A call log for what stores nothing."""

    def get(self, key: str) -> str | None:
        """Return None: no call is known."""
        del key

    def put(self, key: str, request: str, response: str, tokens_in: int, tokens_out: int) -> None:
        """Keep nothing."""


def named_by(writer: Writer, themes: Sequence[Theme], texts: Mapping[str, str]) -> tuple[Theme, ...]:
    """Return the themes with the largest ones renamed; personal data is taken out of what is sent.

    A name that states a quantity or that another theme has is not taken. Where the model fails, the rest keep their own
    phrases: those are the customers' words, and a long run is not lost over a name.

    Args:
        writer: A language model's.
        themes: Largest first.
        texts: Text by passage id, of all core passages.
    """
    redactor = Redactor(_SALT)
    made: list[Theme] = []
    for number, theme in enumerate(themes[:MAX_NAMED]):
        taken = [*(theme.label for theme in made), *(theme.label for theme in themes[number + 1 :])]
        try:
            name = _name(writer, theme, texts, taken, redactor)
        except ModelError as error:
            _log.warning("naming_stopped", reason=error.code, named=number)
            return (*made, *themes[number:])
        made.append(theme if name is None else theme.model_copy(update=name.model_dump()))
    return (*made, *themes[MAX_NAMED:])


def _name(
    writer: Writer, theme: Theme, texts: Mapping[str, str], taken: Sequence[str], redactor: Redactor
) -> ThemeName | None:
    quotes = tuple(
        QuotedItem(
            evidence_id=f"e{number}", text=redactor.redact(texts[key], person_id=key)[:_MAX_QUOTE_CHARS]
        )
        for number, key in enumerate(theme.core_passage_ids[:_QUOTES_PER_THEME], start=1)
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
    return None if name.label in taken else name
