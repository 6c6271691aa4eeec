"""The end of a command that has nothing left to do."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def leave() -> NoReturn:
    """End this process at once and well, without waiting for its threads or taking it apart.

    A thread may still decode a frame in compiled code; Python would end it there when it is itself
    about to end, and C++ answers to that by aborting ("terminate called without an active
    exception"). And to free all that a fill had in memory takes a third of a second.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
