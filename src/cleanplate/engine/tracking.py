"""The masks stage: from a project's key frames to every object's mask on every frame.

Tracking is done shot by shot, both ways from the key frames, and kept in the store a few frames at
a time, named by all that decides it: the code, the network, the clip, the shot, its key frames and
the quality. So what was tracked once is never tracked again, by whoever asks, and a key frame that
changes costs its own shot. What is done to the edges of masks comes after, and costs no tracking.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cleanplate import models
from cleanplate.engine.control import Control
from cleanplate.engine.events import Event, Listener
from cleanplate.engine.graph import EXPORT
from cleanplate.engine.masks_run import MasksRun
from cleanplate.engine.object_masks import (
    Bare,
    FrameRuns,
    ObjectMask,
    digest_of,
    mask_of_runs,
    pack_frames,
    runs_of,
    unpack_frames,
)
from cleanplate.engine.overlap import Halt
from cleanplate.engine.prompter import Prompter
from cleanplate.engine.shot_tracker import ShotPlan, plan_shot
from cleanplate.engine.shot_work import Chunk, ShotWork, chunks_of, track_chunks
from cleanplate.engine.shots import known_shots, shots_of
from cleanplate.engine.store import Store, key_of, open_store
from cleanplate.engine.window_frames import WindowedFrames
from cleanplate.media import ClipInfo, open_clip, probe
from cleanplate.project import MergeObjects, ObjectState, Project, State
from cleanplate.track.network import NETWORK

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher

__all__ = ["MaskStage", "ObjectMask", "Prompter", "ShotWork", "merge_objects", "track_chunks"]

Mask = NDArray[np.bool_]

_CHUNKS = 256
"""Chunks of tracked masks that stay in memory: some tens of megabytes."""

_PICTURES = 128
"""Masks from pictures that stay in memory, as run lengths: more than a preview looks at."""


_STEADIED = 8
"""Masks averaged in time that stay in memory, whole."""


class _Least:
    """The values used last, by key, at most so many; for several threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        value = make()
        if value is not None:
            self.put(key, value)
        return value

    def put(self, key: Any, value: Any) -> None:
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            while len(self._held) > self._limit:
                self._held.popitem(last=False)


@dataclass
class _Held:
    """What stages of one project share, whatever has been edited between them."""

    info: ClipInfo
    chunks: _Least = field(default_factory=lambda: _Least(_CHUNKS))
    pictures: _Least = field(default_factory=lambda: _Least(_PICTURES))
    steadied: _Least = field(default_factory=lambda: _Least(_STEADIED))
    small: _Least = field(default_factory=lambda: _Least(_PICTURES))
    shown: dict[tuple[str, ...], bool] = field(default_factory=dict)
    shots: list[range] | None = None
    frames: WindowedFrames | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class MaskStage:
    """The masks of a project as it was when this was made; `fresh` is the same of it now.

    May be used by several threads. Nothing is opened before it is needed.
    """

    def __init__(
        self,
        project: Project,
        store: Store | None = None,
        *,
        within: range | slice | None = None,
        watch: Watcher | None = None,
    ) -> None:
        """`within` limits tracking to these frames of the clip, and key frames to those in it;
        `watch` is told when the network is fetched. Raises what `Project.clip` and `probe` raise.
        """
        self._project = project
        self._store = store or open_store()
        self._within = within
        self.watch = watch
        self._stamp = _stamp(project)
        self.state: State = project.state()
        self._held = _Held(probe(project.clip()))
        self._plans: dict[int, tuple[ShotPlan, str]] = {}

    def fresh(self) -> MaskStage:
        """The stage of the project as it is now: this one, where nothing was edited, or a new one
        that shares with it what is in memory."""
        if _stamp(self._project) == self._stamp:
            return self
        other = object.__new__(MaskStage)
        other.__dict__.update(self.__dict__)
        other._stamp = _stamp(self._project)
        other.state = self._project.state()
        other._plans = {}
        return other

    @property
    def fingerprint(self) -> str:
        """What the clip is known by."""
        return self._project.fingerprint

    @property
    def info(self) -> ClipInfo:
        """The clip."""
        return self._held.info

    def shots(
        self, halt: Halt | None = None, told: Callable[[int], None] = lambda count: None
    ) -> list[range]:
        """The clip's shots; where the store does not know them, the clip is read once, and `told`
        called with the number of frames read."""
        if self._held.shots is None:
            clip, store = self.fingerprint, self._store
            within = self._within
            self._held.shots = shots_of(self.info, clip, store, halt or Halt(), within, told)
        return self._held.shots

    def known(self, frame: int) -> dict[int, ObjectMask]:
        """The masks of a frame by object, as far as they are known: key frames, ready-made masks,
        and what the store holds of tracking. Nothing is computed."""
        found = {}
        for name, one in self.state.objects.items():
            bare = self._bare(name, one, frame)
            if bare is not None:
                found[name] = self._edged(name, one, frame, bare)
        return found

    def together(self, frame: int, action: str) -> Mask:
        """The known masks of a frame's objects with this action as one, bool (h, w)."""
        mask = np.zeros(self._shape, bool)
        for name, one in self.known(frame).items():
            if self.state.objects[name].action == action:
                mask |= one.mask
        return mask

    def kept(self, key: Hashable, make: Callable[[], Mask]) -> Mask:
        """A small mask made of this stage's, kept in memory with them; not to be written to."""
        return self._held.small.get(key, make)

    def scores(self, name: int) -> NDArray[np.float32]:
        """How sure each frame's mask of an object is, 0..1 by frame; nan where it is not known."""
        shots = self.known_shots()
        count = shots[-1].stop if shots else self.info.frame_count or 0
        one = self.state.objects.get(name, ObjectState())
        bares = (self._bare(name, one, frame) for frame in range(count))
        return np.array([np.nan if bare is None else bare.score for bare in bares], np.float32)

    def covered(self) -> dict[int, list[int]]:
        """The frames whose masks are known, ascending, by object: what `known` would give, of the
        whole clip at once, without opening a mask."""
        shots = self.known_shots() or []
        count = shots[-1].stop if shots else self.info.frame_count or 0
        found = {name: set(one.keys) for name, one in self.state.objects.items()}
        for name, one in self.state.objects.items():
            for run in one.runs:
                found[name] |= set(range(run.first, count if run.end is None else run.end))
        for place, shot in enumerate(shots):
            plan, base = self._plan(place)
            for number in chunks_of(shot, shot) if plan else ():
                for frame, masks in self._chunk(base, number).items():
                    for name in masks:
                        found[name].add(frame)
        return {name: sorted(frames) for name, frames in found.items()}

    def missing(self, frames: range) -> list[range]:
        """The stretches of `frames`, by shot, that are not wholly tracked yet; finds the shots if
        it must."""
        parts = [part for plan, _, part in self.parts(frames, Halt()) if plan]
        return [part for part in parts if not all(self._tracked(frame) for frame in part)]

    def compute(
        self,
        frames: range | None = None,
        progress: Listener | None = None,
        cancel: threading.Event | Control | Halt | None = None,
    ) -> Iterator[tuple[int, dict[int, ObjectMask]]]:
        """The masks of `frames` (default: all) in order, tracking what is not known yet.

        `progress` hears of a "track" stage whose progress counts frames looked at. Raises
        `Cancelled` soon after `cancel` is set; what was tracked before is stored. Raises
        `ModelError` where the network cannot be had.
        """
        halt = cancel if isinstance(cancel, Halt) else Halt(cancel)
        yield from MasksRun(self, progress or _ignore, halt).run(frames)

    def work(self, frames: range, halt: Halt) -> list[ShotWork]:
        """What is to be tracked before the masks of `frames` are known, shot by shot: for those who
        have it done elsewhere."""
        return [
            ShotWork(plan, base, wanted)
            for plan, base, part in self.parts(frames, halt)
            if (wanted := self.lacking(plan, base, part))
        ]

    def load(self, pictures: tuple[str, ...]) -> Mask:
        """The mask, bool (h, w), that a key frame's pictures make up."""
        return mask_of_runs(self._picture_runs(pictures), self._shape)

    def take(self, work: ShotWork, chunks: dict[int, bytes]) -> None:
        """Take in what was tracked elsewhere: packed masks by the number of their chunk."""
        for number, packed in chunks.items():
            self.end_chunk(work.base, number, unpack_frames(packed))

    # What follows is for `MasksRun`, which does the tracking.

    def lacking(self, plan: ShotPlan, base: str, part: range) -> range:
        """The frames of whole chunks that must be tracked before those of `part` are known."""
        chunks = [Chunk(plan.shot, number) for number in chunks_of(plan.shot, part)]
        lacking = [one for one in chunks if plan and not one.whole(self._chunk(base, one.number))]
        return range(lacking[0].frames.start, lacking[-1].frames.stop) if lacking else range(0)

    def parts(self, frames: range | None, halt: Halt) -> Iterator[tuple[ShotPlan, str, range]]:
        """The parts of `frames` in each shot, with the shot's plan and the store's name for it."""
        for place, shot in enumerate(self.shots(halt)):
            part = shot if frames is None else _shared(shot, frames)
            if part:
                yield *self._plan(place), part

    def _plan(self, place: int) -> tuple[ShotPlan, str]:
        if place not in self._plans:
            plan = plan_shot(place, self.shots(), self._keys(), self._shows)
            self._plans[place] = (plan, self._name(plan))
        return self._plans[place]

    def _keys(self) -> dict[int, dict[int, tuple[str, ...]]]:
        return {
            name: {frame: key.pictures for frame, key in one.keys.items()}
            for name, one in sorted(self.state.objects.items())
            if one.keys
        }

    def _name(self, plan: ShotPlan) -> str:
        """The store's name for what is tracked by a plan."""
        weights = [file.sha256 for file in models.manifest(NETWORK).files]
        decides = (weights, self.quality, plan.to_json())
        return EXPORT["masks"].key(*decides, clip=self.fingerprint)

    @property
    def quality(self) -> str:
        """How carefully things are tracked: "draft", "good" or "best"."""
        return self.state.settings.get("tracking", "good")

    def _shows(self, pictures: tuple[str, ...]) -> bool:
        if pictures not in self._held.shown:
            self._held.shown[pictures] = len(self._picture_runs(pictures)) > 1
        return self._held.shown[pictures]

    def _picture_runs(self, pictures: tuple[str, ...]) -> NDArray[np.uint32]:
        return self._held.pictures.get(
            pictures, lambda: runs_of(self._project.load_masks(pictures))
        )

    @property
    def _shape(self) -> tuple[int, int]:
        return self.info.height, self.info.width

    def known_shots(self) -> list[range] | None:
        """The clip's shots if the store knows them."""
        if self._held.shots is None:
            self._held.shots = known_shots(self.fingerprint, self._store, self._within)
        return self._held.shots

    def _bare(self, name: int, one: ObjectState, frame: int) -> Bare | None:
        """An object's mask on a frame with nothing done to its edge; None where it is not known."""
        key = one.keys.get(frame)
        pictures = one.given(frame) if key is None else key.pictures
        if pictures:
            said = "given" if key is None else "key"
            # Ready-made masks are as many as frames: none is opened to see whether it is empty.
            empty = said == "key" and not self._shows(pictures)
            return Bare(1.0, said, "+".join(pictures), empty, lambda: self.load(pictures))
        if not one.keys:
            return None
        found = self._tracked(frame).get(name)
        if found is None:
            return None
        score, runs = found
        digest = digest_of(runs, self._shape)
        empty = len(runs) == 1
        return Bare(score, "tracked", digest, empty, lambda: mask_of_runs(runs, self._shape))

    def _tracked(self, frame: int) -> FrameRuns:
        shots = self.known_shots()
        for place, shot in enumerate(shots or ()):
            if frame in shot:
                plan, base = self._plan(place)
                number = Chunk.of(shot, frame).number
                return self._chunk(base, number).get(frame, {}) if plan else {}
        return {}

    def _chunk(self, base: str, number: int) -> dict[int, FrameRuns]:
        """A chunk's masks by frame; empty where it is not known."""
        name = self._chunk_key(base, number)

        def load() -> dict[int, FrameRuns] | None:
            data = self._store.get(name)
            return None if data is None else unpack_frames(data)

        return self._held.chunks.get(name, load) or {}

    def begin_chunk(self, base: str, number: int) -> dict[int, FrameRuns]:
        """A chunk to be filled, whose masks are known from the moment that they are in it."""
        frames: dict[int, FrameRuns] = {}
        self._held.chunks.put(self._chunk_key(base, number), frames)
        return frames

    def end_chunk(self, base: str, number: int, frames: dict[int, FrameRuns]) -> None:
        name = self._chunk_key(base, number)
        self._store.put(name, pack_frames(frames))
        # In memory as well, whatever the store has room for.
        self._held.chunks.put(name, frames)

    def _chunk_key(self, base: str, number: int) -> str:
        return key_of(base, number, clip=self.fingerprint)

    def _edged(self, name: int, one: ObjectState, frame: int, bare: Bare) -> ObjectMask:
        load, digest = bare.load, bare.digest
        if one.edge.smooth and bare.origin == "tracked":
            beside = self._beside(name, one, frame)
            digest = key_of(digest, [other and other.digest for other in beside])
            plain = load

            def load() -> Mask:
                return self._held.steadied.get(
                    (digest, one.edge.smooth),
                    lambda: self._steadied(frame, plain(), beside, one.edge.smooth),
                )

        moved = [value for key, value in vars(one.edge).items() if key != "feather"]
        if any(moved):
            digest = key_of(digest, moved)
        return ObjectMask(bare.score, bare.origin, digest, bare.empty, one.edge, load)

    def _beside(self, name: int, one: ObjectState, frame: int) -> list[Bare | None]:
        """The masks before and after a frame in its shot."""
        shot = next(shot for shot in self.shots() if frame in shot)
        return [
            self._bare(name, one, other) if other in shot else None
            for other in (frame - 1, frame + 1)
        ]

    def _steadied(self, frame: int, mask: Mask, beside: list[Bare | None], strength: float) -> Mask:
        """A mask averaged along the motion with those beside it."""
        from cleanplate.track.smooth import smooth_in_time

        masks = {frame: mask}
        for other, bare in zip((frame - 1, frame + 1), beside, strict=True):
            if bare is not None:
                masks[other] = bare.load()
        with self._held.lock:  # one reader, and its frames, for all threads
            if self._held.frames is None:
                self._held.frames = WindowedFrames(open_clip(self.info))
            images = {index: self._held.frames[index] for index in sorted(masks)}
        pairs = [(images[index], masks[index].astype(np.float32)) for index in sorted(masks)]
        soft = list(smooth_in_time(pairs, strength))[sorted(masks).index(frame)]
        return soft > 0.5


def merge_objects(stage: MaskStage, number: int, into: int) -> MergeObjects:
    """The edit that makes `number` part of `into`, with masks of both on the key frames of either,
    as far as they are known."""
    project, objects = stage._project, stage.state.objects
    keys = []
    for frame in sorted({f for n in (number, into) if n in objects for f in objects[n].keys}):
        bares = [stage._bare(n, objects[n], frame) for n in (number, into) if n in objects]
        masks = [bare.load() for bare in bares if bare is not None]
        keys.append((frame, project.keep_mask(np.logical_or.reduce(masks))))
    return MergeObjects(object=number, into=into, keys=keys)


def _shared(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def _stamp(project: Project) -> tuple[int, int] | None:
    """Changes whenever the project is edited."""
    try:
        facts = os.stat(project.folder / "journal.jsonl")
    except FileNotFoundError:
        return None
    return facts.st_size, facts.st_mtime_ns


def _ignore(event: Event) -> None:
    pass
