"""What is known about one frame before it is matted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Hint:
    """Where the subject is, and whatever else is known of a frame; the arrays are (h, w).

    Attributes
    ----------
    mask
        Bool: the subject.
    soft
        Float32 in 0..1: how sure the mask is, as tracking gives it; None for a mask without doubt.
    look
        Float32 in 0..1: a network's own idea of the matte. It is believed as far as it agrees with
        the mask. None where no network looked.
    plate
        The background alone, like the frame (h, w, 3), and `seen`, float32 in 0..1: how far to
        believe it at each pixel. None where it is not known.
    """

    mask: NDArray[np.bool_] = field(repr=False)
    soft: NDArray[np.float32] | None = field(default=None, repr=False)
    look: NDArray[np.float32] | None = field(default=None, repr=False)
    plate: NDArray | None = field(default=None, repr=False)
    seen: NDArray[np.float32] | None = field(default=None, repr=False)
