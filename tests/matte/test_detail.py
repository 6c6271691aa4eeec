"""What a fine mask shows between hairs, and its straps, outlives the smooth masks tracked from it."""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate.matte.detail import detailed, outline_of, soft_around

SHAPE = (180, 240)


def comb(x):
    """A block with teeth two pixels wide, one that is a hand's breadth away, and its smooth outline."""
    body = np.zeros(SHAPE, bool)
    body[60:150, x : x + 120] = True
    fine, smooth = body.copy(), body.copy()
    for tooth in range(x, x + 120, 5):
        fine[30:60, tooth : tooth + 2] = True
    fine[145:150, x : x + 120 : 4] = False
    smooth[40:60, x : x + 120] = True
    return fine, smooth


def test_gaps_and_tips_move_along_with_the_subject():
    fine, _ = comb(40)
    expected, smooth = comb(47)
    rows, columns = np.indices(SHAPE, dtype=np.float32)
    outline = outline_of(fine).moved(columns - 7, rows)
    found = detailed(smooth, outline, np.ones(SHAPE, np.float32))
    assert (found != expected).sum() < 0.1 * (smooth != expected).sum()
    without = detailed(smooth, outline, np.zeros(SHAPE, np.float32))
    assert not without[30:40].any()  # where the frame speaks against it, nothing is added


def test_a_mask_with_detail_of_its_own_is_left_alone():
    fine, _ = comb(40)
    other, _ = comb(47)
    assert detailed(other, outline_of(fine), np.ones(SHAPE, np.float32)) is other


def test_a_smooth_mask_has_nothing_to_carry_on_and_no_soft_edge():
    smooth = cv2.ellipse(np.zeros(SHAPE, np.uint8), (120, 90), (70, 50), 0, 0, 360, 1, -1) > 0
    smooth[100:170, 60:75] = True  # a leg
    assert outline_of(smooth) is None and not soft_around(smooth).any()
    fine, _ = comb(40)
    soft = soft_around(fine)
    assert soft[35:60, 45:155].all() and not soft[90:130, 70:130].any()
