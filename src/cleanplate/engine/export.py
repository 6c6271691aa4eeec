"""Export a project: fill what the store does not hold yet, write everything.

Every filled frame goes into the store at once, named by the hash of what decided it: the code, the
clip, the frames around it and their masks, the settings. After an interruption, or a change to one
shot's masks, only what is missing is computed again; and because a fill is decided by these things
alone, the result is the same, bit for bit, as that of an uninterrupted run.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, tee
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.events import Listener
from cleanplate.engine.holes import compose
from cleanplate.engine.patches import Patch
from cleanplate.engine.plate import Plate
from cleanplate.engine.project_holes import ProjectHoles
from cleanplate.engine.report import FrameReport, Report
from cleanplate.engine.run import OutputSettings, Run, check_outputs
from cleanplate.engine.store import Store, code_version, key_of
from cleanplate.engine.tracking import MaskStage
from cleanplate.errors import UsageError
from cleanplate.fill import FillSettings, context, fill_shot
from cleanplate.media import Frame, align_hole, open_clip
from cleanplate.project import Project


def export_project(
    project: Project,
    output: Path,
    settings: OutputSettings | None = None,
    progress: Listener | None = None,
    cancel: threading.Event | None = None,
    store: Store | None = None,
) -> Report:
    """Write the project's clip without what its objects mark.

    `settings.quality` is how it is encoded; how it is filled is the project's own setting. Raises
    `UsageError` where no object has a mask, and what `cleanplate.erase` raises.
    """
    settings = settings or OutputSettings()
    clip = project.clip()
    check_outputs(output, settings, {"the clip": clip, "the project": project.folder})
    return _ExportRun(project, clip, output, settings, progress, cancel, store or Store()).run()


@dataclass(frozen=True)
class _Work:
    """A frame to do: its number, its shot, and the store's name for its fill (None: no hole)."""

    index: int
    shot: range
    key: str | None


class _ExportRun(Run):
    stage_name = "export"

    def __init__(
        self,
        project: Project,
        clip: Path,
        output: Path,
        settings: OutputSettings,
        progress: Listener | None,
        cancel: threading.Event | None,
        store: Store,
    ) -> None:
        self._masks = MaskStage(project, store)
        state, info = self._masks.state, self._masks.info
        if not any(one.erased for one in state.objects.values()):
            raise UsageError(
                f"{project.folder}: no object has a mask to erase, so there is nothing to do"
            )
        self._fill = FillSettings(quality=state.settings.get("quality", "good"))
        choices = {**state.settings, **settings.to_json(), "project": str(project.folder)}
        super().__init__(info, output, settings, choices, None, progress, cancel)
        self._fingerprint = project.fingerprint
        self._store = store
        self._holes = self._new_holes()

    def reports(self) -> Iterable[FrameReport]:
        with self.watch("track"):
            for _ in self._masks.compute(None, self._tell, self.halt):
                pass
        return super().reports()

    def plates(self) -> Iterable[Plate[Frame]]:
        return self.stage("fill", self._finished())

    def _finished(self) -> Iterator[Plate[Frame]]:
        with self.watch("find cuts"):
            shots = self._masks.shots(self.halt)
        self.report.shots = [[shot.start, shot.stop] for shot in shots]
        work = self._work(shots)
        fills = self._fills(work)
        with open_clip(self.info) as reader:
            for frame, item in zip(self.watch.timed("decode", reader), work, strict=True):
                hole = self._holes[frame.index]
                index = frame.index - item.shot.start
                filled = next(fills).paste(frame.image, hole.pixels, index)
                with self.watch("compose"):
                    image = compose(frame.image, filled.image, hole)
                yield Plate(frame, hole, image, filled, index)
            self.damage = [line for line in reader.warnings if line not in self.info.warnings]

    def _work(self, shots: list[range]) -> list[_Work]:
        """What is to be done, frame by frame; a fill's key names all that decides it."""
        around = context(self._fill)
        holes = ("engine/holes.py", "engine/project_holes.py")
        code = code_version("fill", "media", "segment/edges.py", *holes)
        base = [code, self._fingerprint, self._fill.quality]
        work = []
        for shot in shots:
            names = [self._holes.names(index) for index in shot]
            for place, index in enumerate(shot):
                nearby = names[max(place - around, 0) : place + around + 1]
                first = max(index - around, shot.start)
                key = key_of("fill", *base, index, first, nearby) if names[place] else None
                work.append(_Work(index, shot, key))
        return work

    def _fills(self, work: list[_Work]) -> Iterator[Patch]:
        """The fill of each frame, in order: from the store, or made now and stored."""

        def source(item: _Work) -> tuple[int, str]:
            if item.key is None:
                return item.shot.start, "none"
            return item.shot.start, "store" if self._store.has(item.key) else "fill"

        for (_, where), items in groupby(work, source):
            if where == "fill":
                yield from self._fill_piece(list(items))
            else:
                for item in items:
                    yield from self._stored(item)

    def _stored(self, item: _Work) -> Iterator[Patch]:
        if item.key is None:
            yield Patch.nothing()
            return
        data = self._store.get(item.key)
        if data is None:  # another process needed the room, just now
            yield from self._fill_piece([item])
        else:
            yield Patch.unpack(data)

    def _fill_piece(self, items: list[_Work]) -> Iterator[Patch]:
        """Fill consecutive frames of one shot, with the frames around them that decide it."""
        shot, around = items[0].shot, context(self._fill)
        first, end = items[0].index, items[-1].index + 1
        seen = range(max(first - around, shot.start), min(end + around, shot.stop))
        wanted = range(first - seen.start, end - seen.start)
        holes: deque[NDArray[np.bool_]] = deque()

        def noted() -> Iterator[tuple[NDArray, NDArray[np.bool_]]]:
            stage = self.stage("decode", self._decode(seen))
            while True:
                with self.watch("waiting for frames"):
                    pair = next(stage, None)
                if pair is None:
                    return
                holes.append(pair[1])
                yield pair

        images, masks = tee(noted())
        filled = fill_shot(
            (i for i, _ in images),
            (h for _, h in masks),
            self._fill,
            wanted,
            seen.start - shot.start,
        )
        for place, one in zip(wanted, self.watch.timed("fill", filled), strict=True):
            if place == wanted.start:
                for _ in range(place):
                    holes.popleft()  # frames before, which are only looked at
            patch = Patch.cut(one, holes.popleft(), place)
            with self.watch("store"):
                self._store.put(items[place - wanted.start].key, patch.pack())
            yield patch

    def _decode(self, seen: range) -> Iterator[tuple[NDArray, NDArray[np.bool_]]]:
        # The filler reads ahead of the encoder: holes of its own, so that each sees them in order.
        holes = self._new_holes()
        with open_clip(self.info, seen) as reader:
            for frame in self.watch.timed("decode", reader):
                yield frame.image, holes[frame.index].pixels

    def _new_holes(self) -> ProjectHoles:
        return ProjectHoles(self._masks, align=lambda pixels: align_hole(pixels, self.info))
