"""Objects by kind, with the real network on photographs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from cleanplate.errors import UsageError
from cleanplate.segment import boxes as bx
from cleanplate.segment.detect import Detector


@pytest.fixture(scope="module")
def detector(network):
    network("nanodet")
    return Detector()


@pytest.mark.parametrize(
    ("picture", "kind", "box"),
    [
        (data.astronaut, "person", (12, 10, 365, 510)),
        (data.chelsea, "cat", (0, 0, 412, 296)),
        (data.coffee, "cup", (170, 20, 415, 258)),
    ],
)
def test_photographs_hold_what_they_show(detector, picture, kind, box):
    found = detector.detect(picture())
    first = next(item for item in found if item.kind == kind)
    assert bx.iou(np.array([first.box]), np.array([box], float))[0, 0] > 0.8
    assert 0.35 <= first.score <= 1


def _two_astronauts() -> np.ndarray:
    wide = np.full((512, 1200, 3), 90, np.uint8)
    wide[:, 40:430] = data.astronaut()[:, :390]
    wide[:, 760:1150] = data.astronaut()[:, 389::-1]
    return wide


def test_every_instance_is_its_own_object(detector):
    people = detector.detect(_two_astronauts(), ["people"], threshold=0.4)
    left, right = sorted(people, key=lambda item: item.box[0])
    assert left.box[2] < 520 < 700 < right.box[0]


def test_a_mirrored_frame_holds_the_same_mirrored(detector):
    image = data.chelsea()
    a, b = detector.detect(image)[0], detector.detect(image[:, ::-1])[0]
    mirrored = np.array([[451 - b.box[2], b.box[1], 451 - b.box[0], b.box[3]]])
    assert a.kind == b.kind == "cat"
    assert bx.iou(np.array([a.box]), mirrored)[0, 0] > 0.95


def test_what_is_small_in_a_wide_frame_is_found(detector):
    wide = cv2.resize(data.grass(), (1600, 400))[..., None].repeat(3, 2)
    wide[250:360, 1200:1360] = cv2.resize(data.chelsea(), (160, 110), interpolation=cv2.INTER_AREA)
    found = detector.detect(wide, ["animal"], threshold=0.2)
    assert found and found[0].box[0] > 1150 and found[0].box[2] < 1400


def test_only_what_was_asked_for_is_found(detector):
    assert {item.kind for item in detector.detect(data.coffee(), ["cup"])} == {"cup"}
    assert detector.detect(data.astronaut(), ["vehicles"]) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (500, 3), (64, 64)])
def test_frames_of_any_shape_with_nothing_in_them(detector, shape):
    assert detector.detect(np.full((*shape, 3), 128, np.uint8)) == []


def test_what_is_no_frame_or_no_kind_is_refused(detector):
    with pytest.raises(UsageError, match="RGB"):
        detector.detect(np.zeros((5, 5), np.uint8))
    with pytest.raises(UsageError, match="no kind"):
        detector.detect(data.coffee(), ["unicorn"])


def test_centernet_agrees_on_the_person(network):
    from cleanplate.segment.centernet import CenterNet

    network("centernet")
    found = Detector(network=CenterNet()).detect(data.astronaut())
    assert found[0].kind == "person"
    assert bx.iou(np.array([found[0].box]), np.array([[12.0, 10, 365, 510]]))[0, 0] > 0.8
