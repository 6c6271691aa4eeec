"""Carrying masks by motion, and noticing cuts."""

from __future__ import annotations

import numpy as np
from skimage import data
from tracked_scenes import clip, iou

from cleanplate.track.motion import carry, is_cut, reduced_grey


def test_a_mask_is_carried_with_what_it_covers():
    frames, reds, _ = clip(2, lambda t: (60 + 4 * t, 56 + 2 * t))
    carried, trust = carry(*map(reduced_grey, frames), reds[0].astype(np.float32))
    assert iou(carried > 0.5, reds[1]) > 0.75
    assert trust.shape == reds[0].shape and 0 <= trust.min() <= trust.max() <= 1
    assert trust[80:100, 150:180].mean() > 0.6  # the lawn, far from the ball


def test_a_pan_is_no_cut_and_another_picture_is():
    cat = data.chelsea()[:, :-1]
    assert not is_cut(cat[:, :300], cat[:, 60:360])
    assert is_cut(cat[:, :300], data.coffee()[:300, :300])


def test_a_frame_of_a_few_pixels_has_no_motion():
    dot = np.zeros((1, 1, 3), np.uint8)
    carried, _ = carry(reduced_grey(dot), reduced_grey(dot), np.ones((1, 1), np.float32))
    assert carried == 1
