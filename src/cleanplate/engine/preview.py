"""Preview a project: some frames, small and soon, before anything is exported.

Frames are decoded and filled at a reduced size, looking as far as drafts look, and only around the
frames that are asked for. What was shown once is in the store and shown again at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.cuts import by_shot, number_shots
from cleanplate.engine.holes import Hole, compose
from cleanplate.engine.overlap import Halt
from cleanplate.engine.patches import Patch
from cleanplate.engine.project_holes import ProjectHoles
from cleanplate.engine.store import Store, code_version, key_of, open_store
from cleanplate.engine.tracking import MaskStage
from cleanplate.fill import FillSettings, context, fill_shot
from cleanplate.media import ClipInfo, ClipWriter, ExportSettings, Frame, open_clip
from cleanplate.project import Project

Compare = Literal["after", "before", "split", "side"]

SMALL = 960
"""Longer side, in pixels, of a preview unless told otherwise."""


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
    """A frame at the preview's size, with the hole on it."""

    index: int
    image: NDArray[np.uint8]
    hole: Hole


class Preview:
    """Previews of one project at one size; the project is read anew for each."""

    def __init__(
        self,
        project: Project,
        size: int = SMALL,
        store: Store | None = None,
        cancel: threading.Event | None = None,
    ) -> None:
        """`size` is the longer side in pixels; clips that are smaller are shown as they are."""
        self._store = store or open_store()
        self._masks = MaskStage(project, self._store)
        self.info: ClipInfo = self._masks.info
        scale = min(1.0, size / max(self.info.width, self.info.height))
        self.width = max(1, round(self.info.width * scale))
        self.height = max(1, round(self.info.height * scale))
        self._project = project
        self._halt = Halt(cancel)
        self._fill = FillSettings(quality="draft")

    def frames(self, wanted: range | slice) -> Iterator[Shown]:
        """The frames `wanted` of the clip, before and after, in order.

        Raises `UsageError` for frames that the clip does not have, `Cancelled` when stopped.
        """
        self._masks = self._masks.fresh()
        holes = ProjectHoles(self._masks, (self.width, self.height))
        with open_clip(self.info, wanted) as reader:
            wanted, count = reader.range, reader.count()
            around = context(self._fill)
            seen = range(max(wanted.start - around, 0), min(wanted.stop + around, count))
            self._track(seen)
            keys = [self._key(holes, index) for index in wanted]
            known = {i: self._store.get(key) for i, key in zip(wanted, keys, strict=True)}
            if None not in known.values():
                for small in self._small(reader, holes):
                    yield _shown(small, Patch.unpack(known[small.index]))
                return
        with open_clip(self.info, seen) as reader:
            smalls = self._small(reader, holes)
            for shot in by_shot(number_shots(smalls, lambda small: small.image)):
                for small, patch in self._filled(shot, wanted):
                    self._store.put(keys[small.index - wanted.start], patch.pack())
                    yield _shown(small, patch)

    def _track(self, seen: range) -> None:
        """Find the masks of `seen`, where objects have key frames."""
        if any(one.keys for one in self._masks.state.objects.values()):
            for _ in self._masks.compute(seen, None, self._halt):
                pass

    def _key(self, holes: ProjectHoles, index: int) -> str:
        """The store's name for a frame's preview; it names all that decides it."""
        around = context(self._fill)
        nearby = [holes.names(i) for i in range(max(index - around, 0), index + around + 1)]
        code = code_version("fill", "media", "segment/edges.py", "engine")
        size = [self.width, self.height]
        return key_of("preview", code, index, size, nearby, clip=self._project.fingerprint)

    def _small(self, frames: Iterable[Frame], holes: ProjectHoles) -> Iterator[_Small]:
        for frame in frames:
            self._halt.check()
            image = frame.scaled(self.width, self.height)
            yield _Small(frame.index, image, holes[frame.index])

    def _filled(self, shot: Iterator[_Small], wanted: range) -> Iterator[tuple[_Small, Patch]]:
        """The wanted frames of one shot, filled."""
        smalls = list(shot)
        first = smalls[0].index
        inside = range(max(wanted.start - first, 0), min(wanted.stop - first, len(smalls)))
        if not inside:
            return
        filled = fill_shot(
            (small.image for small in smalls),
            (small.hole.pixels for small in smalls),
            self._fill,
            inside,
            first,  # counted from the clip's start, so that every preview of a frame is the same
        )
        for place, one in zip(inside, filled, strict=True):
            self._halt.check()
            yield smalls[place], Patch.cut(one, smalls[place].hole.pixels, place)


def write_preview(
    preview: Preview, output: Path, wanted: range | slice, compare: Compare = "after"
) -> None:
    """Write a preview as a picture of one frame or a silent video of several.

    `compare` shows the frame "after" or "before", both in a "split" down the middle, or "side" by
    side.
    """
    export = ExportSettings(rate=preview.info.rate)
    with ClipWriter(output, None, export) as writer:
        for shown in preview.frames(wanted):
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


def _shown(small: _Small, patch: Patch) -> Shown:
    filled = patch.paste(small.image, small.hole.pixels, small.index)
    after = compose(small.image, filled.image, small.hole)
    return Shown(small.index, small.image, after, filled.provenance)
