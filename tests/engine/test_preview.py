"""Previews: the frames that were asked for, small, and remembered."""

from __future__ import annotations

import cv2
import generated
import numpy as np
import pytest

from cleanplate import fill
from cleanplate.engine.preview import Preview, compared, write_preview
from cleanplate.engine.projects import new_project
from cleanplate.engine.store import Store
from cleanplate.errors import UsageError
from cleanplate.project import SetSettings


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("preview")
    clean = generated.pan("coffee", 14) + generated.pan("astronaut", 14)
    seen, masks = generated.with_disc(clean)
    clip = generated.write_clip(folder / "clip.mp4", seen)
    project = new_project(
        clip, folder / "a.cleanplate", generated.write_masks(folder / "masks", masks)
    )
    return project, clean, masks


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def small(picture, interpolation=cv2.INTER_AREA):
    return cv2.resize(picture, (80, 48), interpolation=interpolation)


@pytest.mark.parametrize("index", [0, 13, 14])
def test_a_frame_is_shown_without_the_object(scene, store, index):
    project, clean, masks = scene
    [shown] = Preview(project, 80, store).frames(range(index, index + 1))
    assert shown.index == index
    assert shown.after.shape == (48, 80, 3)
    hole = small(masks[index].astype(np.float32)) > 0
    truth = small(clean[index])
    assert generated.psnr(shown.after[hole], truth[hole]) > 19
    assert generated.psnr(shown.before[hole], truth[hole]) < 15
    assert np.array_equal(shown.after[~hole], shown.before[~hole])


def test_what_was_shown_is_remembered_until_something_changes(scene, store, monkeypatch):
    project, _, _ = scene
    fills = []
    real = fill.fill_shot
    monkeypatch.setattr(
        fill, "fill_shot", lambda *given: fills.append(1) or real(*given), raising=False
    )
    preview = Preview(project, 80, store)
    first = [shown.after for shown in preview.frames(range(4, 7))]
    assert len(fills) == 1
    again = [shown.after for shown in preview.frames(range(4, 7))]
    assert len(fills) == 1
    assert np.array_equal(first, again)
    project.edit(SetSettings(grow=4))
    wider = [shown.after for shown in preview.frames(range(4, 7))]
    assert len(fills) == 2
    assert not np.array_equal(first, wider)
    project.undo()


def test_frames_beside_one_are_ready_for_whoever_asks_later(scene, store, monkeypatch):
    project, _, _ = scene
    [expected] = Preview(project, 80, Store(store.folder.with_name("other"))).frames(range(6, 7))
    preview = Preview(project, 80, store)
    preview.look_ahead(range(5, 6), 60, 2)  # nothing is in memory: nothing to gain
    list(preview.frames(range(5, 6)))
    preview.look_ahead(range(5, 6), 60, 2)
    monkeypatch.setattr(fill, "fill_shot", None, raising=False)
    monkeypatch.setattr(Preview, "_open", None)
    [shown] = Preview(project, 80, store).frames(range(6, 7))
    assert np.array_equal(shown.before, expected.before)
    assert np.array_equal(shown.after, expected.after)


def test_ways_to_compare(scene, store):
    project, _, _ = scene
    [shown] = Preview(project, 80, store).frames(range(5, 6))
    assert np.array_equal(compared(shown, "before"), shown.before)
    assert compared(shown, "side").shape == (48, 160, 3)
    split = compared(shown, "split")
    assert np.array_equal(split[:, :39], shown.before[:, :39])
    assert np.array_equal(split[:, 41:], shown.after[:, 41:])


def test_previews_are_written_as_a_picture_or_a_video(scene, store, tmp_path):
    project, _, _ = scene
    preview = Preview(project, 80, store)
    write_preview(preview, tmp_path / "p.png", slice(3, 4), "side")
    assert cv2.imread(str(tmp_path / "p.png")).shape == (48, 160, 3)
    write_preview(preview, tmp_path / "p.mp4", slice(3, 8))
    assert len(generated.pictures(tmp_path / "p.mp4")) == 5


def test_frames_that_are_not_there_are_refused(scene, store):
    with pytest.raises(UsageError):
        list(Preview(scene[0], 80, store).frames(range(90, 91)))


def test_a_preview_that_is_kept_shows_what_a_new_one_would(scene, tmp_path):
    """Frames back and forth, across the cut, with a change in between: memory changes nothing."""
    project, _, _ = scene
    kept = Preview(project, 80, Store(tmp_path / "one"))
    for step, index in enumerate((4, 5, 12, 15, 14, 4)):
        if step == 2:
            project.edit(SetSettings(grow=2, feather=1))
        fresh = Preview(project, 80, Store(tmp_path / f"{step}"))
        [[ours], [theirs]] = (list(p.frames(range(index, index + 1))) for p in (kept, fresh))
        assert np.array_equal(ours.before, theirs.before), index
        assert np.array_equal(ours.after, theirs.after), index
        assert np.array_equal(ours.provenance, theirs.provenance), index
    kept.close()
    project.undo()


def test_a_long_preview_is_the_frames_one_by_one(scene, tmp_path):
    project, _, _ = scene
    together = Preview(project, 80, Store(tmp_path / "together"))
    alone = Preview(project, 80, Store(tmp_path / "alone"))
    for shown in together.frames(slice(9, 18)):
        [one] = alone.frames(range(shown.index, shown.index + 1))
        assert np.array_equal(one.after, shown.after), shown.index
