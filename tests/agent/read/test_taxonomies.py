"""Lists of tags and texts with labels of them, as users write them."""

import json
from pathlib import Path

import pytest

from agent.errors import InputError
from agent.read.taxonomies import LabelledFile, read_labelled, read_taxonomy
from agent.schemas.tags import Label, TagDefinition, Taxonomy

_TAXONOMY = Taxonomy(
    tags=(
        TagDefinition(tag="delivery.late", polarity=True),
        TagDefinition(tag="price", polarity=True),
        TagDefinition(tag="staff"),
    )
)


def _taxonomy(folder: Path, body: str) -> Taxonomy:
    path = folder / "tags.yaml"
    path.write_text(body, encoding="utf-8")
    return read_taxonomy(path)


def _labelled(
    folder: Path, rows: list[tuple[object, object]], taxonomy: Taxonomy = _TAXONOMY
) -> LabelledFile:
    path = folder / "labelled.jsonl"
    lines = [json.dumps({"text": text, "labels": labels}) for text, labels in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_labelled(path, taxonomy)


def test_taxonomy_of_one_tag_is_a_taxonomy(tmp_path: Path) -> None:
    """A single tag with its name alone is enough."""
    taxonomy = _taxonomy(tmp_path, "\ufefftags: [{tag: price}]")
    assert taxonomy.tags == (TagDefinition(tag="price"),)


def test_taxonomy_keeps_order_definitions_and_examples(tmp_path: Path) -> None:
    """What the user wrote is what is read."""
    body = "tags:\n- {tag: b, definition: Second., examples: [one, two], polarity: true}\n- {tag: a}\n"
    taxonomy = _taxonomy(tmp_path, body)
    assert taxonomy.names == ("b", "a")
    assert taxonomy.tags[0] == TagDefinition(
        tag="b", definition="Second.", examples=("one", "two"), polarity=True
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("tags: [", "no YAML in UTF-8: line 1, column 8"),
        ("", "the file is empty"),
        ("- price\n- staff\n", "the file is a list"),
        ("tags: []", "at least one tag was expected"),
        ("tags: [price]", "tag 1 is a text"),
        ("tags: [{definition: x}]", "tag 1 has no `tag`"),
        ("tags: [{tag: price, colour: red}]", "tag 1 ('price') has a field 'colour'"),
        ("tags: [{tag: ''}]", "without a name"),
        ("tags: [{tag: ' price'}]", "space around"),
        ("tags: [{tag: price}, {tag: price}]", "'price' twice"),
        ("tags: [{tag: price}, {tag: price.-1}]", "'price.-1'"),
    ],
    ids=[
        "broken",
        "empty",
        "list",
        "no tags",
        "bare names",
        "nameless",
        "unknown key",
        "empty name",
        "space",
        "twice",
        "polarity",
    ],
)
def test_taxonomy_that_is_wrong_says_where(tmp_path: Path, body: str, said: str) -> None:
    """The message names the place or the tag, and the hint what was expected."""
    with pytest.raises(InputError) as caught:
        _taxonomy(tmp_path, body)
    assert said in str(caught.value)
    assert caught.value.hint


def test_taxonomy_nested_without_end_is_refused(tmp_path: Path) -> None:
    """A file that would break the parser's stack is a message, not a crash."""
    with pytest.raises(InputError):
        _taxonomy(tmp_path, "tags: " + "[" * 5_000)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"tags: [{tag: \xff}]", "is no YAML in UTF-8"), (None, "there is no taxonomy")],
    ids=["not UTF-8", "missing"],
)
def test_taxonomy_that_cannot_be_read_says_so(tmp_path: Path, content: bytes | None, said: str) -> None:
    """Other encodings and missing files are named."""
    path = tmp_path / "tags.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_taxonomy(path)


@pytest.mark.parametrize(
    "labels",
    [
        ["delivery.late.-1", "staff"],
        '["delivery.late.-1", "staff"]',
        "['delivery.late.-1', 'staff']",
        "delivery.late.-1; staff",
        " delivery.late.-1|staff ",
        "delivery.late.-1\nstaff",
    ],
    ids=["list", "JSON", "Python", "semicolon", "bar", "line"],
)
def test_labels_in_any_usual_form_are_the_same(tmp_path: Path, labels: object) -> None:
    """Lists and separated names mean one thing; a tag's name may hold a point."""
    found = _labelled(tmp_path, [("late again", labels)])
    assert found.texts[0].labels == (Label("delivery.late", -1), Label("staff"))
    assert found.unknown == ()


@pytest.mark.parametrize("empty", [[], "[]", " [] "])
def test_labels_of_an_empty_list_say_that_none_fits(tmp_path: Path, empty: object) -> None:
    """The text is kept, without a tag."""
    found = _labelled(tmp_path, [("late again", ["staff"]), ("hello", empty)])
    assert [text.labels for text in found.texts] == [(Label("staff"),), ()]


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_labels_that_nobody_gave_leave_the_row_out(tmp_path: Path, nothing: object) -> None:
    """A row nobody has labelled yet does not teach that none of the tags fits."""
    found = _labelled(tmp_path, [("late again", ["staff"]), ("hello", nothing)])
    assert [text.text for text in found.texts] == ["late again"]
    assert (found.n_rows, found.n_without_labels) == (2, 1)


def test_labels_that_are_unknown_are_left_out_and_named(tmp_path: Path) -> None:
    """The known ones of the same row stay."""
    found = _labelled(tmp_path, [("late", ["staff", "stuff", "price.2"]), ("dear", ["price"])])
    assert found.unknown == ("price.2", "stuff")
    assert found.texts[0].labels == (Label("staff"),)


def test_labels_all_unknown_are_refused_with_what_was_found(tmp_path: Path) -> None:
    """Nothing could be learnt, so the command stops and shows both lists of names."""
    with pytest.raises(InputError, match="'stuff'") as caught:
        _labelled(tmp_path, [("late", ["stuff"])])
    assert "'delivery.late'" in (caught.value.hint or "")


@pytest.mark.parametrize("labels", ["[staff", "[1, 2", "[x for x in y]", "[" * 20_000])
def test_labels_that_begin_a_list_and_are_none_name_the_row(tmp_path: Path, labels: str) -> None:
    """A broken list is never read as one strange name."""
    with pytest.raises(InputError, match="row 1 "):
        _labelled(tmp_path, [("late", ["staff"]), ("dear", labels)])


def test_labels_that_contradict_hold_where_half_of_the_rows_agree(tmp_path: Path) -> None:
    """Two of three rows decide about a tag and, among those that give it, about its polarity."""
    rows: list[tuple[object, object]] = [
        ("late", ["price.-1", "staff"]),
        ("late", ["price.-1"]),
        ("late", ["price.1"]),
    ]
    found = _labelled(tmp_path, rows)
    assert found.texts[0].labels == (Label("price", -1),)
    assert (found.n_contradicting, found.n_rows) == (1, 3)


def test_labels_that_agree_on_the_tag_alone_keep_the_tag(tmp_path: Path) -> None:
    """Three polarities for one tag leave the tag, of which nobody knows the polarity."""
    rows: list[tuple[object, object]] = [("late", [f"price.{polarity}"]) for polarity in (-1, 0, 1)]
    assert _labelled(tmp_path, rows).texts[0].labels == (Label("price"),)


def test_labels_of_both_polarities_in_one_row_are_kept(tmp_path: Path) -> None:
    """A text may be of two minds."""
    found = _labelled(tmp_path, [("late", ["price.1", "price.-1"])])
    assert found.texts[0].labels == (Label("price", -1), Label("price", 1))
    assert found.n_contradicting == 0


def test_labelled_texts_that_differ_in_capitals_and_space_are_one(tmp_path: Path) -> None:
    """The encoder and the words cannot tell them apart, so one would give the other's label away."""
    found = _labelled(tmp_path, [("Too  late\n", ["staff"]), ("too late", ["staff"])])
    assert [(text.text, text.labels) for text in found.texts] == [("Too  late\n", (Label("staff"),))]


def test_labelled_rows_without_text_are_counted(tmp_path: Path) -> None:
    """Null and blank texts teach nothing."""
    found = _labelled(tmp_path, [(None, ["staff"]), (" ", ["staff"]), ("late", ["staff"])])
    assert (len(found.texts), found.n_without_text) == (1, 2)


def test_labelled_csv_without_the_column_says_which_there_are(tmp_path: Path) -> None:
    """The message names `labels` and the columns of the file."""
    path = tmp_path / "labelled.csv"
    path.write_text("text,label\nlate,staff\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column 'labels'") as caught:
        read_labelled(path, _TAXONOMY)
    assert "'label'" in str(caught.value)


def test_labelled_csv_as_tables_write_lists_is_read(tmp_path: Path) -> None:
    """A Python list in a quoted cell, a missing value left empty."""
    path = tmp_path / "labelled.csv"
    path.write_text("body,labels\n\"late, again\",\"['staff', 'price.0']\"\nhello,\n", encoding="utf-8")
    found = read_labelled(path, _TAXONOMY)
    assert found.texts[0].labels == (Label("price", 0), Label("staff"))
    assert found.n_without_labels == 1


def test_label_of_a_tag_whose_name_ends_like_a_polarity_is_the_tag(tmp_path: Path) -> None:
    """A name that is in the taxonomy is never cut."""
    taxonomy = Taxonomy(tags=(TagDefinition(tag="version.1"), TagDefinition(tag="price")))
    found = _labelled(tmp_path, [("late", ["version.1", "price.1"])], taxonomy)
    assert found.texts[0].labels == (Label("price", 1), Label("version.1"))
