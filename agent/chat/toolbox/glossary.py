"""Explains the product's terms, from a list that is data."""

import difflib
from functools import cache
from importlib import resources

import yaml

from agent.chat.requests import ExplainTerm
from agent.chat.toolbox.resolving import refuse
from agent.chat.toolbox.writing import Writing, plain
from agent.pipeline.snapshot import Snapshot
from agent.retrieve.lexical import terms_of
from agent.schemas.base import Frozen
from agent.schemas.chat import ToolResult

_LEAST_ALIKE = 0.8


class Term(Frozen):
    """One entry of the glossary."""

    term: str
    synonyms: tuple[str, ...]
    definition: str
    formula: str
    used: str

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it is called."""
        return (self.term, *self.synonyms)


@cache
def glossary() -> tuple[Term, ...]:
    """Return all terms, in the order of the file."""
    text = resources.files("agent.chat").joinpath("glossary.yaml").read_text(encoding="utf-8")
    return tuple(Term.model_validate(entry) for entry in yaml.safe_load(text))


def term_named(said: str) -> Term | None:
    """Return the term that is meant: called so, nearly so, or with a name that stands in what was said."""
    wanted = " ".join(terms_of(said)) or said.casefold().strip()
    names = {
        " ".join(terms_of(name)) or name.casefold(): term
        for term in glossary()
        for name in reversed(term.names)
    }
    for term in glossary():
        names[" ".join(terms_of(term.term)) or term.term.casefold()] = term
    if wanted in names:
        return names[wanted]
    inside = [name for name in names if f" {name} " in f" {wanted} "]
    if inside:
        return names[max(inside, key=lambda name: (len(name), name))]
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=_LEAST_ALIKE)
    return names[near[0]] if near else None


def explain_term(snapshot: Snapshot, request: ExplainTerm) -> ToolResult:
    """Explain a term or how a number is computed."""
    writing = Writing(request, f"What ‘{plain(request.term)}’ means", snapshot)
    found = term_named(request.term)
    if found is None:
        near = difflib.get_close_matches(
            request.term.casefold(), [one.term for one in glossary()], n=3, cutoff=0.5
        )
        refuse(
            "unknown_thing",
            f"‘{plain(request.term)}’ is not a term of the product's glossary.",
            "A term that the product uses, such as reach, severity or drop-off.",
            *(f"What does {name} mean?" for name in (near or ["reach", "severity"])[:2]),
        )
    writing.guidance(f"{found.term[:1].upper()}{found.term[1:]}: {found.definition}")
    writing.guidance(f"How it is computed: {found.formula}.")
    writing.guidance(f"Where it is used: {found.used}")
    writing.ask_next("What hurts customers most?", "What is in the data?")
    return writing.done()
