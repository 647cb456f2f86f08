"""`journey serve`: the page, for browsers."""

import os
import sys

import click

from api.cli.output import say
from api.cli.session import clock, settings_of
from api.web.listening import is_loopback, listen


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="0 takes a free one."
)
@click.pass_context
def serve(ctx: click.Context, host: str, port: int) -> None:
    """Serve the page that people sign in to; Ctrl-C stops it without loss."""
    with listen(host, port) as listening:
        say("Starting ...")
        from api.web.serving import Server  # all of the product, which takes some seconds to load

        server = Server.open(settings_of(ctx), clock=clock)
        bound = listening.getsockname()[1]
        base_url = f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        say(f"Journey Insight is at {base_url} (Ctrl-C stops it).")
        if not is_loopback(host):
            say(
                f"Warning: {host} can be reached from other machines, and this is not https: passwords can be read on the "
                "way. Put a proxy that speaks https in front, or listen at 127.0.0.1."
            )
        link = server.first_account_link(base_url, now=clock())
        if link is not None:
            say(f"There is no account yet. This link makes the first one, an admin, once:\n  {link}")
        server.warm()
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            say("Stopped.")
            if server.is_working:
                # Python would wait for threads whose work is either stored or begun again at the next start.
                sys.stdout.flush()
                os._exit(0)
