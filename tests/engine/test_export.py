"""Projects are exported as they would be erased, resume after anything, redo only what changed.

Files are compared byte for byte in FFV1: x264 itself, on several threads, gives another file for the
very same frames about once in a thousand times.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading

import generated
import numpy as np
import pytest

import cleanplate
from cleanplate.engine import pieces
from cleanplate.engine.export import export_project
from cleanplate.engine.projects import new_project
from cleanplate.engine.run import OutputSettings
from cleanplate.engine.store import Store
from cleanplate.errors import Cancelled, UsageError
from cleanplate.project import Project, SetMasks, SetSettings


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    """Two shots of twelve frames, with a disc to remove."""
    folder = tmp_path_factory.mktemp("footage")
    clean = generated.pan("coffee", 12) + generated.pan("astronaut", 12)
    seen, masks = generated.with_disc(clean)
    clip = generated.write_clip(folder / "clip.mp4", seen)
    return clip, generated.write_masks(folder / "masks", masks), masks


@pytest.fixture
def project(footage, tmp_path):
    clip, masks, _ = footage
    made = new_project(clip, tmp_path / "a.cleanplate", masks)
    made.edit(SetSettings(grow=2, feather=1, quality="draft"))
    return made


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def filled(monkeypatch):
    """The numbers of frames that were filled, and not taken from the store."""
    frames = []

    def watched(images, holes, settings, wanted, first):
        for one in real(images, holes, settings, wanted, first):
            frames.append(1)
            yield one

    real = pieces.fill_shot
    monkeypatch.setattr(pieces, "fill_shot", watched)
    return frames


LOSSLESS = OutputSettings(quality="lossless", overwrite=True)


def test_an_export_is_what_erase_would_have_written(footage, project, store, tmp_path):
    clip, masks, _ = footage
    sources = OutputSettings("lossless", provenance=tmp_path / "a from.mkv")
    report = export_project(project, tmp_path / "a.mkv", sources, store=store)
    # A project is filled as drafted, and written losslessly; erase has one word for both.
    told = cleanplate.erase(
        clip,
        tmp_path / "b.mp4",
        mask=masks,
        grow=2,
        feather=1,
        quality="draft",
        provenance=tmp_path / "b from.mkv",
    )
    shown = [generated.pictures(tmp_path / f"{name} from.mkv") for name in "ab"]
    # Not bit by bit: x264 does not always write the same file twice on a busy machine.
    assert generated.psnr(*map(np.stack, shown)) > 35
    assert report.shots == told.shots == [[0, 12], [12, 24]]
    assert report.frames == told.frames


def test_choices_without_a_meaning_are_refused(project, tmp_path):
    with pytest.raises(UsageError, match="background is for a cutout"):
        cleanplate.export(project, tmp_path / "a.mkv", background="blur:5")
    with pytest.raises(UsageError, match="no object has a mask to cut out"):
        cleanplate.export(project, tmp_path / "a.mkv", what="cutout", cluster="local")
    assert not list(tmp_path.glob("*a.mkv*"))


def test_a_second_export_fills_nothing_and_is_the_same(project, store, tmp_path, filled):
    export_project(project, tmp_path / "a.mkv", LOSSLESS, store=store)
    assert len(filled) == 24
    filled.clear()
    export_project(project, tmp_path / "b.mkv", LOSSLESS, store=store)
    assert filled == []
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()


def test_a_part_is_what_it_is_in_the_whole(project, store, tmp_path, filled):
    """Over a cut, filled from what is seen outside of it as well, and not filled again."""
    report = export_project(
        project, tmp_path / "part.mkv", LOSSLESS, store=store, frames=slice(8, 17)
    )
    assert [frame.frame for frame in report.frames] == list(range(8, 17))
    assert report.shots == [[8, 12], [12, 17]]
    assert len(filled) == 9
    filled.clear()
    export_project(project, tmp_path / "whole.mkv", LOSSLESS, store=store)
    assert len(filled) == 15
    part, whole = (generated.planes(tmp_path / f"{name}.mkv") for name in ("part", "whole"))
    assert all(np.array_equal(a, b) for a, b in zip(part, list(whole)[8:17], strict=True))
    with pytest.raises(UsageError, match="the clip's last, 23"):
        export_project(project, tmp_path / "none.mkv", LOSSLESS, store=store, frames=slice(24, 30))
    assert not list(tmp_path.glob("*none.mkv*"))


def test_an_export_goes_on_where_it_was_stopped(project, store, tmp_path, filled):
    export_project(project, tmp_path / "whole.mkv", LOSSLESS, store=Store(tmp_path / "other"))
    filled.clear()
    cancel = threading.Event()

    def stop_in_the_middle(event):
        if event.stage == "export" and event.frame == 9:
            cancel.set()

    with pytest.raises(Cancelled):
        export_project(project, tmp_path / "a.mkv", LOSSLESS, stop_in_the_middle, cancel, store)
    before = len(filled)
    assert 9 <= before < 24
    export_project(project, tmp_path / "a.mkv", LOSSLESS, store=store)
    assert len(filled) - before <= 24 - 9
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "whole.mkv").read_bytes()


def test_an_export_goes_on_after_being_killed(project, tmp_path, filled):
    """kill -9 in the middle, twice; then to the end."""
    environment = {**os.environ, "CLEANPLATE_STORE": str(tmp_path / "store")}
    out = tmp_path / "a.mkv"
    command = ["export", project.folder, "-o", out, "--json", "--quality", "lossless"]
    for stop_at in (4, 11):
        process = subprocess.Popen(
            [sys.executable, "-m", "cleanplate", *map(str, command)],
            env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        for line in process.stdout:
            event = json.loads(line)
            if event.get("stage") == "export" and event.get("frame", 0) >= stop_at:
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not out.exists()
    export_project(project, out, LOSSLESS, store=Store(tmp_path / "store"))
    assert 0 < len(filled) <= 24 - 11
    export_project(project, tmp_path / "whole.mkv", LOSSLESS, store=Store(tmp_path / "fresh"))
    assert out.read_bytes() == (tmp_path / "whole.mkv").read_bytes()


def test_changing_one_shot_fills_only_that_shot(footage, project, store, tmp_path, filled):
    export_project(project, tmp_path / "a.mkv", LOSSLESS, store=store)
    filled.clear()
    extra = np.zeros((96, 160), bool)
    extra[5:15, 5:25] = True
    name = project.keep_mask(extra)
    project.edit(SetMasks(object=2, runs=[(12, 24, name)]))
    export_project(project, tmp_path / "b.mkv", LOSSLESS, store=store)
    assert len(filled) == 12
    filled.clear()
    project.undo()
    export_project(project, tmp_path / "c.mkv", LOSSLESS, store=store)
    assert filled == []
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "c.mkv").read_bytes()


def test_a_moved_project_and_clip_still_share_the_store(footage, project, store, tmp_path, filled):
    export_project(project, tmp_path / "a.mkv", LOSSLESS, store=store)
    filled.clear()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(project.folder, elsewhere)
    shutil.copy2(footage[0], elsewhere / "renamed.mp4")
    moved = Project.open(elsewhere / "a.cleanplate")
    moved.find_clip(elsewhere / "renamed.mp4")
    export_project(moved, tmp_path / "b.mkv", LOSSLESS, store=store)
    assert filled == []


def test_a_project_without_masks_has_nothing_to_export(footage, tmp_path, store):
    project = new_project(footage[0], tmp_path / "b.cleanplate")
    with pytest.raises(UsageError, match="no object has a mask"):
        export_project(project, tmp_path / "a.mkv", LOSSLESS, store=store)


def test_a_store_that_is_too_small_costs_time_and_not_the_result(project, tmp_path, store):
    export_project(project, tmp_path / "a.mkv", LOSSLESS, store=store)
    tiny = Store(tmp_path / "tiny", limit=20_000)
    export_project(project, tmp_path / "b.mkv", LOSSLESS, store=tiny)
    export_project(project, tmp_path / "c.mkv", LOSSLESS, store=tiny)
    a, b, c = ((tmp_path / f"{name}.mkv").read_bytes() for name in "abc")
    assert a == b == c
