"""Masks as COCO's run lengths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cleanplate.errors import MaskError
from cleanplate.segment import rle


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_what_is_encoded_decodes_to_itself(mask):
    assert (rle.decode(rle.encode(mask)) == mask).all()


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_one_run_anywhere_survives(height, width, data):
    mask = np.zeros(height * width, bool)
    start = data.draw(st.integers(0, mask.size))
    mask[start : data.draw(st.integers(start, mask.size))] = True
    mask = mask.reshape(height, width)
    assert (rle.decode(rle.encode(mask)) == mask).all()


def test_the_text_is_the_one_of_the_coco_tools():
    mask = np.zeros((9, 9), bool)
    mask[2:7, 3:8] = True
    mask[4, 5] = False
    # What pycocotools.mask.encode gives for this array.
    assert rle.encode(mask) == {"size": [9, 9], "counts": "m05400MM033007"}


def test_plain_counts_are_read_as_well():
    mask = np.zeros((3, 3), bool)
    mask[1, 0] = mask[0, 1] = True
    assert (rle.decode({"size": [3, 3], "counts": [1, 1, 1, 1, 5]}) == mask).all()


@pytest.mark.parametrize("counts", [[4], [10], [-1, 10], "0"])
def test_runs_that_do_not_fill_the_mask_are_refused(counts):
    with pytest.raises(MaskError):
        rle.decode({"size": [3, 3], "counts": counts})
