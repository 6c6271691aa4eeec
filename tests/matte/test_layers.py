"""What the frame before says of this one: each layer where its own motion took it, and no farther
than it fits what is seen."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cleanplate.matte.layers import Layers, expect, remembered
from cleanplate.matte.motion import follow

HEIGHT, WIDTH = 96, 160
STEP = 7  # pixels that the subject moves


def texture(seed, low, high):
    rough = np.random.default_rng(seed).random((HEIGHT, WIDTH, 3), np.float32)
    soft = cv2.GaussianBlur(rough, (0, 0), 2)
    soft = (soft - soft.min()) / (soft.max() - soft.min())
    return low + (high - low) * soft


def matte_at(x):
    """A block with soft edges and a thin rod on top of it."""
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[40:84, x : x + 48] = 1
    alpha[14:40, x + 22 : x + 24] = 1
    return cv2.GaussianBlur(alpha, (0, 0), 0.8)


@pytest.fixture(scope="module")
def moved():
    """Two frames of a subject that moves before a still background: what is expected of the second,
    its picture and its true matte; and the background."""
    back, coat = texture(0, 0.5, 1.0), texture(1, 0.0, 0.5)
    frames, alphas = [], []
    for x in (40, 40 + STEP):
        front, alpha = np.roll(coat, x, axis=1), matte_at(x)
        frames.append(back + alpha[..., None] * (front - back))
        alphas.append(alpha)
    seen = (alphas[0] < 0.004).astype(np.float32)
    hidden = np.where(seen[..., None] > 0, back, 0).astype(np.float32)
    before = Layers(frames[0], alphas[0], np.roll(coat, 40, axis=1), hidden, seen, alphas[0])
    bytes_of = [np.rint(frame * 255).astype(np.uint8) for frame in frames]
    carrier = follow(*bytes_of)
    return expect(before, frames[1], alphas[1] > 0.5, carrier), frames[1], alphas, back, before


def test_the_matte_moves_with_the_subject_even_where_it_is_thin(moved):
    expected, _, alphas, _, _ = moved
    error = np.abs(expected.alpha - alphas[1])
    assert error.mean() < 0.25 * np.abs(alphas[0] - alphas[1]).mean()
    rod = np.s_[16:36, 60:80]
    assert error[rod].mean() < 0.4 * np.abs(alphas[0] - alphas[1])[rod].mean()


def test_it_is_trusted_where_it_explains_the_frame(moved):
    expected, _, alphas, _, _ = moved
    edge = (alphas[1] > 0.05) & (alphas[1] < 0.95)
    right = np.abs(expected.alpha - alphas[1]) < 0.2
    assert expected.trust[edge & right].mean() > 0.5


def test_what_has_just_been_covered_is_remembered(moved):
    expected, _, alphas, back, before = moved
    covered = (alphas[1] > 0.9) & (cv2.erode(before.seen, np.ones((5, 5))) > 0)
    assert covered.sum() > 50
    assert expected.seen[covered].mean() > 0.6
    assert np.abs(expected.back - back)[covered].mean() < 0.03


def test_what_was_never_seen_is_not_remembered(moved):
    expected, _, alphas, _, _ = moved
    always = cv2.erode(np.minimum(*alphas), np.ones((9, 9))) > 0.99
    assert expected.seen[always].max() < 0.05


def test_the_colour_of_what_is_lost_is_remembered(moved):
    """A rod that the matte of this frame misses keeps its own colour, for softer edges and for video
    formats with coarser colour."""
    expected, image, alphas, _, before = moved
    missed = alphas[1].copy()
    missed[:38] = 0
    front, known = remembered(image, missed, expected)
    rod = np.zeros(missed.shape, bool)
    rod[16:36] = alphas[1][16:36] > 0.5
    true = np.roll(before.front, STEP, axis=1)
    assert known[rod].min() > 0.3 and known[:30, :40].max() == 0
    assert np.abs(front - true)[rod].mean() < 0.3 * np.abs(image - true)[rod].mean()


def test_a_remembered_colour_that_would_show_in_the_frame_is_not_taken(moved):
    expected, _, alphas, _, _ = moved
    half = np.full_like(alphas[1], 0.6)
    red = np.zeros((*half.shape, 3), np.float32)
    red[..., 0] = 1
    assert np.abs(remembered(red, half, expected)[0] - red).max() < 0.02


def test_another_picture_is_not_believed(moved):
    expected, image, alphas, _, before = moved
    other = 1 - image
    bytes_of = [np.rint(frame * 255).astype(np.uint8) for frame in (before.image, other)]
    found = expect(before, other, alphas[1] > 0.5, follow(*bytes_of))
    edge = (alphas[1] > 0.05) & (alphas[1] < 0.95)
    assert found.trust[edge].mean() < 0.5 * expected.trust[edge].mean()
    assert found.seen.mean() < 0.5 * expected.seen.mean()
