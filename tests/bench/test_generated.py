"""Generated clips are the same every time, move, and have the hole that they promise."""

from __future__ import annotations

import numpy as np
import pytest

from bench import generated


@pytest.mark.parametrize("size", [(432, 240), (640, 360), (97, 61)])
def test_the_hole_covers_its_share_all_along(size):
    for t in (0, 17, 30, 90):
        assert generated.moving_hole(*size, t).mean() == pytest.approx(0.08, abs=0.008)


def test_the_clip_is_the_same_every_time_and_moves():
    once, again = (list(generated.panning_clip(96, 54, 5)) for _ in range(2))
    for (a, ha), (b, hb) in zip(once, again, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(ha, hb)
        assert not a[ha].any()
    assert not np.array_equal(once[0][0], once[1][0])


def test_the_camera_turns_back_rather_than_run_out():
    clip = list(generated.panning_clip(32, 18, 40))
    assert len(clip) == 40
    assert all(frame.shape == (18, 32, 3) for frame, _ in clip)
