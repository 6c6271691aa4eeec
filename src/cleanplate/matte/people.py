"""People, by a network that mattes them directly and remembers from frame to frame.

Lin, Yang, Saleemi and Sengupta, "Robust High-Resolution Video Matting with Temporal Guidance"
(RVM), WACV 2022. Its weights are GPL-3.0, so nothing depends on it: it is fetched when it is asked
for, and the user is told on what terms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate import models
from cleanplate.models.fetching import Watcher

F32 = NDArray[np.float32]

NETWORK = "rvm"

_COARSE = 512  # pixels: the longest side at which it looks; its refiner works at the frame's own


class PeopleMatter:
    """Mattes of all the people in the frames of one shot, in order.

    >>> matter = PeopleMatter()                                    # doctest: +SKIP
    >>> alpha, foreground = matter.matte(frame)                    # doctest: +SKIP
    """

    def __init__(self, *, watch: Watcher | None = None) -> None:
        """Load the network, fetching it on first use; raises ModelError when it cannot be had."""
        self._session = models.session(NETWORK, "rvm.onnx", watch=watch)
        self._state: dict[str, NDArray] = {}
        self.restart()

    def restart(self) -> None:
        """Forget the frames before: a new shot begins."""
        self._state = {f"r{i}i": np.zeros((1, 1, 1, 1), np.float32) for i in range(1, 5)}

    def matte(self, image: NDArray) -> tuple[F32, F32]:
        """Alpha, float32 (h, w), and foreground, float32 (h, w, 3) in 0..1, of the next frame.

        `image` is RGB uint8 or uint16 (h, w, 3).
        """
        ratio = min(_COARSE / max(image.shape[:2]), 1 - 1e-3)
        unit = image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)
        feeds = {"src": unit[None], "downsample_ratio": np.float32([ratio]), **self._state}
        answer = self._session.run(feeds, keep_memory=True)
        self._state = {f"r{i}i": answer[f"r{i}o"] for i in range(1, 5)}
        alpha = np.clip(answer["pha"][0, ..., 0], 0, 1)
        return alpha, np.clip(answer["fgr"][0], 0, 1)
