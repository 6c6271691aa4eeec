"""Tell the user when kernels are being compiled: only the first run on a machine does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def announced(callback: Callable[[], None]) -> Iterator[None]:
    """Call `callback` at the first kernel that Numba compiles, rather than loads, inside this."""
    from numba.core import event

    class Once(event.Listener):
        told = False

        def on_start(self, event: object) -> None:
            if not self.told:
                self.told = True
                callback()

        def on_end(self, event: object) -> None:
            pass

    listener = Once()
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)
