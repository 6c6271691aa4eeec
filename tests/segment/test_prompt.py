"""Points, boxes and scribbles as the promptable network is asked them."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.errors import UsageError
from cleanplate.segment import Prompt
from cleanplate.segment.prompt import sample_stroke


def test_points_are_on_the_object_unless_said_otherwise():
    points, labels = Prompt(points=[(3, 4), (5, 6)]).located()
    assert points.tolist() == [[3, 4], [5, 6]] and labels.tolist() == [True, True]
    _, labels = Prompt(points=[(3, 4), (5, 6)], labels=[1, 0]).located()
    assert labels.tolist() == [True, False]


def test_scribbles_become_a_few_points_along_them():
    line = np.array([(0, 0), (100, 0)], float)
    points, labels = Prompt(points=[(7, 7)], scribbles=[line], not_scribbles=[line + 50]).located()
    assert len(points) == 11 and labels.tolist() == [True] * 6 + [False] * 5
    assert (np.diff(points[1:6, 0]) == 20).all()
    assert (points[6:] >= 50).all()


@pytest.mark.parametrize(
    ("stroke", "count"), [([(5, 5)], 1), ([(5, 5), (5, 5)], 1), ([(0, 0), (0, 900)], 6)]
)
def test_a_stroke_gives_one_to_six_points(stroke, count):
    assert sample_stroke(np.array(stroke, float)).shape == (count, 2)


@pytest.mark.parametrize(
    ("prompt", "ambiguous"),
    [
        (Prompt(points=[(1, 1)]), True),
        (Prompt(points=[(1, 1), (2, 2)]), False),
        (Prompt(points=[(1, 1)], box=(0, 0, 5, 5)), False),
        (Prompt(points=[(1, 1)], mask=np.ones((4, 4), bool)), False),
    ],
)
def test_one_click_alone_is_ambiguous(prompt, ambiguous):
    assert prompt.ambiguous is ambiguous


@pytest.mark.parametrize(
    "prompt",
    [Prompt(points=[(1, 1)], labels=[1, 0]), Prompt(box=(5, 5, 5, 9)), Prompt(box=(9, 0, 1, 9))],
)
def test_impossible_prompts_are_refused(prompt):
    with pytest.raises(UsageError):
        prompt.located()
