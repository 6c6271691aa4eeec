"""`cleanplate.erase` on files, from Python."""

from __future__ import annotations

import json
import threading

import generated
import numpy as np
import pytest

import cleanplate
from cleanplate.engine.erase import EraseSettings, erase_clip
from cleanplate.engine.pointers import Box, Pointers, Spot
from cleanplate.engine.report import Origin
from cleanplate.engine.run import OutputSettings
from cleanplate.errors import Cancelled


@pytest.fixture(scope="module")
def shot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shot")
    seen, masks = generated.with_disc(generated.pan("chelsea", 12))
    clip = generated.write_clip(folder / "clip.mp4", seen)
    return clip, generated.write_masks(folder / "masks", masks)


def test_progress_is_told_in_the_calling_thread(shot, tmp_path):
    clip, masks = shot
    told = []
    report = cleanplate.erase(
        clip,
        tmp_path / "clean.mp4",
        mask=masks,
        progress=lambda event: told.append((event, threading.current_thread())),
    )
    assert {thread for _, thread in told} == {threading.current_thread()}
    kinds = [event.kind for event, _ in told]
    assert (kinds[0], kinds[-1]) == ("start", "done")
    assert len(report.frames) == 12
    assert report.recovered + report.synthesised == pytest.approx(1, abs=1e-4)


def test_cancelling_from_the_progress_callback(shot, tmp_path):
    clip, masks = shot
    cancel = threading.Event()

    def stop_soon(event):
        if event.kind == "progress" and event.stage == "erase":
            cancel.set()

    with pytest.raises(Cancelled):
        cleanplate.erase(
            clip, tmp_path / "clean.mp4", mask=masks, progress=stop_soon, cancel=cancel
        )
    assert list(tmp_path.iterdir()) == []


def test_what_the_callback_raises_stops_the_run(shot, tmp_path):
    clip, masks = shot

    def fail(event):
        if event.kind == "progress":
            raise RuntimeError("the window was closed")

    with pytest.raises(RuntimeError, match="window"):
        cleanplate.erase(clip, tmp_path / "clean.mp4", mask=masks, progress=fail)
    assert list(tmp_path.iterdir()) == []


def test_a_result_that_exists_is_untouched_by_a_failed_run(shot, tmp_path):
    clip, masks = shot
    old = tmp_path / "clean.mp4"
    old.write_bytes(b"precious")
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        cleanplate.erase(clip, old, mask=masks, overwrite=True, cancel=cancel)
    assert old.read_bytes() == b"precious"


def test_empty_masks_change_nothing_and_say_so(shot, tmp_path):
    clip, _ = shot
    masks = generated.write_masks(tmp_path / "m", [np.zeros((96, 160), bool)] * 12)
    report = cleanplate.erase(clip, tmp_path / "same.mkv", mask=masks, quality="lossless")
    assert any("nothing" in line for line in report.warnings)
    for old, new in zip(
        generated.planes(clip), generated.planes(tmp_path / "same.mkv"), strict=True
    ):
        assert np.array_equal(old, new)


def test_the_same_run_gives_the_same_file(shot, tmp_path):
    clip, masks = shot
    # In FFV1: x264 on several threads gives another file about once in a thousand times.
    for name in ("a.mkv", "b.mkv"):
        cleanplate.erase(clip, tmp_path / name, mask=masks, quality="lossless")
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()


def test_frames_beyond_the_end_are_said_to_be_lacking(shot, tmp_path):
    clip, masks = shot
    wanted = {"mask": masks, "quality": "draft", "frames": slice(10, 60)}
    told = []
    report = cleanplate.erase(clip, tmp_path / "a.mp4", progress=told.append, **wanted)
    assert [frame.frame for frame in report.frames] == [10, 11]
    assert report.warnings == [event.message for event in told if event.kind == "warning"]
    assert "10:60" in report.warnings[0] and "10:12" in report.warnings[0]


def test_the_report_says_what_was_pointed_at_and_how_long_all_of_it_took(shot, tmp_path):
    clip, masks = shot
    pointers = Pointers(("person",), 3, (Box(0, 2, 1, 2, 30, 40),), (Spot(2, 5, 7, 8, on=False),))
    asked = {
        "find": ["person"],
        "find_at": 3,
        "boxes": [{"frame": 2, "x": 1, "y": 2, "width": 30, "height": 40}],
        "points": [{"object": 2, "frame": 5, "x": 7, "y": 8, "on": False}],
    }
    assert pointers.to_json() == asked
    settings = EraseSettings(
        masks,
        frames=slice(0, 2),
        output=OutputSettings("draft", report=tmp_path / "r.json"),
        origin=Origin(asked=asked, seconds={"find": 100.0, "track": 1000.0}),
    )
    erase_clip(clip, tmp_path / "a.mp4", settings)
    said = json.loads((tmp_path / "r.json").read_text())
    assert said["settings"]["asked"] == asked and said["settings"]["mask"] is None
    assert str(masks) not in json.dumps(said)
    assert said["timings"]["track"] == 1000 and 1100 < said["seconds"] < 1200
