"""Learning from the list, from few labels and from many, by one law: no text is judged by its own label."""

from dataclasses import replace

import numpy as np
import pytest

from agent.analyse.tags.kernel import batch_of
from agent.analyse.tags.learning import TagLearning, learn_tags, needs_unlabelled
from agent.schemas.tags import Label, LabelledText, TaggedText
from agent.testing import HashEncoder
from tests.agent.analyse.tags.corpus import TAXONOMY, labelled_texts

_FREE = [f"order {n}: the parcel was late again" for n in range(20)] + [
    f"the fees were too high in month {n}" for n in range(20)
]


def _learn(labelled: list[LabelledText]) -> TagLearning:
    return learn_tags(TAXONOMY, labelled, _FREE, HashEncoder(), seed=0)


def _many() -> list[LabelledText]:
    return labelled_texts(90)


def _few() -> list[LabelledText]:
    return labelled_texts(20)


def _flipped(text: LabelledText) -> LabelledText:
    held = {label.tag for label in text.labels}
    return replace(text, labels=tuple(Label(tag, 1) for tag in TAXONOMY.names if tag not in held))


def test_corpus_has_few_and_many() -> None:
    """The two ways of learning are both tested here."""
    assert needs_unlabelled(TAXONOMY, _few())
    assert not needs_unlabelled(TAXONOMY, _many())


@pytest.mark.parametrize("n", [20, 90], ids=["few", "many"])
def test_label_of_a_text_never_moves_its_own_tags(n: int) -> None:
    """Tags, confidence, span and polarity of a labelled text are the same if its labels are turned about."""
    texts = labelled_texts(n)
    for row in range(0, len(texts), 7 if n > 20 else 3):
        turned = [*texts[:row], _flipped(texts[row]), *texts[row + 1 :]]
        asked = [texts[row].text, texts[row].text.upper(), f" {texts[row].text}\n"]
        before, after = _learn(texts).model, _learn(turned).model
        assert before.tag(asked[:1]) == after.tag(asked[:1])
        assert before.confidences(asked) == pytest.approx(after.confidences(asked), abs=1e-6)


@pytest.mark.parametrize("n", [1, 2, 20, 90])
def test_learning_twice_gives_the_same(n: int) -> None:
    """Same input, same output."""
    texts = labelled_texts(n)
    asked = [text.text for text in texts] + ["the courier was late and the agent was rude"]
    one, other = _learn(texts), _learn(texts)
    assert one.model.tag(asked) == other.model.tag(asked)
    assert one.cards == other.cards


def test_labels_teach_what_the_list_does_not_say() -> None:
    """With many labels a word that stands nowhere in the list becomes a tag's own."""
    texts = [*_many(), *(LabelledText(f"zorble {n} frumious", (Label("price", -1),)) for n in range(20))]
    found = _learn(texts).model.tag(["zorble frumious bandersnatch"])[0]
    assert [tag.tag for tag in found.tags] == ["price"]


def test_corrections_of_labels_are_followed() -> None:
    """The same texts under another tag make the model say the other tag."""
    other = [replace(text, labels=tuple(Label("price") for _ in text.labels[:1])) for text in _many()]
    given = {tag.tag for found in _learn(other).model.tag(["the agent was rude today"]) for tag in found.tags}
    assert given == {"price"}


def test_none_fits_is_learnt_from_texts_without_labels() -> None:
    """Texts that people looked at and gave no tag stay bare."""
    model = _learn(_many()).model
    found = model.tag(["We walked along river number 77 all day.", "The agent was rude to me."])
    assert [bool(row.tags) for row in found] == [False, True]
    assert (found[0].none or 0) > (found[1].none or 0)


def test_learning_from_nothing_at_all_still_tags() -> None:
    """Neither labels nor texts: the words of the list alone."""
    learning = learn_tags(TAXONOMY, [], [], HashEncoder(), seed=0)
    assert learning.cards == ()
    assert [tag.tag for tag in learning.model.tag(["far too expensive"])[0].tags] == ["price"]


def test_learning_from_labels_without_texts_beside_them_works() -> None:
    """A single labelled text and nothing unlabelled."""
    learning = learn_tags(TAXONOMY, labelled_texts(1), [], HashEncoder(), seed=0)
    assert [card.n for card in learning.cards].count(0) >= 1
    assert isinstance(learning.model.tag(["the parcel was late"])[0], TaggedText)


def test_learning_where_no_label_is_a_tag_of_one_polarity_works() -> None:
    """Polarities all alike cannot be told apart, and need not be."""
    texts = [replace(text, labels=tuple(Label(label.tag, 1) for label in text.labels)) for text in _many()]
    assert _learn(texts).model.tag(["the parcel was late"])[0].reason is None


def test_many_texts_of_many_labels_are_sampled_with_the_rare_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many to teach with, the rare tag keeps far more than its share, which would be 4."""
    monkeypatch.setattr("agent.analyse.tags.learning.MAX_TAUGHT", 80)
    common = [LabelledText(f"the price of item {n} is high", (Label("price", -1),)) for n in range(400)]
    rare = [LabelledText(f"agent {n} was rude to me", (Label("staff.support"),)) for n in range(20)]
    cards = {card.tag: card.n for card in _learn([*common, *rare]).cards}
    assert cards["price"] + cards["staff.support"] == 80
    assert cards["staff.support"] >= 10


def test_model_knows_no_label_of_a_fold_in_its_judge() -> None:
    """Each labelled text has a judge, and the judges are no more than the folds."""
    texts = _many()
    model = _learn(texts).model
    assert set(model.fold_of) == {text.wording for text in texts}
    assert set(model.fold_of.values()) == set(range(len(model.folds)))
    batch = batch_of([texts[0].text], HashEncoder())
    judge = model.folds[model.fold_of[texts[0].wording]]
    assert np.allclose(model.confidences([texts[0].text]), judge.confidence(batch))
