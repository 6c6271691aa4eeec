"""Planes to RGB and back, exact to half a code value, compiled once and cached.

swscale is not used here: its 16-bit RGB tops out at 65280, its full-range chroma is half a code
low, and it has no way to write only the pixels of a hole. Chroma is taken as sited left and
midway between rows (MPEG-2, H.264 and H.265 by default) and interpolated linearly; the way back
filters with the matching kernels, [1 2 1] across and [1 1] down.
"""

from __future__ import annotations

import concurrent.futures
import functools
import itertools
import os

import numba
import numpy as np

from cleanplate.media.colour import Matrix
from cleanplate.media.pixels import PixelLayout, block_any

_jit = numba.njit(cache=True, nogil=True, fastmath={"contract", "arcp", "nsz"})
# Below this many rows a second thread costs more than it saves.
_ROWS_PER_THREAD = 256


@functools.cache
def _pool() -> concurrent.futures.ThreadPoolExecutor:
    return concurrent.futures.ThreadPoolExecutor(min(os.cpu_count() or 1, 8), "convert")


def _in_bands(kernel, height: int, *arguments) -> None:
    """Run `kernel(first_row, last_row, ...)` over bands of rows, on several threads if tall."""
    workers = min(os.cpu_count() or 1, 8, max(1, height // _ROWS_PER_THREAD))
    if workers == 1:
        kernel(0, height, *arguments)
        return
    # Even boundaries keep both rows of a chroma sample in one band.
    edges = [height * k // workers // 4 * 4 for k in range(workers)] + [height]
    jobs = [
        _pool().submit(kernel, first, last, *arguments) for first, last in itertools.pairwise(edges)
    ]
    for job in jobs:
        job.result()


@_jit
def _upsample_row(chroma, row, shift_x, shift_y, zero, out):
    """One full-resolution row of a chroma plane, minus `zero`, into float32 `out`."""
    rows, columns = chroma.shape
    width = out.shape[0]
    upper = row >> shift_y
    lower = upper
    share = np.float32(0.0)
    if shift_y:
        # The centre of chroma row j lies at luma row (j + 1/2) 2^s - 1/2.
        step = 1 << shift_y
        position = np.float32(row + 0.5) / np.float32(step) - np.float32(0.5)
        upper = int(np.floor(position))
        share = position - np.float32(upper)
        lower = min(upper + 1, rows - 1)
        upper = max(upper, 0)
    keep = np.float32(1.0) - share
    if shift_x == 0:
        for x in range(width):
            out[x] = (
                keep * np.float32(chroma[upper, x]) + share * np.float32(chroma[lower, x]) - zero
            )
        return
    if shift_x == 1:
        half = np.float32(0.5)
        last = columns - 1
        left = keep * np.float32(chroma[upper, 0]) + share * np.float32(chroma[lower, 0]) - zero
        for j in range(last):
            right = (
                keep * np.float32(chroma[upper, j + 1])
                + share * np.float32(chroma[lower, j + 1])
                - zero
            )
            out[2 * j] = left
            out[2 * j + 1] = half * (left + right)
            left = right
        out[2 * last] = left
        if 2 * last + 1 < width:
            out[2 * last + 1] = left
        return
    step = 1 << shift_x
    for x in range(width):
        j = x >> shift_x
        k = min(j + 1, columns - 1)
        part = np.float32(x - (j << shift_x)) / np.float32(step)
        a = keep * np.float32(chroma[upper, j]) + share * np.float32(chroma[lower, j])
        b = keep * np.float32(chroma[upper, k]) + share * np.float32(chroma[lower, k])
        out[x] = a + part * (b - a) - zero


@_jit
def _yuv_rows(
    first,
    last,
    y,
    u,
    v,
    shift_x,
    shift_y,
    black,
    gain,
    zero,
    red_v,
    green_u,
    green_v,
    blue_u,
    top,
    out,
):
    width = y.shape[1]
    us = np.empty(width, np.float32)
    vs = np.empty(width, np.float32)
    bottom = np.float32(0.0)
    half = np.float32(0.5)
    for row in range(first, last):
        _upsample_row(u, row, shift_x, shift_y, zero, us)
        _upsample_row(v, row, shift_x, shift_y, zero, vs)
        for x in range(width):
            luma = (np.float32(y[row, x]) - black) * gain + half
            red = luma + red_v * vs[x]
            green = luma + green_u * us[x] + green_v * vs[x]
            blue = luma + blue_u * us[x]
            # Truncation after adding one half rounds; both ends saturate.
            out[row, x, 0] = np.int32(min(max(red, bottom), top))
            out[row, x, 1] = np.int32(min(max(green, bottom), top))
            out[row, x, 2] = np.int32(min(max(blue, bottom), top))


@_jit
def _scale_rows(first, last, plane, offset, gain, top, out):
    bottom = np.float32(0.0)
    half = np.float32(0.5)
    for row in range(first, last):
        for x in range(plane.shape[1]):
            value = (np.float32(plane[row, x]) - offset) * gain + half
            out[row, x] = np.int32(min(max(value, bottom), top))


def yuv_to_rgb(
    planes: list[np.ndarray], layout: PixelLayout, matrix: Matrix, dtype: type
) -> np.ndarray:
    """R'G'B' `(h, w, 3)` of type uint8 or uint16 (full scale) from Y', Cb, Cr planes."""
    y, u, v = planes[:3]
    limit = float(np.iinfo(dtype).max)
    chroma = limit / matrix.chroma_span
    green = 1.0 - matrix.kr - matrix.kb
    factors = (
        2 * (1 - matrix.kr) * chroma,
        -2 * matrix.kb * (1 - matrix.kb) / green * chroma,
        -2 * matrix.kr * (1 - matrix.kr) / green * chroma,
        2 * (1 - matrix.kb) * chroma,
    )
    out = np.empty((*y.shape, 3), dtype)
    _in_bands(
        _yuv_rows, y.shape[0], y, u, v, layout.shift_x, layout.shift_y,
        np.float32(matrix.black), np.float32(limit / matrix.luma_span),
        np.float32(matrix.chroma_zero), *(np.float32(f) for f in factors),
        np.float32(limit), out,
    )  # fmt: skip
    return out


def yuv_part_to_rgb(
    planes: list[np.ndarray],
    layout: PixelLayout,
    matrix: Matrix,
    dtype: type,
    part: tuple[slice, slice],
) -> np.ndarray:
    """Some rows and columns of what `yuv_to_rgb` gives."""
    luma: list[slice] = []
    chroma: list[slice] = []
    inner: list[slice] = []
    for wanted, shift, size in zip(
        part, (layout.shift_y, layout.shift_x), planes[1].shape, strict=True
    ):
        # Whole chroma samples, and one more at either end to interpolate from.
        first = max((wanted.start >> shift) - 1, 0)
        last = min(-(-wanted.stop >> shift) + 1, size)
        chroma.append(slice(first, last))
        luma.append(slice(first << shift, last << shift))
        inner.append(slice(wanted.start - (first << shift), wanted.stop - (first << shift)))
    around = [planes[0][tuple(luma)], *(plane[tuple(chroma)] for plane in planes[1:3])]
    return yuv_to_rgb(around, layout, matrix, dtype)[tuple(inner)]


def scale_plane(plane: np.ndarray, offset: float, span: float, dtype: type) -> np.ndarray:
    """One plane `(h, w)` with `offset` as 0 and `offset + span` as the top of `dtype`."""
    limit = float(np.iinfo(dtype).max)
    if plane.dtype == dtype and offset == 0 and span == limit:
        return plane
    out = np.empty(plane.shape, dtype)
    _in_bands(
        _scale_rows, plane.shape[0], plane, np.float32(offset), np.float32(limit / span),
        np.float32(limit), out,
    )  # fmt: skip
    return out


@_jit
def _luma_into(image, hole, y, kr, kg, kb, gain, black, top):
    half = np.float32(0.5)
    for row in range(y.shape[0]):
        for x in range(y.shape[1]):
            if hole[row, x]:
                value = (
                    kr * np.float32(image[row, x, 0])
                    + kg * np.float32(image[row, x, 1])
                    + kb * np.float32(image[row, x, 2])
                ) * gain + black
                y[row, x] = np.int32(min(max(value + half, np.float32(0.0)), top))


@_jit
def _chroma_into(image, blocks, u, v, shift_x, shift_y, kr, kg, kb, u_gain, v_gain, zero, top):
    """Cb and Cr of the blocks set in `blocks`, from the image filtered down."""
    height, width = image.shape[:2]
    step_x, step_y = 1 << shift_x, 1 << shift_y
    half = np.float32(0.5)
    low = np.float32(0.0)
    for j in range(blocks.shape[0]):
        for i in range(blocks.shape[1]):
            if not blocks[j, i]:
                continue
            red = np.float32(0.0)
            green = np.float32(0.0)
            blue = np.float32(0.0)
            total = np.float32(0.0)
            centre = i << shift_x
            for dy in range(step_y):
                row = min((j << shift_y) + dy, height - 1)
                for dx in range(1 - step_x, step_x):
                    # A triangle that reaches 0 at the neighbouring chroma samples.
                    weight = np.float32(step_x - abs(dx))
                    x = min(max(centre + dx, 0), width - 1)
                    red += weight * np.float32(image[row, x, 0])
                    green += weight * np.float32(image[row, x, 1])
                    blue += weight * np.float32(image[row, x, 2])
                    total += weight
            red /= total
            green /= total
            blue /= total
            luma = kr * red + kg * green + kb * blue
            u[j, i] = np.int32(min(max((blue - luma) * u_gain + zero + half, low), top))
            v[j, i] = np.int32(min(max((red - luma) * v_gain + zero + half, low), top))


def rgb_into_yuv(
    image: np.ndarray,
    hole: np.ndarray,
    planes: list[np.ndarray],
    layout: PixelLayout,
    matrix: Matrix,
) -> None:
    """Write the pixels of `image` in `hole` into Y', Cb, Cr `planes`, in place.

    `image` is `(h, w, 3)` uint8 or uint16, `hole` bool `(h, w)`. Luma changes in the hole only;
    a chroma sample changes when any pixel it covers is in the hole.
    """
    y, u, v = planes[:3]
    limit = float(np.iinfo(image.dtype).max)
    kg = 1.0 - matrix.kr - matrix.kb
    weights = tuple(np.float32(k) for k in (matrix.kr, kg, matrix.kb))
    top = np.float32(layout.maximum)
    _luma_into(
        image, hole, y, *weights, np.float32(matrix.luma_span / limit), np.float32(matrix.black),
        top,
    )  # fmt: skip
    blocks = block_any(hole, layout.shift_x, layout.shift_y)
    _chroma_into(
        image, blocks, u, v, layout.shift_x, layout.shift_y, *weights,
        np.float32(matrix.chroma_span / limit / (2 * (1 - matrix.kb))),
        np.float32(matrix.chroma_span / limit / (2 * (1 - matrix.kr))),
        np.float32(matrix.chroma_zero), top,
    )  # fmt: skip


def rgb_into_grey(
    image: np.ndarray, hole: np.ndarray, plane: np.ndarray, layout: PixelLayout, matrix: Matrix
) -> None:
    """Write the luma of `image` in `hole` into a grey `plane`, in place."""
    limit = float(np.iinfo(image.dtype).max)
    kg = 1.0 - matrix.kr - matrix.kb
    _luma_into(
        image, hole, plane, np.float32(matrix.kr), np.float32(kg), np.float32(matrix.kb),
        np.float32(matrix.luma_span / limit), np.float32(matrix.black),
        np.float32(layout.maximum),
    )  # fmt: skip


def rescale(image: np.ndarray, maximum: int, dtype: type) -> np.ndarray:
    """Integer samples with `maximum` as white, from full-scale `image`; nearest value."""
    limit = int(np.iinfo(image.dtype).max)
    if limit == maximum:
        return image.astype(dtype, copy=False)
    return ((image.astype(np.uint32) * maximum + limit // 2) // limit).astype(dtype)
