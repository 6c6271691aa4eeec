"""What is wrong in a mask is changed where one clicked; what is right stays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cleanplate.segment import Prompt
from cleanplate.segment.correct import corrected, with_context


def disc(x: int, y: int, radius: int) -> np.ndarray:
    mask = np.zeros((60, 90), np.uint8)
    cv2.circle(mask, (x, y), radius, 1, -1)
    return mask > 0


BODY, HAT, HAND = disc(40, 35, 15), disc(40, 14, 6), disc(70, 35, 6)


def test_the_network_is_told_where_the_thing_is():
    asked = with_context(Prompt(points=[(70, 35)], labels=[False], mask=BODY | HAND))
    points, labels = asked.located()
    assert labels.tolist() == [False, True]
    assert BODY[int(points[1, 1]), int(points[1, 0])]
    assert asked.box == (25, 20, 77, 51)
    asked = with_context(Prompt(points=[(70, 35)], mask=BODY | HAND))
    assert asked.box == (64, 29, 77, 42), (
        "where one piece is said to be right, another may be wrong"
    )
    grown = with_context(Prompt(points=[(40, 5)], mask=BODY))
    assert grown.box[1] == 5, "a click beside the mask is a part of the thing as well"
    plain = Prompt(points=[(40, 5)])
    assert with_context(plain) is plain


@pytest.mark.parametrize("on", [True, False])
def test_only_the_part_that_was_clicked_changes(on):
    answer = BODY | HAT if on else BODY
    answer = answer & ~disc(30, 40, 4)  # which nobody asked for
    mask = BODY if on else BODY | HAT | HAND
    point = Prompt(points=[(40, 10)], labels=[on])
    wanted = BODY | HAT if on else (BODY | HAT | HAND) & ~(HAT & ~BODY)
    assert np.array_equal(corrected(mask, answer, point), wanted)


def test_an_answer_that_does_not_do_what_was_said_is_taken_as_it_is():
    answer = BODY & ~disc(30, 40, 4)
    point = Prompt(points=[(70, 35)], labels=[True])
    assert np.array_equal(corrected(BODY, answer, point), answer)
    assert np.array_equal(corrected(np.zeros_like(BODY), BODY, Prompt(points=[(40, 35)])), BODY)
