"""A network's own idea of the subject's matte: ISNet on the part of the frame around the mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.matte.trimap import around
from cleanplate.models.fetching import Watcher
from cleanplate.segment.salient import Salient

F32 = NDArray[np.float32]

NETWORK = "isnet"

_ROOM = 0.12  # of the mask's longer side: what is looked at around it


class Looker:
    """Looks at the subject closely.

    >>> Looker().look(frame, mask)                                 # doctest: +SKIP
    """

    def __init__(self, side: int = 384, *, watch: Watcher | None = None) -> None:
        """`side` is the network's square input in pixels; it is fetched on first use."""
        self._salient = Salient(NETWORK, side=side, watch=watch)

    def look(self, image: NDArray, mask: NDArray[np.bool_]) -> F32:
        """Float32 (h, w) in 0..1, 0 away from the mask; `image` is RGB uint8 or uint16 (h, w, 3)."""
        answer = np.zeros(mask.shape, np.float32)
        if mask.any():
            place = around(mask, _ROOM, 16)
            answer[place] = self._salient.matte(
                np.ascontiguousarray(image[place]), unstretched=True
            )
        return answer
