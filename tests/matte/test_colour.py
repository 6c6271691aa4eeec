"""The colours under an edge are the subject's own, not a mixture with what was behind."""

from __future__ import annotations

import numpy as np
import pymatting
from matte.scenes import small

from cleanplate.matte.colour import Known, foreground_of


def of_edge(scene, index, colour):
    """Mean error of a colour against the true one where alpha is between 0.05 and 0.95."""
    alpha = scene.alphas[index]
    mixed = (alpha > 0.05) & (alpha < 0.95)
    return float(np.abs(colour - scene.foregrounds[index])[mixed].mean())


def test_closer_than_the_frames_own_colour_and_as_close_as_pymatting():
    scene = small("fur")
    image, alpha = scene.frames[1].astype(np.float32) / 255, scene.alphas[1]
    ours = of_edge(scene, 1, foreground_of(image, alpha)[0])
    theirs = pymatting.estimate_foreground_ml(image.astype(np.float64), alpha.astype(np.float64))
    assert ours < 0.5 * of_edge(scene, 1, image)
    assert ours < 1.1 * of_edge(scene, 1, theirs)


def test_a_known_background_brings_it_closer_still():
    scene = small("straps")
    image, alpha = scene.frames[1].astype(np.float32) / 255, scene.alphas[1]
    behind = scene.backgrounds[1].astype(np.float32) / 255
    plate = Known(behind, np.ones_like(alpha))
    alone = of_edge(scene, 1, foreground_of(image, alpha)[0])
    assert of_edge(scene, 1, foreground_of(image, alpha, None, plate)[0]) < alone
