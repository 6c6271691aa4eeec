"""Mixed pixels are explained by colours that are really there, and masks opened where hair is thin."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from matte.scenes import error, rough, small

from cleanplate.matte import Hint, MatteSettings, matte_frame
from cleanplate.matte.sampling import sample
from cleanplate.matte.trimap import Trimap


@pytest.mark.parametrize("name", ["fur", "throw"])
def test_pairs_are_nearer_to_the_truth_than_the_mask(name):
    scene = small(name)
    alpha, image = scene.alphas[2], scene.frames[2].astype(np.float32) / 255
    unsure = cv2.dilate(np.uint8((alpha > 0.02) & (alpha < 0.98)), np.ones((3, 3), np.uint8)) > 0
    sure = rough(alpha)
    trimap = Trimap(sure & ~unsure, ~sure & ~unsure, 0.0)
    pairs = sample(image, trimap)
    band = trimap.band & (pairs.trust > 0.3)
    assert error(pairs.alpha[band], alpha[band]) < 0.9 * error(sure[band], alpha[band])
    mixed = pairs.alpha[..., None] * (pairs.front - pairs.back) + pairs.back
    assert np.abs(mixed - image)[band].mean() < 0.02


def test_a_smooth_mask_over_hair_is_opened_between_the_hairs():
    scene = small("fur")
    frame, alpha = scene.frames[0], scene.alphas[0]
    smooth = (
        cv2.morphologyEx(np.uint8(rough(alpha)), cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8)) > 0
    )
    shut = matte_frame(frame, Hint(smooth), MatteSettings(fringe=0.0))
    opened = matte_frame(frame, Hint(smooth))
    gaps = smooth & (alpha < 0.3)
    assert opened.alpha[gaps].mean() < 0.9 * shut.alpha[gaps].mean()
    assert error(opened.alpha, alpha) < error(shut.alpha, alpha)


def test_a_network_that_misses_a_head_does_not_take_it_away():
    scene = small("throw")
    frame, alpha = scene.frames[0], scene.alphas[0]
    mask = rough(alpha)
    top = np.flatnonzero(mask.any(axis=1))[0]
    head = mask.copy()
    head[top + 22 :] = False
    blind = np.where(head, 0, alpha).astype(np.float32)
    whole, kept = (matte_frame(frame, Hint(mask, look=look)).alpha for look in (alpha, blind))
    assert kept[head].mean() > 0.9 * whole[head].mean()
