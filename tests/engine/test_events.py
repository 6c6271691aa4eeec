"""What is told of a run: events for programs, and an honest pace."""

from __future__ import annotations

import json

import pytest

from cleanplate.engine import events
from cleanplate.engine.events import Event, Pace
from cleanplate.engine.report import FrameReport, Report


def test_events_are_json_without_what_they_do_not_say():
    event = Event("progress", "erase", frame=0, total=90)
    assert event.to_json() == {"event": "progress", "stage": "erase", "frame": 0, "total": 90}


def test_the_pace_is_that_of_the_last_seconds(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(events.time, "monotonic", lambda: now[0])
    pace = Pace(total=300)
    for frame in range(1, 101):  # ten frames a second
        now[0] += 0.1
        rate, _ = pace.at(frame)
    assert rate == pytest.approx(10)
    for frame in range(101, 131):  # then one a second, for longer than the window
        now[0] += 1
        rate, remaining = pace.at(frame)
    assert rate == pytest.approx(1, rel=0.01)
    assert remaining == pytest.approx(170, rel=0.01)


def test_no_pace_is_claimed_at_once_nor_an_end_that_is_not_known(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(events.time, "monotonic", lambda: now[0])
    pace = Pace(total=None)
    now[0] = 0.1
    assert pace.at(5) == (None, None)
    now[0] = 4.6
    assert pace.at(50) == (pytest.approx(10), None)


@pytest.mark.parametrize("kinds", [None, ["filled"] * 60])
def test_what_the_first_frame_has_to_begin_is_not_expected_of_the_others(kinds):
    now = [0.0]
    pace = Pace(60, kinds=kinds, clock=lambda: now[0])
    now[0] += 8  # reading ahead, loading what was compiled
    assert pace.at(1) == (None, None)
    for frame in range(2, 6):
        now[0] += 0.5
        rate, left = pace.at(frame)
    assert (rate, left) == (pytest.approx(2), pytest.approx(55 * 0.5))


def test_a_report_weighs_frames_by_their_holes(tmp_path):
    report = Report("a.mp4", "b.mp4", {})
    report.frames = [
        FrameReport(0, 0.0, hole=0.3, recovered=1.0, synthesised=0.0),
        FrameReport(1, 0.1, hole=0.1, recovered=0.0, synthesised=1.0),
        FrameReport(2, 0.2, hole=0.0, recovered=0.0, synthesised=0.0),
    ]
    path = tmp_path / "r.json"
    report.save(path)
    saved = json.loads(path.read_text())
    assert saved["recovered"] == 0.75
    assert saved["synthesised"] == 0.25
    assert [frame["frame"] for frame in saved["frames"]] == [0, 1, 2]
    assert list(tmp_path.iterdir()) == [path]
