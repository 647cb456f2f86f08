"""Texts of customers and users in Markdown, where they can form no markup."""

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$@]|(?<=www)\.|:(?=//)|^[-+=])", re.IGNORECASE)
"""Signs that form markup; some do so only at the beginning of a text, or in an address that would become a link."""
_NUMBERED = re.compile(r"^(\d{1,9})([.)])")


def plain_markdown(text: str) -> str:
    """Return a text as one line of Markdown that reads as the text does: no link, picture, HTML, list or heading in it."""
    return _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", " ".join(text.split())))
