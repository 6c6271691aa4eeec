"""The colours of provenance mean what the legend says."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.engine.provenance import EARLIER, LATER, SYNTHESISED_COLOUR, colour_provenance


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_origin_has_its_colour(dtype):
    grey = np.iinfo(dtype).max // 2
    image = np.full((1, 7, 3), grey, dtype)
    sources = np.array([[-1, -2, 99, 101, 36, 164, 0]], np.int32)
    picture = colour_provenance(image, sources, index=100)
    assert picture.dtype == np.uint8
    kept, synthesised, before, after, past, future, farther = picture[0]
    assert kept.tolist() == [63] * 3
    assert tuple(synthesised) == SYNTHESISED_COLOUR
    assert (tuple(before), tuple(after)) == (EARLIER[0], LATER[0])
    assert (tuple(past), tuple(future)) == (EARLIER[1], LATER[1])
    assert tuple(farther) == EARLIER[1]


def test_farther_is_darker():
    sources = np.arange(0, 65, dtype=np.int32)[None]
    image = np.zeros((1, 65, 3), np.uint8)
    brightness = colour_provenance(image, sources, index=64)[0, :64].sum(axis=1).astype(int)
    assert (np.diff(brightness) >= 0).all()
    assert brightness[-1] > brightness[0]
