"""Frames by number, fast enough to scrub.

A frame comes from memory, or from the store, where the clip lies as JPEGs in stretches of some
frames, or is decoded. Whoever looks at a frame will look at its neighbours: a thread makes the
stretch around the playhead, those behind it, and in the end, if it isn't too long, the whole clip.
In a file whose key frames are far apart that is what makes scrubbing quick.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.store import Store, code_version, key_of
from cleanplate.errors import CleanplateError
from cleanplate.media import ClipReader, Frame
from cleanplate.server.drafts import LEFT, Drafts
from cleanplate.server.opened import Clip, OpenProject
from cleanplate.server.packing import pack, unpack
from cleanplate.server.pictures import Picture, Recent, jpeg, png, width_for
from cleanplate.server.readers import Readers

STRETCH = 24
"""Frames that are made and stored together: a second or so."""

_WIDEST = 1920
"""JPEGs that are wider are decoded when they are asked for, and not made in advance."""

_WHOLE = 1 << 30
"""Bytes: a clip whose JPEGs take more than about so much is made around the playhead only."""

_AHEAD = 3
"""Stretches that are made behind the one that is looked at, before the rest of the clip."""

_MEMORY = 192 << 20

_PASSED = 96 << 20
"""Bytes of frames at most that are held before one that was come to from behind it."""

_FAR = 2 * STRETCH
"""Frames on a way that is better gone on than gone again."""

_REST = 0.25
"""Seconds that one looks at a place before the stretch that is being made elsewhere is left for
it: the way to another one may be long."""

_SETTLED = 0.5
"""Seconds at one frame, after which one is not on the way to another."""

_LEAP = 3
"""Frames from one that is looked at to the next, from which on one drags and does not play."""

_PATIENCE = 0.1
"""Seconds between two looks at whether drafts are finished."""

_ON_ITS_WAY = 0.01
"""Seconds that a frame is given from here to the screen before anything is made ahead again."""

_SOONER = 12
"""Frames that are made in advance in the time that it takes to seek one, or less."""

_SOON = 2.0
"""Seconds that a frame is waited for, which the thread that reads ahead is about to come to."""


@dataclass(frozen=True)
class Wish:
    """What is looked at: a frame of a clip, in a width, having come from before it (1) or from
    behind it (-1), and whether from right beside it."""

    clip: Clip
    frame: int
    width: int
    step: int = 1
    near: bool = False

    @property
    def stretch(self) -> int:
        return self.frame // STRETCH

    def beside(self, other: Wish | None) -> bool:
        """Whether both want the same stretch first."""
        return (
            other is not None
            and other.clip.fingerprint == self.clip.fingerprint
            and (other.width, other.stretch) == (self.width, self.stretch)
        )


@dataclass(frozen=True)
class AtHand:
    """A JPEG that needs no decoding, the frame that it shows, and whether that is what was asked
    for, in the width that was asked for."""

    frame: int
    data: bytes
    sharp: bool


class Frames:
    """Pictures of clips' frames."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent = Recent(_MEMORY)
        self.readers = Readers()
        self.drafts = Drafts(store, self.readers)
        self._wish: Wish | None = None
        self._done: Wish | None = None  # for which nothing is left to be made
        self._since = 0.0  # when it came to its stretch
        self._moved = 0.0  # when it came to its frame
        self._dragged = 0.0  # when it came there from farther than its neighbour, and from a move
        self._at: Wish | None = None  # the frame that is being made in advance
        self._passed: dict[tuple[str, int], Frame] = {}  # before what was looked at last
        self._wished = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def picture(
        self,
        project: OpenProject,
        frame: int,
        width: int | None,
        format: Literal["jpeg", "png"] = "jpeg",
        check: Callable[[], None] = lambda: None,
    ) -> Picture:
        """A frame as a JPEG at least `width` wide, or a PNG of exactly that width.

        `check` is called now and then while it is decoded, and may raise.
        """
        project.check_frame(frame)
        clip = project.clip()
        if format == "png":
            return Picture(png(self._decoded(clip, frame, width or clip.info.width, check)))
        served = width_for(width, clip.info.width)
        data = self._known(clip, frame, served) or self._awaited(clip, frame, served)
        self._look_ahead(clip, frame, served)
        if data is None:
            # Until it is on the screen, if it was jumped to; who steps on wants what is made ahead.
            stepping = self._wish_for(clip, frame).near
            with self.readers.urgent(0 if stepping else _ON_ITS_WAY):
                data = jpeg(self._decoded(clip, frame, served, check))
            self._recent.put((clip.fingerprint, frame, served), data)
        return Picture(data)

    def at_hand(self, project: OpenProject, frame: int, width: int | None) -> AtHand | None:
        """What can be shown of a frame at once: itself, if it has been made, else a draft of it or
        of the nearest frame that has one. None in a clip's first instant."""
        project.check_frame(frame)
        clip = project.clip()
        served = width_for(width, clip.info.width)
        data = self._known(clip, frame, served)
        self._look_ahead(clip, frame, served)
        if data is not None:
            return AtHand(frame, data, sharp=True)
        draft = self.drafts.nearest(clip, frame)
        return draft and AtHand(draft.frame, draft.data, sharp=False)

    def _known(self, clip: Clip, frame: int, width: int) -> bytes | None:
        """A frame's JPEG, if it has been made."""
        data = self._recent.get((clip.fingerprint, frame, width))
        if data is None and width <= _WIDEST:
            packed = self._store.get(_stretch_key(clip, frame // STRETCH, width))
            if packed is not None:
                self._remember(clip, frame // STRETCH, width, unpack(packed))
                data = self._recent.get((clip.fingerprint, frame, width))
        return data

    def _awaited(self, clip: Clip, frame: int, width: int) -> bytes | None:
        """A frame's JPEG, if it is just about to be made in advance: sooner than by seeking."""
        wanted = Wish(clip, frame, width)

        def coming() -> bool:
            at = self._at
            soon = wanted.beside(at) and at.frame <= frame <= at.frame + _SOONER
            return soon and self._known_now(wanted) is None

        with self._wished:
            if not coming():
                return None
            self._wished.wait_for(lambda: not coming(), _SOON)
        return self._known_now(wanted)

    def _known_now(self, wish: Wish) -> bytes | None:
        return self._recent.get((wish.clip.fingerprint, wish.frame, wish.width))

    def _decoded(
        self, clip: Clip, frame: int, width: int, check: Callable[[], None]
    ) -> NDArray[np.uint8]:
        """A frame that has to be decoded."""
        passed = self._passed.get((clip.fingerprint, frame))
        if passed is not None:
            return small(passed, clip, width)

        way: list[Frame] = []

        def passing(one: Frame) -> None:
            check()
            if not way or one.index - way[-1].index >= LEFT:
                way.append(one)

        try:
            with self.readers.urgent(), self.readers.near(clip, frame) as reader:
                check()
                wish, far = self._wish_for(clip, frame), reader.way(frame) > _FAR
                sought = not reader.leads_to(frame)
                if sought and wish.step < 0 and (wish.near or far):
                    self._hold_before(clip, frame, reader, passing)
                alone = sought and not wish.near and not far
                return small(reader.read_frame(frame, passing, alone), clip, width)
        finally:
            self.drafts.leave(clip, way)

    def _wish_for(self, clip: Clip, frame: int) -> Wish:
        """How a frame was come to, if it is what is looked at."""
        wish = self._wish
        found = self.looks_at(clip) and wish.frame == frame
        return wish if found else Wish(clip, frame, clip.info.width)

    def _hold_before(
        self, clip: Clip, frame: int, reader: ClipReader, passing: Callable[[Frame], None]
    ) -> None:
        """Hold the frames before one, the next to be looked at, which else would take the same way
        again, each."""
        fit = _PASSED * 2 // (clip.info.width * clip.info.height * 3)
        held = {}
        for one in range(max(0, frame - min(fit, STRETCH)), frame):
            held[clip.fingerprint, one] = reader.read_frame(one, passing)
        self._passed = held

    def _remember(self, clip: Clip, stretch: int, width: int, made: list[bytes]) -> None:
        for place, data in enumerate(made):
            self._recent.put((clip.fingerprint, stretch * STRETCH + place, width), data)

    # Reading ahead.

    def _look_ahead(self, clip: Clip, frame: int, width: int) -> None:
        self.drafts.want(clip, frame)
        with self._wished:
            last = self._wish
            step, near = _come(last, clip, frame)
            self._wish = Wish(clip, frame, width, step, near)
            if self._wish.step > 0:
                self._passed = {}
            now = time.monotonic()
            if last is not None and frame != last.frame:
                if abs(frame - last.frame) >= _LEAP and now - self._moved < _REST:
                    self._dragged = now
                self._moved = now
            if not self._wish.beside(last):
                self._since = now
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="read ahead", daemon=True)
                self._thread.start()
            self._wished.notify_all()

    def _run(self) -> None:
        # At the priority of all others: one that stood back would keep Python's lock from everyone
        # for as long as other programs keep the core from it. Instead it gives way, frame by frame.
        while True:
            with self._wished:
                self._wished.wait_for(lambda: self._closed or self._wish != self._done)
                if self._closed:
                    return
                wish = self._wish
            if wish is None or self._make_next(wish):
                with self._wished:
                    self._done = wish
                    self._wished.notify_all()

    def _make_next(self, wish: Wish) -> bool:
        """Make one stretch that is missing; whether none is."""
        clip, width = wish.clip, wish.width
        # A clip that cannot be opened any more is said to whoever asks for a frame of it.
        with suppress(CleanplateError, OSError):
            self.readers.prepare(clip)
        near = self._near(wish)
        for stretch in self._order(wish):
            key = _stretch_key(clip, stretch, width)
            if self._store.has(key):
                continue
            if stretch not in near and not self.drafts.wait(clip, _PATIENCE):
                return False  # there is something to see everywhere before all is sharp
            with suppress(CleanplateError, OSError):
                made = self._make(wish, stretch)
                if made is None:
                    return False  # the user is elsewhere by now
                self._remember(clip, stretch, width, made)
                self._store.put(key, pack(made))
                return False
            break  # a damaged clip: frames come one by one, as they are asked for
        return self.drafts.wait(clip, _PATIENCE)

    def _order(self, wish: Wish) -> list[int]:
        """Stretches by how soon they will be wanted."""
        if wish.width > _WIDEST:
            return []
        clip, at, near = wish.clip, wish.stretch, self._near(wish)
        last = (clip.frames - 1) // STRETCH
        height = wish.width * clip.info.height / clip.info.width
        if clip.frames * wish.width * height * 0.12 > _WHOLE:  # bytes a pixel, on ordinary clips
            return near
        return near + [s for s in (*range(at, last + 1), *range(at)) if s not in near]

    def _near(self, wish: Wish) -> list[int]:
        """The stretches around what is looked at."""
        onwards = [wish.stretch + wish.step * i for i in range(_AHEAD + 1)]
        last = (wish.clip.frames - 1) // STRETCH
        return [s for s in (*onwards, wish.stretch - wish.step) if 0 <= s <= last]

    def _make(self, wish: Wish, stretch: int) -> list[bytes] | None:
        """The JPEGs of a stretch; None if something else is wanted meanwhile."""
        clip, width = wish.clip, wish.width
        made = []
        first = stretch * STRETCH
        try:
            for frame in range(first, min(first + STRETCH, clip.frames)):
                place = Wish(clip, frame, width)
                self.readers.give_way()
                with self._wished:
                    self._let_drag()
                    rested = time.monotonic() - self._since > _REST
                    if self._closed or (rested and not wish.beside(self._wish)):
                        return None
                    self._at = place
                    self._wished.notify_all()
                made.append(self._make_one(place))
        finally:
            with self._wished:
                self._at = None
                self._wished.notify_all()
        return made

    def _let_drag(self) -> None:
        """Wait while the playhead is dragged: what is made so slowly is passed before it is there,
        and drafts are not."""
        while not self._closed and (left := self._dragged + _REST - time.monotonic()) > 0:
            self._at = None  # who waits for the next frame need not wait for this as well
            self._wished.notify_all()
            self._wished.wait(left)

    def _make_one(self, place: Wish) -> bytes:
        known = self._known_now(place)
        if known is None:
            passed = self._passed.get((place.clip.fingerprint, place.frame))
            if passed is None:
                with self.readers.near(place.clip, place.frame) as reader:
                    passed = reader.read_frame(place.frame)
            known = jpeg(small(passed, place.clip, place.width))
            self._recent.put((place.clip.fingerprint, place.frame, place.width), known)
        return known

    def looks_at(self, clip: Clip) -> bool:
        """Whether a clip is the one that was looked at last."""
        wish = self._wish
        return wish is not None and wish.clip.fingerprint == clip.fingerprint

    def at_rest(self, clip: Clip) -> bool:
        """Whether a clip is looked at, for a while now at the same frame, and nothing is left that
        could be made ahead of it."""
        rested = time.monotonic() - self._moved > _SETTLED
        return rested and self.looks_at(clip) and self._done == self._wish

    def idle(self, seconds: float) -> bool:
        """Wait until everything that is wished for is made; whether it is."""
        with self._wished:
            return self._wished.wait_for(lambda: self._done == self._wish, seconds)

    def close(self) -> None:
        """Stop reading ahead."""
        with self._wished:
            self._closed = True
            self._wished.notify_all()
        self.drafts.close()
        if self._thread is not None:
            self._thread.join(2)
        self.readers.close()


def _come(last: Wish | None, clip: Clip, frame: int) -> tuple[int, bool]:
    """The `step` and `near` of a wish for a frame, where `last` was looked at before."""
    if last is None or last.clip.fingerprint != clip.fingerprint:
        return 1, False
    if frame == last.frame:
        return last.step, last.near
    return -1 if 0 < last.frame - frame <= STRETCH else 1, abs(frame - last.frame) < _LEAP


def small(frame: Frame, clip: Clip, width: int) -> NDArray[np.uint8]:
    """A frame as RGB uint8 (h, w, 3) of that width."""
    info = clip.info
    if width == info.width:
        image = frame.image
        return image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8)
    return frame.scaled(width, max(1, round(width * info.height / info.width)))


def _stretch_key(clip: Clip, stretch: int, width: int) -> str:
    code = code_version("media", "server/pictures.py")
    return key_of("frames", code, clip.fingerprint, STRETCH, stretch, width)
