"""What a page may not hold, whatever customers and users wrote: markup, scripts or links of theirs."""

from html.parser import HTMLParser

_OWN = ("/", "#", "?")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag and its attributes."""
        for name, value in attrs:
            if name.startswith("on") or name in {"style", "srcdoc"}:
                self.faults.append(f"<{tag} {name}={value!r}>")
            if name in {"href", "src", "action", "hx-get", "hx-post", "formaction"} and not _is_own(
                value or ""
            ):
                self.faults.append(f"<{tag} {name}={value!r}>")
        if tag in {"iframe", "object", "embed", "style", "base", "marquee"}:
            self.faults.append(f"<{tag}>")
        if tag == "script" and not (dict(attrs).get("src") or "").startswith("/assets/"):
            self.faults.append("<script> in the page")


def _is_own(address: str) -> bool:
    return address.startswith(_OWN) and not address.startswith(("//", "/\\"))


def faults_of(page: str) -> list[str]:
    """Return what of a page would run, load or lead elsewhere."""
    reader = _Reader()
    reader.feed(page)
    return reader.faults
