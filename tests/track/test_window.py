"""Where the tracker looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.track.network import input_size
from cleanplate.track.window import Window, choose_window, whole


@given(
    st.integers(1, 4000),
    st.integers(1, 3000),
    st.data(),
)
def test_a_window_lies_in_the_frame_and_holds_the_object(width, height, data):
    x0 = data.draw(st.integers(0, width - 1))
    y0 = data.draw(st.integers(0, height - 1))
    x1 = data.draw(st.integers(x0 + 1, width))
    y1 = data.draw(st.integers(y0 + 1, height))
    window = choose_window((x0, y0, x1, y1), (height, width))
    assert window.x >= 0 and window.x + window.width <= width
    assert window.y >= 0 and window.y + window.height <= height
    assert window.width > 0 and window.height > 0
    assert window.holds((x0, y0, x1, y1))


def test_a_window_stays_put_while_its_object_moves_a_little():
    first = choose_window((400, 200, 480, 290), (480, 854))
    assert choose_window((408, 204, 486, 296), (480, 854), first) == first
    assert choose_window((700, 204, 790, 296), (480, 854), first) != first


def test_a_half_hidden_object_keeps_its_window():
    first = choose_window((400, 200, 480, 290), (480, 854))
    assert choose_window((400, 200, 420, 290), (480, 854), first, long=90) == first


def test_a_large_object_gets_the_whole_frame():
    assert choose_window((50, 40, 800, 460), (480, 854)) == whole((480, 854))
    assert whole((480, 854)) == Window(0, 0, 854, 480)


@pytest.mark.parametrize(
    ("aspect", "size"), [(1.0, (768, 768)), (9 / 16, (576, 1024)), (16 / 9, (1024, 576))]
)
def test_the_encoder_is_cut_to_three_shapes(aspect, size):
    assert input_size(aspect, 768 * 768) == size
