"""Where the pixels of a hole lie in another frame."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fill.fill_scenes import HEIGHT, WIDTH, disc, eight_bit, photograph, view

from cleanplate.fill.frame import prepare
from cleanplate.fill.geometry import crop, half_box, pixel_grid
from cleanplate.fill.register import register


def pair(shift, warp=None):
    """Two views of one picture, each with a hole of its own filled with noise."""
    picture = photograph("coffee", HEIGHT + 40, WIDTH + 60)
    rng = np.random.default_rng(1)
    frames = []
    holes = disc(70, 48, 13), disc(112, 50, 13)
    for index, (x, y) in enumerate([(20, 15), (20 - shift[0], 15 - shift[1])]):
        image = view(picture, x, y, WIDTH, HEIGHT)
        if index and warp is not None:
            grid = pixel_grid((0, HEIGHT, 0, WIDTH))
            image = cv2.remap(image, grid - warp, None, cv2.INTER_CUBIC)
        image[holes[index]] = rng.uniform(0, 255, (int(holes[index].sum()), 3))
        frames.append(prepare(index, eight_bit(image), holes[index], 10**9))
    return frames


def registered(target, source, guess):
    everything = np.ones_like(crop(target.near_gray, half_box(target.box)))
    return register(target, source, guess, target.box, everything, camera=True)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (5.5, -2.0), (-9.0, 3.0)])
@pytest.mark.parametrize("off", [(0.0, 0.0), (2.0, -1.5)])
def test_a_known_shift_is_recovered_under_the_hole(shift, off):
    target, source = pair(shift)
    guess = np.array([[1, 0, shift[0] + off[0]], [0, 1, shift[1] + off[1]], [0, 0, 1]])
    grid, motion = registered(target, source, guess)
    hole = crop(target.work_hole, target.box)
    error = np.linalg.norm(grid - pixel_grid(target.box) - shift, axis=2)[hole]
    assert error.mean() < 0.3 and error.max() < 1.0
    # The plane motion is handed on, so that the next frame away starts from what was measured.
    centre = motion @ (70, 48, 1)
    assert centre[:2] / centre[2] - (70, 48) == pytest.approx(shift, abs=0.5)


def test_what_no_plane_explains_is_continued_into_the_hole():
    """A gentle bend of the picture: the flow around the hole says how it goes on inside."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    bend = np.dstack([2.0 * np.sin(y / 60), 0 * x]).astype(np.float32)
    target, source = pair((3.0, 0.0), bend)
    guess = np.array([[1, 0, 3.0], [0, 1, 0], [0, 0, 1]])
    grid, _ = registered(target, source, guess)
    hole = crop(target.work_hole, target.box)
    plain = pixel_grid((0, HEIGHT, 0, WIDTH)) + np.float32([3, 0])
    right = crop((plain + bend).astype(np.float32), target.box)
    error = np.linalg.norm(grid - right, axis=2)[hole].mean()
    assert error < 0.7
    assert error < 0.5 * np.linalg.norm(crop(plain, target.box) - right, axis=2)[hole].mean()
