"""Tell the user what a network is, on what terms, and how far its fetching is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cleanplate.models.fetching import FetchEvent, Watcher
    from cleanplate.models.manifests import Manifest


@contextmanager
def fetching() -> Iterator[Watcher]:
    """A watcher for `cleanplate.models.fetch` that writes to stderr.

    Before the first byte of a network it shows what the network is and its licence, in a pipe as
    well; how far it is, only on a terminal.
    """
    shown: set[str] = set()

    def announce(event: FetchEvent) -> None:
        if event.network.name not in shown:
            shown.add(event.network.name)
            print(terms(event.network), file=sys.stderr)

    if not sys.stderr.isatty():
        yield announce
        return
    with _bars() as update:

        def watch(event: FetchEvent) -> None:
            announce(event)
            update(event)

        yield watch


def terms(network: Manifest) -> str:
    """What will be fetched and on what terms, in two or three lines."""
    lines = [
        f"fetching {network.name} ({size_text(network.size)}): {network.title}",
        f"licence: {network.licence}",
    ]
    if network.licence_note:
        lines.append(f"         {network.licence_note}")
    return "\n".join(lines)


def size_text(size: int) -> str:
    """Bytes in words: "28.1 MB"."""
    return f"{size / 1e6:.1f} MB"


@contextmanager
def _bars() -> Iterator[Watcher]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    tasks: dict[tuple[str, str], int] = {}
    console = Console(stderr=True)
    with Progress(*columns, TransferSpeedColumn(), console=console, transient=True) as progress:

        def update(event: FetchEvent) -> None:
            key = (event.network.name, event.file.name)
            if key not in tasks:
                tasks[key] = progress.add_task(event.file.name)
            # Package clients do not say how far they are: the bar pulses until they are done.
            progress.update(tasks[key], completed=event.done, total=event.total or None)

        yield update
