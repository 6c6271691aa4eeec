"""Holes and chroma: pixels that share a chroma sample are replaced together."""

from __future__ import annotations

import numpy as np

from cleanplate.media.info import ClipInfo
from cleanplate.media.pixels import grow_to_blocks, layout


def align_hole(hole: np.ndarray, info: ClipInfo) -> np.ndarray:
    """`hole` grown to whole chroma samples of the clip; bool `(height, width)`, upright.

    In 4:2:0 one colour sample covers two by two pixels, so a hole that ends inside such a block
    would change the colour of pixels outside it. Outside the aligned hole nothing changes.
    """
    own = layout(info.pix_fmt)
    if not (own.shift_x or own.shift_y):
        return hole
    stored = info.orientation.undo(np.asarray(hole, bool))
    grown = grow_to_blocks(np.ascontiguousarray(stored), own.shift_x, own.shift_y)
    return np.ascontiguousarray(info.orientation.apply(grown))
