"""Sheets show the hole, the same moments in every row, within the frame."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench import sheets


def holes(count: int = 8) -> list[np.ndarray]:
    made = []
    for t in range(count):
        hole = np.zeros((48, 64), bool)
        if t != 2:
            hole[10 : 20 + t, 3 * t : 3 * t + 12] = True
        made.append(hole)
    return made


def test_moments_are_in_order_and_have_a_hole():
    assert sheets.moments(holes(), 3) == [0, 4, 7]
    assert sheets.moments(holes(), 99) == [0, 1, 3, 4, 5, 6, 7]
    assert sheets.moments([np.zeros((4, 4), bool)], 3) == []


@given(at=st.lists(st.sampled_from([0, 1, 3, 4, 5, 6, 7]), min_size=1))
def test_boxes_are_alike_and_contain_their_holes(at: list[int]):
    boxes = sheets.crop_boxes(holes(), at)
    shapes = {holes()[0][box].shape for box in boxes}
    assert len(shapes) == 1
    assert all(holes()[t][box].sum() == holes()[t].sum() for t, box in zip(at, boxes, strict=True))


def test_a_sheet_has_a_row_for_each_clip():
    frames = [np.full((48, 64, 3), 90, np.uint8)] * 8
    one = sheets.contact_sheet({"a": frames}, holes(), columns=3)
    two = sheets.contact_sheet({"a": frames, "b": frames}, holes(), columns=3)
    assert two.shape == (2 * one.shape[0], one.shape[1], 3)
    assert one.shape[1] == 3 * sheets.CELL_WIDTH + 2 * sheets.GAP


def test_a_slice_runs_through_the_hole():
    assert 10 <= sheets.busiest_row(holes()) < 20
    frames = [np.full((48, 64, 3), t, np.uint8) for t in range(8)]
    picture = sheets.time_slice({"a": frames}, holes(), enlarge=2)
    assert picture.shape == (sheets.LABEL_HEIGHT + 16, 128, 3)
    assert list(picture[sheets.LABEL_HEIGHT :: 2, 0, 0]) == list(range(8))


def test_the_outline_is_outside_the_hole():
    frame = np.zeros((48, 64, 3), np.uint8)
    marked = sheets.outlined(frame, holes()[0])
    changed = np.any(marked != frame, axis=2)
    assert changed.any()
    assert not changed[holes()[0]].any()
