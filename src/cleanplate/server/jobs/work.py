"""What the jobs do, in the worker process."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanplate.project import Project
from cleanplate.server.jobs.channel import Message

if TYPE_CHECKING:
    from cleanplate.engine.events import Event
    from cleanplate.models.fetching import FetchEvent
    from cleanplate.server.jobs.worker import Reporter
    from cleanplate.server.previews import Rendering

Result = dict[str, Any]


def track(message: Message, reporter: Reporter) -> Result:
    """Find masks, and send each as it is found."""
    from cleanplate.engine.tracking import MaskStage
    from cleanplate.server.mask_shapes import masks_to_json

    request = message["request"]
    stage = MaskStage(Project.open(message["project"]), watch=_fetching(reporter))
    span = _span(request, stage)
    wanted = request.get("objects")
    count = 0
    for frame, masks in stage.compute(span, _stages(reporter), reporter.control):
        chosen = {n: one for n, one in masks.items() if wanted is None or n in wanted}
        reporter.tell("masks", frame=frame, objects=masks_to_json(chosen))
        count += 1
    return {"frames": count}


def shadow(message: Message, reporter: Reporter) -> Result:
    """Find an object's shadow and make it an object of its own, in one step of undo."""
    from cleanplate.engine.project_shadow import mark_shadow
    from cleanplate.engine.tracking import MaskStage

    project = Project.open(message["project"])
    stage = MaskStage(project, watch=_fetching(reporter))
    number = message["request"]["object"]
    return {"object": mark_shadow(project, number, stage, _stages(reporter), reporter.control)}


def preview(message: Message, reporter: Reporter) -> Result:
    """Track what is not yet, fill some frames, small, and keep the pictures."""
    from cleanplate.server.mask_shapes import masks_to_json

    request = message["request"]
    written = (Path(message["project"]) / "project.json").stat().st_mtime_ns
    rendering = _rendering(message["project"], request["size"], written)
    wanted = range(request["first"], request["end"])
    for frame, masks in rendering.track(wanted, _stages(reporter), reporter.control):
        reporter.tell("masks", frame=frame, objects=masks_to_json(masks))
    total, done = len(wanted), 0
    reporter.progress(0, total, message="looking at the frames around")
    for frame in rendering.render(wanted, reporter.control):
        done += 1
        reporter.tell("preview", frame=frame, size=request["size"])
        reporter.progress(done, total)
    return {"frames": done}


@lru_cache(maxsize=1)
def _rendering(folder: str, size: int, written: int) -> Rendering:
    """The rendering of the project that was previewed last: it has in memory what is around.

    `written` is when its file was, which says where its clip is.
    """
    from cleanplate.server.previews import Rendering

    return Rendering(Project.open(folder), size)


def export(message: Message, reporter: Reporter) -> Result:
    """Write the finished clip."""
    from cleanplate.server.exporting import run_export

    return run_export(
        Project.open(message["project"]), message["request"], _stages(reporter), reporter.control
    )


def fetch(message: Message, reporter: Reporter) -> Result:
    """Fetch a network."""
    from cleanplate import models

    name = message["request"]["name"]
    models.fetch(name, watch=_fetching(reporter))
    return {"name": name}


def train(message: Message, reporter: Reporter) -> Result:
    """Teach a network what there are examples of."""
    from cleanplate.engine import teaching

    name = message["request"]["name"]
    report = teaching.train(
        name,
        going_on=True,
        progress=_stages(reporter),
        cancel=reporter.control,
        watch=_fetching(reporter),
    )
    return {"path": str(report.card)}


def _span(request: dict[str, Any], stage) -> range | None:
    first, end = request.get("first"), request.get("end")
    if first is None and end is None:
        return None
    if end is None:
        end = stage.shots()[-1].stop
    return range(first or 0, end)


def _stages(reporter: Reporter) -> Callable[[Event], None]:
    """The engine's events as progress."""

    def show(event: Event) -> None:
        if event.kind == "stage":
            reporter.tell("progress", done=0, total=event.total, left=None, message=event.stage)
        elif event.kind == "progress":
            reporter.progress(event.frame or 0, event.total, event.remaining, event.stage)
        elif event.kind == "warning":
            reporter.tell("warning", message=event.message)
        elif event.kind == "compiling":
            reporter.tell("note", message="compiling, the first time on this machine")

    return show


def _fetching(reporter: Reporter) -> Callable[[FetchEvent], None]:
    def show(event: FetchEvent) -> None:
        if reporter.control.is_set():
            from cleanplate.errors import Cancelled

            raise Cancelled("stopped; the next fetch goes on from here")
        note = f"fetching {event.network.name} ({event.network.licence})"
        reporter.progress(event.done, event.total or None, None, note)

    return show


WORK: dict[str, Callable[[Message, Any], Result]] = {
    "track": track,
    "shadow": shadow,
    "preview": preview,
    "export": export,
    "fetch": fetch,
    "train": train,
}
"""What is done for each kind of job."""
