"""Where the server listens; nothing heavy is loaded to find out that it cannot."""

import ipaddress
import socket

from agent.errors import InputError

_BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; bound before anything is opened, so that a taken port costs nothing.

    Args:
        host: Name or address.
        port: 0 takes a free one.

    Raises:
        InputError: Nobody may listen there.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"port {port} of {host!r} cannot be listened at: {reason}; a free one was expected"
        raise InputError(msg, hint="Stop what uses it, or choose another one with --port.") from error


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
