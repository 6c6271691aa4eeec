"""Looking for what was named on more than one frame."""

from __future__ import annotations

from cleanplate.engine.pointers import Pointers, _looks


def test_the_first_frame_is_looked_at_first_and_the_last_one_last():
    assert _looks(1) == [0]
    assert _looks(3) == [0, 1, 2]
    assert _looks(101) == [0, 20, 40, 60, 80, 100]


def test_a_frame_that_was_named_moves_with_the_range_and_none_stays_none():
    assert Pointers(("person",), 12).shifted(10).find_at == 2
    assert Pointers(("person",)).shifted(10).find_at is None
