"""Export a project: fill what the store does not hold yet, write everything.

Every filled frame goes into the store at once, named by the hash of what decided it: the code, the
clip, the frames around it and their masks, the settings. After an interruption, or a change to one
shot's masks, only what is missing is computed again; and because a fill is decided by these things
alone, the result is the same, bit for bit, as that of an uninterrupted run.

What is done in which order is `graph.EXPORT`; here are the functions of its stages.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from cleanplate.engine import disk
from cleanplate.engine.control import Control
from cleanplate.engine.doctor import usable_cores
from cleanplate.engine.events import Event, Listener, Pace
from cleanplate.engine.files import delivered, the_clip
from cleanplate.engine.graph import EXPORT, Flow
from cleanplate.engine.outputs import check_outputs
from cleanplate.engine.patches import Patch
from cleanplate.engine.pieces import Holes, Mask, Piece, seen
from cleanplate.engine.places import FillJob, Here, Place
from cleanplate.engine.plate import Plate
from cleanplate.engine.project_fill import fill_name, fill_settings
from cleanplate.engine.project_holes import ProjectHoles
from cleanplate.engine.report import FrameReport, Report
from cleanplate.engine.run import OutputSettings, Run
from cleanplate.engine.store import Store, open_store
from cleanplate.engine.tracking import MaskStage
from cleanplate.engine.wanted import FramesWanted
from cleanplate.errors import UsageError
from cleanplate.media import ClipInfo, Frame, align_hole, open_clip
from cleanplate.project import Project

_MOST_WORKERS = 8
"""Threads that plan frames at the same time, however many cores there are: each holds some."""

_SAMPLED = 16
"""Frames whose holes are measured to foretell how much disk all of them may take."""

_PIXEL = {8: 5, 16: 8}
"""Bytes that the store holds for each filled pixel at most, by the bits of the clip's samples."""


def export_project(
    project: Project,
    output: Path | str,
    settings: OutputSettings | None = None,
    progress: Listener | None = None,
    cancel: threading.Event | Control | None = None,
    store: Store | None = None,
    *,
    frames: FramesWanted = None,
    cluster: str | None = None,
    clip: str | None = None,
) -> Report:
    """Write the project's clip without what its objects mark.

    `settings.quality` is how it is encoded; how it is filled is the project's own setting. `cancel`
    may be a `Control`, which pauses as well. `frames` takes a part, its end not included; what is seen
    around it fills it all the same. `cluster` is "local", or the address of a Ray cluster
    whose workers fill; `clip` says where they find the clip, if not at its own path: a path or any
    URL that fsspec reads. `output` may be such a URL as well.

    Raises `UsageError` where no object has a mask, `DiskError` where the result won't fit,
    `ClusterError` where the cluster can't be used, and what `cleanplate.erase` raises.
    """
    settings = settings or OutputSettings()
    store = store or open_store()
    with ExitStack() as stack:
        source = the_clip(project, clip)
        target = stack.enter_context(delivered(output, settings.overwrite))
        check_outputs(target, settings, {"the clip": source, "the project": project.folder})
        run = _ExportRun(project, source, target, settings, frames, progress, cancel, store)
        run.report.output = str(output)
        if cluster is not None:
            from cleanplate.engine.cluster import Cluster

            place = Cluster(cluster, clip or str(source.resolve()), run.halt)
            run.place = stack.enter_context(place)
        return run.run()


@dataclass(frozen=True)
class _Item:
    """A frame to do: its number, its shot, and the store's name for its fill (None: no hole)."""

    index: int
    shot: range
    key: str | None


@dataclass
class _Work:
    """Every frame, and the windows of them that are alike: in one shot, and known or not."""

    items: list[_Item] = field(default_factory=list)
    windows: list[tuple[bool, list[_Item]]] = field(default_factory=list)

    @property
    def missing(self) -> list[Piece]:
        return [
            Piece(
                items[0].shot,
                range(items[0].index, items[-1].index + 1),
                tuple(item.key for item in items if item.key is not None),
            )
            for known, items in self.windows
            if not known
        ]


class _Pixels:
    """The pixels of holes, by frame."""

    def __init__(self, holes: ProjectHoles) -> None:
        self._holes = holes

    def __getitem__(self, frame: int) -> Mask:
        return self._holes[frame].pixels


class _ExportRun(Run):
    stage_name = "export"

    def __init__(
        self,
        project: Project,
        clip: Path,
        output: Path,
        settings: OutputSettings,
        frames: FramesWanted,
        progress: Listener | None,
        cancel: threading.Event | Control | None,
        store: Store,
    ) -> None:
        self._masks = MaskStage(project, store)
        state = self._masks.state
        if not any(one.erased for one in state.objects.values()):
            raise UsageError(
                f"{project.folder}: no object has a mask to erase, so there is nothing to do"
            )
        workers = min(usable_cores(), _MOST_WORKERS)
        self._fill = fill_settings(state, workers=workers)
        self._made_by = fill_name(state)
        self._network: str | None = state.settings.get("completer") or None
        choices = {**state.settings, **settings.to_json(), "project": str(project.folder)}
        super().__init__(self._masks.info, output, settings, choices, frames, progress, cancel)
        self._fingerprint = project.fingerprint
        self._store = store
        self.place: Place = Here(self.stage)
        self._flow = Flow(
            EXPORT,
            {"clip": clip, "project": project},
            {
                "probe": self._probe,
                "shots": self._find_shots,
                "masks": self._track,
                "windows": self._find_work,
                "fill": self._patches,
                "compose": self._compose,
                "encode": self.encode,
            },
            self._in_a_thread,
        )

    def plates(self) -> Iterable[Plate[Frame]]:
        return self._flow("plates")

    def reports(self) -> Iterable[FrameReport]:
        # What can be known beforehand is found out here, in the thread that may tell the user.
        work: _Work = self._flow("work")
        self.kinds = ["filled" if not known else "known" for known, w in work.windows for _ in w]
        parts = self._parts(self._flow("cuts"))
        self.report.shots = [[part.start, part.stop] for _, part in parts]
        self.hits["fill"] = sum(len(items) for known, items in work.windows if known)
        self._say_plan(work)
        return self._flow("output")

    def _in_a_thread(self, name: str, items: Iterator) -> Iterator:
        if name == "encode":
            return self.stage(name, items, idle=self.say_if_compiling)
        return self.stage(name, items)

    def _probe(self, clip: Path) -> ClipInfo:
        return self.info  # read when the run was made, so that what is wrong was said at once

    def _find_shots(self, facts: ClipInfo) -> list[range]:
        with self.watch("shots", facts.frame_count or 1):
            return self._masks.shots(self.halt, self._counting("find shots"))

    def _counting(self, stage: str) -> Callable[[int], None]:
        """Tells the user how many frames a pass over the clip has seen."""
        total = self.info.frame_count
        pace = Pace(total, clock=self.halt.running_seconds)

        def told(count: int) -> None:
            if count == 1:
                self._tell(Event("stage", stage, total=total))
            self._tell(Event("progress", stage, count, total, *pace.at(count)))

        return told

    def _parts(self, cuts: list[range]) -> list[tuple[range, range]]:
        """The shots of which something is written, and what is written of each."""
        chosen = self._frames or slice(None)
        wanted = range(cuts[-1].stop)[chosen.start : chosen.stop]
        if not wanted:
            raise UsageError(
                f"Frame {chosen.start} lies behind the clip's last, {cuts[-1].stop - 1}. "
                "Frames count from 0."
            )
        parts = [range(max(s.start, wanted.start), min(s.stop, wanted.stop)) for s in cuts]
        return [(shot, part) for shot, part in zip(cuts, parts, strict=True) if part]

    def _track(self, project: Project, facts: ClipInfo, cuts: list[range]) -> ProjectHoles:
        decide = [seen(part, shot, self._fill) for shot, part in self._parts(cuts)]
        needed = range(decide[0].start, decide[-1].stop)
        with self.watch("masks", len(needed)):
            self.place.track(self._masks, needed, self._tell, self.halt)
        return self._new_holes()

    def _find_work(
        self, project: Project, facts: ClipInfo, cuts: list[range], holes: ProjectHoles
    ) -> _Work:
        """What is to be done, frame by frame; a fill's key names all that decides it."""
        clip, fill = self._fingerprint, EXPORT["fill"]
        work = _Work()
        for shot, part in self._parts(cuts):
            self.halt.check()
            names = {index: holes.names(index) for index in seen(part, shot, self._fill)}
            for index in part:
                around = seen(range(index, index + 1), shot, self._fill)
                nearby = [names[other] for other in around]
                decides = (self._fill.quality, self._made_by, index, around.start, nearby)
                key = fill.key(*decides, clip=clip) if names[index] else None
                work.items.append(_Item(index, shot, key))
        known = [item.key is None or self._store.has(item.key) for item in work.items]
        paired = zip(known, work.items, strict=True)
        for (_, there), together in groupby(paired, lambda pair: (pair[1].shot.start, pair[0])):
            work.windows.append((there, [item for _, item in together]))
        return work

    def _say_plan(self, work: _Work) -> None:
        """Say what is left to do and how much disk it may take; refuse what won't fit."""
        missing = [index for piece in work.missing for index in piece.frames]
        stored = min(self._hole_bytes(missing), self._room_in_store())
        written = disk.output_need(
            self.info, self.plan, self.report.settings["quality"], len(work.items)
        )
        needs = [disk.Need("the output", disk.nearest_folder(self._output), written)]
        if self._store.folder is not None:
            needs.append(disk.Need("fills in the store", self._store.folder, stored))
        details = {
            "frames": len(work.items),
            "to_fill": len(missing),
            "store_bytes": stored,
            "output_bytes": written,
        }
        self._tell(Event("plan", details=details))
        self.log.write("plan", **details)
        disk.check_room(needs)

    def _hole_bytes(self, frames: list[int]) -> int:
        """Bytes that the fills of these frames take at most, going by some of them."""
        if not frames:
            return 0
        holes = self._new_holes()
        sampled = frames[:: -(-len(frames) // _SAMPLED)]
        pixels = [int(holes[frame].pixels.sum()) for frame in sampled]
        mean = sum(pixels) / len(pixels)
        return int((mean * _PIXEL[8 if self.info.bit_depth == 8 else 16] + 1024) * len(frames))

    def _room_in_store(self) -> int:
        """Bytes by which the store can grow: beyond them, older entries go."""
        return max(self._store.limit - self._store.size(), 0)

    def _patches(self, facts: ClipInfo, holes: ProjectHoles, work: _Work) -> Iterator[Patch]:
        """The fill of each frame, in order: from the store, or made now and stored."""
        job = self._job()
        filling = self.place.fill(job, work.missing)
        for known, items in work.windows:
            if not known:
                yield from next(filling)
                continue
            for item in items:
                yield from self._stored(item, job)

    def _stored(self, item: _Item, job: FillJob) -> Iterator[Patch]:
        if item.key is None:
            yield Patch.nothing()
            return
        data = self._store.get(item.key)
        if data is None:  # another process needed the room, just now
            piece = Piece(item.shot, range(item.index, item.index + 1), (item.key,))
            for patches in Here(self.stage).fill(job, [piece]):
                yield from patches
        else:
            yield Patch.unpack(data)

    def _job(self) -> FillJob:
        def pixels() -> Holes:
            # The filler reads ahead of the encoder: holes of its own, so that each sees them in
            # order.
            return _Pixels(self._new_holes())

        names = self._new_holes().names
        return FillJob(
            self.info,
            self._fingerprint,
            self._fill,
            pixels,
            names,
            self._store,
            self.watch,
            self._network,
        )

    def _compose(
        self, facts: ClipInfo, holes: ProjectHoles, work: _Work, patches: Iterator[Patch]
    ) -> Iterator[Plate[Frame]]:
        with open_clip(facts, self._frames) as reader:
            decoded = self.watch.timed("decode", reader)
            for frame, item in zip(decoded, work.items, strict=True):
                hole = holes[frame.index]
                index = frame.index - item.shot.start
                filled = next(patches).paste(frame.picture, hole.pixels, index)
                plate = Plate(frame, hole, filled, index)
                with self.watch("compose"):
                    plate.compose()
                yield plate
            self.damage = [line for line in reader.warnings if line not in facts.warnings]

    def _new_holes(self) -> ProjectHoles:
        return ProjectHoles(self._masks, align=lambda pixels: align_hole(pixels, self.info))
