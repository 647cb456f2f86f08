"""`journey chat` and `journey serve` as their users meet them."""

import fcntl
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.api.brand import Brand, journey


def test_chat_answer_is_kept_and_is_gone_on_with_line_by_line(
    copied: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question gives the typed answer; later lines find it again, open its sources, and are told what cannot be done."""
    ran = copied.journey("chat", "What are the biggest pain points?", "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["answer"]["outcome"] == "answered"
    assert told["answer"]["citations"]
    lines = "/open 1\n/approve\n/go 7\n/nonsense\n/list\n/go 1\n/open 1\n/open 99\nWhat do customers praise?\nQuit\nno more\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    talked = copied.journey("chat")
    assert talked.code == 0, talked.err
    said = (
        "Nothing was answered yet",
        "Nothing waits for approval",
        "'7' is no conversation",
        "There is no /nonsense",
    )
    for words in (*said, "no source '99'"):
        assert words in talked.err
    assert told["answer"]["sentences"][0]["text"] in talked.out
    assert "Computed as" in talked.out or "»" in talked.out
    marks = set(re.findall(r" \[(\d+)\]", talked.out))
    assert marks
    assert marks <= set(re.findall(r"^\[(\d+)\] ", talked.out, re.MULTILINE))
    assert "no more" not in talked.out


def test_chat_json_without_a_question_is_wrong_usage(tmp_path: Path) -> None:
    """It says what to give."""
    ran = journey(tmp_path / "home", "chat", "--json")
    assert ran.code == 1
    assert "takes one QUESTION" in ran.err


def test_serve_at_a_taken_port_says_so_and_opens_nothing(tmp_path: Path) -> None:
    """Nothing is made in the home."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = journey(tmp_path / "home", "serve", "--port", str(taken.getsockname()[1]))
    assert ran.code == 1
    assert "--port" in ran.err
    assert not (tmp_path / "home").exists()


def test_serve_on_a_home_that_cannot_be_written_or_is_in_use_says_so(copied: Brand, tmp_path: Path) -> None:
    """A file in place of the folder, and a folder that another process owns."""
    (tmp_path / "file").write_text("x")
    ran = journey(tmp_path / "file" / "home", "serve", "--port", "0")
    assert ran.code == 1
    assert "cannot be used" in ran.err
    with (copied.home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = copied.journey("serve", "--port", "0")
    assert ran.code == 1
    assert "in use by process" in ran.err


@pytest.mark.timeout(150)
def test_serve_prints_the_first_link_answers_and_stops_at_a_signal(tmp_path: Path) -> None:
    """The link is there while there is no account; the end is clean, and the home is free again."""
    command = [sys.executable, "-m", "api.cli.main", "--home", str(tmp_path / "home"), "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8", env=dict(os.environ)) as process:
        assert process.stderr is not None
        said = ""
        while "/welcome/" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        found = re.search(r"is at (http://127\.0\.0\.1:\d+)", said)
        assert found is not None
        end = time.monotonic() + 60
        while _status(found[1]) != 200:
            assert time.monotonic() < end
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(timeout=60) == 0, rest
    assert "Warning" not in said
    assert rest.strip() == "Stopped."


def _status(address: str) -> int:
    try:
        with urlopen(f"{address}/health", timeout=5) as answer:  # noqa: S310 - an address of this machine
            return int(answer.status)
    except OSError:
        return 0
