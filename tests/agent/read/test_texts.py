"""Texts out of any table: what is said where the column is not there."""

from pathlib import Path

import pytest

from agent.errors import InputError
from agent.read.texts import read_texts


def test_read_texts_without_the_column_names_the_option_that_chooses_it(tmp_path: Path) -> None:
    """The hint names what these commands take, not what `ingest` takes."""
    path = tmp_path / "said.csv"
    path.write_text("remark\nthe parcel is late\n", encoding="utf-8")
    with pytest.raises(InputError, match="'remark'") as raised:
        list(read_texts(path))
    assert "--text-field" in raised.value.hint
    assert "--mapping" not in raised.value.hint
