"""The protocol: which masks lie over which frames, and what a method gets to see."""

from __future__ import annotations

import numpy as np
import pytest

from bench import clips
from cleanplate.errors import MediaError


def test_each_clip_takes_the_masks_three_further_on(clips_folder):
    names = [n for n in clips.case_names(clips_folder) if clips.is_pair(n)]
    assert names == ["ant+dog", "bee+ant", "cat+bee", "dog+cat"]


def test_a_pair_is_small_and_its_holes_are_black(clips_folder):
    case = clips.load_case(clips_folder, "ant+dog")
    assert case.truth[0].shape == (240, 432, 3)
    for given, hole, truth in zip(case.given, case.holes, case.truth, strict=True):
        assert hole.any()
        assert not given[hole].any()
        assert np.array_equal(given[~hole], truth[~hole])


def test_the_removed_object_of_a_truth_clip_is_never_seen(clips_folder):
    case = clips.load_case(clips_folder, "road_car")
    for given, truth in zip(case.given, case.truth, strict=True):
        assert not np.all(given == (255, 0, 0), axis=2).any()
        assert not np.array_equal(given, truth)


def test_fewer_frames(clips_folder):
    assert len(clips.load_case(clips_folder, "ant+dog", 2).given) == 2
    assert len(clips.load_case(clips_folder, "road_car", 3).holes) == 3


def test_the_digest_follows_what_is_seen(clips_folder):
    case = clips.load_case(clips_folder, "ant+dog")
    again = clips.load_case(clips_folder, "ant+dog")
    assert case.digest() == again.digest()
    again.given[0][0, 0, 0] ^= 1
    assert case.digest() != again.digest()


def test_growing_covers_the_square_around(clips_folder):
    hole = np.zeros((9, 9), bool)
    hole[4, 4] = True
    assert clips.grow(hole, 1).sum() == 9
    assert clips.grow(hole, 4).all()


def test_a_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(MediaError, match="--clips"):
        clips.case_names(tmp_path)
