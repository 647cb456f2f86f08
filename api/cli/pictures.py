"""Pictures on the command line: the options that ask for one, and the files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.errors import InputError
from api.cli.output import say
from api.cli.session import Option

if TYPE_CHECKING:
    from agent.render.frame import Picture


def picture_options() -> Option:
    """Return the options `--svg` and `--png`, the same everywhere."""

    def add(command: Any) -> Any:  # noqa: ANN401 - click's decorators
        for kind in ("png", "svg"):
            path = click.Path(dir_okay=False, writable=True, path_type=Path)
            option = click.option(f"--{kind}", type=path, help=f"Write a picture as {kind.upper()}.")
            command = option(command)
        return command

    return add


def save_picture(picture: "Picture", svg: Path | None, png: Path | None) -> None:
    """Write a picture into the files that were asked for, and say so.

    Raises:
        InputError: A file cannot be written.
    """
    # Altair takes half a second to load; who prints a table need not wait for it.
    from agent.render.frame import png_of, svg_of

    for path, content in ((svg, svg_of), (png, png_of)):
        if path is None:
            continue
        try:
            path.write_bytes(content(picture))
        except OSError as error:
            msg = f"{str(path)!r} cannot be written: {error.strerror}"
            raise InputError(msg, hint="Choose a file in a folder that exists.") from error
        say(f"Wrote {path}.")
