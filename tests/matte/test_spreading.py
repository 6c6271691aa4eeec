"""Colours are carried on from where they are known to everywhere, the nearer the stronger."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.matte.spreading import spread


def picture(*shape):
    return np.random.default_rng(2).random((*shape, 3), np.float32)


def test_one_known_colour_reaches_every_corner():
    image, weight = picture(70, 90), np.zeros((70, 90), np.float32)
    image[30:34, 40:44], weight[30:34, 40:44] = (0.2, 0.5, 0.8), 1
    assert spread(image, weight) == pytest.approx(np.full((70, 90, 3), (0.2, 0.5, 0.8)), abs=1e-3)


def test_what_is_known_stays_and_the_nearer_of_two_wins():
    image, weight = np.zeros((40, 120, 3), np.float32), np.zeros((40, 120), np.float32)
    image[:, 100:], weight[:, :20], weight[:, 100:] = 1, 1, 1
    found = spread(image, weight)[..., 0]
    known = weight > 0
    assert found[known] == pytest.approx(image[known][:, 0], abs=1e-5)
    assert found[:, 25].max() < 0.2 and found[:, 95].min() > 0.8


def test_where_nothing_is_known_it_is_black_not_broken():
    assert np.abs(spread(picture(9, 5), np.zeros((9, 5), np.float32))).max() < 1e-3
