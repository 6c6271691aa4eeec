"""Mask edges, held against plain definitions on masks that hypothesis draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cleanplate.segment.edges import drop_specks, feather, fill_holes, grow, shrink

masks = arrays(bool, st.tuples(st.integers(1, 24), st.integers(1, 24)))
radii = st.floats(0, 7, allow_nan=False)


def grown_by_definition(mask: np.ndarray, px: float) -> np.ndarray:
    seeds = np.argwhere(mask)
    if not len(seeds):
        return mask.copy()
    pixels = np.stack(np.indices(mask.shape), -1)[:, :, None]
    distances = np.sqrt(((pixels - seeds) ** 2).sum(-1)).min(-1)
    return distances <= np.float32(px)


@given(masks, radii)
@settings(max_examples=60, deadline=None)
def test_grow_is_all_within_the_radius(mask, px):
    assert np.array_equal(grow(mask, px), grown_by_definition(mask, px))


@given(masks, radii)
@settings(max_examples=60, deadline=None)
def test_shrink_is_grow_of_the_outside(mask, px):
    assert np.array_equal(shrink(mask, px), ~grown_by_definition(~mask, px))


@given(masks, radii, radii)
@settings(max_examples=60, deadline=None)
def test_grow_and_shrink_are_monotone(mask, a, b):
    small, large = sorted((a, b))
    assert not (grow(mask, small) & ~grow(mask, large)).any()
    assert not (shrink(mask, large) & ~shrink(mask, small)).any()
    assert not (mask & ~grow(mask, small)).any()
    assert not (shrink(mask, small) & ~mask).any()


def test_radii_between_whole_pixels_matter():
    dot = np.zeros((5, 5), bool)
    dot[2, 2] = True
    assert grow(dot, 0.9).sum() == 1
    assert grow(dot, 1).sum() == 5
    assert grow(dot, 1.5).sum() == 9


def test_an_object_cut_off_by_the_frame_is_not_eaten_from_there():
    half = np.zeros((6, 8), bool)
    half[:, :5] = True
    assert shrink(half, 2)[:, :3].all()
    assert not shrink(half, 2)[:, 3:].any()
    assert (feather(half, 3)[:, 0] == 1).all()


@given(masks, radii)
@settings(max_examples=60, deadline=None)
def test_feather_stays_inside_the_mask_and_is_full_deep_inside(mask, px):
    alpha = feather(mask, px)
    assert alpha.dtype == np.float32
    assert (alpha[~mask] == 0).all()
    assert (alpha[mask] > 0).all()
    assert (alpha[shrink(mask, px + 1)] == 1).all()


def test_feather_rises_symmetrically_across_its_width():
    mask = np.zeros((9, 20), bool)
    mask[:, 4:] = True
    ramp = feather(mask, 4)[4, 4:8]
    assert np.allclose(ramp + ramp[::-1], 1, atol=1e-6)
    assert (np.diff(ramp) > 0).all()


@given(masks, st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_tidying_never_works_against_itself(mask, area):
    filled = fill_holes(mask)
    assert not (mask & ~filled).any()
    assert np.array_equal(fill_holes(filled), filled)
    assert not (fill_holes(mask, area) & ~filled).any()
    cleaned = drop_specks(mask, area)
    assert not (cleaned & ~mask).any()
    assert np.array_equal(drop_specks(cleaned, area), cleaned)
    assert np.array_equal(drop_specks(mask, 1), mask)


def test_a_gap_open_to_the_border_is_not_a_hole():
    ring = np.zeros((9, 9), bool)
    ring[2:7, 2:7] = True
    ring[4, 4] = False
    assert fill_holes(ring)[4, 4]
    assert not fill_holes(ring, 0)[4, 4]
    ring[4, 5:] = False
    assert not fill_holes(ring)[4, 4]


def test_specks_are_counted_in_pixels():
    mask = np.zeros((10, 10), bool)
    mask[1, 1] = True
    mask[5:8, 5:8] = True
    assert drop_specks(mask, 2).sum() == 9
    assert drop_specks(mask, 10).sum() == 0


@pytest.mark.parametrize("operation", [grow, shrink, feather])
def test_bad_input_is_refused(operation):
    with pytest.raises(ValueError, match="bool"):
        operation(np.zeros((4, 4), np.uint8), 1)
    with pytest.raises(ValueError, match="0 or more"):
        operation(np.zeros((4, 4), bool), -1)
