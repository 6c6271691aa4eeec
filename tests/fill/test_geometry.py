"""Plane motions, boxes and the camera that most of the flow agrees with."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.fill.frame import GUARD, prepare, work_size
from cleanplate.fill.geometry import bounding_box, crop, fit_camera, pixel_grid, warp_map

HOMOGRAPHY = np.array([[1.02, 0.015, 3.0], [-0.01, 0.99, -2.0], [1e-4, -5e-5, 1.0]])
WHOLE = (0, 120, 0, 200)


def test_a_map_takes_each_pixel_where_the_motion_says():
    x, y, one = HOMOGRAPHY @ (150, 40, 1)
    grid = warp_map(HOMOGRAPHY, (30, 60, 100, 180))
    np.testing.assert_allclose(grid[10, 50], (x / one, y / one), atol=1e-4)
    np.testing.assert_allclose(warp_map(np.eye(3), WHOLE), pixel_grid(WHOLE))


def test_a_horizon_through_the_frame_gives_no_infinities():
    tilted = np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]])
    assert np.isfinite(warp_map(tilted, WHOLE)).all()


@pytest.mark.parametrize(
    ("rows", "columns", "margin", "expected"),
    [
        (slice(10, 20), slice(30, 50), 5, (5, 25, 25, 55)),
        (slice(0, 3), slice(97, 100), 10, (0, 13, 87, 100)),
        (slice(40, 41), slice(60, 61), 0, (40, 41, 60, 61)),
        (slice(0, 80), slice(0, 100), 7, (0, 80, 0, 100)),
    ],
)
def test_a_box_has_its_margin_and_stays_inside(rows, columns, margin, expected):
    mask = np.zeros((80, 100), bool)
    mask[rows, columns] = True
    box = bounding_box(mask, margin)
    assert box == expected
    assert crop(mask, box).sum() == mask.sum()


def test_nothing_has_no_box():
    assert bounding_box(np.zeros((8, 9), bool), 4) is None


@pytest.mark.parametrize("strangers", [0.0, 0.35])
def test_the_camera_is_what_most_of_the_flow_agrees_with(strangers):
    rng = np.random.default_rng(4)
    flow = warp_map(HOMOGRAPHY, WHOLE) - pixel_grid(WHOLE)
    flow += rng.normal(0, 0.1, flow.shape).astype(np.float32)
    other = rng.random(flow.shape[:2]) < strangers
    flow[other] += rng.uniform(-15, 15, (int(other.sum()), 2)).astype(np.float32)
    camera = fit_camera(flow, np.ones(flow.shape[:2], bool))
    error = warp_map(camera, WHOLE) - warp_map(HOMOGRAPHY, WHOLE)
    assert np.abs(error).mean() < 0.15 and np.abs(error).max() < 0.6


def test_too_little_flow_says_nothing_about_the_camera():
    trusted = np.zeros((120, 200), bool)
    trusted[:8, :12] = True
    assert fit_camera(np.zeros((120, 200, 2), np.float32), trusted) is None


@pytest.mark.parametrize("size", [(1, 1), (1080, 1920), (2160, 3840), (240, 432), (3000, 40)])
def test_the_working_resolution_keeps_the_shape_and_the_budget(size):
    height, width = work_size(*size, 110_000)
    assert height * width <= 110_000 / 0.8**2 + 4000
    if min(size) > 200:
        assert height / width == pytest.approx(size[0] / size[1], rel=0.02)


@pytest.mark.parametrize("size", [(120, 200), (301, 501)])
def test_every_pixel_of_the_hole_is_in_the_hole_at_the_working_resolution(size):
    hole = np.zeros(size, bool)
    hole[51, 77] = True  # a single pixel must not be lost when the frame is scaled down
    frame = prepare(0, np.zeros((*size, 3), np.uint8), hole, 30_000)
    assert frame.work_hole.any()
    scale = frame.work_hole.shape[0] / size[0]
    assert frame.work_hole[int(51 * scale), int(77 * scale)]
    assert frame.near_hole.sum() >= frame.work_hole.sum() * (2 * GUARD + 1)
