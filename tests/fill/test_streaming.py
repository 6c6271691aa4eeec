"""The fill works in a stream, and what it gives depends on nothing but frames, holes, settings."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from fill.fill_scenes import crossed, disc, panned, photograph

from cleanplate.fill import FillSettings, context, deciding, fill_shot, shot
from cleanplate.fill.planning import plan_frame

DRAFT = FillSettings("draft")


def long_clip(count: int, taken: list):
    """Small frames, one by one, each noted in `taken` by a weak reference."""
    picture = photograph("coffee", 32, 48 + count).astype(np.uint8)
    for t in range(count):
        frame = picture[:, t : t + 48].copy()
        taken.append(weakref.ref(frame))
        yield frame


def small_holes(count: int):
    return (disc(24 + 12 * np.sin(t / 6), 16, 5, 48, 32) for t in range(count))


def test_frames_are_taken_as_they_are_needed_and_let_go():
    count, taken, alive = 130, [], []
    results = fill_shot(long_clip(count, taken), small_holes(count), DRAFT)
    assert not taken  # nothing is read before the first is asked for
    next(results)
    ahead = context(DRAFT) + DRAFT.workers + 2
    assert len(taken) <= ahead
    for done, _ in enumerate(results, start=2):
        assert len(taken) <= done + ahead
        alive.append(sum(frame() is not None for frame in taken))
    assert done == count
    assert max(alive) <= 2 * context(DRAFT) + DRAFT.workers + 4
    assert max(alive) < 0.75 * count


def test_abandoning_a_fill_lets_everything_go():
    taken = []
    results = fill_shot(long_clip(60, taken), small_holes(60), DRAFT)
    next(results)
    results.close()
    del results
    assert sum(frame() is not None for frame in taken) <= 1


def test_a_source_that_breaks_is_heard_of():
    def broken():
        yield from long_clip(5, [])
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="went away"):
        list(fill_shot(broken(), small_holes(9), DRAFT))


@pytest.fixture(scope="module")
def whole():
    scene = crossed(12)
    return scene, scene.fill(FillSettings("good", workers=1))


def same(one, two):
    np.testing.assert_array_equal(one.image, two.image)
    np.testing.assert_array_equal(one.provenance, two.provenance)


@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_changes_nothing(whole, workers):
    scene, results = whole
    for one, two in zip(results, scene.fill(FillSettings("good", workers=workers)), strict=True):
        same(one, two)


@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_made_up_for_long_stays_still_and_waits_for_nobody(workers):
    """A still camera and a still hole, over more frames than lie between two key frames."""
    frame = photograph("gravel", 32, 48).astype(np.uint8)
    hole = disc(24, 16, 6, 48, 32)
    settings = FillSettings("draft", workers=workers)
    results = list(fill_shot([frame] * 60, [hole] * 60, settings))
    images = np.stack([r.image[hole] for r in results]).astype(np.float32)
    assert np.abs(np.diff(images, axis=0)).mean(axis=(1, 2)).max() < 3
    assert all(r.synthesised == 1 for r in results)


def test_arrays_and_iterators_are_the_same(whole):
    scene, results = whole
    streamed = fill_shot((f for f in scene.seen), iter(list(scene.holes)))
    for one, two in zip(results, streamed, strict=True):
        same(one, two)


def test_frames_that_are_only_looked_at_are_not_returned(whole):
    scene, results = whole
    some = list(fill_shot(scene.seen, scene.holes, wanted=range(3, 6)))
    assert len(some) == 3
    for one, two in zip(results[3:6], some, strict=True):
        same(one, two)


@pytest.mark.parametrize("settings", [DRAFT, FillSettings()], ids=["draft", "good"])
def test_a_piece_with_its_context_is_filled_like_the_whole(settings):
    count, at = 2 * context(settings) + 12, context(settings) + 5
    wanted = range(at, at + 2)
    frames = list(long_clip(count, []))
    holes = list(small_holes(count))
    everything = list(fill_shot(frames, holes, settings))
    around = deciding(wanted, settings)
    first, piece = around.start, slice(around.start, around.stop)
    asked = range(at - first, at - first + 2)
    for k, result in enumerate(fill_shot(frames[piece], holes[piece], settings, asked, first)):
        np.testing.assert_array_equal(result.image, everything[at + k].image)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_no_frame_is_planned_twice(workers, monkeypatch):
    planned = []

    def plan(window, index, settings):
        planned.append(index)
        return plan_frame(window, index, settings)

    monkeypatch.setattr(shot, "plan_frame", plan)
    list(fill_shot(long_clip(40, []), small_holes(40), FillSettings(workers=workers)))
    assert sorted(planned) == list(range(40))


def test_a_shot_without_frames_or_without_holes_is_fine():
    assert list(fill_shot([], [])) == []
    scene = panned(count=3)
    for result, frame in zip(fill_shot(scene.truth, scene.holes & False), scene.truth, strict=True):
        np.testing.assert_array_equal(result.image, frame)
        assert result.recovered == result.synthesised == 0
