"""What is made up where no frame shows what is behind."""

from __future__ import annotations

import cv2
import numpy as np
from fill.fill_scenes import Scene, disc, eight_bit, panned, photograph, psnr

from cleanplate.fill import FillSettings
from cleanplate.fill.smooth import harmonic_fill
from cleanplate.fill.unseen import clone


def test_what_other_frames_show_is_not_made_up():
    """A large hole that stays and a pan that is too slow to show all of it."""
    scene = panned("coffee", count=12, speed=(3.2, 0))
    scene.holes[:] = disc(80, 48, 24)
    asked = []

    def complete(picture, missing):
        asked.append((picture, missing))
        return harmonic_fill(picture, missing)

    scene.fill(FillSettings(completer=complete))
    picture, missing = asked[0]
    # The completer gets the first frame around its hole; all but what is hidden throughout is there.
    assert 0 < missing.sum() < 0.7 * scene.holes[0].sum()
    truth, hole = scene.truth[0], scene.holes[0]
    top, left = 0, max(0, 80 - 24 - 64)
    height, width = missing.shape
    part = np.s_[top : top + height, left : left + width]
    shown = hole[part] & ~missing
    assert psnr(picture[shown], truth[part][shown]) > 25


def test_what_is_made_up_is_as_sharp_as_what_is_around_it():
    """A clip of twice the working resolution, and a hole that stays on a lawn that stands still."""
    lawn = eight_bit(photograph("grass", 480, 480))
    picture = np.hstack([lawn, lawn[:, ::-1]])[:, :854]
    hole = disc(430, 240, 60, 854, 480)
    scene = Scene(np.stack([picture] * 2), np.stack([hole] * 2))
    filled = scene.fill()[1].image
    inside = disc(430, 240, 50, 854, 480)
    assert 0.5 < sharpness(filled, inside) / sharpness(picture, inside) < 1.5


def sharpness(picture: np.ndarray, where: np.ndarray) -> float:
    """Mean energy of the Laplacian."""
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return float(np.mean(cv2.Laplacian(luma, cv2.CV_64F)[where] ** 2))


def test_letters_over_a_still_picture_are_bridged():
    """What goes on between the strokes is nearer to the truth than what Telea makes of it."""
    picture = eight_bit(photograph("coffee", 240, 320))
    letters = np.zeros((240, 320), np.uint8)
    cv2.putText(letters, "Subtitle", (20, 150), cv2.FONT_HERSHEY_SIMPLEX, 2, 255, 7)
    hole = letters > 0
    scene = Scene(np.stack([picture] * 3), np.stack([hole] * 3))
    telea = cv2.inpaint(scene.seen[1], letters, 5, cv2.INPAINT_TELEA)
    filled = scene.fill()[1].image
    assert psnr(filled[hole], picture[hole]) > psnr(telea[hole], picture[hole])


def test_a_dark_thing_beside_what_is_made_up_leaves_no_fog_in_it():
    """A shade of the light is taken over from the border, a black thing that ends there is not."""
    unseen = disc(32, 32, 12, 64, 64)
    soft = np.full((64, 64, 3), 130, np.float32)
    soft[:, :24] = 0
    made_up = np.full_like(soft, 120)
    step = np.full(unseen.shape, 24, np.float32)
    tone = clone(soft, made_up, np.zeros_like(soft), unseen, step)
    assert tone[unseen].min() > 90
    assert tone[32, 42].mean() > 124
