"""The README is true: its settings table, its commands and its test command."""

import re
from pathlib import Path

from agent.settings import Settings
from api.cli.main import journey

_README = Path(__file__).parent.parent / "README.md"


def test_settings_table_names_every_setting_and_no_other() -> None:
    """A setting that is not in the table does not exist for a reader."""
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", _README.read_text(encoding="utf-8"), re.MULTILINE))
    expected = {
        str(field.validation_alias) if field.validation_alias else f"JOURNEY_{name.upper()}"
        for name, field in Settings.model_fields.items()
    }
    assert listed == expected


def test_readme_commands_exist() -> None:
    """Every `journey COMMAND` of the README is a command."""
    named = set(
        re.findall(r"(?:^|`|run )journey ([a-z][a-z-]+)", _README.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert named
    assert named <= set(journey.list_commands(None))  # type: ignore[arg-type]
