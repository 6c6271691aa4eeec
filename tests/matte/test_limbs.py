"""A hand that swings out of its mask is found again; what else moves beside the subject is not."""

from __future__ import annotations

import cv2
import numpy as np
from skimage import data

from cleanplate.matte import Hint, matte_shot

HAND = (slice(60, 90), slice(180, 225))
BODY = (slice(40, 160), slice(80, 180))


def clip(thing, frames=3, step=0):
    """A body before brick that stands still, and from the second frame on a thing at its side, `step`
    pixels further each time; and what a network sees of both."""
    wall = np.dstack([data.brick()[:200, :320]] * 3)
    cloth = cv2.resize(data.coffee()[100:300, 100:300], (100, 120))
    sleeve = cloth[20:50, 30:75]
    shown, looks = [], []
    for index in range(frames):
        image, look = wall.copy(), np.zeros(wall.shape[:2], np.float32)
        image[BODY], look[BODY] = cloth, 1
        if index:
            rows, columns = thing
            place = (rows, slice(columns.start + step * index, columns.stop + step * index))
            image[place], look[place] = sleeve, 1
        shown.append(image)
        looks.append(look)
    return shown, looks


def body():
    mask = np.zeros((200, 320), bool)
    mask[BODY] = True
    return mask


def mattes(shown, looks):
    hints = (Hint(body(), look=look) for look in looks)
    return [cut.alpha for cut in matte_shot(shown, hints)]


def test_a_hand_that_the_mask_lost_is_in_the_matte():
    found = mattes(*clip(HAND))
    assert found[0][HAND].max() < 0.05
    assert found[1][HAND].mean() > 0.6 and found[2][HAND].mean() > 0.8


def test_it_is_left_out_where_the_network_does_not_see_it():
    shown, looks = clip(HAND)
    found = mattes(shown, [np.where(body(), look, 0) for look in looks])
    assert found[1][HAND].mean() < 0.1


def test_what_does_not_touch_the_subject_is_left_out():
    rows, columns = HAND
    found = mattes(*clip((rows, slice(columns.start + 12, columns.stop + 12))))
    assert found[1][HAND].mean() < 0.1


def test_what_was_beside_the_subject_all_along_is_left_out():
    shown, looks = clip(HAND)
    found = mattes(shown[1:], looks[1:])
    assert found[1][HAND].mean() < 0.1
