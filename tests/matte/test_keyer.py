"""Green and blue screens: found, keyed, and their light taken off."""

from __future__ import annotations

import numpy as np
import pytest
from matte.scenes import error, small

from cleanplate.errors import UsageError
from cleanplate.matte.keyer import Screen, excess, key, unspilled

GREEN, BLUE = (30, 180, 70), (30, 70, 190)


def on_screen(colour, index=1):
    """A generated subject before a screen that is lit unevenly."""
    scene = small("throw")
    alpha, front = scene.alphas[index], scene.foregrounds[index]
    light = np.linspace(0.8, 1.1, alpha.shape[1], dtype=np.float32)[None, :, None]
    screen = np.broadcast_to(np.float32(colour) / 255 * light, front.shape)
    grey = front.mean(axis=2, keepdims=True) + 0.3 * (front - front.mean(axis=2, keepdims=True))
    mixed = alpha[..., None] * grey + (1 - alpha[..., None]) * screen
    return np.rint(np.clip(mixed, 0, 1) * 255).astype(np.uint8), alpha, grey


@pytest.mark.parametrize(("colour", "channel"), [(GREEN, 1), (BLUE, 2)])
def test_a_screen_is_found_and_keyed(colour, channel):
    image, truth, _ = on_screen(colour)
    screen = Screen.of(image)
    assert screen.channel == channel
    assert error(key(image, screen), truth) < 0.02


def test_an_ordinary_picture_has_no_screen():
    assert Screen.of(small("fur").frames[0]) is None


def test_spill_is_taken_off_and_nothing_else():
    image, alpha, _ = on_screen(GREEN)
    screen = Screen.of(image)
    edge = (alpha > 0.3) & (alpha < 0.9)
    clean = unspilled(image, screen)
    green = np.maximum(excess(clean.astype(np.float32) / 255, 1)[edge], 0).mean()
    before = np.maximum(excess(image.astype(np.float32) / 255, 1)[edge], 0).mean()
    assert green < 0.1 * before
    skin = np.full((4, 4, 3), (224, 172, 140), np.uint8)
    assert np.array_equal(unspilled(skin, screen), skin)


def test_screens_by_name_and_by_number():
    assert Screen.named("green").channel == 1
    assert Screen.named("#0047bb").channel == 2
    with pytest.raises(UsageError):
        Screen.named("#808080")
    with pytest.raises(UsageError):
        Screen.named("chartreusish")
