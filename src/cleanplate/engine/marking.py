"""What is pointed at, taken down in a project: key frames with the prompts that made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.pointers import Pointers
from cleanplate.engine.prompter import as_prompt
from cleanplate.engine.tracking import MaskStage
from cleanplate.engine.window_frames import WindowedFrames
from cleanplate.errors import UsageError
from cleanplate.media import open_clip
from cleanplate.project import Project, Prompts, SetKey, SetObject, Together
from cleanplate.track import Network, TrackSession, TrackSettings

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher

Mask = NDArray[np.bool_]


def mark_project(
    project: Project,
    pointers: Pointers,
    stage: MaskStage,
    *,
    frames: range | slice | None = None,
    watch: Watcher | None = None,
) -> dict[int, str]:
    """Make what was pointed at key frames of the project, in one edit; returns the objects' names.

    Objects are numbered as the project's are: pointing at number 2 corrects the project's object 2.
    What is found by name, and boxes without a number, are new objects. On a frame with a key, or
    with a mask that is known, a click corrects it. `frames` limits where is looked for what was
    named, and what may be pointed at. Raises as `Pointers.mark` does.
    """
    with open_clip(stage.info, frames) as reader:
        held = WindowedFrames(reader)
        first = reader.range.start
        network = Network(TrackSettings.of(stage.quality).pixels, watch=watch)
        marker = _Marker(stage, TrackSession(held, network=network), first)
        names = (
            _numbered(pointers, stage, marker)
            .shifted(first)
            .mark(marker, held.__getitem__, watch=watch)
        )
    edits: list[SetKey | SetObject] = marker.edits(project)
    if not marker.marked and not stage.state.objects:
        raise UsageError("Nothing is marked: what was given is empty. Mark something.")
    named = {number + marker.base: name for number, name in names.items()}
    edits += [
        SetObject(object=number, name=name)
        for number, name in named.items()
        if number not in stage.state.objects
    ]
    project.edit(Together(edits=edits))
    return named


def _numbered(pointers: Pointers, stage: MaskStage, marker: _Marker) -> Pointers:
    """The pointers with new objects numbered behind those of the project."""
    last = max(stage.state.objects, default=0)
    if pointers.find:
        marker.base = last
        return pointers
    if not last:
        return pointers
    boxes = []
    for box in pointers.boxes:
        if not box.name:
            last += 1
            box = replace(box, name=last)
        boxes.append(box)
    return replace(pointers, boxes=tuple(boxes))


class _Marker:
    """Takes marks as a `TrackSession` does, frames counted from `first`, and remembers how they
    were made. `base` is added to the numbers of objects."""

    def __init__(self, stage: MaskStage, session: TrackSession, first: int) -> None:
        self.base = 0
        self._stage = stage
        self._session = session
        self._first = first
        self._prompts: dict[tuple[int, int], Prompts] = {}

    @property
    def length(self) -> int:
        return self._session.length

    @property
    def objects(self) -> tuple[int, ...]:
        return self._session.objects

    def add_mask(self, name: int, frame: int, mask: Mask) -> Mask:
        self._prompts.pop((name, frame), None)
        return self._session.add_mask(name, frame, mask)

    def add_box(self, name: int, frame: int, box: Sequence[float]) -> Mask:
        x0, y0, x1, y1 = map(float, box)
        self._prompts[name, frame] = Prompts(box=(x0, y0, x1, y1))
        return self._session.add_box(name, frame, box)

    def add_points(
        self,
        name: int,
        frame: int,
        points: Sequence[Sequence[float]],
        labels: Sequence[bool] | None = None,
    ) -> Mask:
        new = [(float(x), float(y)) for x, y in points]
        on = [True] * len(new) if labels is None else list(map(bool, labels))
        correct, old = self._before(name, frame)
        more = {"points": [*old.points, *new], "labels": [*old.labels, *on]}
        first = (name, frame) not in self._prompts
        self._prompts[name, frame] = old.model_copy(update=more)
        if not first:
            return self._session.add_points(name, frame, new, on)
        if old.box is not None:
            self._session.add_box(name, frame, old.box)
        places, signs = as_prompt(old).located()
        return self._session.add_points(
            name, frame, [*places, *new], [*signs, *on], correct=correct
        )

    @property
    def marked(self) -> bool:
        """Whether anything was marked at all: an empty mask marks nothing."""
        return any(mask.any() for marks in self._session.marks.values() for mask in marks.values())

    def edits(self, project: Project) -> list[SetKey | SetObject]:
        """The key frames that were marked."""
        return [
            SetKey(
                object=name + self.base,
                frame=frame + self._first,
                mask=project.keep_mask(mask),
                prompts=self._prompts.get((name, frame)),
            )
            for frame, marks in sorted(self._session.marks.items())
            for name, mask in sorted(marks.items())
        ]

    def _before(self, name: int, frame: int) -> tuple[Mask | None, Prompts]:
        """The mask that new clicks on a frame correct, where there is one, and earlier prompts."""
        if (name, frame) in self._prompts:
            return None, self._prompts[name, frame]
        number, index = name + self.base, frame + self._first
        one = self._stage.state.objects.get(number)
        key = one.keys.get(index) if one is not None else None
        known = self._stage.known(index).get(number)
        mask = None if known is None or known.empty else known.core
        return mask, (key and key.prompts) or Prompts()
