"""J and F agree with what the definitions say on masks whose scores can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bench.track_measures import boundary, clip_scores, outline, region


def square(side: int, at: int = 20, size: int = 100) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[at : at + side, at : at + side] = True
    return mask


def test_region_is_intersection_over_union():
    assert region(square(40), square(20)) == pytest.approx(0.25)
    assert region(square(0), square(0)) == 1


def test_boundary_forgives_less_than_the_tolerance_and_no_more():
    # 0.8% of the diagonal of 100x100 is 1.13 pixels, rounded up: 2.
    assert boundary(square(40), np.roll(square(40), 2, axis=1)) == 1
    assert boundary(square(40), np.roll(square(40), 5, axis=1)) < 0.7


@pytest.mark.parametrize(("truth", "found", "score"), [(0, 0, 1), (0, 9, 0), (9, 0, 0)])
def test_boundary_of_an_empty_mask(truth, found, score):
    assert boundary(square(truth), square(found)) == score


def test_an_outline_has_four_sides_half_a_pixel_towards_the_origin():
    line = outline(square(3, at=2, size=8))
    assert line.sum() == 12
    assert line[1, 1] and line[4, 4] and not line[3, 3] and not line[5].any()


def test_the_first_and_the_last_frame_are_not_scored():
    truth = [square(40)] * 4
    found = [square(0), square(40), square(40), square(0)]
    assert clip_scores(truth, found) == ([1.0, 1.0], [1.0, 1.0])
