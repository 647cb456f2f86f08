"""The command line's face: help without weight, exit codes, errors on stderr and data on stdout."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import pytest
import structlog

from agent.errors import ConfigError, InputError, StoreError
from api.cli import main as cli
from api.cli import output
from api.cli.main import journey
from api.cli.output import counted, log_to_stderr, print_json, print_table, print_text, say
from api.cli.session import parse_where
from tests.api.brand import Ran
from tests.api.brand import journey as run
from tests.api.brand import journey_process as run_process

_HEAVY = {
    "chromadb", "sklearn", "scipy", "onnxruntime", "openai", "duckdb", "ibis", "pyarrow", "faker", "phonenumbers", "pandas",
    "numpy", "sqlalchemy", "langchain_core",
}  # fmt: skip
_COMMANDS = (
    "demo", "init", "ingest", "status", "search", "discover", "pain-points", "paths", "moments", "map", "variants", "index", "eval",
    "doctor",
)  # fmt: skip


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_help_lists_every_command_without_importing_the_heavy_parts(arguments: Sequence[str]) -> None:
    """Help answers at once: what the commands need is imported when they run."""
    program = (
        "import sys\n"
        "from api.cli.main import journey\n"
        f"journey.main({list(arguments)!r}, standalone_mode=False)\n"
        "print('loaded:', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    text, loaded = done.stdout.split("loaded:")
    listed = [line.split()[0] for line in text.split("Commands:")[1].splitlines() if line.startswith("  ")]
    assert [name for name in listed if name in _COMMANDS] == list(_COMMANDS)
    assert set(loaded.split()) & _HEAVY == set()


def test_commands_that_are_listed_can_be_called() -> None:
    """Every name in the list leads to a command with help."""
    context = click.Context(journey)
    for name in journey.list_commands(context):
        command = journey.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str()


def test_unknown_command_is_wrong_usage(tmp_path: Path) -> None:
    """Exit 2, with the name that was given, and nothing on stdout."""
    done = run(tmp_path, "stauts")
    assert done.code == 2
    assert "stauts" in done.err
    assert done.out == ""


def test_unknown_option_is_wrong_usage(tmp_path: Path) -> None:
    """Exit 2 for an option there is not."""
    done = run(tmp_path, "--homee", "x", "status")
    assert (done.code, done.out) == (2, "")


def test_version_is_printed(tmp_path: Path) -> None:
    """The version is that of the package."""
    done = run(tmp_path, "--version")
    assert done.code == 0
    assert done.out.startswith("journey, version ")


@pytest.mark.parametrize("runner", [run, run_process])
def test_missing_workspace_is_our_error_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runner: Callable[..., Ran]
) -> None:
    """Exit 1, error and hint on stderr, nothing on stdout, nothing made, whatever the terminal's letters are."""
    monkeypatch.setenv("LC_ALL", "C")
    home = tmp_path / "家"
    done = runner(home, "status", "--json")
    assert (done.code, done.out) == (1, "")
    lines = done.err.splitlines()
    assert lines[0].startswith("Error: ")
    assert "家" in lines[0]
    assert lines[1].startswith("Hint: ")
    assert "Traceback" not in done.err
    assert not home.exists()


def _main(monkeypatch: pytest.MonkeyPatch, error: BaseException | int) -> int | str | None:
    def act(**_: object) -> object:
        if isinstance(error, int):
            return error
        raise error

    monkeypatch.setattr(journey, "main", act)
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


@pytest.mark.parametrize(
    ("error", "code"),
    [(InputError("a b", hint="c"), 1), (StoreError("a b", hint="c"), 1), (ConfigError("a b", hint="c"), 2)],
)
def test_our_errors_become_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    """Settings that do not fit are wrong usage; everything else of ours is a failure."""
    assert _main(monkeypatch, error) == code
    assert capsys.readouterr() == ("", "Error: a b\nHint: c\n")


def test_error_without_hint_has_no_hint_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No empty hint is shown."""
    assert _main(monkeypatch, InputError("a b")) == 1
    assert capsys.readouterr().err == "Error: a b\n"


def test_code_of_a_command_is_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that says 1 exits 1; one that says nothing exits 0."""
    assert _main(monkeypatch, 1) == 1
    assert _main(monkeypatch, 0) == 0


def test_stop_by_the_keyboard_is_said_and_has_its_own_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever stops a command is told that nothing is lost."""
    assert _main(monkeypatch, click.exceptions.Abort()) == 130
    assert "run the same command again" in capsys.readouterr().err


def test_setting_that_does_not_fit_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2 with the variable's name, and no traceback."""
    monkeypatch.setenv("JOURNEY_MODEL_TIMEOUT_S", "soon")
    done = run(tmp_path / "home", "status")
    assert done.code == 2
    assert "JOURNEY_MODEL_TIMEOUT_S" in done.err
    assert "Traceback" not in done.err


def test_logs_go_to_stderr_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    """What the core notes never mixes with data on stdout."""
    before = structlog.get_config()
    try:
        log_to_stderr()
        log = structlog.get_logger("test")
        log.info("quiet_thing")
        log.warning("loud_thing", reason="x")
    finally:
        structlog.configure(**before)
    found = capsys.readouterr()
    assert found.out == ""
    assert "loud_thing" in found.err
    assert "quiet_thing" not in found.err


def test_json_is_one_object_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """Letters of all scripts and numbers that JSON lacks come through."""
    print_json({"text": "日本 <b>", 3: float("nan")})
    assert json.loads(capsys.readouterr().out) == {"text": "日本 <b>", "3": None}


def test_table_cells_are_text_and_never_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """A customer's words in brackets are shown as they are."""
    print_table(
        "A [b]title[/b]", ["x", "n"], [["[red]hot[/red] [/]", 12_345], [None, 0.12345], [True, 12_345.6]]
    )
    shown = capsys.readouterr().out
    for words in ("A [b]title[/b]", "[red]hot[/red] [/]", "12,345", "-", "0.123", "12,346", "True"):
        assert words in shown


def test_number_and_noun_agree() -> None:
    """One of a thing is no plural."""
    assert [counted(n, "pain point") for n in (0, 1, 1_200)] == [
        "0 pain points",
        "1 pain point",
        "1,200 pain points",
    ]


def test_where_pairs_become_a_filter() -> None:
    """Spaces around key and value do not count; a value may hold an equals sign and may be empty."""
    assert parse_where((" segment = family ", "url=a=b", "note=")) == {
        "segment": "family",
        "url": "a=b",
        "note": "",
    }
    assert parse_where(()) == {}


@pytest.mark.parametrize("pair", ["segment", "=family", "  =x", ""])
def test_where_without_key_or_sign_is_refused(pair: str) -> None:
    """The error shows what was given and what was expected."""
    with pytest.raises(InputError, match="KEY=VALUE"):
        parse_where((pair,))


@pytest.mark.parametrize(
    "steering", ["\x1b[31mred", "\x9b31m", "\x07", "\r", "\x7f", "\u202etxt.exe", "\u2066x"]
)
def test_output_writes_out_what_would_steer_the_terminal(
    capsys: pytest.CaptureFixture[str], steering: str
) -> None:
    """Names of files and events come from elsewhere: they are shown, and move no cursor and turn no line."""
    say(f"file {steering}")
    print_text(f"file {steering}")
    print_table(f"file {steering}", [steering], [[steering]])
    printed = capsys.readouterr()
    assert steering[0] not in printed.out + printed.err
    assert f"\\u{ord(steering[0]):04x}" in printed.out


def test_log_warning_given_again_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A file is opened several times on its way in; its encoding is news once."""
    log_to_stderr()
    try:
        for name in ("a.csv", "a.csv", "b.csv"):
            structlog.get_logger("test").warning("encoding_fallback", file=name)
        assert capsys.readouterr().err.count("encoding_fallback") == 2
    finally:
        structlog.reset_defaults()


def test_log_of_a_long_life_remembers_the_latest_warnings_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that warns of ever new things for months does not grow by it; what was long ago is news again."""
    monkeypatch.setattr(output, "_MOST_REMEMBERED", 3)
    log_to_stderr()
    try:
        for name in ("a.csv", "b.csv", "c.csv", "c.csv", "d.csv", "a.csv"):
            structlog.get_logger("test").warning("encoding_fallback", file=name)
        assert capsys.readouterr().err.count("encoding_fallback") == 5
    finally:
        structlog.reset_defaults()


def test_ingest_of_known_ids_with_other_content_says_what_was_kept_and_what_to_do(tmp_path: Path) -> None:
    """A corrected export, or another mapping, does not replace what is stored, and does not pass in silence."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("id,text\nreview-0000001,The parcel came late.\n", encoding="utf-8")
    second.write_text("id,text\nreview-0000001,The parcel came early.\n", encoding="utf-8")
    home = tmp_path / "home"
    assert run(home, "ingest", "--kind", "reviews", str(first)).code == 0
    again = run(home, "ingest", "--kind", "reviews", str(second))
    assert "1 row with an id that is stored with other content" in again.err
    assert "--workspace" in again.err
