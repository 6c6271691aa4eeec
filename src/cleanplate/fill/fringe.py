"""How far past its hole a removed thing still shows.

The edge of a thing in a real picture is soft: its blur, the codec's ringing and colours at half the
resolution reach past a tight mask. Sampled as background, they would come back as dark threads. Past a
mask with a margin there is nothing of it, and what is seen right beside the hole is the best there is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

from cleanplate.fill.frame import WorkFrame

#: Pixels that a fringe is at most taken to be wide.
WIDEST = 3
#: And how many where nothing is known of it.
USUAL = 2
#: Other frames that are asked, by how many frames they are away.
BESIDE = (-6, -3, 3, 6)
#: Distances from the hole, in pixels, at which the picture is taken to be free of the thing.
_FREE = slice(4, 8)
_AWAY = np.float32(6)  # and from which another frame is asked
#: How many times as badly as there other frames have to predict the picture, for it to show the thing.
_WORSE = 1.25
#: Grey levels beyond which an error counts no more: something else moves there.
_STRANGE = np.float32(40)
#: Pixels that have to be compared, at least, to say anything.
_ENOUGH = 60


def fringe(frame: WorkFrame, beside: list[tuple[WorkFrame, np.ndarray]]) -> int:
    """The width of the rim around a frame's hole that shows what is in it: working pixels, 0 to WIDEST.

    Other frames, where their holes are well away, show the same place without the thing. They predict
    what is seen around the hole about as well everywhere; where the thing shows, worse.

    Args:
        frame: the frame, with a hole.
        beside: other frames, and the camera's motion to each.

    Returns:
        USUAL where the hole hardly moves, so that no other frame shows what is beside it.
    """
    own = _distance(frame)
    total, number = np.zeros(_FREE.stop), np.zeros(_FREE.stop)
    for other, motion in beside:
        _compare(
            frame.rgb, own, _corner(frame), other.rgb, _distance(other), _corner(other),
            motion, total, number,
        )  # fmt: skip
    if number[:WIDEST].min() < _ENOUGH or number[_FREE].sum() < _ENOUGH:
        return USUAL
    usual = _WORSE * total[_FREE].sum() / number[_FREE].sum()
    shows = total[:WIDEST] > usual * number[:WIDEST]
    return WIDEST if shows.all() else int(shows.argmin())


def _corner(frame: WorkFrame) -> tuple[int, int]:
    return (0, 0) if frame.box is None else (frame.box[0], frame.box[2])


def _distance(frame: WorkFrame) -> np.ndarray:
    """How far each pixel of a frame's box is from its hole, float32; empty without a hole."""
    if frame.box is None:
        return np.zeros((0, 0), np.float32)
    y0, y1, x0, x1 = frame.box
    free = (~frame.work_hole[y0:y1, x0:x1]).astype(np.uint8)
    return cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_5)


@njit(cache=True, nogil=True, fastmath=True)
def _compare(
    image, own, own_corner, other, distance, corner, motion, total, number
):  # pragma: no cover - compiled
    """Add how far another frame differs from this one, and from how many pixels that is known, by
    their distance from this one's hole."""
    farthest = total.size
    height, width = other.shape[:2]
    for y in range(own.shape[0]):
        for x in range(own.shape[1]):
            if own[y, x] == 0 or own[y, x] >= farthest + 0.5:
                continue
            v, u = np.float64(y + own_corner[0]), np.float64(x + own_corner[1])
            depth = motion[2, 0] * u + motion[2, 1] * v + motion[2, 2]
            along = (motion[0, 0] * u + motion[0, 1] * v + motion[0, 2]) / depth
            down = (motion[1, 0] * u + motion[1, 1] * v + motion[1, 2]) / depth
            if not (0 <= along < width - 1 and 0 <= down < height - 1):
                continue
            j, i = int(down), int(along)
            fy, fx = np.float32(down - j), np.float32(along - i)
            near_y, near_x = int(down + 0.5) - corner[0], int(along + 0.5) - corner[1]
            boxed = 0 <= near_y < distance.shape[0] and 0 <= near_x < distance.shape[1]
            if boxed and distance[near_y, near_x] < _AWAY:
                continue
            shown = (1 - fy) * ((1 - fx) * other[j, i, 1] + fx * other[j, i + 1, 1]) + fy * (
                (1 - fx) * other[j + 1, i, 1] + fx * other[j + 1, i + 1, 1]
            )
            at = int(own[y, x] - 0.5)
            total[at] += min(abs(shown - image[y + own_corner[0], x + own_corner[1], 1]), _STRANGE)
            number[at] += 1
