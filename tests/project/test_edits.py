"""What each edit does, and that every one of them can be taken back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cleanplate.project import (
    Key,
    MergeObjects,
    Project,
    Prompts,
    RemoveKey,
    RemoveObject,
    SetKey,
    SetMasks,
    SetObject,
    SetSettings,
    State,
    Stroke,
    Together,
)
from cleanplate.project.journal import _line
from cleanplate.project.schema import read_edit
from cleanplate.project.state import History
from cleanplate.segment.edges import EdgeSettings


@pytest.fixture
def project(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"clip" * 1000)
    return Project.create(tmp_path / "a.cleanplate", tmp_path / "clip.mp4")


def state_of(*edits) -> State:
    state = State()
    for edit in edits:
        state.apply(edit)
    return state


def test_key_frames_are_kept_with_what_made_them(project):
    mask = np.zeros((24, 32), bool)
    mask[5:9, 7:20] = True
    clicks = Prompts(
        points=[(8, 6.5), (30, 2)],
        labels=[True, False],
        box=(6, 4, 21, 10),
        strokes=[Stroke(points=[(9, 6), (12, 7)], on=False)],
    )
    project.edit(SetKey(object=2, frame=3, mask=project.keep_mask(mask), prompts=clicks))
    project.edit(SetKey(object=2, frame=8, mask=project.keep_mask(~mask)))
    thing = Project.open(project.folder).state().objects[2]
    assert sorted(thing.keys) == [3, 8]
    assert thing.keys[3].prompts == clicks
    assert np.array_equal(project.load_masks(thing.keys[3].pictures), mask)
    project.edit(RemoveKey(object=2, frame=3))
    assert sorted(project.state().objects[2].keys) == [8]


def test_an_object_has_a_name_a_look_an_action_and_edges():
    fresh = state_of(SetKey(object=1, frame=0, mask="a.png")).objects[1]
    assert (fresh.action, fresh.visible, fresh.locked) == ("erase", True, False)
    assert fresh.edge == EdgeSettings()
    one = state_of(
        SetObject(object=1, name="the ball", colour="#102030", action="keep", grow=2),
        SetObject(object=1, visible=False, locked=True, feather=1.5, holes=30),
    ).objects[1]
    assert (one.name, one.colour, one.action) == ("the ball", "#102030", "keep")
    assert (one.visible, one.locked) == (False, True)
    assert one.edge == EdgeSettings(grow=2, feather=1.5, holes=30)
    two = state_of(SetObject(object=1), SetObject(object=2)).objects
    assert two[1].colour != two[2].colour


def test_merged_objects_have_the_keys_and_masks_of_both():
    state = state_of(
        SetKey(object=1, frame=0, mask="a.png"),
        SetKey(object=1, frame=5, mask="b.png"),
        SetKey(object=2, frame=0, mask="c.png"),
        SetKey(object=2, frame=9, mask="d.png"),
        SetMasks(object=1, runs=[(20, 30, "e.png")]),
        SetMasks(object=2, runs=[(25, None, "f.png")]),
        MergeObjects(object=2, into=1, keys=[(9, "both.png")]),
    )
    assert list(state.objects) == [1]
    one = state.objects[1]
    assert one.keys == {0: Key(("a.png", "c.png")), 5: Key(("b.png",)), 9: Key(("both.png",))}
    given = [one.given(i) for i in (19, 20, 25, 29, 30, 500)]
    assert given == [
        (), ("e.png",), ("e.png", "f.png"), ("e.png", "f.png"), ("f.png",), ("f.png",),
    ]  # fmt: skip
    state.apply(SetMasks(object=1, runs=[(26, 28, "g.png")]))
    assert one.given(26) == ("g.png",)


def test_several_edits_are_taken_back_as_one(project):
    project.edit(SetSettings(grow=1))
    keys = [SetKey(object=n, frame=0, mask="a.png") for n in (1, 2, 3)]
    project.edit(Together(edits=[*keys, SetObject(object=2, name="dog")]))
    assert sorted(project.state().objects) == [1, 2, 3]
    project.undo()
    assert project.state() == state_of(SetSettings(grow=1))
    project.redo()
    assert project.state().objects[2].name == "dog"


@pytest.mark.parametrize(
    "make",
    [
        lambda: SetKey(object=0, frame=0, mask="a.png"),
        lambda: SetKey(object=1, frame=-1, mask="a.png"),
        lambda: Prompts(points=[(1, 2)], labels=[]),
        lambda: SetObject(object=1, colour="red"),
        lambda: SetObject(object=1, action="explode"),
        lambda: SetObject(object=1, grow=-1),
        lambda: SetSettings(grow=1e9),
        lambda: SetSettings(matte_choke=-501),
        lambda: MergeObjects(object=1, into=1),
        lambda: Together(edits=[]),
    ],
)
def test_what_cannot_be_meant_is_refused(make):
    with pytest.raises(ValidationError):
        make()


numbers = st.integers(1, 3)
frames = st.integers(0, 9)
pictures = st.sampled_from(["a.png", "b.png", "c.png"])
single = st.one_of(
    st.builds(SetKey, object=numbers, frame=frames, mask=pictures),
    st.builds(RemoveKey, object=numbers, frame=frames),
    st.builds(SetMasks, object=numbers, runs=st.lists(st.tuples(frames, st.none(), pictures))),
    st.builds(
        SetObject,
        object=numbers,
        action=st.sampled_from([None, "erase", "keep", "cutout"]),
        grow=st.none() | st.floats(0, 9),
        visible=st.none() | st.booleans(),
    ),
    st.builds(RemoveObject, object=numbers),
    st.tuples(numbers, numbers)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: MergeObjects(object=pair[0], into=pair[1])),
    st.builds(SetSettings, feather=st.floats(0, 9), tracking=st.sampled_from(["draft", "best"])),
)
edits = single | st.builds(Together, edits=st.lists(single, min_size=1, max_size=3))


@settings(max_examples=150, deadline=None)
@given(st.lists(edits | st.sampled_from(["undo", "redo"]), max_size=25))
def test_undo_and_redo_are_exact_whatever_was_done(steps):
    """Against the plain model: a list of edits, and a finger on it. Through the journal's own
    text, so that what is read back is what was said."""
    entries, made, finger = [], [], 0
    for step in steps:
        if step == "undo":
            if not finger:
                continue
            finger -= 1
            entries.append({"undo": True})
        elif step == "redo":
            if finger == len(made):
                continue
            finger += 1
            entries.append({"redo": True})
        else:
            made = [*made[:finger], step]
            finger += 1
            entries.append({"edit": step.model_dump(mode="json")})
        told = [json.loads(_line(entry).split(b" ", 1)[1]) for entry in entries]
        history = History.of(told)
        assert history.state() == state_of(*made[:finger])
        assert len(history.undone) == len(made) - finger


def _old_project(folder: Path) -> Path:
    """A project as version 1 wrote it, in its own words."""
    clip = folder / "clip.mp4"
    clip.write_bytes(b"clip" * 1000)
    old = folder / "old.cleanplate"
    Project.create(old, clip)
    path = old / "project.json"
    path.write_text(path.read_text().replace('"version": 2', '"version": 1'))
    entries = [
        {"edit": {"kind": "masks", "object": 1, "runs": [[0, None, "a.png"], [3, 5, "b.png"]]}},
        {"edit": {"kind": "name object", "object": 1, "name": "the ball"}},
        {"edit": {"kind": "settings", "grow": 3.0, "feather": 9000.0, "quality": "best"}},
        {"edit": {"kind": "remove object", "object": 1}},
        {"undo": True},
    ]
    (old / "journal.jsonl").write_bytes(b"".join(map(_line, entries)))
    return old


def test_a_project_of_the_first_version_opens_and_goes_on(tmp_path):
    old = _old_project(tmp_path)
    before = (old / "journal.jsonl").read_bytes()
    project = Project.open(old)
    state = project.state()
    assert state.settings == {"grow": 3.0, "feather": 500.0, "quality": "best"}
    assert state.objects[1].name == "the ball"
    assert [state.objects[1].given(i) for i in (0, 3, 5)] == [("a.png",), ("b.png",), ("a.png",)]
    assert json.loads((old / "project.json").read_text())["version"] == 1  # only looked at
    project.edit(SetKey(object=2, frame=0, mask="c.png"))
    assert json.loads((old / "project.json").read_text())["version"] == 2
    assert (old / "journal.jsonl").read_bytes().startswith(before)  # nothing said is rewritten
    again = Project.open(old)
    assert sorted(again.state().objects) == [1, 2]
    for _ in range(4):
        again.undo()
    assert again.state() == State()


def test_cleaning_deletes_only_what_no_edit_can_need(project):
    rng = np.random.default_rng(3)
    used, undone, loose = (project.keep_mask(rng.random((24, 32)) > 0.5) for _ in range(3))
    project.edit(SetKey(object=1, frame=0, mask=used))
    project.edit(SetKey(object=1, frame=1, mask=undone))
    project.undo()
    assert project.clean() == 0  # stored just now: somebody may be about to name it
    freed = project.clean(older=0)
    assert freed > 0
    left = {path.name for path in (project.folder / "masks").iterdir()}
    assert left == {used, undone}
    assert loose not in left


def test_as_many_runs_as_frames_are_found_quickly():
    count = 20_000
    runs = [(i, i + 1, f"{i}.png") for i in range(count)]
    over = [(5, 100, "over.png"), (50, None, "end.png"), (60, 70, "top.png")]
    one = state_of(SetMasks(object=1, runs=runs), SetMasks(object=1, runs=over)).objects[1]
    began = time.process_time()
    found = [one.given(i)[0] for i in range(count)]
    assert time.process_time() - began < 2
    wanted = ["over.png" if i >= 5 else f"{i}.png" for i in range(50)]
    assert found[:50] == wanted
    assert set(found[50:60] + found[70:]) == {"end.png"}
    assert set(found[60:70]) == {"top.png"}


def test_distances_that_once_had_no_end_are_cut_in_several_edits_made_as_one_too():
    far = {"kind": "settings", "grow": 9000, "matte_choke": -9000.0}
    [one] = read_edit({"kind": "together", "edits": [far]}).edits
    assert (one.grow, one.matte_choke) == (500, -500)


@pytest.mark.parametrize(
    "edit",
    [
        {"kind": "settings", "grow": "far"},
        {"kind": "settings", "feather": [1]},
        {"kind": "together", "edits": 3},
        {"kind": "together", "edits": ["grow"]},
        {"kind": []},
        {},
    ],
)
def test_an_edit_that_is_none_is_refused(edit):
    with pytest.raises(ValueError):
        read_edit(edit)
