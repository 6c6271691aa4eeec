"""``cleanplate edit``: the editor, in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.serve import FolderOption, NoOpenOption, PortOption, serve_and_tell

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def edit(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[CLIP|PROJECT]",
            show_default=False,
            help="A clip, for which a new project is made, or a .cleanplate folder.",
        ),
    ] = None,
    folder: FolderOption = None,
    port: PortOption = None,
    no_open: NoOpenOption = False,
) -> None:
    """Open the editor in the browser. It runs until you stop it with Ctrl-C."""
    from cleanplate.errors import UsageError
    from cleanplate.server.settings import ServerSettings, default_folder

    if path is not None:
        if not path.exists():
            raise UsageError(f"{path} does not exist. Check the name.")
        _check(path)
    settings = ServerSettings(
        folder=(folder or default_folder()).expanduser(),
        allowed=() if path is None else (path,),
        **({} if port is None else {"port": port}),
    )
    serve_and_tell(settings, port is not None, open_browser=not no_open, path=path)


def _check(path: Path) -> None:
    """Say what is wrong with a clip or a project before a server is started for it."""
    from cleanplate.media import probe
    from cleanplate.project import Project

    if (path / "project.json").is_file():
        Project.open(path).clip()
    else:
        probe(path)
