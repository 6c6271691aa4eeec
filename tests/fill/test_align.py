"""The last fraction of a pixel between two pictures."""

from __future__ import annotations

import numpy as np
import pytest
from fill.fill_scenes import HEIGHT, WIDTH, disc, eight_bit, photograph, view
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.fill.align import align
from cleanplate.fill.geometry import pixel_grid

HOLE = disc(80, 48, 18)


@pytest.fixture(scope="module")
def picture():
    return photograph("coffee", HEIGHT + 40, WIDTH + 60)


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.8, 0.8), st.floats(-0.8, 0.8), st.floats(0.9, 1.1))
def test_a_shift_is_found_and_continued_into_the_hole_whatever_the_exposure(picture, x, y, gain):
    own = eight_bit(view(picture, 20, 15, WIDTH, HEIGHT))[..., 1]
    other = eight_bit(0.9 * gain * view(picture, 20 - x, 15 - y, WIDTH, HEIGHT))[..., 1]
    own = eight_bit(0.9 * own.astype(np.float32))
    own[HOLE] = 0
    grid = pixel_grid((0, HEIGHT, 0, WIDTH))
    found = align(own, other, ~HOLE, grid, 3, 1.5) - grid
    assert np.abs(found[HOLE] - (x, y)).mean() < 0.3


def test_where_nothing_counts_the_map_stays_as_it_is(picture):
    own = eight_bit(view(picture, 20, 15, WIDTH, HEIGHT))[..., 1]
    grid = pixel_grid((0, HEIGHT, 0, WIDTH))
    assert align(own, own[::-1].copy(), np.zeros_like(HOLE), grid, 2, 1.5) is grid
