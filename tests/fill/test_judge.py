"""What another frame offers, and how far the ring around the hole believes it."""

from __future__ import annotations

import numpy as np
from fill.fill_scenes import HEIGHT, WIDTH, disc, eight_bit, photograph

from cleanplate.fill.frame import prepare
from cleanplate.fill.geometry import crop, pixel_grid
from cleanplate.fill.judge import Source, gather, layer_means

NOTHING = np.zeros((HEIGHT // 2, WIDTH // 2, 2), np.uint8)  # no error, by either layer


def offers(brighter: float = 0.0, shifts=((0.0, 0.0),)):
    """A frame, and the same picture again without a hole, sampled `shifts` off the truth."""
    picture = photograph("coffee", HEIGHT, WIDTH) * 0.6 + 30
    hole = disc(80, 48, 12)
    target = prepare(1, eight_bit(np.where(hole[..., None], 255, picture)), hole, 10**9)
    source = prepare(0, eight_bit(picture + brighter), disc(20, 20, 6), 10**9)
    grid = pixel_grid(target.box)
    hidden = source.near_hole
    maps = [Source(source, 0, grid + np.float32(s), NOTHING, hidden) for s in shifts]
    inside = crop(target.work_hole, target.box)
    return target, gather(target, target.near_hole, maps), inside, crop(picture, target.box)


def test_exposure_is_matched_around_the_hole():
    _, offer, inside, truth = offers(brighter=11)
    error = offer.colour[0][inside] + offer.offset[0] - truth[inside]
    assert abs(error.mean()) < 0.7 and np.abs(error).mean() < 1.0


def test_the_ring_tells_a_right_map_from_a_wrong_one():
    target, offer, inside, truth = offers(shifts=((0, 0), (6, 4)))
    right, wrong = (offer.ring[k][inside].mean() for k in (0, 1))
    assert right < 2 and wrong > right + 4
    means = layer_means(offer, inside, target.smooth, 1)
    assert (means.top[0][inside][:, 0] == 0).all()
    assert np.abs(means.colour[0][inside] - truth[inside]).mean() < 2
    np.testing.assert_allclose(means.weight[0][inside].sum(axis=-1), 1, atol=1e-5)


def test_what_lies_outside_the_source_or_in_its_hole_is_no_offer():
    beyond = WIDTH + 10.0
    into = (-60.0, -28.0)  # from the middle of the target's hole to that of the source's
    _, offer, inside, _ = offers(shifts=((0, 0), (beyond, 0), into))
    shown = offer.fade > 0
    assert shown[0][inside].all()
    assert not shown[1][inside].any()
    source_hole = disc(20, 20, 6)
    ys, xs = np.nonzero(inside & shown[2])
    box_y, box_x = offer.grid[2][ys, xs, 1], offer.grid[2][ys, xs, 0]
    assert not source_hole[np.rint(box_y).astype(int), np.rint(box_x).astype(int)].any()
    assert not shown[2][inside].all()
