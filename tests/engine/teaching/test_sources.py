"""Examples from everything that people have, read from real files."""

from __future__ import annotations

import json

import cv2
import generated
import numpy as np
import pytest
from train.ball_examples import examples

from cleanplate.engine.mask_files import davis_palette, png
from cleanplate.engine.teaching import Source, TrainingSet, add_corrections, gather
from cleanplate.errors import UsageError
from cleanplate.project import Project, SetKey, SetMasks, SetObject
from cleanplate.segment import rle


@pytest.fixture
def balls():
    return examples(6)


@pytest.fixture
def pictures(tmp_path, balls):
    """Folders of PNGs and their masks, one picture without a mask."""
    for index, example in enumerate(balls):
        _write(tmp_path / "pictures" / f"p{index}.png", example.image[..., ::-1])
        if index:
            _write(tmp_path / "masks" / f"p{index}.png", example.mask.astype(np.uint8) * 255)
    return tmp_path


def _write(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)


def test_pictures_and_masks_by_their_names(pictures, balls):
    found = list(gather(Source(pictures / "pictures", pictures / "masks"), "ball"))
    assert [e.source for e in found] == [f"p{i}.png" for i in range(1, 6)]
    assert (found[0].image == balls[1].image).all() and (found[0].mask == balls[1].mask).all()


def test_a_clip_and_its_masks(tmp_path, balls):
    clip = generated.write_clip(tmp_path / "clip.mp4", [e.image for e in balls])
    masks = generated.write_masks(tmp_path / "m", [e.mask for e in balls])
    found = list(gather(Source(clip, masks), "ball"))
    assert len(found) == 6 and {e.group for e in found} == {"clip.mp4"}
    assert all((a.mask == b.mask).all() for a, b in zip(found, balls, strict=True))


@pytest.mark.parametrize("deep", [False, True])
def test_folders_as_davis_has_them(tmp_path, balls, deep):
    size = "480p/" if deep else ""
    for index, example in enumerate(balls[:3]):
        _write(tmp_path / f"JPEGImages/{size}lawn/{index:05d}.jpg", example.image[..., ::-1])
        ids = np.where(example.mask, 2, 0).astype(np.uint8)
        ids[:5, :5] = 1
        path = tmp_path / f"Annotations/{size}lawn/{index:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(ids, davis_palette()))
    second = list(gather(Source(tmp_path, object="2"), "ball"))
    assert (second[0].mask == balls[0].mask).all() and second[0].group == "lawn"
    every = list(gather(Source(tmp_path), "ball"))
    assert every[0].mask[:5, :5].all() and every[0].mask.sum() > second[0].mask.sum()


def test_coco_polygons_and_run_lengths(tmp_path, balls):
    for index in range(4):
        _write(tmp_path / f"images/{index}.png", balls[index].image[..., ::-1])
    square = [[10, 20, 40, 20, 40, 60, 10, 60]]
    document = {
        "images": [{"id": i, "file_name": f"{i}.png"} for i in range(4)],
        "categories": [{"id": 7, "name": "Ball"}, {"id": 8, "name": "box"}],
        "annotations": [
            {"image_id": 0, "category_id": 7, "segmentation": rle.encode(balls[0].mask)},
            {"image_id": 0, "category_id": 8, "segmentation": square},
            {"image_id": 1, "category_id": 8, "segmentation": square},
            {"image_id": 3, "category_id": 7, "segmentation": square, "iscrowd": 1},
        ],
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    ball, empty = gather(Source(tmp_path / "a.json", object="ball"), "x")
    assert (ball.mask == balls[0].mask).all() and not empty.there
    assert empty.source == "2.png"  # 1.png has something else marked, so it says nothing of balls
    # and 3.png has a crowd of them, outlined together, which would teach what lies between
    boxes = list(gather(Source(tmp_path / "a.json", object="box"), "x"))
    assert boxes[0].mask.sum() == pytest.approx(30 * 40, rel=0.1)
    assert boxes[0].mask[40, 25] and not boxes[0].mask[40, 45]
    with pytest.raises(UsageError, match="Ball, box"):
        list(gather(Source(tmp_path / "a.json", object="cone"), "x"))


@pytest.mark.parametrize("name", ["/etc/passwd", "../../secret.png"])
def test_coco_may_not_name_pictures_elsewhere(tmp_path, name):
    document = {"images": [{"id": 1, "file_name": name}], "annotations": []}
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match="outside"):
        list(gather(Source(tmp_path / "a.json"), "x"))


@pytest.fixture
def project(tmp_path, balls):
    """A project with two objects: key frames and ready-made masks of one, a key of another."""
    clip = generated.write_clip(tmp_path / "clip.mp4", [e.image for e in balls])
    made = Project.create(tmp_path / "a.cleanplate", clip)
    made.edit(SetObject(object=1, name="Ball"))
    for frame in (0, 3):
        picture = made.keep_mask(balls[frame].mask)
        made.edit(SetKey(object=1, frame=frame, mask=picture))
    made.edit(SetMasks(object=1, runs=[(5, 6, made.keep_mask(balls[5].mask))]))
    made.edit(SetKey(object=2, frame=1, mask=made.keep_mask(~balls[1].mask)))
    return made


def test_what_was_marked_in_a_project(project, balls):
    found = list(gather(Source(project.folder), "ball"))
    assert [e.source for e in found] == [f"a frame {i}" for i in (0, 3, 5)]
    assert all((e.mask == balls[i].mask).all() for e, i in zip(found, (0, 3, 5), strict=True))
    (other,) = gather(Source(project.folder, object="2"), "ball")
    assert (other.mask == ~balls[1].mask).all()
    with pytest.raises(UsageError, match="1 Ball"):
        list(gather(Source(project.folder, object="cone"), "ball"))


def test_corrections_are_added_with_one_action_and_once(project, balls, own_home):
    first = add_corrections("ball", project.folder)
    assert (first.new, first.known, first.total) == (3, 0, 3)
    project.edit(SetKey(object=1, frame=2, mask=project.keep_mask(balls[2].mask)))
    corrected = balls[3].mask.copy()
    corrected[:4, :4] = True
    project.edit(SetKey(object=1, frame=3, mask=project.keep_mask(corrected)))
    again = add_corrections("ball", str(project.folder))
    assert (again.new, again.known, again.total) == (2, 2, 4)  # one of the new replaces an old one
    kept = {e.source: e for e in TrainingSet("ball").read()}
    assert (kept["a frame 3"].mask == corrected).all()
    error = np.abs(kept["a frame 0"].image.astype(int) - balls[0].image).mean()
    assert error < 6


def test_what_is_no_source_is_said(tmp_path):
    (tmp_path / "empty").mkdir()
    for source, says in (
        (Source(tmp_path / "no"), "does not exist"),
        (Source(tmp_path / "empty"), "--masks"),
        (Source(tmp_path / "empty", tmp_path / "empty"), "has a mask of its name"),
    ):
        with pytest.raises(UsageError, match=says):
            list(gather(source, "x"))
