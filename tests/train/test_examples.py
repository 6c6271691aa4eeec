"""Examples, and which of them are held out."""

from __future__ import annotations

import numpy as np
import pytest
from train.ball_examples import examples

from cleanplate.errors import UsageError
from cleanplate.train import Example, split
from cleanplate.train.measure import interval, iou, measure


def test_examples_take_any_picture_and_refuse_other_masks():
    deep = np.full((1000, 2600, 3), 40000, np.uint16)
    mask = np.zeros((1000, 2600), bool)
    mask[100:300, 500:900] = True
    example = Example.of(deep, mask, "wide")
    assert example.image.shape == (492, 1280, 3) and example.image.dtype == np.uint8
    assert example.mask.sum() == pytest.approx(mask.sum() * (1280 / 2600) ** 2, rel=0.02)
    with pytest.raises(UsageError, match="same size"):
        Example.of(deep, mask[:-1], "wide")


def test_some_are_held_out_and_none_is_in_both():
    ten = examples(10)
    parts = split(ten)
    assert len(parts.held) == 3 and len(parts.learn) == 7
    assert not {id(e) for e in parts.learn} & {id(e) for e in parts.held}
    assert len(split(examples(5)).held) == 1


def test_whole_clips_are_held_out_where_there_are_enough():
    parts = split([e for g in "abcde" for e in examples(2, g)])
    assert not {e.group for e in parts.learn} & {e.group for e in parts.held}
    assert 2 <= len(parts.held) <= 4


def test_too_few_are_refused_and_empty_ones_do_not_count():
    empty = [Example.of(e.image, np.zeros_like(e.mask), "none") for e in examples(6)]
    with pytest.raises(UsageError, match="4 pictures"):
        split([*examples(4), *empty])


def test_the_interval_holds_the_mean_and_narrows():
    values = [0.7, 0.8, 0.9, 0.75, 0.85]
    low, high = interval(values)
    assert 0.7 <= low < np.mean(values) < high <= 0.9
    more = interval(values * 8)
    assert more[1] - more[0] < 0.5 * (high - low)
    assert interval([0.9, 0.8]) is None


def test_measuring_compares_with_the_truth():
    three = examples(3)
    exact = measure(lambda image: next(e.mask for e in three if e.image is image), three)
    assert exact.mean == 1 and exact.interval == (1, 1)
    none = measure(lambda image: np.zeros(image.shape[:2], bool), three)
    assert none.mean == 0
    assert iou(np.zeros((2, 2), bool), np.zeros((2, 2), bool)) == 1
