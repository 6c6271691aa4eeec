"""Preview a project: some frames, small and soon, before anything is exported.

Frames are decoded and filled at a reduced size, looking as far as drafts look, and only around the
frames that are asked for. What was shown once is in the store and shown again at once.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, tee
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.control import Control
from cleanplate.engine.cuts import by_shot, number_shots, thumbnail
from cleanplate.engine.events import Event, Listener
from cleanplate.engine.holes import Hole, compose
from cleanplate.engine.overlap import Ahead, Halt
from cleanplate.engine.patches import Patch
from cleanplate.engine.project_fill import fill_name, fill_settings
from cleanplate.engine.project_holes import ProjectHoles
from cleanplate.engine.store import Store, code_version, key_of, open_store
from cleanplate.engine.tracking import MaskStage
from cleanplate.engine.wanted import behind_the_end
from cleanplate.errors import MediaError, UsageError
from cleanplate.fill import FillSettings, Quality, deciding
from cleanplate.media import ClipInfo, ClipReader, ClipWriter, ExportSettings, open_clip
from cleanplate.project import Project

if TYPE_CHECKING:
    from cleanplate.fill import Memory
    from cleanplate.models.fetching import Watcher

Compare = Literal["after", "before", "split", "side"]

_PATIENCE = 1.0
"""Seconds that the thread which decodes is waited for when it is no longer needed."""

SMALL = 960
"""Longer side, in pixels, of a preview unless told otherwise."""

QUALITY: Quality = "draft"
"""How far and how fine a preview's fill looks."""

_DECODED = 64
"""Frames that are decoded ahead of the fill: most of what it looks at, as they stay in memory anyhow."""

_HELD = 134
"""Frames in memory: those that one preview looks at, and room to step on; some 3 MB each."""

_QUICKLY = (
    cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A frame of a preview: its number, RGB uint8 (h, w, 3) before and after, and where each pixel
    came from, int32 (h, w): the number of a frame, or as in `Filled`."""

    index: int
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    provenance: NDArray[np.int32]


@dataclass(frozen=True)
class _Small:
    """A frame at the preview's size, as it is and as what cuts are told by, with the hole on it and
    what that is known by."""

    index: int
    image: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8]
    hole: Hole
    name: tuple[str, ...]


class Preview:
    """Previews of one project at one size; the project is read anew for each.

    Keep it for as long as the project is looked at: the small frames around the last ones, their
    holes and what was worked out of them stay in memory, so that their neighbours, and the same
    frames after a change, cost a fraction of the first. One thread at a time.
    """

    def __init__(
        self,
        project: Project,
        size: int = SMALL,
        store: Store | None = None,
        cancel: threading.Event | Control | None = None,
        *,
        within: range | None = None,
        watch: Watcher | None = None,
    ) -> None:
        """`size` is the longer side in pixels; clips that are smaller are shown as they are. Frames
        not `within` are not looked at, where just those have masks. `watch` is told when a network
        is fetched."""
        self._store = store or open_store()
        self._masks = MaskStage(project, self._store, watch=watch)
        self.info: ClipInfo = self._masks.info
        scale = min(1.0, size / max(self.info.width, self.info.height))
        self.width = max(1, round(self.info.width * scale))
        self.height = max(1, round(self.info.height * scale))
        self._project = project
        self._within = within
        self._halt = Halt(cancel)
        self._made_by: str | None = None
        self._choose_fill()
        self._held: OrderedDict[int, _Small] = OrderedDict()
        self._reader: ClipReader | None = None
        self._length: int | None = None
        self._kept: set[int] = set()
        self._keeper = ThreadPoolExecutor(1, "keep")
        self._keeping: Future[None] | None = None
        self._numbers: tuple[range, dict[int, int]] = (range(0), {})

    def close(self) -> None:
        """Let go of the clip and of what is in memory."""
        if self._reader is not None:
            self._reader.close()
        self._keeper.shutdown()
        if self._keeping is not None:
            self._keeping.result()
        self._reader = None
        self._held.clear()
        self._memory = None

    @property
    def masks(self) -> MaskStage:
        """The masks of the project as it was when frames were last asked for."""
        return self._masks

    def frames(
        self,
        wanted: range | slice,
        cancel: threading.Event | Control | None = None,
        progress: Listener | None = None,
    ) -> Iterator[Shown]:
        """The frames `wanted` of the clip, before and after, in order.

        `cancel` stops this call; without it what the preview was made with does. `progress` hears
        of the tracking that may have to be done first. Raises `UsageError` for frames that the clip does not have, `Cancelled` when stopped.
        """
        if cancel is not None:
            self._halt = Halt(cancel)
        self._masks = self._masks.fresh()
        self._choose_fill()
        holes = ProjectHoles(self._masks, (self.width, self.height))
        wanted = self._there(wanted)
        around, there = deciding(wanted, self._fill), self._within or range(self._count())
        seen = range(max(around.start, there.start), min(around.stop, there.stop))
        self._track(seen, progress)
        names = {index: holes.names(index) for index in seen}
        keys = {index: self._key(names, index) for index in wanted}
        known = {index: self._store.get(key) for index, key in keys.items()}
        if None not in known.values():
            for index, data in known.items():
                small = self._small(index, holes)
                yield _shown(small, Patch.unpack(data))
            return
        with self._smalls(self._worth_reading(seen, wanted), wanted, holes) as smalls:
            load_kernels()
            for shot in by_shot(self._numbered(smalls, seen)):
                for small, patch in self._filled(shot, wanted):
                    self._keep(small)
                    self._store.put(keys[small.index], patch.pack())
                    yield _shown(small, patch)

    def look_ahead(self, shown: range, seconds: float, most: int) -> None:
        """Fill frames beside those that were just `shown`, which are likely to be asked for next and
        now cost a fraction of the first: at most so many, none begun after so many seconds. Does
        nothing where all that was shown came out of the store."""
        if self._memory is None:
            return
        until = time.monotonic() + seconds
        after = range(shown.stop, min(shown.stop + most, self._count()))
        before = range(max(shown.start - 1, 0), shown.start)
        for index in (*after[:2], *before, *after[2:])[:most]:
            if time.monotonic() > until:
                break
            for _ in self.frames(range(index, index + 1)):
                pass

    def _choose_fill(self) -> None:
        state = self._masks.state
        if self._made_by != fill_name(state):
            self._made_by = fill_name(state)
            self._fill: FillSettings = fill_settings(state, QUALITY)
            self._memory: Memory | None = None

    def _count(self) -> int:
        """The number of frames of the clip: counted once, it takes a pass over the file."""
        if self._length is None:
            key = key_of("length", code_version("media"), clip=self._project.fingerprint)
            known = self._store.get(key)
            self._length = self._open().count() if known is None else int(known)
            if known is None:
                self._store.put(key, str(self._length).encode())
        return self._length

    def _open(self) -> ClipReader:
        if self._reader is None:
            self._reader = open_clip(self.info)
        return self._reader

    def _there(self, wanted: range | slice) -> range:
        """The frames that are meant; raises `UsageError` where there are none."""
        first, count = wanted.start or 0, self._count()
        end = count if wanted.stop is None else min(wanted.stop, count)
        if not 0 <= first < end:
            raise UsageError(f"There is no frame {first}; they are numbered 0 to {count - 1}.")
        return range(first, end)

    def _track(self, seen: range, progress: Listener | None) -> None:
        """Find the masks of `seen`, where objects have key frames."""
        if any(one.keys for one in self._masks.state.objects.values()):
            for _ in self._masks.compute(seen, progress, self._halt):
                pass

    def _key(self, names: dict[int, tuple[str, ...]], index: int) -> str:
        """The store's name for a frame's preview; it names all that decides it."""
        nearby = [names.get(i, ()) for i in deciding(range(index, index + 1), self._fill)]
        code = code_version("fill", "media", "segment/edges.py", "engine")
        made = [self.width, self.height, self._made_by, str(self._within)]
        return key_of("preview", code, index, made, nearby, clip=self._project.fingerprint)

    def _small_key(self, index: int) -> str:
        """The store's name for a frame at the preview's size."""
        size = [self.width, self.height]
        clip = self._project.fingerprint
        return key_of("small frame", code_version("media"), index, size, clip=clip)

    def _worth_reading(self, seen: range, wanted: range) -> range:
        """Those of `seen` that lie in a shot with one of `wanted`, where the shots are known."""
        shots = self._masks.known_shots() or []
        near = [one for one in shots if one.start < wanted.stop and wanted.start < one.stop]
        if not near:
            return seen
        return range(max(near[0].start, seen.start), min(near[-1].stop, seen.stop))

    def _keep(self, small: _Small) -> None:
        """Put a frame at the preview's size into the store, once, while the next is being filled."""
        if small.index in self._kept:
            return
        self._kept.add(small.index)
        if self._keeping is not None:
            self._keeping.result()  # what went wrong with the last one is said here
        self._keeping = self._keeper.submit(
            lambda: self._store.put(self._small_key(small.index), _packed(small.image))
        )

    def _numbered(self, smalls: Iterator[_Small], seen: range) -> Iterator[tuple[int, _Small]]:
        """The frames with the numbers of their shots, which are not looked for in the whole clip:
        that takes longer than a preview."""
        shots = self._masks.known_shots()
        if shots is not None:
            starts = [shot.start for shot in shots]
            yield from ((bisect_right(starts, small.index), small) for small in smalls)
            return
        # Holes cut nothing: after a change of theirs the same frames need not be compared again.
        among, numbers = self._numbers
        if among == seen:
            # A frame that could not be read that time is there alone: it begins nothing.
            yield from ((numbers.get(small.index, 0), small) for small in smalls)
            return
        numbers = {}
        for number, small in number_shots(smalls, lambda small: small.thumbnail):
            numbers[small.index] = number
            yield number, small
        self._numbers = seen, numbers

    @contextmanager
    def _smalls(self, seen: range, wanted: range, holes: ProjectHoles) -> Iterator[Ahead[_Small]]:
        """The frames of `seen`, made ready in a thread of their own beside the fill."""
        halt = Halt(self._halt.control)
        ahead = Ahead(self._decoded(seen, wanted, holes), _DECODED, halt, "preview")
        try:
            yield ahead
        finally:
            halt.stop()
            ahead.join(time.monotonic() + _PATIENCE)

    def _decoded(self, seen: range, wanted: range, holes: ProjectHoles) -> Iterator[_Small]:
        for index in seen:
            self._halt.check()
            try:
                yield self._small(index, holes)
            except MediaError:
                if index in wanted:
                    raise

    def _small(self, index: int, holes: ProjectHoles) -> _Small:
        """A frame with its hole; the same arrays again while nothing about them changes."""
        known, name = self._held.get(index), holes.identity(index)
        if known is None:
            image = self._image(index)
            known = _Small(index, image, thumbnail(image), holes[index], name)
        elif known.name != name:
            known = replace(known, hole=holes[index], name=name)
        self._held[index] = known
        self._held.move_to_end(index)
        while len(self._held) > _HELD:
            self._held.popitem(last=False)
        return known

    def _image(self, index: int) -> NDArray[np.uint8]:
        """A frame at the preview's size: as it was kept, or decoded."""
        data = self._store.get(self._small_key(index))
        if data is not None:
            return _unpacked(data)
        return self._open().read_frame(index).scaled(self.width, self.height)

    def _filled(self, shot: Iterator[_Small], wanted: range) -> Iterator[tuple[_Small, Patch]]:
        """The wanted frames of one shot, filled."""
        begin = next(shot, None)
        if begin is None or begin.index >= wanted.stop:
            return
        from cleanplate.fill import Memory, fill_shot

        if self._memory is None:
            self._memory = Memory(_HELD)
        first = begin.index
        waiting: deque[_Small] = deque()

        def noted() -> Iterator[_Small]:
            for small in chain([begin], shot):
                if small.index in wanted:
                    waiting.append(small)
                yield small

        images, masks = tee(noted())
        filled = fill_shot(
            (small.image for small in images),
            (small.hole.pixels for small in masks),
            self._fill,
            range(max(wanted.start - first, 0), wanted.stop - first),
            first,  # counted from the clip's start, so that every preview of a frame is the same
            self._memory,
        )
        for one in filled:
            self._halt.check()
            small = waiting.popleft()
            yield small, Patch.cut(one, small.index - first)


def write_preview(
    preview: Preview,
    output: Path,
    wanted: range | slice,
    compare: Compare = "after",
    progress: Listener | None = None,
) -> None:
    """Write a preview as a picture of one frame or a silent video of several.

    `compare` shows the frame "after" or "before", both in a "split" down the middle, or "side" by
    side.
    """
    short = behind_the_end(preview.info, wanted)
    if short and progress is not None:
        progress(Event("warning", message=short))
    export = ExportSettings(rate=preview.info.rate)
    with ClipWriter(output, None, export) as writer:
        for shown in preview.frames(wanted, progress=progress):
            writer.write(image=compared(shown, compare))


def compared(shown: Shown, compare: Compare) -> NDArray[np.uint8]:
    """One picture of a frame before and after."""
    if compare == "after":
        return shown.after
    if compare == "before":
        return shown.before
    if compare == "side":
        return np.hstack([shown.before, shown.after])
    picture = shown.after.copy()
    middle = picture.shape[1] // 2
    picture[:, :middle] = shown.before[:, :middle]
    picture[:, max(middle - 1, 0) : middle + 1] = 255
    return picture


def load_kernels() -> None:
    """Load what the fill runs, once: it takes a while, in which other things can be done."""
    from cleanplate.fill.smooth import harmonic_fill

    harmonic_fill(np.zeros((2, 2, 1), np.uint8), np.ones((2, 2), bool), sweeps=1)


def _packed(image: NDArray[np.uint8]) -> bytes:
    """A picture as PNG, quickly; `_unpacked` gives the same pixels again."""
    written, data = cv2.imencode(".png", image[..., ::-1], _QUICKLY)
    if not written:
        raise MediaError("a preview could not be packed")
    return data.tobytes()


def _unpacked(data: bytes) -> NDArray[np.uint8]:
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(stored[..., ::-1])


def _shown(small: _Small, patch: Patch) -> Shown:
    filled = patch.paste(small.image, small.hole.pixels, small.index)
    after = compose(small.image, filled.image, small.hole)
    return Shown(small.index, small.image, after, filled.provenance)
