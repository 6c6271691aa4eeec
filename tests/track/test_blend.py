"""Two directions made one, and masks steadied in time."""

from __future__ import annotations

import numpy as np
from tracked_scenes import clip, iou

from cleanplate.track.blend import blend, press
from cleanplate.track.follow import Found, share_out
from cleanplate.track.smooth import smooth_in_time

SHAPE = (6, 8)


def found(value: float, score: float = 0.8) -> Found:
    return Found(np.full(SHAPE, value, np.float32), score, value > 0.5)


def test_the_nearer_mark_counts_more():
    near_first = blend(found(1.0), found(0.0), 2, 10, SHAPE).soft
    near_last = blend(found(1.0), found(0.0), 10, 2, SHAPE).soft
    assert near_first.min() > 0.5 > near_last.max()


def test_the_surer_side_counts_more():
    assert blend(found(1.0, 0.9), found(0.0, 0.1), 5, 5, SHAPE).soft.min() > 0.5


def test_one_side_alone_is_taken_as_it_is():
    assert blend(found(0.7), None, 3, np.inf, SHAPE).soft.mean() == np.float32(0.7)
    assert blend(None, found(0.7), np.inf, 3, SHAPE).soft.mean() == np.float32(0.7)
    nothing = blend(None, None, np.inf, np.inf, SHAPE)
    assert not nothing.present and not nothing.soft.any()


def test_pressed_masks_come_back():
    random = np.random.default_rng(1)
    item = Found(random.random(SHAPE).astype(np.float32), 0.4, True)
    back = press(item).found()
    assert np.abs(back.soft - item.soft).max() <= 0.5 / 255 + 1e-6
    assert (back.score, back.present) == (0.4, True)


def test_no_pixel_is_claimed_twice():
    random = np.random.default_rng(2)
    shared = share_out({n: random.random(SHAPE).astype(np.float32) for n in (1, 2, 3)})
    assert sum(shared.values()).max() <= 1 + 1e-5
    assert ((np.stack(list(shared.values())) > 0.5).sum(axis=0) <= 1).all()


def test_a_flicker_is_smoothed_and_a_steady_mask_stays():
    frames, reds, _ = clip(5, lambda t: (70 + 3 * t, 56))
    broken = [mask.astype(np.float32) for mask in reds]
    broken[2] *= 0.4
    steady = list(smooth_in_time(zip(frames, broken, strict=True), strength=2.0))
    assert len(steady) == 5
    for soft, truth in zip(steady, reds, strict=True):
        assert iou(soft > 0.5, truth) > 0.75


def test_one_frame_has_nothing_to_be_smoothed_with():
    frames, reds, _ = clip(1, lambda t: (70, 56))
    only = list(smooth_in_time([(frames[0], reds[0].astype(np.float32))]))
    assert len(only) == 1 and (only[0] == reds[0]).all()
