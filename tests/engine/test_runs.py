"""Runs under control: paused, logged, refused for want of disk, stopped in the middle of anything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple

import generated
import pytest

from cleanplate.engine import disk, runlog
from cleanplate.engine.control import Control
from cleanplate.engine.export import export_project
from cleanplate.engine.projects import new_project
from cleanplate.engine.run import OutputSettings
from cleanplate.engine.runlog import RunLog
from cleanplate.engine.store import Store
from cleanplate.errors import Cancelled, DiskError, UsageError
from cleanplate.project import SetSettings


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage")
    seen, masks = generated.with_disc(generated.pan("coffee", 24))
    clip = generated.write_clip(folder / "clip.mp4", seen)
    return clip, generated.write_masks(folder / "masks", masks)


@pytest.fixture
def project(footage, tmp_path):
    made = new_project(footage[0], tmp_path / "a.cleanplate", footage[1])
    made.edit(SetSettings(quality="draft"))
    return made


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def _lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_paused_export_stands_still_and_its_result_is_the_same(project, store, tmp_path):
    # Lossless: x264 itself does not always write the same file twice on a busy machine.
    once = OutputSettings(quality="lossless")
    export_project(project, tmp_path / "a.mkv", once, store=Store(tmp_path / "other"))
    control, frames = Control(), []

    def pause_once(event):
        if event.stage == "export" and event.kind == "progress":
            frames.append(event.frame)
            if event.frame == 3:
                control.pause()
                threading.Timer(1.0, note).start()

    def note():
        seen.append(len(frames))
        control.resume()

    seen = []
    log = tmp_path / "log.jsonl"
    again = OutputSettings(quality="lossless", log=log)
    export_project(project, tmp_path / "b.mkv", again, pause_once, control, store)
    assert seen == [3]
    assert frames == list(range(1, 25))
    assert _lines(log)[-1]["paused"] >= 0.9
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()


def test_the_log_tells_what_was_done_and_what_was_not(project, store, tmp_path):
    log = tmp_path / "log.jsonl"
    cancel = threading.Event()

    def stop_in_the_middle(event):
        if event.stage == "export" and event.frame == 6:
            cancel.set()

    settings = OutputSettings(log=log, overwrite=True)
    with pytest.raises(Cancelled):
        export_project(project, tmp_path / "a.mp4", settings, stop_in_the_middle, cancel, store)
    export_project(project, tmp_path / "a.mp4", settings, store=store)
    lines = _lines(log)
    runs = list(dict.fromkeys(line["run"] for line in lines))
    first, second = ([line for line in lines if line["run"] == run] for run in runs)
    assert [line["event"] for line in first][0 :: len(first) - 1] == ["start", "end"]
    assert (first[-1]["result"], second[-1]["result"]) == ("stopped", "done")
    assert 6 <= first[-1]["frames"] < 24
    filled = {line["stage"]: line for line in second if line["event"] == "stage"}["fill"]
    assert filled["hits"] >= 6
    assert filled["hits"] + filled["frames"] == 24
    assert filled["seconds"] > 0
    assert {line["event"] for line in second} == {"start", "plan", "stage", "end"}


def test_the_users_own_log_is_kept_small(tmp_path, monkeypatch):
    monkeypatch.setattr(runlog, "default_log", lambda: tmp_path / "state" / "runs.jsonl")
    monkeypatch.setattr(runlog, "LARGEST", 2000)
    for number in range(60):
        RunLog().write("start", source="x" * 150, number=number)
    logs = sorted((tmp_path / "state").iterdir())
    assert [log.name for log in logs] == [
        "runs.1.jsonl", "runs.2.jsonl", "runs.3.jsonl", "runs.jsonl"
    ]  # fmt: skip
    assert sum(log.stat().st_size for log in logs) < 4 * 2300
    assert _lines(tmp_path / "state" / "runs.jsonl")[-1]["number"] == 59


def test_a_log_that_can_not_be_written_is_refused_when_it_was_asked_for(project, store, tmp_path):
    settings = OutputSettings(log=tmp_path / "no" / "such.jsonl")
    with pytest.raises(UsageError, match="name another file"):
        export_project(project, tmp_path / "a.mp4", settings, store=store)


Usage = namedtuple("Usage", "total used free")


def test_what_will_not_fit_is_said_before_any_work(project, store, tmp_path, monkeypatch):
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda place: Usage(10**9, 10**9, 10**6))
    told = []
    with pytest.raises(DiskError, match=r"1\.0 MB are free.*CLEANPLATE_STORE"):
        export_project(project, tmp_path / "a.mp4", progress=told.append, store=store)
    plan = next(event.details for event in told if event.kind == "plan")
    assert plan["to_fill"] == plan["frames"] == 24
    assert not [event for event in told if event.stage == "export"]
    assert not list(tmp_path.glob("*a.mp4"))


def test_the_room_that_is_foretold_is_enough_and_not_absurd(project, store, tmp_path):
    told = []
    before = store.size()
    export_project(project, tmp_path / "a.mp4", progress=told.append, store=store)
    plan = next(event.details for event in told if event.kind == "plan")
    stored = store.size() - before
    assert stored <= plan["store_bytes"] <= 4 * stored
    assert (tmp_path / "a.mp4").stat().st_size <= plan["output_bytes"]
    told.clear()
    export_project(project, tmp_path / "b.mp4", progress=told.append, store=store)
    plan = next(event.details for event in told if event.kind == "plan")
    assert (plan["to_fill"], plan["store_bytes"]) == (0, 0)


def test_ctrl_c_while_the_encoder_empties_itself_leaves_nothing(tmp_path):
    """H.265 at its best holds some thirty frames back, and takes its time over them at the end."""
    frames = [frame.repeat(6, 0).repeat(6, 1) for frame in generated.pan("coffee", 48)]
    seen, masks = generated.with_disc(frames)
    clip = generated.write_clip(tmp_path / "clip.mp4", seen)
    masks = generated.write_masks(tmp_path / "masks", masks[:1]) / "00000.png"
    folder = tmp_path / "results"
    folder.mkdir()
    project = new_project(clip, tmp_path / "a.cleanplate", masks)
    project.edit(SetSettings(quality="draft"))
    command = ["export", tmp_path / "a.cleanplate", "-o", folder / "out.mkv", "--json"]
    command += ["--codec", "h265", "--quality", "best"]
    process = subprocess.Popen(
        [sys.executable, "-m", "cleanplate", *map(str, command)],
        env={**os.environ, "CLEANPLATE_STORE": str(tmp_path / "store"),
             "XDG_STATE_HOME": str(tmp_path / "state")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        event = json.loads(line)
        if event.get("stage") == "export" and event.get("frame") == 48:
            break
    assert [path.name[-9:] for path in folder.iterdir()] == [".part.mkv"]
    assert process.poll() is None, "the encoder was too fast for this test"
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert time.monotonic() - began < 3
    assert list(folder.iterdir()) == []
