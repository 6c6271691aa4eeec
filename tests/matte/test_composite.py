"""Mixing happens in light, by each transfer function; and what sets a subject into a background."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from matte.scenes import small

from cleanplate.matte import composite as cp
from cleanplate.matte.light import from_light, to_light

TRANSFERS = [
    "bt709",
    "iec61966-2-1",
    "unspecified",
    "smpte2084",
    "arib-std-b67",
    "linear",
    "gamma22",
]


@pytest.mark.parametrize("transfer", TRANSFERS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_light_and_back_is_the_same_picture(transfer, dtype):
    top = np.iinfo(dtype).max
    ramp = np.linspace(0, top, 512).astype(dtype)
    image = np.dstack([ramp[None], ramp[None, ::-1], ramp[None]])
    back = from_light(to_light(image, transfer), transfer, dtype)
    assert np.abs(back.astype(int) - image).max() <= (0 if dtype == np.uint8 else 65535 // 1500)


def test_known_values_of_the_curves():
    grey = np.full((1, 1, 3), 32768, np.uint16)
    assert to_light(grey, "iec61966-2-1")[0, 0, 0] == pytest.approx(0.2140, abs=2e-3)
    assert to_light(grey, "bt709")[0, 0, 0] == pytest.approx(0.2597, abs=2e-3)
    assert to_light(grey, "arib-std-b67")[0, 0, 0] == pytest.approx(1 / 12, abs=2e-3)
    assert to_light(grey, "smpte2084")[0, 0, 0] == pytest.approx(0.00922, abs=2e-4)


def test_half_of_white_over_black_is_half_the_light():
    white, black = np.full((4, 4, 3), 255, np.uint8), np.zeros((4, 4, 3), np.uint8)
    mixed = cp.composite(white, np.full((4, 4), 0.5, np.float32), black, "iec61966-2-1")
    assert set(mixed.ravel()) == {188}


def test_solid_and_empty_are_exact():
    front, back = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    alpha = np.zeros((8, 8), np.float32)
    alpha[:4] = 1
    mixed = cp.composite(front, alpha, back, "bt709")
    assert np.array_equal(mixed[:4], front[:4])
    assert np.array_equal(mixed[4:], back[4:])


def test_the_wrap_brings_light_over_the_edge_only():
    front, back = np.full((40, 40, 3), 40, np.uint8), np.full((40, 40, 3), 250, np.uint8)
    alpha = np.zeros((40, 40), np.float32)
    alpha[:, 20:] = 1
    plain = cp.composite(front, alpha, back, "bt709")
    wrapped = cp.composite(
        front, alpha, back, "bt709", cp.CompositeSettings(wrap=0.5, wrap_width=6)
    )
    assert wrapped[20, 21, 0] > plain[20, 21, 0] + 10
    assert wrapped[20, 38, 0] == plain[20, 38, 0]


def test_a_contact_shadow_is_darkest_at_the_foot():
    alpha = np.zeros((80, 60), np.float32)
    alpha[10:60, 20:40] = 1
    shade = cp.contact_shadow(alpha, 0.5)
    assert (
        shade.min() >= 0.5 and shade[60, 30] < 0.8 and shade[5, 30] > 0.99 and shade[60, 2] > 0.99
    )


def test_a_shadow_that_was_there_is_kept():
    plate = np.full((60, 60, 3), 0.5, np.float32)
    frame = plate.copy()
    frame[40:50, 5:55] *= 0.5
    alpha = np.zeros((60, 60), np.float32)
    alpha[10:40, 20:40] = 1
    shade = cp.kept_shadow(frame, plate, alpha)
    assert shade[45, 30] == pytest.approx(0.5, abs=0.05)
    assert shade[5, 5] == 1


def test_grain_is_matched_and_never_taken_away():
    flat = np.full((64, 64, 3), 128, np.uint8)
    noisy = np.clip(128 + np.random.default_rng(0).normal(0, 5, (64, 64, 3)), 0, 255).astype(
        np.uint8
    )
    want = cp.grain_of(noisy)
    assert want[0] * 255 == pytest.approx(5, rel=0.2)
    made = cp.grained(flat, cp.grain_of(flat), want, seed=1)
    assert cp.grain_of(made)[0] == pytest.approx(want[0], rel=0.2)
    assert cp.grained(noisy, want, (0, 0, 0), seed=1) is noisy


def test_a_blurred_background_holds_nothing_of_the_subject():
    scene = small("throw")
    red = scene.frames[1].copy()
    red[scene.alphas[1] > 0] = (255, 0, 0)
    soft = cp.blurred(red, 8, "bt709", (scene.alphas[1] > 0).astype(np.float32))
    clean = cp.blurred(scene.backgrounds[1], 8, "bt709")
    near = cv2.dilate((scene.alphas[1] > 0).astype(np.uint8), np.ones((9, 9))) > 0
    assert np.abs(soft.astype(int) - clean)[near].mean() < 20
