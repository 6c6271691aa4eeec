"""Jumping about in a clip with the decoder alone."""

from __future__ import annotations

import numpy as np
import pytest
from generated import pan, planes, write_clip

from bench.decoding import THREADS, Jumping, quickest


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("jumping") / "pan.mp4", pan("astronaut", 24))


@pytest.mark.parametrize("passing", [False, True])
@pytest.mark.parametrize("threads", THREADS)
def test_a_jump_comes_to_the_very_frame(clip, threads, passing):
    decoded = planes(clip)
    with Jumping(clip, threads, passing) as jumping:
        assert len(jumping) == len(decoded) == 24
        for frame in (23, 0, 11, 12, 5):
            assert np.array_equal(jumping.to(frame).to_ndarray(), decoded[frame])


def test_each_jump_is_timed_in_the_quickest_way(clip):
    threads, seconds = quickest(clip, [3, 20, 7], passing=True)
    assert threads in THREADS
    assert len(seconds) == 3
    assert min(seconds) > 0
