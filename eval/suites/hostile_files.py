"""Part of suite `chat_hostile`: what of an exported file or a page's markup would run, lead elsewhere or be worked out.

Each check returns how many places it looked at, where a hostile text could have come alive, and what is wrong with them.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any, NamedTuple, cast

from markdown_it import MarkdownIt

_OWN = ("/", "#", "?")
_LINKED = frozenset(
    {
        "href",
        "src",
        "action",
        "formaction",
        "hx-get",
        "hx-post",
        "srcset",
        "data",
        "xlink:href",
        "poster",
        "ping",
    }
)
_LIVE = frozenset({"iframe", "object", "embed", "base", "marquee", "foreignobject", "applet", "portal"})
_FORMULA = re.compile(r"[=+\-@\t\r]")
_DEFUSED = re.compile(r"'[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?\s*%?", re.IGNORECASE)
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
_PDF_ACTIONS = re.compile(
    rb"/(URI|JavaScript|JS|Launch|OpenAction(?!\s*\[)|AA|SubmitForm|GoToR|EmbeddedFile|RichMedia)\b"
)
"""What opens where is a place in the document where it stands in brackets."""
_MERMAID_ACTIONS = re.compile(
    r"^\s*(click\b|href\b|%%\{|link\b)|<\w|javascript:", re.IGNORECASE | re.MULTILINE
)
_EXTERNAL = re.compile(rb'TargetMode="External"|vbaProject|<a:hlinkClick')
_TAG = re.compile(r"<\s*/?\s*([a-z][\w-]*)", re.IGNORECASE)
_BOARD_TAGS = frozenset({"p", "strong", "em", "br", "b", "i", "ul", "ol", "li"})


class Checked(NamedTuple):
    """What was looked at and what was found."""

    n_places: int
    live: list[str]
    """Scripts, links and markup that are not our own."""
    formulas: list[str]
    n_defused: int = 0
    """Cells that would be formulas but for the apostrophe before them."""


class _Reader(HTMLParser):
    """Reads markup; `style` attributes and elements are left to the policy of pages."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.live: list[str] = []
        self.n_elements = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag and its attributes."""
        self.n_elements += 1
        for name, value in attrs:
            if name.startswith("on") or name == "srcdoc":
                self.live.append(f"<{tag} {name}>")
            elif name in _LINKED and not is_own(value or ""):
                self.live.append(f"<{tag} {name}={(value or '')[:80]}>")
        if tag in _LIVE or (tag == "script" and not (dict(attrs).get("src") or "").startswith("/assets/")):
            self.live.append(f"<{tag}>")


def is_own(address: str) -> bool:
    """Tell whether an address leads to the server that the page came from, or holds a picture of its own."""
    if address.startswith(("data:image/png;base64,", "data:font/")):
        return True
    return not address or (address.startswith(_OWN) and not address.startswith(("//", "/\\")))


def check_markup(text: str) -> Checked:
    """Check HTML or SVG."""
    reader = _Reader()
    reader.feed(text)
    return Checked(reader.n_elements, reader.live, [])


def check_csv(text: str) -> Checked:
    """Check a table's cells: a number may begin with a sign, nothing else may."""
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    formulas = [cell[:80] for cell in cells if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell.strip())]
    return Checked(len(cells), [], formulas, sum(_DEFUSED.match(cell) is not None for cell in cells))


def check_markdown(text: str) -> Checked:
    """Check Markdown as a reader's program renders it, HTML allowed."""
    tokens = [
        inner
        for token in MarkdownIt("commonmark").enable("table").parse(text)
        for inner in (token, *(token.children or ()))
    ]
    live = [
        f"{token.type} {token.attrs.get('href') or token.attrs.get('src') or token.content[:80]}"
        for token in tokens
        if _is_live(token.type, token.content, {key: str(value) for key, value in token.attrs.items()})
    ]
    return Checked(len(tokens), live, [])


def _is_live(kind: str, content: str, attributes: Mapping[str, str]) -> bool:
    if kind in {"link_open", "image"}:
        return not is_own(attributes.get("href") or attributes.get("src") or "")
    # An anchor to jump to is what our own tables of sources are made with.
    return kind in {"html_inline", "html_block"} and bool(check_markup(content).live)


def check_mermaid(text: str) -> Checked:
    """Check a diagram for what can be clicked and for settings that a text brought."""
    return Checked(len(text.splitlines()), [found.group() for found in _MERMAID_ACTIONS.finditer(text)], [])


def check_slides(data: bytes) -> Checked:
    """Check a presentation for links that lead out of it and for macros."""
    with zipfile.ZipFile(io.BytesIO(data)) as slides:
        parts = slides.namelist()
        live = [
            f"{name}: {found.decode()}" for name in parts for found in _EXTERNAL.findall(slides.read(name))
        ]
    return Checked(len(parts), live, [])


def check_pdf(data: bytes) -> Checked:
    """Check a PDF's objects for actions; what is drawn stands in streams and can do nothing."""
    objects = _STREAM.sub(b"", data)
    return Checked(objects.count(b" obj"), [found.decode() for found in _PDF_ACTIONS.findall(objects)], [])


def check_board(text: str) -> Checked:
    """Check a board's JSON, whose texts the board shows as markup of a few tags."""
    texts = list(_texts(json.loads(text)))
    live = [tag for one in texts for tag in _TAG.findall(one) if tag.lower() not in _BOARD_TAGS]
    return Checked(len(texts), live, [])


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - parsed JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in cast("dict[str, Any]", value).values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _texts(one)


def _of_text(check: Callable[[str], Checked]) -> Callable[[bytes], Checked]:
    return lambda data: check(data.decode("utf-8-sig"))


def _of_json(data: bytes) -> Checked:
    """JSON runs nothing; it has to be read."""
    return Checked(sum(1 for _ in _texts(json.loads(data))), [], [])


CHECKS: Mapping[str, Callable[[bytes], Checked]] = {
    "csv": _of_text(check_csv),
    "miro.csv": _of_text(check_csv),
    "lucid.csv": _of_text(check_csv),
    "md": _of_text(check_markdown),
    "mmd": _of_text(check_mermaid),
    "html": _of_text(check_markup),
    "svg": _of_text(check_markup),
    "cjml.xml": _of_text(check_markup),
    "pptx": check_slides,
    "pdf": check_pdf,
    "miro.json": _of_text(check_board),
    "json": _of_json,
}
"""By the ends of files' names."""
