"""`journey account`: helping oneself from the command line."""

import json
import re
from pathlib import Path

import pytest

from agent.schemas.accounts import AuditFilter
from agent.store.accounts import Accounts
from api.cli.main import main
from tests.agent.store.builders import NOW
from tests.api.web.security.site import CHEAP, GOOD


def _run(home: Path, *words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), *words])
    return int(ended.value.code or 0)


def test_locked_out_admin_gets_back_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Invite, list, reset: the link alone is on stdout, so that it can be passed on."""
    assert (
        _run(
            tmp_path,
            "account",
            "invite",
            "Anna@Example.org",
            "--role",
            "admin",
            "--url",
            "https://ji.example/",
        )
        == 0
    )
    said = capsys.readouterr()
    token = re.fullmatch(r"https://ji\.example/welcome/([\w-]{43})\n", said.out)
    assert token
    assert "anna@example.org is invited" in said.err
    with Accounts.open(tmp_path) as accounts:
        accounts.accept(
            token[1],
            password_hash=CHEAP.hash(GOOD),
            address="",
            now=accounts.look(token[1], now=NOW).expires_at.replace(year=2025),
        )
    assert _run(tmp_path, "account", "reset", "ANNA@example.org") == 0
    assert capsys.readouterr().out.startswith("http://127.0.0.1:8000/welcome/")
    with Accounts.open(tmp_path) as accounts:
        done = [
            (entry.who, entry.action) for entry in accounts.audit.entries(AuditFilter(who="command line"))
        ]
    assert done == [("command line", "account.reset"), ("command line", "account.invite")]


def test_list_prints_accounts_with_their_roles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a table and as JSON; never a hash."""
    _run(tmp_path, "--workspace", "acme", "account", "invite", "ben", "--role", "editor", "--name", "Ben B")
    _run(tmp_path, "account", "disable", "ben")
    capsys.readouterr()
    assert _run(tmp_path, "account", "list", "--json") == 0
    (ben,) = json.loads(capsys.readouterr().out)["accounts"]
    assert (ben["login"], ben["display_name"], ben["disabled"], ben["roles"]) == (
        "ben",
        "Ben B",
        True,
        {"acme": "editor"},
    )
    assert not any("hash" in name for name in ben)
    assert _run(tmp_path, "account", "list") == 0
    table = capsys.readouterr().out
    assert "editor in acme" in table
    assert "disabled" in table


def test_unknown_account_is_named_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 and a hint."""
    assert _run(tmp_path, "account", "reset", "nobody") == 1
    assert "`journey account list`" in capsys.readouterr().err
    assert _run(tmp_path, "account", "invite", "two words") == 1


def test_last_admin_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command line could do it, and should not by mistake."""
    with Accounts.open(tmp_path) as accounts:
        token = accounts.first_account_token(now=NOW) or ""
        accounts.accept(token, login="root", password_hash=CHEAP.hash(GOOD), address="", now=NOW)
    assert _run(tmp_path, "account", "disable", "root") == 1
    assert "last admin" in capsys.readouterr().err
