"""Previews: the result on some frames, small, as pictures in the store.

A worker makes them; the server only looks them up. A picture is named by what decided it: the code,
the clip, the holes of the frames around it, the size. So one that is there is right, and one of the
project as it was before an undo is there again after it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cleanplate.engine.control import Control
from cleanplate.engine.events import Listener
from cleanplate.engine.preview import Preview, Shown
from cleanplate.engine.project_holes import ProjectHoles
from cleanplate.engine.provenance import colour_provenance
from cleanplate.engine.store import Store, code_version, key_of, open_store
from cleanplate.engine.tracking import MaskStage, ObjectMask
from cleanplate.fill import FillSettings, deciding
from cleanplate.project import Project
from cleanplate.server import mattes
from cleanplate.server.opened import OpenProject, spans
from cleanplate.server.pictures import jpeg
from cleanplate.server.refusals import Refused
from cleanplate.server.schema.jobs import NewPreview

if TYPE_CHECKING:
    from cleanplate.server.services import Services

LONGEST = 600
"""Frames of one preview."""

_FILL = FillSettings(quality="draft")
"""How previews are filled."""

_QUALITY = 92


class _Names:
    """The store's names for a project's preview pictures, as its masks are known now."""

    def __init__(self, project: Project, stage: MaskStage, size: int) -> None:
        self._holes = ProjectHoles(stage)
        self._known: dict[int, tuple[str, ...]] = {}
        settings = stage.state.settings
        feathers = [settings.get("feather"), settings.get("grow")]
        feathers += [one.edge.feather for one in stage.state.objects.values()]
        code = code_version("fill", "media", "segment/edges.py", "engine", "server/previews.py")
        self._base = [code, project.fingerprint, size, feathers]

    def key(self, frame: int, view: str) -> str:
        """The name of one picture."""
        around = deciding(range(frame, frame + 1), _FILL)
        nearby = [self._at(i) for i in range(max(around.start, 0), around.stop)]
        return key_of("preview picture", *self._base, frame, view, nearby)

    def _at(self, frame: int) -> tuple[str, ...]:
        if frame not in self._known:
            self._known[frame] = self._holes.names(frame)
        return self._known[frame]


class Rendering:
    """Makes the pictures, in a worker process, which keeps it: the next ones come sooner."""

    def __init__(self, project: Project, size: int, store: Store | None = None) -> None:
        self._project = project
        self._size = size
        self._store = store or open_store()
        self._preview = Preview(project, size, self._store)

    def close(self) -> None:
        """Let go of the clip and of what is in memory."""
        self._preview.close()

    def track(
        self, wanted: range, progress: Listener, cancel: Control
    ) -> Iterator[tuple[int, dict[int, ObjectMask]]]:
        """Find the masks that the pictures of `wanted` need, where objects have key frames."""
        stage = MaskStage(self._project, self._store)
        if not any(one.keys for one in stage.state.objects.values()):
            return
        last = stage.shots()[-1].stop
        around = deciding(wanted, _FILL)
        seen = range(max(around.start, 0), min(around.stop, last))
        if stage.missing(seen):
            yield from stage.compute(seen, progress, cancel)

    def render(
        self, wanted: range, cancel: Control | threading.Event | None = None
    ) -> Iterator[int]:
        """Make the pictures of `wanted`; yields each frame's number once they are stored."""
        names: _Names | None = None
        for shown in self._preview.frames(wanted, cancel):
            if names is None:  # by now what is around has been tracked, which the names speak of
                names = _Names(self._project, self._preview.masks, self._size)
            for view, image in _views(shown).items():
                self._store.put(names.key(shown.index, view), jpeg(image, _QUALITY))
            yield shown.index


def _views(shown: Shown) -> dict[str, np.ndarray]:
    apart = np.abs(shown.after.astype(np.int16) - shown.before)
    return {
        "result": shown.after,
        "before": shown.before,
        "difference": np.clip(apart * 2, 0, 255).astype(np.uint8),
        "provenance": colour_provenance(shown.before, shown.provenance, shown.index),
    }


def check(project: OpenProject, wanted: NewPreview) -> None:
    """Raise `Refused` for frames that are not there, or too many."""
    span = project.check_span(wanted.first, wanted.end)
    if len(span) > LONGEST:
        raise Refused(
            422,
            f"That is {len(span)} frames.",
            f"Preview {LONGEST} at most, or export a draft.",
            field="end",
        )


def picture(
    serving: Services,
    project: OpenProject,
    frame: int,
    view: str,
    size: int,
    turned: dict[str, float],
) -> bytes:
    """A picture that has been made; else `Refused`, with the job that will make it, if any.

    `turned` are a matte's controls that are only tried.
    """
    project.check_frame(frame)
    if view in ("matte", "cutout"):
        return mattes.picture(serving, project, frame, view, size, turned)
    names = _Names(project.project, project.stage(), size)
    data = serving.store.get(names.key(frame, view))
    if data is None:
        job = serving.jobs.at_work(project.id, "preview", frame)
        raise Refused(
            409,
            f"Frame {frame} has not been computed yet at {size} pixels, as the project is now.",
            "Wait for its job." if job else "Ask for a preview of it at that size.",
            job=job,
        )
    return data


def rendered(serving: Services, project: OpenProject, size: int) -> list[tuple[int, int]]:
    """The stretches of frames that have been made, as the project is now."""
    asked: set[int] = set()
    for request in serving.jobs.requests(project.id, "preview"):
        if request["size"] == size:
            asked |= set(range(request["first"], request["end"]))
    names = _Names(project.project, project.stage(), size)
    count = project.clip().frames
    return spans(
        frame
        for frame in sorted(asked)
        if frame < count and serving.store.has(names.key(frame, "result"))
    )
