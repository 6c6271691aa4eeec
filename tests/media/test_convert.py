"""Planes to RGB and back: the right matrix, the right range, half a code value."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cleanplate.media.colour import matrix_for
from cleanplate.media.convert import rgb_into_yuv, yuv_to_rgb
from cleanplate.media.frame import Frame
from cleanplate.media.info import Colour
from cleanplate.media.orientation import Orientation
from cleanplate.media.pixels import block_any, grow_to_blocks, layout

KR_KB = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt2020nc": (0.2627, 0.0593)}


def reference(image: np.ndarray, name: str, full: bool, bits: int) -> list[np.ndarray]:
    """H.273's equations in double precision, before rounding."""
    kr, kb = KR_KB[name]
    red, green, blue = np.moveaxis(image.astype(np.float64) / np.iinfo(image.dtype).max, 2, 0)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    cb, cr = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    scale, top = 1 << (bits - 8), (1 << bits) - 1
    if full:
        return [luma * top, cb * top + 128 * scale, cr * top + 128 * scale]
    return [(16 + 219 * luma) * scale, (128 + 224 * cb) * scale, (128 + 224 * cr) * scale]


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", KR_KB)
@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuv444p10le", "yuv444p12le"])
def test_both_ways_are_exact_to_half_a_code_value(pix_fmt, name, full):
    own = layout(pix_fmt)
    dtype = np.uint8 if own.bits == 8 else np.uint16
    image = np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, (24, 40, 3), dtype)
    matrix = matrix_for(Colour(range="full" if full else "limited", matrix=name), own, 40, 24)
    made = [np.zeros((24, 40), own.dtype) for _ in range(3)]
    rgb_into_yuv(image, np.ones((24, 40), bool), made, own, matrix)
    for plane, exact in zip(made, reference(image, name, full, own.bits), strict=True):
        assert np.abs(plane - np.clip(exact, 0, own.maximum)).max() <= 0.52
    back = yuv_to_rgb(made, own, matrix, dtype)
    step = np.iinfo(dtype).max / own.maximum / (1 if full else 219 / 255)
    assert np.abs(back.astype(int) - image).max() <= 2 * step + 1


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv440p", "yuv411p", "yuv420p10le"])
def test_subsampled_chroma_of_a_flat_colour_is_exact(pix_fmt):
    own = layout(pix_fmt)
    dtype = np.uint8 if own.bits == 8 else np.uint16
    image = np.empty((13, 21, 3), dtype)
    image[:] = np.array([200, 90, 40]) * (1 if own.bits == 8 else 257)
    matrix = matrix_for(Colour(range="limited", matrix="bt709"), own, 21, 13)
    shape = block_any(np.ones((13, 21), bool), own.shift_x, own.shift_y).shape
    made = [np.zeros((13, 21), own.dtype), np.zeros(shape, own.dtype), np.zeros(shape, own.dtype)]
    rgb_into_yuv(image, np.ones((13, 21), bool), made, own, matrix)
    back = yuv_to_rgb(made, own, matrix, dtype)
    assert len(np.unique(back.reshape(-1, 3), axis=0)) == 1
    assert np.abs(back[0, 0].astype(int) - image[0, 0]).max() <= (2 if dtype == np.uint8 else 128)


def test_white_is_white_at_sixteen_bits():
    own = layout("yuv420p10le")
    planes = [np.full((4, 4), 940, np.uint16), *(np.full((2, 2), 512, np.uint16),) * 2]
    matrix = matrix_for(Colour(range="limited", matrix="bt2020nc"), own, 4, 4)
    assert (yuv_to_rgb(planes, own, matrix, np.uint16) == 65535).all()


@settings(max_examples=40, deadline=None)
@given(
    hole=hnp.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))),
    shifts=st.sampled_from([(0, 0), (1, 0), (1, 1), (0, 1), (2, 0), (2, 2)]),
)
def test_an_aligned_hole_is_made_of_whole_chroma_samples(hole, shifts):
    grown = grow_to_blocks(hole, *shifts)
    assert (grown | hole == grown).all()
    assert (grow_to_blocks(grown, *shifts) == grown).all()
    assert (block_any(grown, *shifts) == block_any(hole, *shifts)).all()


@pytest.mark.parametrize("turned", [Orientation(), Orientation(True, False, True)])
@pytest.mark.parametrize("form", ["yuv420p", "yuv422p10le", "yuv410p", "gray", "gbrp"])
def test_part_of_a_stored_picture_equals_that_part_of_the_image(form, turned):
    native = av.VideoFrame(97, 61, form)
    rng = np.random.default_rng(1)
    for plane in native.planes:
        samples = rng.integers(0, 256, plane.buffer_size, dtype=np.uint8)
        if "10" in form:
            samples[1::2] &= 3
        plane.update(samples.tobytes())
    frame = Frame(native, 0, 0, Fraction(1, 25), 1, Colour(), turned)
    picture, image = frame.picture, frame.image
    assert (picture.shape, picture.dtype) == (image.shape, image.dtype)
    assert np.array_equal(picture[:, :], image)
    for rows in (slice(0, 1), slice(7, 30), slice(13, image.shape[0])):
        for columns in (slice(0, 2), slice(5, 38), slice(11, image.shape[1])):
            assert np.array_equal(picture[rows, columns], image[rows, columns])
