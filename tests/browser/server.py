"""The server as a person starts it: `journey serve` in a process of its own, on a home that is not there yet."""

import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_S = 60
_LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/welcome/\S+")


@contextmanager
def started(home: Path) -> Generator[tuple[str, str]]:
    """Start a server on a new home, and give its address with the one-time link that it prints; stop it by Ctrl-C."""
    command = [sys.executable, "-m", "api.cli.main", "--home", str(home), "serve", "--port", "0"]
    told: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                told.append(line)
                if found := _LINK.search(line):
                    yield found[1], found[0]
                    break
            else:
                msg = f"the server printed no link: {told}"
                raise AssertionError(msg)
        finally:
            process.send_signal(signal.SIGINT)
            left = process.communicate(timeout=_PATIENCE_S)[1]
    assert process.returncode == 0, "".join([*told, left])
