"""Projects: what was said is kept, can be undone, and finds its clip again."""

from __future__ import annotations

import json
import multiprocessing
import shutil

import numpy as np
import pytest

from cleanplate.errors import ProjectError, UsageError
from cleanplate.project import Project, RemoveObject, SetMasks, SetObject, SetSettings
from cleanplate.project.schema import VERSION


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(range(256)) * 5000)
    return path


@pytest.fixture
def project(tmp_path, clip):
    return Project.create(tmp_path / "a.cleanplate", clip)


def test_edits_add_up_in_this_session_and_the_next(project):
    project.edit(SetSettings(grow=3, quality="best"))
    project.edit(SetSettings(grow=5))
    project.edit(SetMasks(object=1, runs=[(0, None, "a.png")]))
    project.edit(SetMasks(object=1, runs=[(10, 20, "b.png")]))
    project.edit(SetObject(object=1, name="the ball"))
    for opened in (project, Project.open(project.folder)):
        state = opened.state()
        assert state.settings == {"grow": 5, "quality": "best"}
        ball = state.objects[1]
        assert ball.name == "the ball"
        pictures = [ball.given(i) for i in (0, 10, 19, 20)]
        assert pictures == [("a.png",), ("b.png",), ("b.png",), ("a.png",)]
    project.edit(RemoveObject(object=1))
    assert not project.state().objects


def test_undo_and_redo_work_across_sessions(project):
    for px in (1, 2, 3):
        project.edit(SetSettings(grow=px))
    assert Project.open(project.folder).undo() == SetSettings(grow=3)
    assert Project.open(project.folder).undo() == SetSettings(grow=2)
    assert project.state().settings == {"grow": 1}
    assert Project.open(project.folder).redo() == SetSettings(grow=2)
    assert project.state().settings == {"grow": 2}
    project.edit(SetSettings(feather=1))
    with pytest.raises(UsageError, match="nothing to redo"):
        project.redo()
    for _ in range(3):
        project.undo()
    with pytest.raises(UsageError, match="nothing to undo"):
        project.undo()


def test_masks_are_kept_once_and_come_back(project):
    mask = np.random.default_rng(1).random((48, 64)) > 0.5
    name = project.keep_mask(mask)
    assert project.keep_mask(mask.copy()) == name
    assert project.keep_mask(~mask) != name
    assert np.array_equal(Project.open(project.folder).load_mask(name), mask)
    with pytest.raises(ProjectError, match="missing"):
        project.load_mask("0.png")


def test_a_clip_that_moved_with_its_project_is_found(project, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(project.folder, elsewhere)
    shutil.move(tmp_path / "clip.mp4", elsewhere)
    opened = Project.open(elsewhere / "a.cleanplate")
    assert opened.clip() == elsewhere / "clip.mp4"


def test_a_renamed_clip_is_found_by_its_content(project, clip):
    clip.rename(clip.with_name("other name.mp4"))
    assert Project.open(project.folder).clip().name == "other name.mp4"


def test_a_clip_that_went_far_is_named_by_the_user(project, clip, tmp_path):
    far = tmp_path / "far"
    far.mkdir()
    shutil.move(clip, far / "x.mp4")
    with pytest.raises(ProjectError, match="is gone"):
        project.clip()
    project.find_clip(far / "x.mp4")
    assert Project.open(project.folder).clip() == far / "x.mp4"


def test_a_changed_clip_is_noticed_and_a_touched_one_is_not(project, clip):
    data = bytearray(clip.read_bytes())
    clip.write_bytes(data)
    assert project.clip() == clip
    data[600_000] ^= 1
    clip.write_bytes(data)
    with pytest.raises(ProjectError, match="has changed"):
        Project.open(project.folder).clip()
    with pytest.raises(ProjectError, match="another clip"):
        project.find_clip(clip)


def test_a_folder_of_frames_is_known_by_its_content(tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for index in range(3):
        (frames / f"{index}.png").write_bytes(bytes([index]) * 100)
    project = Project.create(tmp_path / "b.cleanplate", frames)
    assert project.clip() == frames
    (frames / "1.png").write_bytes(b"other")
    with pytest.raises(ProjectError, match="has changed"):
        project.clip()


def test_nothing_is_overwritten_by_a_new_project(project, clip):
    with pytest.raises(UsageError, match="exists already"):
        Project.create(project.folder, clip)
    with pytest.raises(UsageError, match="does not exist"):
        Project.create(project.folder.with_name("c.cleanplate"), "no.mp4")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not a project"),
        ("[]", "not a project"),
        (json.dumps({"version": VERSION + 1}), "later Cleanplate"),
        (json.dumps({"version": VERSION, "source": 1}), "damaged"),
    ],
)
def test_what_is_no_project_is_refused(project, text, words):
    (project.folder / "project.json").write_text(text)
    with pytest.raises(ProjectError, match=words):
        Project.open(project.folder)


def test_a_folder_without_a_project_is_refused(tmp_path):
    with pytest.raises(ProjectError, match="no project"):
        Project.open(tmp_path)


def test_an_edit_from_the_future_is_refused(project):
    project._journal.append({"edit": {"kind": "teleport"}})
    with pytest.raises(ProjectError, match="later Cleanplate"):
        Project.open(project.folder)


def test_damage_in_the_middle_is_not_taken_for_a_torn_end(project):
    for px in range(5):
        project.edit(SetSettings(grow=px))
    path = project.folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"2", b"7")
    path.write_bytes(b"".join(lines))
    with pytest.raises(ProjectError, match="line 3"):
        Project.open(project.folder)


def _edit_many(folder, first, count):
    project = Project.open(folder)
    for px in range(first, first + count):
        project.edit(SetSettings(grow=px))


def test_two_processes_edit_one_project(project):
    start = multiprocessing.get_context("fork").Process
    writers = [start(target=_edit_many, args=(project.folder, 100 * n, 40)) for n in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done = [edit.grow for edit in project.history().done]
    assert sorted(done) == [*range(100, 140), *range(200, 240)]
    assert [px for px in done if px < 200] == list(range(100, 140))
