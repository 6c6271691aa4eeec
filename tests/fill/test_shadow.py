"""What moves with a removed object without being part of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from fill.fill_scenes import HEIGHT, WIDTH, disc, eight_bit, panned, psnr

import cleanplate
from cleanplate.fill.shadow import find_shadows


@dataclass
class Shaded:
    """Frames uint8 (n, h, w, 3) with dark objects and their soft shadows, and what is what."""

    truth: np.ndarray
    seen: np.ndarray
    masks: np.ndarray
    shadows: np.ndarray


def shaded(walks: list[tuple[float, float, float]], darkness: float = 0.5) -> Shaded:
    """Discs that walk over a panned photograph, each (start x, y, pixels a frame)."""
    truth = panned("coffee", count=24, speed=(1.1, 0.2)).truth
    seen, masks, shadows = [], [], []
    for t, frame in enumerate(truth):
        mask = np.zeros((HEIGHT, WIDTH), bool)
        cast = np.zeros((HEIGHT, WIDTH), np.float32)
        for x, y, pace in walks:
            mask |= disc(x + pace * t, y, 10)
            cast = np.maximum(cast, disc(x + pace * t + 5, y + 9, 9).astype(np.float32))
        soft = cv2.GaussianBlur(cast, (0, 0), 1.2)
        picture = frame * (1 - darkness * soft[..., None])
        picture[mask] = (30, 40, 90)
        seen.append(eight_bit(picture))
        masks.append(mask)
        shadows.append((soft > 0.5) & ~mask)
    return Shaded(truth, np.stack(seen), np.stack(masks), np.stack(shadows))


@pytest.fixture(scope="module")
def one() -> Shaded:
    return shaded([(24, 40, 4.5)])


def found_in(scene: Shaded) -> np.ndarray:
    return np.stack(list(find_shadows(scene.seen, scene.masks)))


def test_a_shadow_that_walks_along_is_found(one):
    found = found_in(one)
    assert (found & one.shadows).sum() > 0.9 * one.shadows.sum()
    away = (
        found
        & ~one.masks
        & ~cv2.dilate(one.shadows.astype(np.uint8).transpose(1, 2, 0), np.ones((9, 9)))
        .transpose(2, 0, 1)
        .astype(bool)
    )
    assert away.sum() < 0.25 * one.shadows.sum()


def test_two_that_walk_towards_each_other_each_have_theirs():
    scene = shaded([(24, 30, 4.5), (136, 62, -4.5)])
    found = found_in(scene)
    assert (found & scene.shadows).sum() > 0.9 * scene.shadows.sum()


def test_hardly_anything_is_found_where_there_is_no_shadow():
    scene = shaded([(24, 40, 4.5)], darkness=0)
    assert found_in(scene).sum() < 0.15 * scene.masks.sum()


def test_what_stands_still_in_the_background_is_not_taken_along():
    scene = panned("coffee", count=16)
    found = np.stack(list(find_shadows(scene.seen, scene.holes)))
    assert found.sum() < 0.2 * scene.holes.sum()


def test_frames_without_a_mask_have_no_shadow(one):
    masks = one.masks.copy()
    masks[5:8] = False
    found = list(find_shadows(one.seen, masks))
    assert not any(found[t].any() for t in (5, 6, 7))
    assert found[12].any()


def test_erasing_with_the_shadow_leaves_the_ground_as_it_is(one):
    plain = cleanplate.erase(one.seen, mask=one.masks, grow=1)
    whole = cleanplate.erase(one.seen, mask=one.masks, grow=1, with_shadow=True)
    where = one.shadows
    assert psnr(plain[where], one.truth[where]) < 17
    assert psnr(whole[where], one.truth[where]) > 26
