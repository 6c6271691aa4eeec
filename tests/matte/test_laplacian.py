"""The solver finds the alpha that the colours have, and the one that PyMatting finds."""

from __future__ import annotations

import cv2
import numpy as np
import pymatting
from matte.scenes import error, small

from cleanplate.matte.laplacian import solve


def a_trimap(alpha, width=3):
    disc = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    inside = cv2.erode((alpha > 0.99).astype(np.uint8), disc) > 0
    outside = cv2.dilate((alpha > 0.01).astype(np.uint8), disc) == 0
    return inside, outside


def a_ramp(height=24, width=48):
    """Two colours, mixed across the middle third."""
    alpha = np.clip((np.arange(width, dtype=np.float32) - width / 3) / (width / 3), 0, 1)
    alpha = np.repeat(alpha[None], height, axis=0)
    colours = np.float32([0.8, 0.3, 0.1]), np.float32([0.1, 0.4, 0.7])
    return alpha, alpha[..., None] * colours[0] + (1 - alpha[..., None]) * colours[1]


def test_finds_what_two_colours_were_mixed_by():
    alpha, image = a_ramp()
    band = (alpha > 0) & (alpha < 1)
    start = np.where(band, np.float32(0.5), alpha)
    nothing = np.zeros_like(alpha)
    found = solve(image, start, band, nothing, start, rounds=400, tolerance=1e-5)
    assert np.abs(found - alpha).max() < 0.02
    assert np.array_equal(found[~band], alpha[~band])


def test_agrees_with_pymatting():
    made = small("throw")
    truth, image = made.alphas[2], made.frames[2].astype(np.float32) / 255
    inside, outside = a_trimap(truth)
    band = ~(inside | outside)
    start = np.where(band, 0.5, inside).astype(np.float32)
    nothing = np.zeros_like(start)
    ours = solve(image, start, band, nothing, start, epsilon=1e-5, rounds=2000, tolerance=1e-6)
    theirs = pymatting.estimate_alpha_cf(
        image.astype(np.float64),
        start.astype(np.float64),
        laplacian_kwargs={"epsilon": 1e-5},
        preconditioner=pymatting.jacobi,
        cg_kwargs={"rtol": 1e-6, "maxiter": 4000},
    )
    assert np.abs(ours - theirs)[band].mean() < 0.02


def test_trust_pulls_towards_the_target():
    alpha, image = a_ramp()
    band = (alpha > 0) & (alpha < 1)
    wanted = np.full_like(alpha, 0.25)
    found = solve(image, alpha, band, np.full_like(alpha, 1e4), wanted, rounds=200)
    assert np.abs(found - 0.25)[band].max() < 0.05


def test_nothing_to_solve_is_nothing_changed():
    alpha, image = a_ramp()
    found = solve(image, alpha, np.zeros(alpha.shape, bool), alpha, alpha)
    assert error(found, alpha) == 0
