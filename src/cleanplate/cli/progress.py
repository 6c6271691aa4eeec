"""Show a run as it goes: bars on a terminal, JSON lines for programs, next to nothing in a
pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cleanplate.engine.events import Event

Show = Callable[["Event"], None]

_FIRST_RUN = (
    "first run on this machine: compiling its inner loops, once; this takes some 20 seconds"
)


@contextmanager
def shown(as_json: bool, quick: bool = False) -> Iterator[Show]:
    """The callback to hand to the engine, in the manner that suits where output goes.

    Of a command that is `quick` but for what it may have to track first, that is said in a pipe too.
    """
    if as_json:
        yield _print_json
    elif sys.stderr.isatty():
        with _bars() as show:
            yield show
    else:
        yield _print_tracking if quick else _print_warning


def _print_json(event: Event) -> None:
    print(json.dumps(event.to_json()), flush=True)


def _print_tracking(event: Event) -> None:
    if event.kind == "stage" and event.stage == "track":
        print(
            f"tracking what is pointed at first, {event.total} frames to go through; next time it "
            "is known",
            file=sys.stderr,
        )
    _print_warning(event)


def _print_warning(event: Event) -> None:
    if event.kind == "warning":
        print(f"warning: {event.message}", file=sys.stderr)


@contextmanager
def _bars() -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}", style="cyan"),
    )
    tasks: dict[str, int] = {}
    with Progress(*columns, console=console, transient=True) as progress:

        def show(event: Event) -> None:
            if event.kind == "stage":
                tasks[event.stage] = progress.add_task(event.stage, total=event.total, pace="")
            elif event.kind == "progress":
                progress.update(
                    tasks[event.stage],
                    completed=event.frame,
                    total=event.total,
                    pace=describe_pace(event),
                )
            elif event.kind == "plan":
                console.print(describe_plan(event), highlight=False)
            elif event.kind == "compiling":
                console.print(_FIRST_RUN, style="yellow", highlight=False)
            elif event.kind == "warning":
                console.print(f"warning: {event.message}", style="yellow", highlight=False)

        yield show


def describe_plan(event: Event) -> str:
    """What is left to do, and how much disk it may take, in words."""
    from cleanplate.engine.disk import human

    plan = event.details
    text = f"{plan['to_fill']} of {plan['frames']} frames to fill"
    if plan["store_bytes"]:
        text += f"; may take {human(plan['store_bytes'])} in the store for the time being"
    return f"{text}; the result at most about {human(plan['output_bytes'])}"


def describe_pace(event: Event) -> str:
    """The rate and the time left, as in ``3.4 frames/s, 1:05 left``; empty while unknown."""
    if event.rate is None:
        return ""
    text = f"{event.rate:.1f} frames/s" if event.rate >= 1 else f"{1 / event.rate:.1f} s/frame"
    if event.remaining is None:
        return text
    minutes, seconds = divmod(round(event.remaining), 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{text}, {clock} left"
