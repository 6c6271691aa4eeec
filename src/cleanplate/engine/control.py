"""Stopping, pausing and resuming a run from another thread."""

from __future__ import annotations

import threading
import time


class Control:
    """Keep one and hand it in wherever a run takes a `cancel` event.

    A paused run takes no further frame and keeps what it holds; what it was computing is finished
    first, so the processor is idle within about a frame's time. `cancelled` is the event that
    stops the run.
    """

    def __init__(self, cancel: threading.Event | None = None) -> None:
        self.cancelled = cancel or threading.Event()
        self._go_on = threading.Event()
        self._go_on.set()
        self._lock = threading.Lock()
        self._paused_at: float | None = None
        self._paused_before = 0.0

    def cancel(self) -> None:
        """Stop the run, paused or not; it raises `Cancelled` within a second."""
        self.cancelled.set()

    set = cancel  # so that it stands where an event does

    def is_set(self) -> bool:
        """Whether the run was told to stop."""
        return self.cancelled.is_set()

    def pause(self) -> None:
        """Let the run take no further frame until `resume`. Pausing twice is pausing once."""
        with self._lock:
            if self._paused_at is None:
                self._paused_at = time.monotonic()
                self._go_on.clear()

    def resume(self) -> None:
        """Let a paused run go on."""
        with self._lock:
            if self._paused_at is not None:
                self._paused_before += time.monotonic() - self._paused_at
                self._paused_at = None
                self._go_on.set()

    @property
    def paused(self) -> bool:
        return not self._go_on.is_set()

    def paused_seconds(self) -> float:
        """How long, in all, runs were paused by this."""
        with self._lock:
            now = 0.0 if self._paused_at is None else time.monotonic() - self._paused_at
            return self._paused_before + now

    def wait(self, seconds: float) -> None:
        """Wait, at most so long, while paused."""
        self._go_on.wait(seconds)
