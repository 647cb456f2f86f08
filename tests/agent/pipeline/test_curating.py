"""Naming a theme: by its id, or by a label that only it has."""

from typing import cast

import numpy as np
import pytest

from agent.errors import InputError, NotFoundError
from agent.pipeline.analysis import ReadPassages
from agent.pipeline.curating import Curator
from agent.pipeline.workspace import Workspace
from agent.schemas.insight import Theme
from agent.store.results import StoredThemes


def _curator() -> Curator:
    themes = tuple(
        Theme(
            theme_id=theme_id,
            label="Late parcel",
            definition="d",
            stage=None,
            terms=("late",),
            passage_ids=(f"{theme_id}:0",),
            core_passage_ids=(),
        )
        for theme_id in ("t_a", "t_b")
    )
    stored = StoredThemes(themes=themes, assignments={}, unassigned_share=0.0, input_sha256="")
    read = ReadPassages([], np.zeros((0, 4), dtype=np.float32), [])
    return Curator(cast(Workspace, None), read, stored, 1, "anna", "")


def test_theme_by_a_label_of_two_names_both() -> None:
    """Later data may bring a label that a person gave before; the message names the ids to choose from."""
    with pytest.raises(InputError, match="t_a, t_b") as raised:
        _curator().theme("late parcel")
    assert "id" in raised.value.hint
    assert _curator().theme("t_b").theme_id == "t_b"


def test_theme_by_an_unknown_label_names_the_nearest() -> None:
    """A slip of the pen is no dead end."""
    with pytest.raises(NotFoundError) as raised:
        _curator().theme("late parcels")
    assert "Late parcel" in raised.value.hint
