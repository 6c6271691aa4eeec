"""The shadow of a project's object, as an object of its own: seen, corrected and undone like any."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np

from cleanplate.engine.control import Control
from cleanplate.engine.events import Event, Listener, Pace
from cleanplate.engine.overlap import Halt
from cleanplate.engine.projects import MaskRun, append_run
from cleanplate.engine.shadows import Look, shadows_of, small_size
from cleanplate.engine.tracking import MaskStage
from cleanplate.errors import UsageError
from cleanplate.media import open_clip
from cleanplate.project import Project, SetMasks, SetObject, Together

_STAGE = "find shadows"


def mark_shadow(
    project: Project,
    number: int,
    stage: MaskStage,
    progress: Listener | None = None,
    cancel: threading.Event | Control | None = None,
) -> int:
    """Find what moves with an object without being part of it; one edit.

    The object is tracked through the whole clip where it is not yet. Its shadow becomes an object
    of its own, which takes the place of one found before, and whose number returns. Raises
    `UsageError` for an object that there is not, or that casts nothing that could be found.
    """
    objects = stage.state.objects
    if number not in objects:
        raise UsageError(f"{project.folder} has no object {number}; see cleanplate project objects")
    name = f"shadow of {objects[number].name or number}"
    runs, found = _find(project, number, stage, progress or (lambda event: None), Halt(cancel))
    if not found:
        raise UsageError("nothing was found that moves along with it; paint the shadow instead")
    known = [one for one, state in objects.items() if state.name == name]
    shadow = known[0] if known else max(objects) + 1
    action = objects[number].action
    masks = SetMasks(object=shadow, runs=runs)
    project.edit(Together(edits=[masks, SetObject(object=shadow, name=name, action=action)]))
    return shadow


def _find(
    project: Project, number: int, stage: MaskStage, tell: Listener, halt: Halt
) -> tuple[list[MaskRun], bool]:
    """The shadow's masks as runs, stored in the project, and whether there is any."""
    runs: list[MaskRun] = []
    found = False
    shots = stage.shots(halt)
    total = shots[-1].stop
    for _, _ in stage.compute(None, tell, halt):
        pass  # tracked and stored, so that the masks can be read again as they are wanted
    tell(Event("stage", _STAGE, total=total))
    pace = Pace(total)
    for shot in shots:
        for look, shadow in shadows_of(_looks(stage, number, shot, halt)):
            index = look.item
            found |= bool(shadow.any())
            append_run(runs, index, project.keep_mask(shadow))
            tell(Event("progress", _STAGE, index + 1, total, *pace.at(index + 1)))
    return runs, found


def _looks(stage: MaskStage, number: int, shot: range, halt: Halt) -> Iterator[Look[int]]:
    info = stage.info
    size = small_size(info.width, info.height)
    with open_clip(info, shot) as reader:
        for frame in reader:
            halt.check()
            one = stage.known(frame.index).get(number)
            mask = np.zeros((info.height, info.width), bool) if one is None else one.mask
            yield Look.at(frame.index, frame.scaled(*size), mask)
