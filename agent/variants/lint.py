"""What a channel's limits and our own rules say about a copy."""

import re
from collections.abc import Iterator

from agent.schemas.creative import Copy, LintFinding
from agent.variants.channels import Slot, slots_of, width

_SHOUTING = re.compile(r"\b[A-Z]{4,}\b.*\b[A-Z]{4,}\b")
_PLACEHOLDER = re.compile(r"\[[A-Z_]+-[a-z0-9]{3}\]")
_CREEPY = re.compile(
    r"\b(?:we (?:saw|noticed|know|watched|tracked)(?: that)? you|you (?:looked at|searched for|abandoned|left behind)|"
    r"your (?:recent )?(?:complaint|call|search history|browsing))\b",
    re.IGNORECASE,
)
_SENSITIVE = re.compile(
    r"\b(?:diagnos\w+|disabilit\w+|pregnan\w+|religio\w+|sexual\w*|ethnic\w*|bankrupt\w*|criminal record|"
    r"mental health|political views?)\b",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(
    r"\b(?:best in the world|number one|guaranteed results|never fails?|always works)\b", re.IGNORECASE
)


def lint_copy(copy: Copy) -> tuple[LintFinding, ...]:
    """Return what is wrong with a copy; errors keep it from being proposed."""
    slots = slots_of(copy.channel)
    found: list[LintFinding] = []
    for name, text in copy.slots.items():
        if name in slots:
            found.extend(_length(slots[name], text))
        else:
            message = f"{name} is no slot of {copy.channel}"
            found.append(LintFinding(code="slot.unknown", level="error", slot=name, message=message))
        found.extend(_wording(name, text))
    found.extend(
        LintFinding(code="slot.missing", level="error", slot=name, message=f"{name} is missing")
        for name in slots
        if not copy.slots.get(name, "").strip()
    )
    return tuple(found)


def has_errors(findings: tuple[LintFinding, ...]) -> bool:
    """Tell whether a finding keeps the copy from being used."""
    return any(finding.level == "error" for finding in findings)


def _length(slot: Slot, text: str) -> Iterator[LintFinding]:
    size = width(text)
    if size > slot.max_chars:
        what = "are accepted" if slot.strict else "are visible"
        yield LintFinding(
            code="slot.too_long",
            level="error" if slot.strict else "warning",
            slot=slot.name,
            message=f"{slot.name} counts {size} characters; {slot.max_chars} {what}",
        )


def _wording(name: str, text: str) -> Iterator[LintFinding]:
    rules = (
        (_PLACEHOLDER, "copy.personal_data", "error", "holds a placeholder for personal data"),
        (_CREEPY, "copy.individual_behaviour", "error", "speaks of what one person did"),
        (_SENSITIVE, "copy.sensitive", "error", "speaks of a sensitive matter"),
        (_ABSOLUTE, "copy.unsourced_claim", "error", "makes a claim that no fact bears out"),
        (_SHOUTING, "copy.shouting", "warning", "is in capitals"),
    )
    for pattern, code, level, what in rules:
        if pattern.search(text):
            yield LintFinding.model_validate(
                {"code": code, "level": level, "slot": name, "message": f"{name} {what}"}
            )
