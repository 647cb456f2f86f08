"""Which tags name a problem, and which texts are plainly glad."""

from collections.abc import Sequence

import numpy as np
import pytest

from agent.analyse.tags.kernel import batch_of
from agent.analyse.tags.troubles import Troubles, glad
from agent.embed import open_encoder
from agent.ports import Encoder
from agent.schemas.tags import TagDefinition, Taxonomy


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """The bundled one."""
    return open_encoder(tmp_path_factory.mktemp("encoder"))


def _named(encoder: Encoder, tags: Sequence[TagDefinition]) -> list[bool]:
    return Troubles.of(Taxonomy(tags=tuple(tags)), encoder, is_bundled=True).named.tolist()


@pytest.mark.parametrize(
    "definition",
    [
        "Late or missing buses, long delays.",
        "The heating is broken, leaks or makes terrible noise.",
        "Rude and unhelpful drivers.",
    ],
)
def test_definition_of_what_goes_wrong_names_a_problem(encoder: Encoder, definition: str) -> None:
    """Unless it asks for polarity, or its examples praise."""
    bare = TagDefinition(tag="a", definition=definition)
    both = bare.model_copy(update={"polarity": True})
    praised = bare.model_copy(update={"examples": ("It was wonderful and quick", "The best ever, thank you")})
    assert _named(encoder, [bare, both, praised]) == [True, False, False]


@pytest.mark.parametrize(
    "definition",
    [
        "",
        "Seats and legroom.",
        "How fast or slow the bus is.",
        "The menu, dishes and drinks.",
        "Praise of the drivers.",
    ],
)
def test_definition_of_a_matter_names_no_problem(encoder: Encoder, definition: str) -> None:
    """Praise of it belongs to it."""
    assert _named(encoder, [TagDefinition(tag="a", definition=definition)]) == [False]


def test_glad_texts_praise_and_do_nothing_else(encoder: Encoder) -> None:
    """A complaint beside the praise is a complaint, and a question is neither."""
    texts = [
        "I love it, great bus!",
        "Lovely seats but the bus was late.",
        "When does the bus leave?",
        "It was awful.",
    ]
    assert glad(batch_of(texts, encoder), is_bundled=True).tolist() == [True, False, False, False]


def test_tag_whose_labelled_texts_praise_names_no_problem(encoder: Encoder) -> None:
    """Labels say what the definition did not."""
    troubles = Troubles.of(
        Taxonomy(tags=(TagDefinition(tag="a", definition="Late or missing buses, long delays."),)),
        encoder,
        is_bundled=True,
    )
    batch = batch_of(["I love it, great bus!", "The bus was late."], encoder)
    assert troubles.borne_out_by(batch, np.array([[False], [True]])).named.tolist() == [True]
    assert troubles.borne_out_by(batch, np.array([[True], [True]])).named.tolist() == [False]
