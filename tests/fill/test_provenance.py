"""Provenance tells the truth: the frame that it names shows the pixel."""

from __future__ import annotations

import cv2
import numpy as np
from fill.fill_scenes import HEIGHT, WIDTH, Scene, disc, eight_bit, panned, photograph

from cleanplate.fill import KEPT, SYNTHESISED


def test_the_frame_that_is_named_shows_the_pixel():
    speed = np.array([2.3, 0.4])
    scene = panned(speed=tuple(speed))
    wrong = total = 0
    for t, result in enumerate(scene.fill()):
        ys, xs = np.nonzero(result.provenance >= 0)
        source = result.provenance[ys, xs]
        x = np.rint(xs + speed[0] * (t - source)).astype(int)
        y = np.rint(ys + speed[1] * (t - source)).astype(int)
        inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
        shown = inside.copy()
        shown[inside] = ~scene.holes[source[inside], y[inside], x[inside]]
        wrong += int((~shown).sum())
        total += xs.size
    assert total > 5000
    assert wrong <= 0.005 * total


def test_what_no_frame_shows_is_made_up_and_the_rest_is_not():
    """A hole that sways before a still camera hides its middle always, and its sides in turn."""
    picture = eight_bit(photograph("coffee", HEIGHT, WIDTH))
    holes = np.stack([disc(80 + 16 * np.sin(t / 2), 48, 22) for t in range(14)])
    scene = Scene(np.repeat(picture[None], 14, 0), holes)
    always = holes.all(axis=0)
    seen_well = ~cv2.dilate(  # shown by some frame, well clear of that frame's hole
        np.stack([cv2.dilate(h.astype(np.uint8), np.ones((11, 11), np.uint8)) for h in holes])
        .all(axis=0)
        .astype(np.uint8),
        None,
    ).astype(bool)
    taken = []
    for result, hole in zip(scene.fill(), holes, strict=True):
        assert (result.provenance[always] == SYNTHESISED).all()
        assert (result.provenance[~hole] == KEPT).all()
        taken.append((result.provenance[hole & seen_well] >= 0).mean())
        assert result.synthesised == np.mean(result.provenance[hole] == SYNTHESISED)
    assert np.mean(taken) > 0.8
