"""How the marked frames are looked at, so that the object is known large and small."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cleanplate.track.decide import prompt_for
from cleanplate.track.fine import FineHead
from cleanplate.track.follow import box_of
from cleanplate.track.grids import to_grid
from cleanplate.track.network import Look, Network
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


def teach_fine(network: Network, look: Look, fine: FineHead, mask: np.ndarray) -> None:
    """Ask the network about a marked object as tracking will, and teach the fine head its answer
    and the truth, a mask bool (h, w)."""
    share = to_grid(look, mask.astype(np.float32))
    body = share > 0.5
    if body.any():
        box, points = prompt_for(look, body, share)
        fine.learn(network.masks(look, points, np.ones(len(points), bool), box), share)
