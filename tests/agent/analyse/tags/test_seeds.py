"""What the words of a list alone say."""

import numpy as np
import pytest

from agent.analyse.tags.kernel import batch_of
from agent.analyse.tags.seeds import Seeds, overlapping
from agent.embed import open_encoder
from agent.ports import Encoder
from agent.schemas.tags import TagDefinition, Taxonomy
from agent.testing import HashEncoder
from tests.agent.analyse.tags.corpus import TAXONOMY, labelled_texts


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """The bundled encoder."""
    return open_encoder(tmp_path_factory.mktemp("encoder"))


def _guess(texts: list[str], encoder: Encoder) -> list[list[str]]:
    found = Seeds.of(TAXONOMY, encoder).guess(batch_of(texts, encoder))
    return [[TAXONOMY.names[tag] for tag in np.flatnonzero(row)] for row in found]


def test_guess_finds_the_tag_that_is_meant_in_other_words(encoder: Encoder) -> None:
    """Each part goes to one tag; a part about nothing in the list to none."""
    texts = [
        "It took ages until the package got here",
        "You charge way too much for this",
        "The lady at the help desk was impolite, and the package came weeks after the promised date",
        "Photosynthesis turns sunlight into sugar",
    ]
    assert _guess(texts, encoder) == [["delivery"], ["price"], ["delivery", "staff.support"], []]


def test_guess_of_no_text_has_a_column_a_tag() -> None:
    """Nothing in, nothing out."""
    seeds = Seeds.of(TAXONOMY, HashEncoder())
    assert seeds.guess(batch_of([], HashEncoder())).shape == (0, 3)
    assert seeds.grounded_in(batch_of([], HashEncoder())) is seeds


def test_overlapping_tags_are_named_and_others_are_not(encoder: Encoder) -> None:
    """Two descriptions of one thing; the small taxonomy has none such."""
    twins = Taxonomy(
        tags=(
            TagDefinition(tag="late parcels", definition="The parcel arrives late."),
            TagDefinition(tag="price", definition="What things cost."),
            TagDefinition(tag="parcel.late", definition="The parcel is late."),
        )
    )
    assert overlapping(twins, encoder) == [("late parcels", "parcel.late")]
    assert overlapping(TAXONOMY, encoder) == []


@pytest.mark.parametrize("tag", ["-", "!!", "支払い", "a.b.c", "x" * 500])
def test_seeds_of_any_name_have_a_meaning(tag: str) -> None:
    """A tag without words in its name, definition or examples breaks nothing."""
    taxonomy = Taxonomy(tags=(TagDefinition(tag=tag, definition="  ", examples=("", " ")),))
    assert np.isfinite(Seeds.of(taxonomy, HashEncoder()).sums).all()


def test_seeds_with_labelled_texts_move_towards_them() -> None:
    """What people labelled counts beside what was defined; tags without a text stay."""
    encoder, texts = HashEncoder(), labelled_texts(9)
    batch = batch_of([text.text for text in texts], encoder)
    held = np.zeros((len(batch), 3), dtype=bool)
    held[:, 1] = True
    before = Seeds.of(TAXONOMY, encoder)
    after = before.with_labelled(batch, held)
    assert (after.sums[[0, 2]] == before.sums[[0, 2]]).all()
    assert (after.sums[1] != before.sums[1]).any()
