"""The suite's own guard works: a test cannot leave the machine."""

import socket

import pytest


def test_connection_outside_loopback_is_refused() -> None:
    """An address of the documentation range, so that nothing is reached even if the guard fails."""
    with socket.socket() as outside, pytest.raises(PermissionError, match="only loopback"):
        outside.connect(("192.0.2.1", 80))
