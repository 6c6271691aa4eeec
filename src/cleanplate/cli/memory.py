"""How the command line handles memory: freed at once, looked through for rubbish seldom."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
"""glibc's numbers for them (malloc.h)."""

_FRAME_SIZED = 4 << 20
"""Bytes from which an array gets pages of its own: a whole frame of 1080p, and not what is worked out
of it, whose pages would be taken and given back at every step: an eighth of an export's time."""

_HELD = 16 << 20
"""Bytes up to which arrays are held on to, where that is wanted: colours of 720p in float32."""

_SELDOM = 10_000
"""New objects after which Python looks for those that only refer to each other, in place of 700."""


def collect_seldom() -> None:
    """Keep Python from looking through all that is imported again and again, as if it were rubbish:
    that takes a tenth of a command's start."""
    gc.set_threshold(_SELDOM)


def give_back_at_once() -> None:
    """Keep glibc from holding on to the room of frames that are gone.

    Left alone it raises the size from which blocks get pages of their own, and then every thread's
    arena keeps room for as many frames as ever passed through it: 0.2 GB more at 1080p.
    """
    _tell_glibc(_M_MMAP_THRESHOLD, _FRAME_SIZED)


def hold_on_to_frames() -> None:
    """Undo that for work that makes and drops many arrays of a frame's size for each frame.

    Fresh pages for each cost a tenth of a cutout's time; what is held is some 50 MB at 854x480.
    """
    _tell_glibc(_M_MMAP_THRESHOLD, _HELD)
    _tell_glibc(_M_TRIM_THRESHOLD, 2 * _HELD)


def _tell_glibc(setting: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(setting, value)
