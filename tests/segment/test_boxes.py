"""Arithmetic on boxes."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.segment import boxes as bx

A = np.array([[0.0, 0, 4, 4]])


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ([0, 0, 4, 4], 1.0),
        ([2, 0, 6, 4], 1 / 3),
        ([4, 0, 8, 4], 0.0),
        ([1, 1, 3, 3], 0.25),
        ([3, 3, 1, 1], 0.0),
    ],
)
def test_iou(other, expected):
    assert bx.iou(A, np.array([other], float))[0, 0] == pytest.approx(expected)


def test_the_better_of_two_that_overlap_is_kept():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], float)
    assert bx.suppress(boxes, np.array([0.5, 0.9, 0.2]), 0.5).tolist() == [1, 2]
    assert bx.suppress(boxes, np.array([0.5, 0.9, 0.2]), 0.9).tolist() == [1, 0, 2]
    assert bx.suppress(np.zeros((0, 4)), np.zeros(0), 0.5).tolist() == []


def test_boxes_are_cut_to_the_frame():
    cut = bx.clip(np.array([[-5.0, 2, 50, 60]]), (20, 30))
    assert cut.tolist() == [[0, 2, 30, 20]]


def test_the_box_of_a_mask_ends_after_its_last_pixel():
    mask = np.zeros((8, 9), bool)
    assert bx.of_mask(mask) is None
    mask[2:5, 3] = True
    assert bx.of_mask(mask) == (3, 2, 4, 5)
