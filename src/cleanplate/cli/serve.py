"""``cleanplate serve``: the HTTP API and the editor's pages."""

from __future__ import annotations

import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.leaving import leave

if TYPE_CHECKING:
    from cleanplate.server.running import Running
    from cleanplate.server.settings import ServerSettings

app = typer.Typer(add_completion=False, rich_markup_mode=None)

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        metavar="FOLDER",
        show_default="Cleanplate, among your videos",
        help="The workspace: where projects, uploaded clips and exports are kept.",
    ),
]
PortOption = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, show_default="8427, or the next that is free", help="0 takes any."
    ),
]
NoOpenOption = Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")]


@app.command()
def serve(
    allowed: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            show_default=False,
            help="Clips, projects and folders outside the workspace that may be opened.",
        ),
    ] = None,
    folder: FolderOption = None,
    port: PortOption = None,
    no_open: NoOpenOption = False,
    host: Annotated[
        str,
        typer.Option(
            help="The address to listen on. Any but this machine's own lets others in, and needs "
            "--password or --certificate."
        ),
    ] = "127.0.0.1",
    password: Annotated[
        str | None,
        typer.Option(
            envvar="CLEANPLATE_PASSWORD", show_default=False, help="Asked for in the browser."
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(metavar="PEM", show_default=False, help="Serve over HTTPS with it."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(metavar="PEM", show_default=False, help="The certificate's private key."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST", show_default=False, help="A name that others know this machine by."
        ),
    ] = None,
    upload_limit: Annotated[
        float, typer.Option(metavar="GB", min=0.001, help="The largest file that is taken in.")
    ] = 64,
    openapi: Annotated[
        Path | None,
        typer.Option(
            metavar="JSON",
            show_default=False,
            help="Write the API's OpenAPI description there (- for standard output) and end.",
        ),
    ] = None,
) -> None:
    """Serve the editor and the HTTP API, by default to this machine alone."""
    if openapi is not None:
        write_description(openapi)
        return
    from cleanplate.server.settings import GB, ServerSettings, default_folder

    settings = ServerSettings(
        folder=(folder or default_folder()).expanduser(),
        allowed=tuple(allowed or ()),
        host=host,
        password=password,
        certificate=certificate,
        key=key,
        names=tuple(name or ()),
        upload_limit=int(upload_limit * GB),
        **({} if port is None else {"port": port}),
    )
    serve_and_tell(settings, port is not None, open_browser=not no_open)


def serve_and_tell(
    settings: ServerSettings, port_chosen: bool, open_browser: bool, path: Path | None = None
) -> None:
    """Serve until told to stop; print the address, and open a browser there. With `path`, a clip or
    a project, that is what is opened."""
    from cleanplate.server.running import Occupied, Running, alone, listen, open_in_workspace, run

    opened, settings = listen(settings, port_chosen)
    running = Running(settings.address, settings.token)

    def ready() -> None:
        threading.Thread(target=tell, name="open", daemon=True).start()

    def tell() -> None:
        project = None if path is None else open_in_workspace(settings, path)
        if project is not None:
            threading.Thread(target=running.prepare, args=(project,), daemon=True).start()
        announce(running, project, open_browser)

    try:
        with opened, alone(settings):
            run(settings, opened, ready)
        leave()
    except Occupied as occupied:
        if occupied.running is None or path is None:
            raise
        announce(occupied.running, open_in_workspace(settings, path), open_browser)


def announce(running: Running, project: str | None, open_browser: bool) -> None:
    """Print where the editor is, and open it."""
    address = running.page(project)
    print(f"Cleanplate is at {address}", flush=True)
    if open_browser and not webbrowser.open(address):
        print("no browser could be opened: open this address yourself", file=sys.stderr)


def write_description(target: Path) -> None:
    """Write the OpenAPI description as JSON."""
    import json

    from cleanplate.server.app import create_app, description
    from cleanplate.server.settings import ServerSettings

    text = json.dumps(description(create_app(ServerSettings(token="-"))), indent=1) + "\n"
    if str(target) == "-":
        sys.stdout.write(text)
    else:
        target.write_text(text, encoding="utf-8")
