"""How the marked frames are looked at, so that the object is known large and small."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cleanplate.track.follow import box_of
from cleanplate.track.window import Window, choose_window, whole


def marked_windows(masks: Mapping[int, np.ndarray], shape: tuple[int, int]) -> list[Window]:
    """The windows in which to look at a marked frame: around the objects, and the whole of it.

    `masks` are bool (h, w), the frame's marks.
    """
    boxes = [box for box in map(box_of, masks.values()) if box is not None]
    windows = [whole(shape)]
    if boxes:
        low = np.min([box[:2] for box in boxes], axis=0)
        high = np.max([box[2:] for box in boxes], axis=0)
        near = choose_window((*(int(v) for v in low), *(int(v) for v in high)), shape)
        if near != windows[0]:
            windows.insert(0, near)
    return windows
