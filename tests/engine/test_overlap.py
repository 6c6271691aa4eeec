"""Stages that overlap: order, bounds, failures, and stopping in time."""

from __future__ import annotations

import threading
import time

import pytest

from cleanplate.engine.overlap import Ahead, Halt, Stopwatch
from cleanplate.errors import Cancelled


def test_items_come_in_order():
    assert list(Ahead(range(100), 3, Halt(), "count")) == list(range(100))


def test_a_stage_runs_no_further_ahead_than_its_queue():
    made = []

    def items():
        for index in range(50):
            made.append(index)
            yield index

    stage = Ahead(items(), 2, Halt(), "count")
    next(stage)
    time.sleep(0.3)
    assert len(made) <= 1 + 2 + 1  # taken, queued, and the one waiting for room


def test_stages_work_at_the_same_time():
    def slowly(items):
        for item in items:
            time.sleep(0.02)
            yield item

    halt = Halt()
    began = time.monotonic()
    first = Ahead(slowly(range(25)), 4, halt, "first")
    assert len(list(slowly(first))) == 25
    assert time.monotonic() - began < 0.85 * 2 * 25 * 0.02


def test_what_a_stage_raises_reaches_the_end_of_the_chain():
    def failing():
        yield 1
        raise ValueError("in the middle")

    halt = Halt()
    chain = Ahead(Ahead(failing(), 2, halt, "a"), 2, halt, "b")
    assert next(chain) == 1
    with pytest.raises(ValueError, match="in the middle"):
        next(chain)


def test_cancelling_ends_the_wait_and_closes_the_items_in_their_own_thread():
    closed_in = []

    def endless():
        try:
            while True:
                yield 0
        finally:
            closed_in.append(threading.current_thread().name)

    cancel = threading.Event()
    stage = Ahead(endless(), 2, Halt(cancel), "endless")
    next(stage)
    cancel.set()
    with pytest.raises(Cancelled):
        for _ in stage:
            pass
    assert stage.join(time.monotonic() + 1)
    assert closed_in == ["endless"]


def test_idle_is_called_while_waiting():
    calls = []

    def late():
        time.sleep(0.3)
        yield 1

    assert list(Ahead(late(), 1, Halt(), "late", idle=lambda: calls.append(1))) == [1]
    assert calls


def test_the_stopwatch_counts_the_making_and_not_the_using():
    def slow():
        for _ in range(3):
            time.sleep(0.03)
            yield

    watch = Stopwatch()
    for _ in watch.timed("slow", slow()):
        time.sleep(0.05)
    assert 0.09 <= watch.seconds["slow"] < 0.15
