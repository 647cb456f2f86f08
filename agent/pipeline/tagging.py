"""Tags of a given list, for the texts of a file, of which nothing is stored."""

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from agent.analyse.tags.cards import MIN_GIVEN
from agent.analyse.tags.learning import MAX_UNLABELLED, TagLearning, learn_tags, needs_unlabelled
from agent.analyse.tags.seeds import overlapping
from agent.pipeline.analysis import SEED
from agent.ports import Encoder
from agent.read.taxonomies import LabelledFile
from agent.schemas.tags import TagCard, TaggedText, Taxonomy, wording_of

Rows = Iterable[tuple[int, str | None]]

_AT_ONCE = 2_048
_MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Tagging:
    """A file's tags as they are made, a card for each tag that has labels, and what the user should know."""

    rows: Iterator[TaggedText]
    cards: tuple[TagCard, ...]
    warnings: tuple[str, ...]


def tag_texts(
    read: Callable[[], Rows], taxonomy: Taxonomy, labelled: LabelledFile | None, *, encoder: Encoder
) -> Tagging:
    """Learn the tags and give them to every row; memory does not grow with the number of rows.

    Args:
        read: Begins to read the rows; called twice where labels are few, to look at texts without labels first.
        taxonomy: The tags.
        labelled: Texts with labels; a row with the text of one of them is judged as if it had no label.
        encoder: Encodes the texts.
    """
    texts = () if labelled is None else labelled.texts
    unlabelled = _sample(read()) if needs_unlabelled(taxonomy, texts) else []
    learning = learn_tags(taxonomy, texts, unlabelled, encoder, seed=SEED)
    warnings = (
        *_about_taxonomy(taxonomy, learning, encoder),
        *_about_labels(labelled),
        *_about_cards(learning.cards),
    )
    return Tagging(_tagged(read(), learning), learning.cards, warnings)


def _tagged(rows: Rows, learning: TagLearning) -> Iterator[TaggedText]:
    given = iter(rows)
    while some := list(islice(given, _AT_ONCE)):
        tagged = learning.model.tag([text for _, text in some])
        for (row, _), found in zip(some, tagged, strict=True):
            yield found.model_copy(update={"row": row})


def _sample(rows: Rows) -> list[str]:
    """Return a sample of the different texts, the same whatever the order of the rows: those of the lowest digests."""
    lowest: list[tuple[int, str]] = []
    held: set[int] = set()
    for _, text in rows:
        if not text:
            continue
        digest = hashlib.blake2b(wording_of(text).encode("utf-8", "surrogatepass"), digest_size=8)
        lot = -int.from_bytes(digest.digest())
        if lot in held or (len(lowest) == MAX_UNLABELLED and lot < lowest[0][0]):
            continue
        held.add(lot)
        if len(lowest) < MAX_UNLABELLED:
            heapq.heappush(lowest, (lot, text))
        else:
            held.discard(heapq.heappushpop(lowest, (lot, text))[0])
    return [text for _, text in sorted(lowest)]


def _about_taxonomy(taxonomy: Taxonomy, learning: TagLearning, encoder: Encoder) -> Iterator[str]:
    for one, other in overlapping(taxonomy, encoder):
        yield f"{one!r} and {other!r} are described in nearly the same words; one of them will take most texts of both"
    if learning.cards:
        missing = [card.tag for card in learning.cards if not card.n]
        if missing:
            yield f"no labelled text carries {_listed(missing)}, so nobody knows how well that is told"
    bare = [tag.tag for tag in taxonomy.tags if not tag.definition.strip() and not tag.examples]
    if bare and learning.model.whole.seeds is not None:
        yield f"neither definition nor examples: {_listed(bare)}; the name alone says what is meant"


def _about_cards(cards: Sequence[TagCard]) -> Iterator[str]:
    """Warn of what the labels show to be told badly, or show nothing of at all."""
    if not cards:
        yield (
            "without labelled texts these tags are guesses of unknown precision, and no trend is drawn; a few labels a tag "
            "(--labelled) help most"
        )
        return
    missed = [card.tag for card in cards if card.n and not card.recall.n]
    if missed:
        yield f"none of the labelled texts that carry {_listed(missed)} was given it: what is given it now is a guess"
    few = [card.tag for card in cards if card.n and card.precision.total < MIN_GIVEN]
    if few:
        yield (
            f"too few labels to know how well {_listed(few)} is told: fewer than {MIN_GIVEN} labelled texts were given it"
        )


def _about_labels(labelled: LabelledFile | None) -> Iterator[str]:
    if labelled is None:
        return
    if labelled.unknown:
        yield f"labels that are not in the taxonomy were left out: {_listed(labelled.unknown)}"
    if labelled.n_contradicting:
        yield (
            f"texts labelled in several rows that do not agree: {labelled.n_contradicting:,}; "
            "a tag holds that at least half of a text's rows give"
        )
    if labelled.n_without_labels:
        yield (
            f"labelled rows left out because they have nothing in `labels`: {labelled.n_without_labels:,}; "
            "write `[]` where no tag fits"
        )
    if labelled.n_without_text:
        yield f"labelled rows without a text: {labelled.n_without_text:,}"


def _listed(names: Iterable[str]) -> str:
    shown = [repr(name) for name in names]
    more = f" and {len(shown) - _MAX_SHOWN} more" if len(shown) > _MAX_SHOWN else ""
    return ", ".join(shown[:_MAX_SHOWN]) + more
