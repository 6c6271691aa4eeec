"""Belief is shared out in full, and only among what is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fill.fill_scenes import crossed, panned
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.fill import FillSettings
from cleanplate.fill.frame import prepare
from cleanplate.fill.gate import belief, decide, seen_around
from cleanplate.fill.geometry import crop
from cleanplate.fill.judge import gather, layer_means
from cleanplate.fill.planning import look_around
from cleanplate.fill.window import Window


def shares(scene, indices):
    """(belief (bh, bw, L + 1), offered (bh, bw, L), hole (bh, bw)) for each frame."""
    choice = FillSettings()
    with ThreadPoolExecutor(1) as pool:
        window = Window(choice, pool.submit)
        for index, (image, hole) in enumerate(zip(scene.seen, scene.holes, strict=True)):
            window.add(prepare(index, image, hole, choice.work_area))
        window.end()
        for index in indices:
            frame = window.frames[index]
            hole = crop(frame.work_hole, frame.box)
            sources, own, layers = look_around(window, frame, choice.sources)
            candidates = gather(frame, window.hidden(index), sources)
            means = layer_means(candidates, hole, frame.smooth, layers)
            offered = np.moveaxis(means.evidence[..., 7] > 0, 0, -1)
            yield decide(means, frame, frame.box, seen_around(frame, frame.box, own)), offered, hole


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 9999), st.floats(0.1, 60))
def test_belief_sums_to_one_whatever_the_evidence(seed, scale):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, 1, (9, 6)), rng.normal(0, 1, (7, 3))]
    shares = belief((rng.normal(0, scale, (50, 8))).astype(np.float32), weights)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares >= 0).all()


@pytest.mark.parametrize(
    "scene", [panned(count=8, walk=0.0), crossed(12)], ids=["one layer", "two layers"]
)
def test_no_offer_no_belief(scene):
    missing = 0
    for share, offered, hole in shares(scene, (0, 4, 7)):
        np.testing.assert_allclose(share.sum(axis=-1), 1, atol=1e-5)
        assert (share >= 0).all()
        assert (share[..., :-1][hole][~offered[hole]] == 0).all()
        assert (share[~hole][:, -1] == 1).all()
        missing += int((~offered[hole]).sum())
    assert missing > 0  # or this test shows nothing


def test_belief_goes_to_the_layer_that_the_hole_shows():
    """A block drives behind the hole: first the ground is believed there, then the block."""
    (early, _, first), (late, _, then) = shares(crossed(), (1, 8))
    assert early[first][:, 1:-1].sum(axis=1).mean() < 0.4
    assert late.shape[-1] == 3
    assert late[then][:, 1].mean() > 3 * late[then][:, 0].mean()
