"""What no frame shows, completed from the rest of the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from bench.metrics import gradient_dissimilarity, laplacian_energy, psnr
from cleanplate.fill.smooth import harmonic_fill
from cleanplate.fill.synthesise import complete


def disc(shape: tuple[int, int], radius: float, cy: float = 0.5, cx: float = 0.5) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(y - cy * shape[0], x - cx * shape[1]) < radius


def texture(name: str, size=(160, 240)) -> np.ndarray:
    gray = getattr(data, name)()[: size[0], : size[1]]
    return np.dstack([gray] * 3)


def filled(image: np.ndarray, hole: np.ndarray, **how) -> np.ndarray:
    """What comes out, as uint8; the truth is hidden first."""
    given = image.copy()
    given[hole] = 255, 0, 255
    out = complete(given, hole, **how)
    assert out.dtype == np.float32 and out.shape == image.shape
    assert np.isfinite(out).all() and out.min() >= 0 and out.max() <= 255
    out = np.clip(out + 0.5, 0, 255).astype(np.uint8)
    assert (out[~hole] == image[~hole]).all()
    return out


@pytest.mark.parametrize("name", ["grass", "gravel", "brick"])
def test_texture_goes_on_as_sharp_as_around(name):
    image = texture(name)
    hole = disc(image.shape[:2], 26)
    ours = filled(image, hole)
    soft = np.clip(harmonic_fill(image, hole), 0, 255).astype(np.uint8)
    sharpness = laplacian_energy(ours, hole) / laplacian_energy(image, hole)
    assert 0.4 < sharpness < 1.6
    assert gradient_dissimilarity(image, ours, hole) < 0.75 * gradient_dissimilarity(
        image, soft, hole
    )


def test_a_line_is_carried_through():
    image = np.full((120, 200, 3), (60, 90, 60), np.uint8)
    image[52:64] = 220, 220, 210
    image = cv2.add(image, np.random.default_rng(0).integers(0, 12, image.shape, np.uint8))
    hole = disc(image.shape[:2], 22)
    soft = np.clip(harmonic_fill(image, hole), 0, 255).astype(np.uint8)
    ours = filled(image, hole)
    assert psnr(image, ours, hole) > psnr(image, soft, hole) + 8
    assert ours[58, 80:120].mean() > 200


def test_a_smooth_wall_stays_a_smooth_wall():
    y, x = np.mgrid[:150, :220]
    image = np.dstack([100 + 0.4 * x, 110 + 0.3 * y, 90 + 0.2 * x + 0.2 * y]).astype(np.uint8)
    image[20:60, 20:60] = texture("brick")[:40, :40]
    image[100:130, 170:200] = 200, 20, 20
    hole = disc(image.shape[:2], 25, 0.5, 0.55)
    assert np.abs(filled(image, hole)[hole].astype(int) - image[hole]).max() < 8


def test_there_is_no_seam_though_the_light_changes():
    image = texture("grass").astype(np.float32)
    image *= np.linspace(0.4, 1.0, image.shape[1])[None, :, None]
    image = image.astype(np.uint8)
    hole = disc(image.shape[:2], 30)
    ours = filled(image, hole).astype(np.float32)
    edge = cv2.dilate(hole.astype(np.uint8), np.ones((3, 3))).astype(bool) & ~hole
    inner = hole & ~cv2.erode(hole.astype(np.uint8), np.ones((3, 3))).astype(bool)
    blurred = cv2.GaussianBlur(ours, (0, 0), 6)
    tone = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 6)
    assert np.abs(blurred - tone)[edge | inner].mean() < 12
    # Neighbours across the border differ no more than neighbours elsewhere in the grass do.
    across = np.abs(np.diff(ours[..., 0], axis=1))[hole[:, 1:] != hole[:, :-1]].mean()
    assert across < 1.3 * np.abs(np.diff(image[..., 0].astype(np.float32), axis=1)).mean()


def test_only_what_is_allowed_is_copied():
    image = np.full((100, 160, 3), 100, np.uint8)
    image[:, ::2] = 140
    image[:, 110:] = 255, 0, 0
    hole = disc(image.shape[:2], 16, 0.5, 0.55)
    allowed = np.zeros(hole.shape, bool)
    allowed[:, :100] = True
    out = filled(image, hole, allowed=allowed)[..., 2]
    left = hole.copy()
    left[:, 98:] = False
    assert out[left].min() > 80


def test_the_same_seed_gives_the_same_picture():
    image = texture("gravel")
    hole = disc(image.shape[:2], 20, 0.3, 0.3)
    first = filled(image, hole, seed=5)
    assert (first == filled(image, hole, seed=5)).all()
    assert (first != filled(image, hole, seed=6)).any()


@pytest.mark.parametrize("kind", ["left", "corner", "band", "nearly all", "speckled"])
def test_holes_of_every_kind_are_filled(kind):
    image = texture("gravel", (96, 144))
    hole = np.zeros(image.shape[:2], bool)
    if kind == "left":
        hole[20:70, :30] = True
    elif kind == "corner":
        hole[:40, -50:] = True
    elif kind == "band":
        hole[:, 60:80] = True
    elif kind == "nearly all":
        hole[:] = True
        hole[40:44, 60:66] = False
    else:
        hole = np.random.default_rng(1).random(hole.shape) < 0.3
    ours = filled(image, hole)
    assert not (ours[hole] == (255, 0, 255)).all(axis=1).any()


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (3, 5), (8, 8), (9, 200), (2, 40)])
def test_tiny_pictures_are_filled(size):
    image = np.full((*size, 3), 77, np.uint8)
    hole = np.zeros(size, bool)
    hole[: (size[0] + 1) // 2, : (size[1] + 1) // 2] = True
    out = filled(image, hole)
    assert (out == (77 if not hole.all() else 128)).all()


def test_nothing_known_gives_grey_and_nothing_missing_the_picture():
    image = texture("brick", (30, 40))
    assert (complete(image, np.ones((30, 40), bool)) == 127.5).all()
    assert (complete(image, np.zeros((30, 40), bool)) == image).all()
    hole = disc((30, 40), 6)
    soft = complete(image, hole, allowed=np.zeros((30, 40), bool))
    assert np.allclose(soft[hole], harmonic_fill(image, hole)[hole], atol=2)


def test_sixteen_bits_and_floats_give_the_same_in_their_own_units():
    image = texture("gravel", (80, 100))
    hole = disc((80, 100), 14)
    plain = complete(image, hole)
    assert np.allclose(complete(image.astype(np.float32), hole), plain)
    assert np.allclose(complete(image.astype(np.uint16) * 257, hole) / 257, plain, atol=0.5)


def test_water_is_made_of_water_though_leaves_above_it_have_its_colour():
    def grain(name: str, height: int) -> np.ndarray:
        part = getattr(data, name)()[:height, :260].astype(np.float32)
        return part - part.mean()

    leaves = 65 + 0.6 * grain("gravel", 60)
    wall = np.full((30, 260), 190.0)
    water = np.linspace(95, 35, 110)[:, None] + 0.12 * grain("grass", 110)
    image = np.dstack([np.clip(np.vstack([leaves, wall, water]), 0, 255).astype(np.uint8)] * 3)
    hole = np.zeros(image.shape[:2], bool)
    hole[105:180, 40:220] = True
    ours = filled(image, hole)
    assert laplacian_energy(ours, hole) < 1.5 * laplacian_energy(image, hole)
    assert psnr(image, ours, hole) > 30
