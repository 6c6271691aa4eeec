"""Stages that run at the same time: each an iterator in a thread, a bounded queue after it.

Decoding, filling and encoding spend their time in compiled code that lets other threads run, so
threads are enough to keep both cores busy, and frames pass between them without being copied.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from cleanplate.engine.control import Control
from cleanplate.errors import Cancelled

T = TypeVar("T")

_POLL = 0.05
"""Seconds between looks at whether to stop, while a queue is full or empty."""

_END = object()


class Halt:
    """Asks every stage of a run to stop, for the user's sake (`cancel`) or after a failure, or to
    wait while the user has it paused."""

    def __init__(self, cancel: threading.Event | Control | None = None) -> None:
        self._control = cancel if isinstance(cancel, Control) else Control(cancel)
        self._stopped = threading.Event()

    @property
    def control(self) -> Control:
        """What the user stops and pauses with."""
        return self._control

    def stop(self) -> None:
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set() or self._control.cancelled.is_set()

    @property
    def paused(self) -> bool:
        return self._control.paused

    def running_seconds(self) -> float:
        """A clock that stands still while the run is paused."""
        return time.monotonic() - self._control.paused_seconds()

    def paused_seconds(self) -> float:
        """How long, in all, the run was paused."""
        return self._control.paused_seconds()

    def wait(self) -> None:
        """Wait a moment while the run is paused."""
        self._control.wait(_POLL)

    def check(self) -> None:
        """Wait while the run is paused; raise `Cancelled` if it is to stop."""
        while self._control.paused and not self.stopped:
            self.wait()
        if self.stopped:
            raise Cancelled("stopped; nothing was left under the output's name")


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class Ahead(Generic[T]):
    """Run `items` in a thread of its own, at most `depth` items ahead of whoever iterates this.

    What `items` raises is raised here. `halt` stops the thread at its next item and closes `items`
    in the thread that ran it. `idle` is called now and then while the next item is waited for.
    """

    def __init__(
        self,
        items: Iterable[T],
        depth: int,
        halt: Halt,
        name: str,
        idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._items = iter(items)
        self._queue: queue.Queue = queue.Queue(depth)
        self._halt = halt
        self._idle = idle
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        while True:
            self._halt.check()
            try:
                item = self._queue.get(timeout=_POLL)
            except queue.Empty:
                self._idle()
                continue
            if item is _END:
                self._queue.put(_END)
                raise StopIteration
            if isinstance(item, _Failure):
                raise item.error
            return item

    def join(self, deadline: float) -> bool:
        """Wait for the thread until `deadline` on the monotonic clock; whether it has ended."""
        self._thread.join(max(deadline - time.monotonic(), 0))
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
            else:
                self._put(_END)
        except BaseException as error:
            self._put(_Failure(error))
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()

    def _put(self, item: object) -> bool:
        while not self._halt.stopped:
            if self._halt.paused:
                self._halt.wait()
                continue
            try:
                self._queue.put(item, timeout=_POLL)
            except queue.Full:  # look whether the run was stopped, and try again
                continue
            return True
        return False


class Stopwatch:
    """Seconds of work by stage, and how many frames they went into. Each stage runs in one thread
    at a time."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.frames: dict[str, int] = {}

    @contextmanager
    def __call__(self, stage: str, frames: int = 1) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - began, frames)

    def add(self, stage: str, seconds: float, frames: int = 1) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        self.frames[stage] = self.frames.get(stage, 0) + frames

    def timed(self, stage: str, items: Iterable[T]) -> Iterator[T]:
        """Iterate `items`, counting the time that each takes to come as work of `stage`."""
        iterator = iter(items)
        try:
            while True:
                with self(stage, 0):
                    try:
                        item = next(iterator)
                    except StopIteration:
                        return
                self.add(stage, 0.0)
                yield item
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
