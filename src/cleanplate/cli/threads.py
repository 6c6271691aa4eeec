"""How the process shares the cores among what runs in it."""

from __future__ import annotations

import os


def leave_cores_to_networks() -> None:
    """Let NumPy multiply matrices in one thread, where the user did not say otherwise.

    They are small here. OpenBLAS's further threads wait for the next product by spinning, and take
    the cores from networks and encoders: a sixth of the time that tracking takes. It reads this
    when NumPy is loaded, and processes that are started from here inherit it.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
