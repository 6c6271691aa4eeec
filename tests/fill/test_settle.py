"""Frames close by agree on the sources of a place, without inventing any."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from fill.fill_scenes import panned

from cleanplate.fill.frame import prepare
from cleanplate.fill.planning import plan_frame
from cleanplate.fill.settings import FillSettings
from cleanplate.fill.settle import agree, ways
from cleanplate.fill.window import Window


@pytest.fixture(scope="module")
def planned():
    """A window over a panning clip with grain, and the plans of three frames in a row."""
    scene, settings = panned(noise=2.0), FillSettings()
    with ThreadPoolExecutor(2) as pool:
        window = Window(settings, pool.submit)
        for index, (image, hole) in enumerate(zip(scene.seen, scene.holes, strict=True)):
            window.add(prepare(index, image, hole, settings.work_area))
        window.end()
        plans = {i: plan_frame(window, i, settings) for i in (6, 7, 8)}
        yield window, plans


def test_alone_a_plan_takes_what_it_has_chosen(planned):
    _, plans = planned
    plan = plans[7]
    blend = agree(plan, {}, {})
    shown = plan.layer >= 0
    assert (blend.top[shown][:, :1] == plan.top[shown]).any(axis=1).all()
    assert not blend.shift.any()


def test_a_pixel_is_taken_from_where_all_around_it_are(planned):
    """One that chose another source by a little would be a speck."""
    _, plans = planned
    plan = plans[7]
    first = plan.top[..., 0]
    around = np.lib.stride_tricks.sliding_window_view(first, (5, 5))
    alike = (around == first[2:-2, 2:-2, None, None]).all(axis=(2, 3)) & (first[2:-2, 2:-2] >= 0)
    alike &= plan.top[2:-2, 2:-2, 1] >= 0
    y, x = np.argwhere(alike)[0] + 2
    weight = plan.weight.copy()
    weight[y, x] = 0
    weight[y, x, :2] = 0.45, 0.55
    blend = agree(replace(plan, weight=weight), {}, {})
    assert blend.top[y, x, 0] == first[y, x]


def test_shares_add_up_and_only_sources_of_the_plan_are_taken(planned):
    window, plans = planned
    plan = plans[7]
    beside = {6: plans[6], 8: plans[8]}
    blend = agree(plan, beside, ways(plan, beside, window.chains(6, 8)))
    shown = plan.layer >= 0
    np.testing.assert_allclose(blend.weight[shown].sum(axis=1), 1, atol=1e-5)
    assert not blend.weight[~shown].any()
    kept = blend.top >= 0
    assert (
        plan.along[blend.top[kept]] == np.broadcast_to(plan.layer[..., None], kept.shape)[kept]
    ).all()
    assert np.abs(blend.shift).max() <= 1.5


def test_frames_side_by_side_take_a_place_from_the_same_source(planned):
    """Followed along the pan, the first choice changes less often than it would without asking."""
    window, plans = planned
    motion = window.chains(6, 8)[0].between(7, 8)
    around = {i: {j: plans[j] for j in plans if j != i} for i in (7, 8)}

    def changes(neighbours) -> float:
        chosen = {}
        for i in (7, 8):
            beside = neighbours(i)
            blend = agree(plans[i], beside, ways(plans[i], beside, window.chains(6, 8)))
            first = blend.top[..., 0]
            chosen[i] = np.where(first >= 0, plans[i].source[np.maximum(first, 0)], -1)
        ys, xs = np.nonzero((plans[7].layer == 0) & (chosen[7] >= 0))
        y0, _, x0, _ = plans[7].box
        there = motion @ np.stack([xs + x0, ys + y0, np.ones_like(xs)])
        u = np.rint(there[0] / there[2]).astype(int) - plans[8].box[2]
        v = np.rint(there[1] / there[2]).astype(int) - plans[8].box[0]
        inside = (u >= 0) & (v >= 0) & (u < chosen[8].shape[1]) & (v < chosen[8].shape[0])
        before, after = chosen[7][ys, xs][inside], chosen[8][v[inside], u[inside]]
        return float((before != after)[after >= 0].mean())

    assert changes(lambda i: around[i]) < changes(lambda i: {})
