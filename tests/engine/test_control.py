"""Pausing, resuming and stopping, as a person at the controls would notice them."""

from __future__ import annotations

import threading
import time

import pytest

from cleanplate.engine.control import Control
from cleanplate.engine.events import Pace
from cleanplate.engine.overlap import Ahead, Halt
from cleanplate.errors import Cancelled


def _counting(made):
    while True:
        made.append(1)
        time.sleep(0.005)
        yield len(made)


def test_a_paused_run_takes_nothing_more_and_then_goes_on():
    control, made, taken = Control(), [], []
    stage = Ahead(_counting(made), 2, Halt(control), "count")

    def take():
        for item in stage:
            taken.append(item)
            if len(taken) == 40:
                return

    taker = threading.Thread(target=take)
    taker.start()
    while len(taken) < 10:
        time.sleep(0.005)
    control.pause()
    time.sleep(0.2)
    so_far = len(made), len(taken)
    time.sleep(0.3)
    assert (len(made), len(taken)) == so_far
    assert control.paused
    control.resume()
    taker.join(5)
    assert taken == list(range(1, 41))
    control.cancel()


def test_a_paused_run_can_be_stopped():
    control = Control()
    stage = Ahead(_counting([]), 2, Halt(control), "count")
    control.pause()
    threading.Timer(0.2, control.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        for _ in stage:
            pass
    assert time.monotonic() - began < 1


def test_the_time_left_does_not_count_the_pause():
    control = Control()
    halt = Halt(control)
    pace = Pace(100, clock=halt.running_seconds)
    pace.at(1)
    time.sleep(0.3)
    control.pause()
    time.sleep(0.9)
    control.resume()
    assert pace.at(3) == (None, None)  # 0.3 s of work: too early to tell
    assert 0.85 < control.paused_seconds() < 1.2


def test_frames_that_cost_nothing_tell_nothing_of_those_that_do():
    now = [0.0]
    kinds = ["known"] * 100 + ["filled"] * 100
    pace = Pace(200, kinds=kinds, clock=lambda: now[0])
    for frame in range(1, 101):
        now[0] += 0.02
        rate, left = pace.at(frame)
    assert rate == pytest.approx(50, rel=0.05)
    assert left is None  # nobody knows yet what filling costs here
    for frame in range(101, 131):
        now[0] += 0.5
        _, left = pace.at(frame)
    assert left == pytest.approx(70 * 0.5, rel=0.1)
