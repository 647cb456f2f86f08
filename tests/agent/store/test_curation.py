"""The log of decisions about themes: it only grows, comes back as it was, and is there after an upgrade."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import agent.store
from agent.schemas.curation import Pin, Rename, Undo
from agent.schemas.insight import Theme
from agent.store import Store
from agent.store.engine import Database, open_engine
from agent.store.home import Home
from agent.store.results import StoredThemes
from tests.agent.store.builders import NOW

_THEME = Theme(
    theme_id="t_1",
    label="Late parcels",
    definition="d",
    stage=None,
    terms=("late",),
    passage_ids=("a", "b"),
    core_passage_ids=("a",),
)


def test_log_returns_what_was_appended_in_order(store: Store) -> None:
    """Who, when, what and why come back; numbers count from one."""
    assert store.curation.length() == 0
    rename = Rename(theme=_THEME, label="Parcels come late", definition="e")
    first = store.curation.append(rename, by="anna", reason="clearer", theme_set=3, now=NOW)
    store.curation.append(Pin(theme=_THEME), by="ben", reason="", theme_set=4, now=NOW)
    store.curation.append(Undo(number=1), by="ben", reason="", theme_set=5, now=NOW)
    entries = list(store.curation.entries())
    assert entries[0] == first
    assert [(entry.number, entry.by, entry.edit.action) for entry in entries] == [
        (1, "anna", "rename"),
        (2, "ben", "pin"),
        (3, "ben", "undo"),
    ]
    assert (first.at, first.reason, first.theme_set) == (NOW, "clearer", 3)
    assert store.curation.length() == 3


def test_log_of_a_workspace_is_its_own(tmp_path: Path) -> None:
    """Another brand in the same home sees nothing of it and counts for itself."""
    with Store.create(tmp_path, "one", now=NOW) as store:
        store.curation.append(Pin(theme=_THEME), by="anna", reason="", theme_set=1, now=NOW)
    with Store.create(tmp_path, "two", now=NOW) as store:
        assert store.curation.length() == 0
        assert store.curation.append(Pin(theme=_THEME), by="b", reason="", theme_set=1, now=NOW).number == 1


def test_upgrade_takes_stored_themes_as_found_ones(tmp_path: Path) -> None:
    """A home from before there were decisions keeps its themes, which nobody has decided about."""
    themes = StoredThemes(themes=(_THEME,), assignments={"a": "t_1"}, unassigned_share=0.5, input_sha256="0")
    home = Home(tmp_path)
    home.prepare()
    database = Database(open_engine(home.database), path=home.database)
    with database.begin() as connection:
        config = Config()
        folder = Path(agent.store.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        config.set_main_option("version_locations", str(folder / "journey"))
        config.set_main_option("path_separator", "newline")
        config.attributes["connection"] = connection
        command.upgrade(config, "r0001_first")
        connection.execute(
            sa.text("INSERT INTO workspaces VALUES (1, 'brand', 'salt', 0.2, '2026-01-01 00:00:00.000000')")
        )
        connection.execute(
            sa.text(
                "INSERT INTO documents VALUES (1, 'themes', 'current', 1, :body, 'x', '2026-01-01 00:00:00')"
            ),
            {"body": themes.model_dump_json()},
        )
    database.close()
    with Store.open(tmp_path, "brand") as store:
        assert store.results.found_themes() == store.results.themes() == themes
        assert store.curation.length() == 0
