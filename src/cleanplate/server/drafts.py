"""Drafts: small pictures of a whole clip, made first of all, so that there is something to see at
once wherever one looks.

Decoding the way from a key frame to a frame far behind it takes half a second; looking up the draft
of its neighbour takes none. A thread makes them from coarse to fine: key frames, spread over the
clip, so that no place is without a picture, then the frames that others are predicted from,
beginning where one looks. While a frame is waited for it stands still; who decodes the way to that
frame leaves drafts of what is passed.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from cleanplate.engine.store import Store, code_version, key_of
from cleanplate.errors import CleanplateError
from cleanplate.media import ClipReader, Frame, open_clip
from cleanplate.server.opened import Clip
from cleanplate.server.packing import pack, unpack
from cleanplate.server.pictures import jpeg
from cleanplate.server.readers import Readers

WIDTH = 480

_QUALITY = 75

_MOST = 96 << 20
"""Bytes of a clip's drafts: some ten minutes. Of longer clips what is around the playhead is kept."""

_COARSE = 200
"""Key frames at most that are made before all is, but for where one looks."""

_FIRST = 12
"""Key frames that are made before anything else."""

LEFT = 8
"""Frames: a draft is left on the way to another frame where no other is this near."""

_HELD = 12
"""Frames at most that wait for theirs to be left."""

_STRETCH = 24
"""Frames at least that are made in one go, where there are more key frames than that."""

_CLIPS = 3
"""Clips whose drafts are kept in memory."""


@dataclass(frozen=True)
class Draft:
    """A JPEG, and the frame that it shows."""

    frame: int
    data: bytes


@dataclass
class _Sheet:
    """What has been made of one clip. `fine` are the stretches that are finished."""

    clip: Clip
    pictures: dict[int, bytes] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    fine: set[range] = field(default_factory=set)
    weight: int = 0

    def put(self, frame: int, data: bytes) -> None:
        if frame not in self.pictures:
            insort(self.order, frame)
            self.pictures[frame] = data
            self.weight += len(data)

    def drop(self, stretch: range) -> None:
        """Forget a stretch, but for its first frame."""
        self.fine.discard(stretch)
        for frame in stretch[1:]:
            self.weight -= len(self.pictures.pop(frame, b""))
        self.order = sorted(self.pictures)

    def nearest(self, frame: int) -> Draft | None:
        place = bisect_left(self.order, frame)
        beside = self.order[max(0, place - 1) : place + 1]
        if not beside:
            return None
        found = min(beside, key=lambda one: abs(one - frame))
        return Draft(found, self.pictures[found])


class Drafts:
    """Makes and hands out drafts."""

    def __init__(self, store: Store, readers: Readers) -> None:
        self._store = store
        self._readers = readers
        self._sheets: dict[str, _Sheet] = {}
        self._wish: tuple[_Sheet, int] | None = None
        self._left: deque[tuple[str, Frame]] = deque(maxlen=_HELD)
        self._done: _Sheet | None = None  # what is finished, as far as it can be
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def want(self, clip: Clip, frame: int | None = None) -> None:
        """Make those of a clip, beginning around a frame: where it was last looked at, or its
        first."""
        with self._changed:
            if frame is None:
                if self._wish is not None and self._wish[0].clip.fingerprint == clip.fingerprint:
                    return
                frame = 0
            sheet = self._sheets.pop(clip.fingerprint, None) or _Sheet(clip)
            self._sheets[clip.fingerprint] = sheet
            while len(self._sheets) > _CLIPS:
                del self._sheets[next(iter(self._sheets))]
            self._wish = (sheet, frame)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="drafts", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def nearest(self, clip: Clip, frame: int) -> Draft | None:
        """The draft of a frame, or else that of the nearest that has one."""
        with self._changed:
            sheet = self._sheets.get(clip.fingerprint)
            return sheet.nearest(frame) if sheet else None

    def leave(self, clip: Clip, frames: Iterable[Frame]) -> None:
        """Have some made, before any other, of frames that were passed on the way to another,
        where there is none near."""
        with self._changed:
            self._left += ((clip.fingerprint, frame) for frame in frames)
            self._changed.notify_all()

    def _make_left(self) -> None:
        while self._left:
            clip, frame = self._left.popleft()
            with self._changed:
                sheet = self._sheets.get(clip)
                near = sheet and sheet.nearest(frame.index)
            if sheet is not None and (near is None or abs(near.frame - frame.index) > LEFT):
                self._readers.give_way()
                self._put(sheet, frame.index, _small(frame))

    def wait(self, clip: Clip, seconds: float, frames: Sequence[int] = (), beside: int = 0) -> bool:
        """Wait until all are made, or each of `frames`, if there are any, has one no more than so
        many frames `beside` it; so many seconds at most. Whether it has come to that."""

        def enough() -> bool:
            wish = self._wish
            if self._closed or wish is None or wish[0].clip.fingerprint != clip.fingerprint:
                return True
            nearest = [(frame, wish[0].nearest(frame)) for frame in frames]
            near = [draft and abs(draft.frame - frame) <= beside for frame, draft in nearest]
            return self._done is wish[0] or (bool(near) and all(near))

        with self._changed:
            return self._changed.wait_for(enough, seconds)

    def close(self) -> None:
        """Stop making them."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(2)

    def _run(self) -> None:
        tried: tuple[_Sheet, int] | None = None
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closed or self._left or self._wish is not tried  # noqa: B023
                )
                if self._closed:
                    return
                wish = self._wish
            self._make_left()
            if wish is not None and wish is not tried:
                # Of a damaged clip there are as many as could be read.
                with suppress(CleanplateError, OSError):
                    self._fill(wish[0])
            tried = wish
            with self._changed:
                self._done = wish and wish[0]
                self._changed.notify_all()

    def _fill(self, sheet: _Sheet) -> None:
        """Make those of a clip that are missing, unless another clip is wanted meanwhile."""
        key = key_of("drafts", code_version("media", "server/drafts.py"), sheet.clip.fingerprint)
        kept = None if sheet.order else self._store.get(key)
        if kept is not None:
            numbers, *pictures = unpack(kept)
            for frame, data in zip(np.frombuffer(numbers, "<u4").tolist(), pictures, strict=True):
                self._put(sheet, frame, data)
        if self._store.has(key):
            return
        with open_clip(sheet.clip.info) as reader:
            starts = reader.starts()
            for count, frame in enumerate(self._coarse_to_fine(sheet, reader, starts)):
                if frame.index not in sheet.pictures:
                    self._put(sheet, frame.index, _small(frame))
                # The first few are what whoever jumps about sees of most of the clip.
                self._readers.give_way(longer=count >= _FIRST)
                self._make_left()
                if not self._wanted(sheet):
                    return
        if sheet.weight <= _MOST:
            numbers = np.array(sheet.order, "<u4").tobytes()
            self._store.put(key, pack([numbers, *map(sheet.pictures.__getitem__, sheet.order)]))

    def _coarse_to_fine(
        self, sheet: _Sheet, reader: ClipReader, starts: list[int]
    ) -> Iterator[Frame]:
        coarse = deque(_spread(starts[:: -(-len(starts) // _COARSE)]))
        missing = set(_stretches(starts, sheet.clip.frames)) - sheet.fine
        for _ in range(min(_FIRST, len(coarse))):
            at = starts[bisect_right(starts, self._playhead()) - 1]
            for wanted in (at, coarse.popleft()):
                if wanted not in sheet.pictures:
                    yield reader.start(wanted)
        while missing:
            at = self._playhead()
            stretch = min(missing, key=lambda one: _distance(one, at))
            if coarse and _distance(stretch, at):
                frame = coarse.popleft()
                if frame not in sheet.pictures:
                    yield reader.start(frame)
                continue
            if sheet.weight > _MOST:
                farthest = max(sheet.fine, key=lambda one: _distance(one, at))
                if _distance(farthest, at) <= _distance(stretch, at):
                    return
                with self._changed:
                    sheet.drop(farthest)
            for frame in reader.skim(stretch):
                yield frame
                if self._has_gone_on(stretch, missing):
                    break
            else:
                missing.remove(stretch)
                sheet.fine.add(stretch)

    def _has_gone_on(self, stretch: range, missing: set[range]) -> bool:
        """Whether the playhead has gone from a stretch into the one beside it, where more is
        missing: who drags it does not come back at once."""
        at = self._playhead()
        return any(
            at in one and (one.start == stretch.stop or one.stop == stretch.start)
            for one in missing
        )

    def _playhead(self) -> int:
        with self._changed:
            return self._wish[1] if self._wish else 0

    def _wanted(self, sheet: _Sheet) -> bool:
        with self._changed:
            return not self._closed and self._wish is not None and self._wish[0] is sheet

    def _put(self, sheet: _Sheet, frame: int, data: bytes) -> None:
        with self._changed:
            sheet.put(frame, data)
            self._changed.notify_all()


def _stretches(starts: list[int], frames: int) -> Iterator[range]:
    """A clip in pieces that begin where decoding can: each costs no way to it."""
    first = 0
    for start in (*starts[1:], frames):
        if start - first >= _STRETCH or start == frames:
            yield range(first, start)
            first = start


def _spread(frames: list[int]) -> list[int]:
    """The same in an order whose beginning, however short, is spread over the whole.

    >>> _spread([0, 1, 2, 3, 4])
    [0, 4, 2, 1, 3]
    """
    digits = max(1, (len(frames) - 1).bit_length())
    return sorted(frames, key=lambda one: f"{frames.index(one):0{digits}b}"[::-1])


def _distance(stretch: range, frame: int) -> int:
    return max(stretch.start - frame, frame - (stretch.stop - 1), 0)


def _small(frame: Frame) -> bytes:
    """A frame's draft: a JPEG at most `WIDTH` wide."""
    width = min(WIDTH, frame.width)
    return jpeg(frame.scaled(width, max(1, round(width * frame.height / frame.width))), _QUALITY)
