"""The shadow of a project's object, as an object of its own."""

from __future__ import annotations

import generated
import numpy as np
import pytest

from cleanplate.engine.project_shadow import mark_shadow
from cleanplate.engine.projects import new_project
from cleanplate.engine.store import Store
from cleanplate.engine.tracking import MaskStage
from cleanplate.errors import Cancelled, UsageError


@pytest.fixture
def shaded(tmp_path):
    seen, masks, shadows = generated.with_shadow(generated.pan("coffee", 20))
    clip = generated.write_clip(tmp_path / "clip.mp4", seen)
    drawn = generated.write_masks(tmp_path / "masks", masks)
    project = new_project(clip, tmp_path / "a.cleanplate", drawn)
    return project, Store(tmp_path / "store"), masks, shadows


def test_the_shadow_becomes_an_object_that_can_be_undone(shaded):
    project, store, masks, shadows = shaded
    number = mark_shadow(project, 1, MaskStage(project, store))
    one = project.state().objects[number]
    assert (number, one.name, one.action) == (2, "shadow of 1", "erase")
    stage = MaskStage(project, store)
    found = [stage.known(t)[number].mask for t in range(20)]
    both = [(a & b).sum() / max(b.sum(), 1) for a, b in zip(found, shadows, strict=True)]
    assert np.mean(both[3:17]) > 0.8
    assert not any((a & b).any() for a, b in zip(found, masks, strict=True))
    assert mark_shadow(project, 1, MaskStage(project, store)) == 2  # again: in its place
    project.undo()
    project.undo()
    assert list(project.state().objects) == [1]


def test_what_cannot_be_found_is_said_and_nothing_is_changed(shaded):
    project, store, _, _ = shaded
    with pytest.raises(UsageError, match="no object 7"):
        mark_shadow(project, 7, MaskStage(project, store))

    class Stopped:
        def is_set(self):
            return True

    with pytest.raises(Cancelled):
        mark_shadow(project, 1, MaskStage(project, store), cancel=Stopped())
    assert list(project.state().objects) == [1]
