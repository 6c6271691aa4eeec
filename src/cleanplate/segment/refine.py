"""Moving a mask's edges to the image's own."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

_SURE = 2.0  # logits beyond this are as good as certain; closer to 0 the image may decide
_SMOOTH = 1e-2  # the guided filter's eps, for a guide in 0..1: edges fainter than 0.1 do not count
_REACH = 3 / 854  # of the longest side: how far the filter looks, about one logit of 256
_MARGIN = 4 / 854  # of the longest side: the farthest that an edge may move
_TILE = 192  # pixels: the filter, which costs most, is run on the tiles that an edge passes alone


def refine(image: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """Move the edges of a soft mask to the edges of its image, within a few pixels.

    The logits, cut off where they are sure, are smoothed by a guided filter, which lets them run
    along the image's edges and not across (He, Sun and Tang, "Guided image filtering", ECCV 2010).

    Parameters
    ----------
    image
        RGB uint8 (h, w, 3).
    soft
        Logits float32 (h, w); above 0 is inside.

    Returns
    -------
    bool (h, w)
    """
    coarse = soft > 0
    longest = max(soft.shape)
    margin = max(2, round(longest * _MARGIN))
    window = _around_edges(coarse, 3 * margin)
    if window is None:
        return coarse
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin + 1, 2 * margin + 1))
    inside = coarse[window].astype(np.uint8)
    # A mask's own border is no edge: what touches the frame's must not shrink away from it.
    most = cv2.dilate(inside, disc) > 0
    least = cv2.erode(inside, disc, borderType=cv2.BORDER_REPLICATE) > 0
    open_ = most & ~least
    refined = least.copy()
    reach = max(2, round(longest * _REACH))
    for tile, around, within in _tiles(open_.shape, 2 * reach):
        if open_[tile].any():
            filtered = cv2.ximgproc.guidedFilter(
                image[window][around].astype(np.float32) / 255,
                np.clip(soft[window][around], -_SURE, _SURE).astype(np.float32),
                reach,
                _SMOOTH,
            )
            refined[tile] |= open_[tile] & (filtered[within] > 0)
    whole = coarse.copy()
    whole[window] = refined
    return whole


Window = tuple[slice, slice]


def _tiles(shape: tuple[int, int], halo: int) -> Iterator[tuple[Window, Window, Window]]:
    """The tiles that cover a picture; each with the window around it, `halo` pixels wider, and where
    the tile is in that."""
    for top in range(0, shape[0], _TILE):
        for left in range(0, shape[1], _TILE):
            tile = (slice(top, top + _TILE), slice(left, left + _TILE))
            up, back = max(0, top - halo), max(0, left - halo)
            around = (slice(up, top + _TILE + halo), slice(back, left + _TILE + halo))
            within = (slice(top - up, top - up + _TILE), slice(left - back, left - back + _TILE))
            yield tile, around, within


def _around_edges(mask: np.ndarray, margin: int) -> Window | None:
    """The window that holds every edge of a mask with a margin; None when it has no edge."""
    down, right = np.diff(mask, axis=0), np.diff(mask, axis=1)
    rows = np.flatnonzero(np.append(down.any(1), False) | right.any(1))
    columns = np.flatnonzero(down.any(0) | np.append(right.any(0), False))
    if not len(rows) or not len(columns):
        return None
    return (
        slice(max(0, rows[0] - margin), rows[-1] + 2 + margin),
        slice(max(0, columns[0] - margin), columns[-1] + 2 + margin),
    )
