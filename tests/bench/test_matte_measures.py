"""The measures of mattes: their scales, and what each of them sees."""

from __future__ import annotations

import numpy as np
import pytest

from bench.matte import ROWS, matte_verdicts
from bench.matte_measures import colour_error, matte_scores
from bench.matte_scenes import BACKGROUNDS, scene


@pytest.fixture(scope="module")
def disc():
    y, x = np.mgrid[:64, :96]
    edge = 20 - np.hypot(y - 32, x - 48)
    return np.repeat(np.clip(edge / 4 + 0.5, 0, 1).astype(np.float32)[None], 4, axis=0)


def test_the_truth_itself_has_no_error(disc):
    assert set(matte_scores(disc, disc).values()) == {0.0}


def test_scales_are_those_of_the_paper(disc):
    scores = matte_scores(disc + np.float32(0.1), disc)
    assert scores["mad"] == pytest.approx(100, rel=1e-3)
    assert scores["mse"] == pytest.approx(10, rel=1e-3)
    assert scores["dtssd"] == pytest.approx(0, abs=1e-3)


def test_flicker_shows_in_dtssd_and_a_loose_island_in_connectivity(disc):
    flicker = disc + 0.1 * np.float32([0, 1, 0, 1])[:, None, None]
    assert matte_scores(flicker, disc)["dtssd"] == pytest.approx(10, rel=1e-3)
    island = disc.copy()
    island[:, 4:9, 4:9] = 1
    scores = matte_scores(island, disc)
    assert scores["conn"] == pytest.approx(0.025, rel=0.05) and scores["grad"] > 0


def test_colours_count_where_they_are_mixed(disc):
    truth = np.full((*disc.shape, 3), 0.5, np.float32)
    found = np.full((*disc.shape, 3), 127.5 + 10, np.float32)
    found[disc >= 0.95] = 0
    assert colour_error(found, truth, disc) == pytest.approx(10)


@pytest.mark.parametrize("name", list(BACKGROUNDS))
def test_scenes_are_what_they_say(name):
    made = scene(name, None, 2, (160, 90))
    mixed = (made.alphas > 0.05) & (made.alphas < 0.95)
    assert made.frames.shape == (2, 90, 160, 3) and mixed.mean() > 0.01
    again = made.alphas[..., None] * made.foregrounds
    again = again + (1 - made.alphas[..., None]) * made.backgrounds / np.float32(255)
    assert np.abs(again * 255 - made.frames)[0].mean() < 2
    x0, y0, x1, y1 = made.box
    assert 0 <= x0 < x1 <= 160 and 0 <= y0 < y1 <= 90


def test_floors_are_held_against_the_peer():
    one = {"mad": 10.0, "dtssd": 10.0, "colour": 10.0}
    half = {"mad": 6.0, "dtssd": 4.0, "colour": 6.0}
    met = [v.met for v in matte_verdicts({"a": {"isnet": one, "ours": half}})][:3]
    assert met == [True, True, False]
    assert set(ROWS) >= {"isnet", "u2netp", "selfie", "ours"}
