"""From mask to hole and back: what may change in a frame, and what may not."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.engine.holes import HoleMaker, compose
from cleanplate.segment.edges import grow


@pytest.fixture
def mask():
    mask = np.zeros((40, 60), bool)
    mask[12:28, 20:45] = True
    return mask


def test_the_hole_is_the_mask_grown(mask):
    hole = HoleMaker(grow=5)(mask)
    assert np.array_equal(hole.pixels, grow(mask, 5))
    assert hole.alpha is None


def test_an_empty_mask_has_no_hole():
    hole = HoleMaker(grow=5, feather=2)(np.zeros((8, 8), bool))
    assert hole.box is None
    picture = np.full((8, 8, 3), 7, np.uint8)
    assert np.array_equal(compose(picture, picture + 1, hole), picture)


def test_a_fixed_mask_is_worked_on_once(mask):
    make = HoleMaker(grow=3)
    assert make(mask) is make(mask)


@pytest.mark.parametrize(("grown", "feather"), [(6, 3), (6, 6), (2, 9), (0, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_feathering_blends_in_the_grown_rim_only(mask, grown, feather, dtype):
    hole = HoleMaker(grow=grown, feather=feather)(mask)
    white = np.iinfo(dtype).max
    before = np.zeros((*mask.shape, 3), dtype)
    filled = np.where(hole.pixels[..., None], white, before).astype(dtype)
    result = compose(before, filled, hole)
    assert (result[~grow(mask, grown)] == 0).all()
    assert (result[mask] == white).all()
    rim = result[hole.pixels & ~mask]
    if grown:
        assert ((rim > 0) & (rim < white)).any()


def test_the_rim_rises_towards_the_mask(mask):
    hole = HoleMaker(grow=6, feather=6)(mask)
    rise = hole.alpha[20, 14:21]
    assert (np.diff(rise) > 0).all()
    assert rise[-1] == 1


def test_alignment_is_part_of_the_hole(mask):
    everything = np.ones_like(mask)
    hole = HoleMaker(align=lambda pixels: everything)(mask)
    assert hole.pixels.all()
