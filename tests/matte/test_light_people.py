"""People cut out by the small network: near and far, with nobody there, and from a file."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

import cleanplate
from cleanplate.matte.light_people import LightPeopleMatter


@pytest.fixture
def matter(network):
    network("selfie")
    return LightPeopleMatter()


def _moving(picture, count=4, step=3, border=12):
    """The picture moving to the right, with fresh grain in every frame."""
    random = np.random.default_rng(1)
    for i in range(count):
        frame = np.roll(picture, i * step, axis=1)[:, border:-border].astype(np.int16)
        noise = random.normal(0, 3, frame.shape).round().astype(np.int16)
        yield np.clip(frame + noise, 0, 255).astype(np.uint8)


def test_a_person_is_cut_out_and_holds_still_where_it_is_the_same(matter):
    mattes = [matter.matte(frame)[0] for frame in _moving(data.astronaut())]
    for i, alpha in enumerate(mattes):
        face, helmet_side = 212 + 3 * i, 470 + 3 * i
        assert alpha[60:160, face - 30 : face + 30].min() > 0.95
        assert alpha[:60, helmet_side - 60 :].max() < 0.05
    before, after = mattes[-2][:, :-3], mattes[-1][:, 3:]
    assert np.abs(before - after).mean() < 0.01


def test_a_person_far_away_is_looked_at_closely(matter):
    ground = cv2.resize(data.gravel(), (854, 480))
    frame = np.repeat(ground[..., None], 3, axis=2) // 2 + 60
    person = cv2.resize(data.astronaut(), (128, 128), interpolation=cv2.INTER_AREA)
    frame[300:428, 100:228] = person
    alpha, _ = matter.matte(frame)
    assert alpha[315:340, 148:158].mean() > 0.9
    assert alpha[:, 300:].max() == 0


def test_where_nobody_is_nothing_is_cut_out(matter):
    picture = np.repeat(data.brick()[..., None], 3, axis=2)
    assert matter.matte(picture)[0].mean() < 0.005


def test_frames_in_memory_by_that_method(network):
    network("selfie")
    frames = np.stack(list(_moving(data.astronaut(), 2)))
    rgba = cleanplate.cutout(frames, method="people-light")
    assert rgba.shape == (*frames.shape[:3], 4) and rgba.dtype == np.uint8
    assert rgba[0, 100, 212, 3] == 255 and rgba[0, 20, 470, 3] == 0
    assert np.array_equal(rgba[0, 100, 212, :3], frames[0, 100, 212])
