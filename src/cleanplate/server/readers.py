"""Open clips, kept open near where they are being looked at."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cleanplate.errors import CleanplateError
from cleanplate.media import ClipReader, open_clip
from cleanplate.server.opened import Clip

_EACH = 3
"""Readers of one clip at most: looking here, looking there, and reading ahead."""

_ALL = 8
"""Readers of all clips together. Each holds a decoder, some 50 MB for a 1080p clip."""

_PATIENCE = 1.0
"""Seconds that anything urgent is waited for."""


@dataclass
class _Held:
    clip: str
    reader: ClipReader | None = None  # while it is being opened
    busy: bool = True
    used: float = field(default_factory=time.monotonic)


class Readers:
    """Hands out the reader that is nearest to a frame, and opens one where all are in use."""

    def __init__(self) -> None:
        self._held: list[_Held] = []
        self._changed = threading.Condition()
        self._urgent = 0
        self._quiet = 0.0  # until when those who give way wait, also where nothing is urgent

    @contextmanager
    def urgent(self, longer: float = 0) -> Iterator[None]:
        """Meanwhile, and so many seconds longer, those who `give_way` wait: somebody looks at what
        is being read."""
        with self._changed:
            self._urgent += 1
        try:
            yield
        finally:
            with self._changed:
                self._urgent -= 1
                self._quiet = max(self._quiet, time.monotonic() + longer)
                self._changed.notify_all()

    def give_way(self, longer: bool = True) -> None:
        """Wait until nothing urgent is being read, a second at most; unless `longer` is False, also
        until those who look have been given the time that they asked for."""
        deadline = time.monotonic() + _PATIENCE
        with self._changed:
            while True:
                now = time.monotonic()
                quiet = min(deadline, self._quiet) if longer else now
                left = deadline if self._urgent else quiet
                if left <= now:
                    return
                self._changed.wait(left - now)

    @contextmanager
    def near(self, clip: Clip, frame: int) -> Iterator[ClipReader]:
        """A reader of `clip` for the caller alone, for reading `frame` and those after it."""
        held = self._take(clip, frame)
        try:
            yield held.reader
        except CleanplateError:
            held.reader.seek(0)
            raise
        finally:
            with self._changed:
                held.busy = False
                held.used = time.monotonic()
                self._changed.notify_all()

    def prepare(self, clip: Clip) -> None:
        """Open a second reader of a clip: who looks elsewhere needs not wait for that."""
        with self._changed:
            if sum(one.clip == clip.fingerprint for one in self._held) != 1:
                return
            held = self._add(clip)
        self._open(held, clip)
        with self._changed:
            held.busy = False
            self._changed.notify_all()

    def _take(self, clip: Clip, frame: int) -> _Held:
        held = self._reserve(clip, frame)
        if held.reader is None:
            self._open(held, clip)
        return held

    def _open(self, held: _Held, clip: Clip) -> None:
        try:
            held.reader = open_clip(clip.info)  # while others take theirs
            held.reader.count()
        except BaseException:
            with self._changed:
                self._held.remove(held)
                self._changed.notify_all()
            raise

    def _add(self, clip: Clip) -> _Held:
        held = _Held(clip.fingerprint)
        self._held.append(held)
        self._let_go()
        return held

    def _reserve(self, clip: Clip, frame: int) -> _Held:
        with self._changed:
            while True:
                own = [one for one in self._held if one.clip == clip.fingerprint]
                free = [one for one in own if not one.busy]
                near = [one for one in free if one.reader.leads_to(frame)]
                chosen: _Held | None = None
                if near:
                    chosen = min(near, key=lambda one: one.reader.way(frame))
                elif len(own) < _EACH:
                    return self._add(clip)
                elif free:
                    chosen = min(free, key=lambda one: one.used)
                if chosen is not None:
                    chosen.busy = True
                    return chosen
                self._changed.wait()

    def _let_go(self) -> None:
        idle = sorted((one for one in self._held if not one.busy), key=lambda one: one.used)
        for one in idle[: max(0, len(self._held) - _ALL)]:
            self._held.remove(one)
            one.reader.close()

    def forget(self, fingerprint: str) -> None:
        """Close the readers of a clip that are not in use."""
        with self._changed:
            for one in [o for o in self._held if o.clip == fingerprint and not o.busy]:
                self._held.remove(one)
                one.reader.close()

    def close(self) -> None:
        """Close all that are not in use."""
        with self._changed:
            for one in [o for o in self._held if not o.busy]:
                self._held.remove(one)
                one.reader.close()
