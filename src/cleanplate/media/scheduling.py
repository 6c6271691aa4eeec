"""Keep an encoder from taking the machine over."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

_TASKS = Path("/proc/self/task")


@contextlib.contextmanager
def usual_scheduling() -> Iterator[None]:
    """Undo what is done in here to the scheduling of this process's threads.

    SVT-AV1, where it may (as root), makes its threads *and the one that opens it* real-time threads
    of the highest priority, which every process they start inherits: the whole machine then waits
    for them. Does nothing where there is no /proc, or where this thread is a real-time one already:
    then somebody wants it so.
    """
    if not (hasattr(os, "sched_getscheduler") and _TASKS.is_dir()):
        yield
        return
    before = _real_time()
    if threading.get_native_id() in before:
        yield
        return
    try:
        yield
    finally:
        for thread in _real_time() - before:
            # A thread may have ended since it was listed.
            with contextlib.suppress(OSError):
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))


def _real_time() -> set[int]:
    """This process's threads that go before all usual ones."""
    found = set()
    for task in _TASKS.iterdir():
        # A thread may have ended since it was listed.
        with contextlib.suppress(OSError):
            if os.sched_getscheduler(int(task.name)) in (os.SCHED_FIFO, os.SCHED_RR):
                found.add(int(task.name))
    return found
