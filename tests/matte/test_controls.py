"""What each control does to a matte."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.errors import UsageError
from cleanplate.matte.controls import MatteControls, hold


@pytest.fixture
def square():
    alpha = np.zeros((40, 40), np.float32)
    alpha[10:30, 10:30] = 1
    return alpha


def test_nothing_turned_changes_nothing(square):
    assert MatteControls().neutral
    assert np.array_equal(MatteControls().apply(square), square)


@pytest.mark.parametrize(("pixels", "side"), [(2, 16), (-2, 24), (0.5, 19)])
def test_choke_moves_the_edge_by_so_many_pixels(square, pixels, side):
    along = MatteControls(choke=pixels).apply(square)[20].sum()
    assert along == pytest.approx(side, abs=0.01)


def test_feather_softens_and_keeps_the_middle_of_the_edge(square):
    soft = MatteControls(feather=4).apply(square)[20]
    assert 0 < soft[9] < 0.5 < soft[10] < 1
    assert soft.sum() == pytest.approx(20, abs=0.2)


def test_gamma_makes_what_is_half_there_more_or_less_solid():
    half = np.full((2, 2), 0.5, np.float32)
    assert (
        MatteControls(gamma=2).apply(half)[0, 0] > 0.5 > MatteControls(gamma=0.5).apply(half)[0, 0]
    )


def test_despeckle_takes_islands_and_gaps(square):
    square[2:4, 2:4] = 0.8
    square[18:20, 18:20] = 0.3
    clean = MatteControls(despeckle=10).apply(square)
    assert not clean[2:4, 2:4].any() and (clean[18:20, 18:20] == 1).all()


def test_holding_and_garbage(square):
    inside, garbage = np.zeros((2, 40, 40), bool)
    inside[0:3] = True
    garbage[:, 20:] = True
    held = hold(square, inside, garbage)
    assert (held[0:3, :20] == 1).all() and not held[:, 20:].any()


@pytest.mark.parametrize("wrong", [{"gamma": 0}, {"feather": -1}, {"despeckle": -1}])
def test_impossible_controls_are_refused(wrong):
    with pytest.raises(UsageError):
        MatteControls(**wrong)
