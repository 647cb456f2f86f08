"""Phrase grammars: lines of text with `[this|that]` choices and `{slots}`, compiled once and expanded fast.

A grammar file holds words and no logic. `{name}` is another rule of the grammar or, where no rule has that name, a
fact about the speaker (their product, city, order) given at expansion; `{a name}` puts the right article before it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.errors import SchemaError

Facts = Mapping[str, Sequence[str]]
"""Alternatives for each fact about a speaker, such as the short and the full name of their product."""


_SENTENCE_START = re.compile(r"(?<=[a-z0-9][.?!] )[a-z]")


@dataclass(frozen=True, slots=True)
class Fact:
    """A place to fill with a fact about the speaker."""

    name: str
    with_article: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences, all equally likely."""

    options: tuple["Phrase", ...]


Phrase = tuple["str | Fact | Choice", ...]


class Grammar:
    """Named rules that phrases may refer to.

    Args:
        rules: Alternatives of each rule, one per line.

    Raises:
        SchemaError: A bracket is not closed, or a rule refers to itself.
    """

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._sources = rules
        self._compiled: dict[str, Choice] = {}
        self._open: list[str] = []
        for name in rules:
            self.rule(name)

    def rule(self, name: str) -> Choice:
        """Return a compiled rule.

        Raises:
            SchemaError: No such rule, or it refers to itself.
        """
        if name in self._compiled:
            return self._compiled[name]
        if name in self._open or name not in self._sources:
            msg = f"grammar rule {name!r} is unknown or refers to itself through {self._open!r}"
            raise SchemaError(msg, hint="Correct the grammar file.")
        self._open.append(name)
        compiled = Choice(tuple(self.compile(line) for line in lines(self._sources[name])))
        self._open.pop()
        self._compiled[name] = compiled
        return compiled

    def compile(self, text: str) -> Phrase:
        """Compile one line.

        Raises:
            SchemaError: A bracket is not closed.
        """
        phrase, end = self._sequence(text, 0, depth=0)
        if end != len(text):
            msg = f"grammar line {text!r} has a stray bracket at {end}"
            raise SchemaError(msg, hint="Correct the grammar file.")
        return phrase

    def _sequence(self, text: str, start: int, *, depth: int) -> tuple[Phrase, int]:
        parts: list[str | Fact | Choice] = []
        literal_from = at = start
        while at < len(text) and not (depth and text[at] in "|]"):
            if text[at] not in "[{]":
                at += 1
                continue
            if text[at] == "]":
                break
            if at > literal_from:
                parts.append(text[literal_from:at])
            part, at = self._choice(text, at, depth) if text[at] == "[" else self._slot(text, at)
            parts.append(part)
            literal_from = at
        if at > literal_from:
            parts.append(text[literal_from:at])
        return tuple(parts), at

    def _choice(self, text: str, start: int, depth: int) -> tuple[Choice, int]:
        options: list[Phrase] = []
        at = start
        while at < len(text) and text[at] != "]":
            option, at = self._sequence(text, at + 1, depth=depth + 1)
            options.append(option)
        if at >= len(text):
            msg = f"grammar line {text!r} does not close the bracket at {start}"
            raise SchemaError(msg, hint="Correct the grammar file.")
        return Choice(tuple(options)), at + 1

    def _slot(self, text: str, start: int) -> tuple[Fact | Choice, int]:
        end = text.find("}", start)
        if end < 0:
            msg = f"grammar line {text!r} does not close the brace at {start}"
            raise SchemaError(msg, hint="Correct the grammar file.")
        name = text[start + 1 : end]
        if name in self._sources:
            return self.rule(name), end + 1
        return Fact(name.removeprefix("a "), with_article=name.startswith("a ")), end + 1


def lines(block: str) -> list[str]:
    """Split a block into its lines, without blank ones."""
    return [line.strip() for line in block.splitlines() if line.strip()]


def expand(phrase: Phrase, facts: Facts, rnd: Callable[[], float]) -> str:
    """Expand a phrase into a text whose sentences begin with capitals.

    Args:
        phrase: A compiled phrase.
        facts: Alternatives for each fact the phrase may name.
        rnd: Uniform numbers in [0, 1).

    Raises:
        KeyError: The phrase names a fact that is not given.
    """
    text = expand_part(phrase, facts, rnd)
    text = _SENTENCE_START.sub(lambda found: found.group().upper(), text)
    return text[:1].upper() + text[1:]


def expand_part(phrase: Phrase, facts: Facts, rnd: Callable[[], float]) -> str:
    """Expand a phrase that goes into a sentence, as it is written."""
    out: list[str] = []
    _emit(phrase, facts, rnd, out)
    text = "".join(out).strip()
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _emit(phrase: Phrase, facts: Facts, rnd: Callable[[], float], out: list[str]) -> None:
    for part in phrase:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, Choice):
            options = part.options
            _emit(options[int(rnd() * len(options))], facts, rnd, out)
        else:
            values = facts[part.name]
            value = values[int(rnd() * len(values))]
            if part.with_article:
                out.append("an " if value[0] in "aeiouAEIOU" else "a ")
            out.append(value)


def pick(choice: Choice, facts: Facts, rnd: Callable[[], float]) -> str:
    """Expand one alternative of a rule."""
    options = choice.options
    return expand(options[int(rnd() * len(options))], facts, rnd)
