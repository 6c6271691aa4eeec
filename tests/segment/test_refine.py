"""Edges moved to where the image has them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from cleanplate.segment.refine import refine


@pytest.fixture(scope="module")
def scene():
    """A disc of one photograph on another, its true mask, and logits as coarse as a network's."""
    back = cv2.resize(data.grass(), (480, 270))[..., None].repeat(3, 2) // 2
    front = cv2.resize(data.coffee(), (480, 270)) // 2 + 120
    y, x = np.mgrid[:270, :480]
    truth = (x - 230) ** 2 + (y - 140) ** 2 < 80**2
    image = np.where(truth[..., None], front, back).astype(np.uint8)
    small = cv2.resize(truth.astype(np.float32), (64, 36), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(np.round(small) * 8 - 4, (480, 270), interpolation=cv2.INTER_LINEAR)
    return image, truth, soft


def test_refined_edges_are_nearer_to_the_truth(scene):
    image, truth, soft = scene
    before = ((soft > 0) ^ truth).sum()
    after = (refine(image, soft) ^ truth).sum()
    assert after < 0.8 * before


def test_nothing_far_from_an_edge_changes(scene):
    image, _, soft = scene
    changed = refine(image, soft) ^ (soft > 0)
    distance = cv2.distanceTransform((soft > 0).astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((soft <= 0).astype(np.uint8), cv2.DIST_L2, 5)
    assert (distance + outside)[changed].max() <= 4


@pytest.mark.parametrize("value", [-5.0, 5.0])
def test_a_mask_without_edges_stays_as_it_is(value):
    image = data.coffee()[:40, :60]
    assert (refine(image, np.full((40, 60), value, np.float32)) == (value > 0)).all()


def test_a_mask_that_touches_the_frame_keeps_touching_it(scene):
    image, _, _ = scene
    soft = np.full((270, 480), -6.0, np.float32)
    soft[200:, 100:300] = 6
    assert refine(image, soft)[-1, 110:290].all()
