"""The camera's motion, the one other thing that moves, and which of them explains a pixel."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from fill.fill_scenes import HEIGHT, WIDTH, crossed, disc, eight_bit, held_still, photograph

from cleanplate.fill.frame import prepare
from cleanplate.fill.geometry import warp_map
from cleanplate.fill.motion import UNEXPLAINED, Chain, explain, measure_step, settle_other
from cleanplate.fill.settings import SETTLE

WHOLE = (0, HEIGHT, 0, WIDTH)
NO_LIMIT = 10**9


def frames_of(scene, indices):
    return [prepare(i, scene.seen[i], scene.holes[i], NO_LIMIT) for i in indices]


@pytest.mark.parametrize("angle", [0.0, 1.0])
@pytest.mark.parametrize("zoom", [1.0, 1.02])
@pytest.mark.parametrize("shift", [(0, 0), (4.5, -2.25)])
def test_a_known_motion_is_measured_although_something_is_hidden(angle, zoom, shift):
    picture = photograph("coffee", HEIGHT + 40, WIDTH + 60)
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), angle, zoom)
    matrix[:, 2] += shift
    # From where the first camera sees a point to where the second does.
    start = np.float64([[1, 0, -20], [0, 1, -15]])
    true = np.vstack([matrix, (0, 0, 1)])
    then = (true @ np.vstack([start, (0, 0, 1)]))[:2]
    size = (WIDTH, HEIGHT)
    a = cv2.warpAffine(picture, start, size, flags=cv2.INTER_CUBIC)
    b = cv2.warpAffine(picture, then, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    holes = disc(60, 40, 14), disc(95, 52, 14)
    rng = np.random.default_rng(1)
    noisy = [rng.integers(0, 256, (*h.shape, 3)).astype(np.uint8) for h in holes]
    images = [
        np.where(h[..., None], n, eight_bit(f))
        for h, n, f in zip(holes, noisy, (a, b), strict=True)
    ]
    before, after = (prepare(i, images[i], holes[i], NO_LIMIT) for i in (0, 1))
    step = measure_step(before, after)
    error = np.linalg.norm(warp_map(step.camera, WHOLE) - warp_map(true, WHOLE), axis=2)
    assert error.mean() < 0.4
    assert error[holes[0]].max() < 0.5


def test_a_still_camera_is_found_still():
    before, after = frames_of(held_still(), (3, 4))
    step = measure_step(before, after)
    assert np.abs(warp_map(step.camera, WHOLE) - warp_map(np.eye(3), WHOLE)).max() < 0.3
    assert step.other is None


def test_something_else_that_moves_near_the_hole_is_found():
    scene = crossed()
    frames = frames_of(scene, range(4, 4 + 2 * SETTLE + 2))
    steps = [measure_step(a, b) for a, b in pairwise(frames)]
    assert any(step.other is not None for step in steps)
    motion = settle_other(steps, SETTLE)
    middle = 4 + SETTLE
    place = np.array([40 + 5.3 * middle, 48, 1])  # the middle of the block
    x, y, one = motion @ place
    assert (x / one - place[0], y / one - place[1]) == pytest.approx((5.3, 0), abs=0.7)
    camera_x = (steps[SETTLE].camera @ place)[0] - place[0]
    assert camera_x == pytest.approx(-1.5, abs=0.5)


def test_chains_go_both_ways():
    steps = [np.array([[1, 0, 2.0 + i], [0, 1, -1], [0, 0, 1]]) for i in range(6)]
    chain = Chain(10, steps)
    np.testing.assert_allclose(chain.between(11, 14)[:2, 2], (3 + 4 + 5, -3))
    np.testing.assert_allclose(chain.between(14, 11) @ chain.between(11, 14), np.eye(3), atol=1e-9)
    np.testing.assert_allclose(chain.between(13, 13), np.eye(3), atol=1e-12)


def test_the_motion_that_is_right_explains_what_is_seen_and_another_does_not():
    scene = held_still(noise=0.5)
    here, *others = frames_of(scene, (5, 3, 4, 6, 7))
    offsets = (-2, -1, 1, 2)
    away = np.array([[1, 0, 4.0], [0, 1, 3], [0, 0, 1]])
    right = explain(here, [(o, f, np.eye(3)) for o, f in zip(offsets, others, strict=True)])
    wrong = explain(here, [(o, f, away) for o, f in zip(offsets, others, strict=True)])
    seen = ~here.near_gray
    assert right[seen].mean() < 1.5
    assert wrong[seen].mean() > 4 * right[seen].mean()
    inside = cv2.erode(here.near_gray.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert inside.any()
    assert (right[inside] == UNEXPLAINED).all()  # nobody sees it, so nothing can be said
