"""What of a text is read for tags: its words, without markup and without orders to a machine, each at its place.

What is left out becomes space, so that every span of what is read is the same span of the text.
"""

import re
from functools import lru_cache

from agent.analyse.commands import commands_machine

_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template)\b.*?(?:</\1\s*>|\Z)|</?[a-z!?][^<>]*>|"
    r"&(?:nbsp|lt|gt|amp|quot|#x?[0-9a-f]{2,6});|<[^<>]{0,200}\Z(?<=[=\"'/])",
    re.IGNORECASE | re.DOTALL,
)
_INLINE = re.compile(r"</?(?:a|b|i|u|s|em|strong|span|font|small|mark|code|sub|sup|abbr)\b|&", re.IGNORECASE)
"""How markup begins that stands within a sentence; any other ends one."""
_APOSTROPHES = frozenset({"&#39;", "&#x27;"})
_SENTENCE = re.compile(r"[^\s.!?…][^.!?…\n]*[.!?…]*")
_ORDERS_TAGS = re.compile(
    r"(?:now |please |instead |then |and |just |only )*(?:tag|label|mark|classify|categori[sz]e|rate|score|assign|give|return|"
    r"output|print|respond|reply|answer|say|set|treat|add|use|report|write)\b",
    re.IGNORECASE,
)
"""How a sentence begins that goes on ordering a machine about, once another one has done so."""
_REMEMBERED = 4_096


@lru_cache(maxsize=_REMEMBERED)
def readable(text: str) -> str:
    """Return a text of the same length in which markup and orders to a machine are blank."""
    if "<" in text or "&" in text:
        text = _MARKUP.sub(_blank, text)
    return _without_orders(text) if commands_machine(text) else text


def _blank(found: re.Match[str]) -> str:
    markup = found[0]
    if markup.lower() in _APOSTROPHES:
        return markup
    return " " * len(markup) if _INLINE.match(markup) else " " * (len(markup) - 1) + "\n"


def _without_orders(text: str) -> str:
    """Blank the sentences that order a machine about, and those after them that go on doing so.

    Where no single sentence does though the whole does, nothing of it can be told from the orders.
    """
    kept, ordered = list(text), False
    for found in _SENTENCE.finditer(text):
        orders = commands_machine(found[0])
        if orders or (ordered and _ORDERS_TAGS.match(found[0])):
            kept[found.start() : found.end()] = " " * len(found[0])
            ordered = True
    return "".join(kept) if ordered else " " * len(text)
