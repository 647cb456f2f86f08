"""What every test runs under: no network but loopback, no tracing, no settings of the machine it runs on."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# No test measures time: machines are shared.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Tests start many processes, each of which would else compile all that it imports; read when those start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Tests already run side by side: more threads of linear algebra would only wait for each other. Read when NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """Refuse every connection that leaves the machine."""
    patch = pytest.MonkeyPatch()
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOOPBACK:
            msg = f"a test tried to reach {address[0]!r}; only loopback is open"
            raise PermissionError(msg)
        real(self, address)

    patch.setattr(socket.socket, "connect", connect)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep keys, homes and tracing of the developer's machine out of the tests."""
    for name in list(os.environ):
        if (
            name.startswith(("JOURNEY_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_"))
            and name != "JOURNEY_CACHE_DIR"
        ):
            monkeypatch.delenv(name)
