"""Spreading known values to where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.fill.smooth import harmonic_fill, pull_push, spread


def ramp(height: int = 40, width: int = 60) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.dstack([2 * x + 5, 3 * y + 9, x + y])


def test_the_harmonic_fill_continues_a_ramp():
    """A linear function solves Laplace's equation, so it is its own continuation."""
    hole = np.zeros((40, 60), bool)
    hole[12:27, 20:38] = True
    given_ = np.where(hole[..., None], 255, ramp())
    np.testing.assert_allclose(harmonic_fill(given_, hole, sweeps=200), ramp(), atol=0.05)
    # The number of sweeps that the fill uses comes close enough not to be seen.
    np.testing.assert_allclose(harmonic_fill(given_, hole), ramp(), atol=1.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 999), st.floats(0, 0.9))
def test_the_harmonic_fill_stays_within_what_is_known(height, width, seed, share):
    rng = np.random.default_rng(seed)
    image = rng.uniform(40, 200, (height, width, 3)).astype(np.float32)
    hole = rng.random((height, width)) < share
    out = harmonic_fill(np.where(hole[..., None], 1e4, image), hole)
    np.testing.assert_array_equal(out[~hole], image[~hole])
    if (~hole).any():
        low, high = image[~hole].min(axis=0), image[~hole].max(axis=0)
        assert (out >= low - 8).all() and (out <= high + 8).all()


def test_the_harmonic_fill_of_a_frame_that_is_all_hole_is_finite():
    assert np.isfinite(
        harmonic_fill(np.full((9, 11, 3), 77, np.uint8), np.ones((9, 11), bool))
    ).all()


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_pull_push_keeps_what_is_known(share):
    rng = np.random.default_rng(3)
    value = rng.normal(size=(37, 53, 2)).astype(np.float32)
    known = rng.random((37, 53)) < share
    out = pull_push(np.where(known[..., None], value, 1e6), known.astype(np.float32))
    np.testing.assert_allclose(out[known], value[known], atol=1e-5)
    assert np.abs(out).max() < 20  # and nothing of what is unknown comes through


def test_pull_push_continues_a_constant():
    known = np.zeros((33, 47), np.float32)
    known[:, :5] = 1
    out = pull_push(np.full((33, 47, 2), 4.5, np.float32), known)
    np.testing.assert_allclose(out, 4.5, atol=1e-4)


def test_spread_is_a_weighted_mean_that_reaches_far():
    weight = np.zeros((60, 60, 1), np.float32)
    weight[10, 10] = 1
    weight[50, 50] = 1
    value = np.zeros((60, 60, 1), np.float32)
    value[10, 10] = 4
    value[50, 50] = 8
    out = spread(value, weight, prior=0.0, strength=1e-12)[..., 0]
    assert out[12, 12] == pytest.approx(4, abs=0.1)
    assert out[48, 48] == pytest.approx(8, abs=0.1)
    assert out[30, 30] == pytest.approx(6, abs=0.2)  # as far from one as from the other


def test_spread_falls_back_on_the_prior():
    nothing = np.zeros((20, 30, 1), np.float32)
    np.testing.assert_allclose(spread(nothing, nothing, prior=60.0, strength=1e-4), 60, rtol=1e-5)


def test_spread_takes_more_channels_than_a_blur_does():
    rng = np.random.default_rng(5)
    value = rng.random((12, 14, 70, 3)).astype(np.float32)
    weight = np.ones((12, 14, 70, 1), np.float32)
    out = spread(value, weight, 0.0, 1e-6)
    one = spread(value[:, :, 33], weight[:, :, 33], 0.0, 1e-6)
    np.testing.assert_allclose(out[:, :, 33], one, atol=1e-5)
