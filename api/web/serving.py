"""Starts the server: what the routes share, the place it listens at, and its end without loss."""

import socket
import threading
from datetime import datetime
from typing import Any, Self

import structlog
import uvicorn
from threadpoolctl import threadpool_limits

from agent.errors import JourneyError
from agent.settings import Settings
from agent.store.accounts import Accounts
from api.web.app import create_app
from api.web.background import switch_often
from api.web.brands import Brands
from api.web.jobs import Jobs
from api.web.runs import Runs
from api.web.security.links import first_account_link
from api.web.services import Clock, Services

_PATIENCE_S = 2
"""For pages that are being answered when the server is stopped."""


def open_services(settings: Settings, *, clock: Clock) -> Services:
    """Take the home and return what the routes share; the app made of it closes it.

    Raises:
        StoreLockedError: Another process uses the home.
        StoreError: The home cannot be read or written.
    """
    brands = Brands.open(settings, clock=clock)
    try:
        accounts = Accounts.open(settings.home)
    except BaseException:
        brands.close()
        raise
    return Services(
        settings=settings, accounts=accounts, brands=brands, jobs=Jobs(), runs=Runs(), clock=clock
    )


# The library ships no types.
_limits: Any = threadpool_limits


class Server(uvicorn.Server):
    """One worker. When it is stopped, answers that are being written end first, so that nobody's stream holds it up.

    Args:
        services: Opened; closed when the server has stopped.
    """

    def __init__(self, services: Services) -> None:
        config = uvicorn.Config(
            create_app(services),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_PATIENCE_S,
        )
        super().__init__(config)
        self._services = services

    @classmethod
    def open(cls, settings: Settings, *, clock: Clock) -> Self:
        """Take the home; see `open_services` for what it raises."""
        # Many are answered at once: more threads of linear algebra would wait for each other by turning round.
        _limits(limits=1, user_api="blas")
        switch_often()
        return cls(open_services(settings, clock=clock))

    def first_account_link(self, base_url: str, *, now: datetime) -> str | None:
        """Return the address that makes the first admin; None where there is an account."""
        return first_account_link(self._services.accounts, now=now, base_url=base_url)

    def warm(self) -> None:
        """Begin to compute what the first who asks would wait for, in the workspace that is set, or the first there is."""
        threading.Thread(target=self._warm, name="warm", daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: what is being written is stored as far as it was verified."""
        await self._services.runs.close()
        await super().shutdown(sockets)

    @property
    def is_working(self) -> bool:
        """Whether something is being computed that did not come to its end in time when the server was stopped."""
        return self._services.jobs.is_working or self._services.brands.is_working

    def _warm(self) -> None:
        names = self._services.brands.names()
        chosen = self._services.settings.workspace
        try:
            for name in [chosen] if chosen in names else names[:1]:
                self._services.brands.get(name).snapshot()
        except JourneyError as error:
            structlog.get_logger().error("workspace not made ready", error=error.message)
