"""``cleanplate train``: teach it your kind of object, from pictures in which it is marked."""

from __future__ import annotations

import json as json_text
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.fetching import fetching
from cleanplate.cli.options import EventsOption

if TYPE_CHECKING:
    from cleanplate.engine.events import Event

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_EXAMPLES = """
Examples:

  cleanplate train boom --from project1.cleanplate --from project2.cleanplate

  cleanplate train boom --from examples/ --masks masks/

  cleanplate train boom --from annotations.json --object boom

  cleanplate train boom --continue

  cleanplate erase clip.mp4 -o clean.mp4 --find boom
"""


class Method(StrEnum):
    """What to train: both and keep the better one, the head in seconds, or the network in minutes."""

    auto = "auto"
    head = "head"
    network = "network"


@app.command(epilog=_EXAMPLES)
def train(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    more: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="More places, as for --from.", show_default=False),
    ] = None,
    from_: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="PATH",
            show_default=False,
            help="Projects, a folder of pictures or a clip (with --masks), COCO JSON, or a folder as "
            "DAVIS has it. May be repeated.",
        ),
    ] = None,
    masks: Annotated[
        Path | None,
        typer.Option(
            "--masks",
            metavar="MASKS",
            show_default=False,
            help="The masks of pictures, by their names, or of a clip.",
        ),
    ] = None,
    object_: Annotated[
        str | None,
        typer.Option(
            "--object",
            metavar="NAME",
            show_default="NAME",
            help="Which object of a project, category of COCO or id of DAVIS.",
        ),
    ] = None,
    continue_: Annotated[
        bool,
        typer.Option("--continue", help="Go on where training stopped, with what was added since."),
    ] = False,
    only_add: Annotated[
        bool, typer.Option("--only-add", help="Add the examples, and train another time.")
    ] = False,
    method: Annotated[
        Method, typer.Option(help="auto trains both, where torch is, and keeps the better one.")
    ] = Method.auto,
    minutes: Annotated[
        float, typer.Option(min=0.05, help="The most that the network may train.")
    ] = 4.5,
    label: Annotated[
        str | None, typer.Option(show_default="NAME", help="What the object is called when found.")
    ] = None,
    json: EventsOption = False,
) -> None:
    """Teach it your kind of object, from as few as five marked frames."""
    from cleanplate.engine import teaching

    places = [*(from_ or ()), *(more or ())]
    if masks is not None and len(places) != 1:
        raise typer.BadParameter("--masks goes with one --from", param_hint="--masks")
    sources = [teaching.Source(place, masks, object_) for place in places]
    if only_add:
        for source in sources:
            added = teaching.TrainingSet(name).add(teaching.gather(source, name))
            print(f"{source.path}: {added.new} new, {added.known} known; {added.total} in all")
        return
    settings = teaching.TrainSettings(method.value, minutes, label=label)
    with fetching() as watch, _shown(json) as show:
        done = teaching.train(
            name, sources, settings, going_on=continue_, progress=show, watch=watch
        )
    if json:
        return
    for outcome in done.outcomes:
        mark = "kept" if outcome.method == done.kept else "    "
        print(f"{mark}  {outcome.method:14} IoU {_figures(outcome.measured)}")
    print(f"card  {done.card}")
    print(f"use   cleanplate erase CLIP -o CLEAN --find {name}")


def _figures(measured) -> str:
    count = len(measured.ious)
    on = "on 1 held-out picture" if count == 1 else f"on {count} held-out pictures"
    if measured.interval is None:
        return f"{measured.mean:.3f}, {on}"
    low, high = measured.interval
    return f"{measured.mean:.3f} ({low:.3f} to {high:.3f}), {on}"


@contextmanager
def _shown(as_json: bool) -> Iterator[Callable[[Event], None]]:
    """JSON lines; or a bar with loss and IoU on a terminal, and only warnings in a pipe."""
    if as_json:
        yield lambda event: print(json_text.dumps(event.to_json()), flush=True)
        return
    if not sys.stderr.isatty():
        yield _warn
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}", style="cyan"),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, int] = {}

        def show(event: Event) -> None:
            if event.kind == "stage":
                tasks[event.stage] = bars.add_task(event.stage, total=event.total, figures="")
            elif event.kind == "progress":
                figures = ", ".join(f"{key} {value:.3f}" for key, value in event.details.items())
                task = tasks.setdefault(
                    event.stage, bars.add_task(event.stage, total=None, figures="")
                )
                bars.update(task, completed=event.frame, figures=figures)
            elif event.kind == "warning":
                console.print(f"warning: {event.message}", style="yellow")

        yield show


def _warn(event: Event) -> None:
    if event.kind == "warning":
        print(f"warning: {event.message}", file=sys.stderr)
