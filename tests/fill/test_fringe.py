"""How much beside a hole still shows the thing in it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fill.fill_scenes import HEIGHT, WIDTH, Scene, disc, eight_bit, photograph, psnr

from cleanplate.fill import fill_shot
from cleanplate.fill import window as window_module
from cleanplate.fill.frame import prepare
from cleanplate.fill.fringe import USUAL, WIDEST, fringe

LENGTH = 13


def passing(softness: float, margin: float, speed: float = 5.0) -> tuple[Scene, np.ndarray]:
    """A black disc with a soft edge passes before a still photograph, and the clip with it in.

    `softness` is the standard deviation of its blur and `margin` how far its mask reaches past the
    middle of its edge, in pixels.
    """
    picture = photograph("coffee", HEIGHT, WIDTH) * 0.5 + 90
    frames, holes = [], []
    for i in range(LENGTH):
        x = 80 + speed * (i - LENGTH // 2)
        alpha = cv2.GaussianBlur(disc(x, 48, 16).astype(np.float32), (0, 0), softness)
        grain = np.random.default_rng(i).normal(0, 1.5, picture.shape)
        frames.append(eight_bit(picture * (1 - alpha[..., None]) + grain))
        holes.append(disc(x, 48, 16 + margin))
    truth = np.repeat(eight_bit(picture)[None], LENGTH, axis=0)
    return Scene(truth, np.stack(holes)), np.stack(frames)


def width_in(scene: Scene, frames: np.ndarray, index: int = LENGTH // 2) -> int:
    """The fringe of one frame by those around it; the camera stands still."""
    known = [
        prepare(i, f, h, 10**9) for i, (f, h) in enumerate(zip(frames, scene.holes, strict=True))
    ]
    return fringe(known[index], [(f, np.eye(3)) for f in known if f.index != index])


def test_a_soft_edge_shows_past_a_tight_mask():
    assert 1 <= width_in(*passing(softness=1.0, margin=0)) <= WIDEST
    assert width_in(*passing(softness=2.5, margin=0)) == WIDEST


@pytest.mark.parametrize("softness", [0.6, 1.5])
def test_past_a_mask_with_a_margin_nothing_is_left_out(softness):
    assert width_in(*passing(softness, margin=6)) == 0


def test_frames_without_a_hole_are_asked_as_well():
    scene, frames = passing(softness=2.5, margin=0, speed=0)
    others = [i for i in range(LENGTH) if i != LENGTH // 2]
    scene.holes[others], frames[others] = False, scene.truth[others]
    assert width_in(scene, frames) == WIDEST


def test_where_the_hole_stands_still_nothing_is_known():
    assert width_in(*passing(softness=1.0, margin=0, speed=0)) == USUAL


def test_a_soft_edge_leaves_no_dark_threads(monkeypatch):
    scene, frames = passing(softness=1.5, margin=1)
    filled = [f.image for f in fill_shot(frames, scene.holes)]
    monkeypatch.setattr(window_module, "fringe", lambda *_: 0)
    believing = [f.image for f in fill_shot(frames, scene.holes)]
    assert scene.psnr(filled) > scene.psnr(believing) + 1
    core = np.stack([disc(80 + 5 * (i - LENGTH // 2), 48, 14) for i in range(LENGTH)])
    assert psnr(np.stack(filled)[core], scene.truth[core]) > 30
