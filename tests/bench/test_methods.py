"""Every peer fills every hole, touches nothing else, and answers the same twice."""

from __future__ import annotations

import numpy as np
import pytest

from bench import generated, methods, metrics

PEERS = [m for m in methods.PEERS if methods.unavailable(m) is None]
METHODS = [m for m in methods.METHODS if methods.unavailable(m) is None]


@pytest.fixture(scope="module")
def pan():
    """Given frames, holes and the truth of a pan over a texture."""
    texture = generated.texture(220, 96)
    truth, given, holes = [], [], []
    for t in range(12):
        frame = texture[:, 4 * t : 4 * t + 144].copy()
        hole = np.zeros(frame.shape[:2], bool)
        hole[30:66, 50:82] = True
        truth.append(frame)
        given.append(np.where(hole[..., None], 0, frame).astype(np.uint8))
        holes.append(hole)
    return given, holes, truth


@pytest.mark.parametrize("name", METHODS)
def test_the_hole_is_filled_and_nothing_else_changes(name, pan):
    given, holes, truth = pan
    images = methods.load(name, "draft")(given, holes)
    assert len(images) == len(given)
    assert metrics.changed_outside(given, images, holes) == 0
    black = np.mean([metrics.psnr(t, g, h) for t, g, h in zip(truth, given, holes, strict=True)])
    filled = np.mean([metrics.psnr(t, i, h) for t, i, h in zip(truth, images, holes, strict=True)])
    assert filled > black + 5


@pytest.mark.parametrize("name", PEERS)
def test_the_same_twice(name, pan):
    given, holes, _ = pan
    fill = methods.load(name, "good")
    for a, b in zip(fill(given[:4], holes[:4]), fill(given[:4], holes[:4]), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("name", METHODS)
def test_frames_without_a_hole_pass_through(name, pan):
    given, holes, truth = pan
    some = [hole if t % 3 else np.zeros_like(hole) for t, hole in enumerate(holes)]
    mixed = [g if t % 3 else f for t, (g, f) in enumerate(zip(given, truth, strict=True))]
    images = methods.load(name, "draft")(mixed, some)
    for t in range(0, len(mixed), 3):
        assert np.array_equal(images[t], mixed[t])


def test_the_median_finds_what_a_pan_reveals(pan):
    given, holes, truth = pan
    images = methods.load("median", "good")(given, holes)
    inside = [metrics.psnr(t, i, h) for t, i, h in zip(truth, images, holes, strict=True)]
    assert np.mean(inside) > 30


def test_new_code_means_new_results():
    digests = {methods.source_digest(m, "good") for m in methods.METHODS}
    assert len(digests) == len(methods.METHODS)
    assert methods.source_digest("ours", "good") != methods.source_digest("ours", "best")
    assert methods.source_digest("telea", "good") == methods.source_digest("telea", "best")
