"""Planes to RGB and back, exact to half a code value; the loops are in `kernels`.

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

import numpy as np

from cleanplate.media.colour import Matrix
from cleanplate.media.pixels import PixelLayout, block_any

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


def yuv_to_rgb(
    planes: list[np.ndarray], layout: PixelLayout, matrix: Matrix, dtype: type
) -> np.ndarray:
    """R'G'B' `(h, w, 3)` of type uint8 or uint16 (full scale) from Y', Cb, Cr planes."""
    from cleanplate.media import kernels

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
        kernels.yuv_rows, y.shape[0], y, u, v, layout.shift_x, layout.shift_y,
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
    from cleanplate.media import kernels

    limit = float(np.iinfo(dtype).max)
    if plane.dtype == dtype and offset == 0 and span == limit:
        return plane
    out = np.empty(plane.shape, dtype)
    _in_bands(
        kernels.scale_rows, plane.shape[0], plane, np.float32(offset), np.float32(limit / span),
        np.float32(limit), out,
    )  # fmt: skip
    return out


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
    from cleanplate.media import kernels

    y, u, v = planes[:3]
    limit = float(np.iinfo(image.dtype).max)
    kg = 1.0 - matrix.kr - matrix.kb
    weights = tuple(np.float32(k) for k in (matrix.kr, kg, matrix.kb))
    top = np.float32(layout.maximum)
    kernels.luma_into(
        image, hole, y, *weights, np.float32(matrix.luma_span / limit), np.float32(matrix.black),
        top,
    )  # fmt: skip
    blocks = block_any(hole, layout.shift_x, layout.shift_y)
    kernels.chroma_into(
        image, blocks, u, v, layout.shift_x, layout.shift_y, *weights,
        np.float32(matrix.chroma_span / limit / (2 * (1 - matrix.kb))),
        np.float32(matrix.chroma_span / limit / (2 * (1 - matrix.kr))),
        np.float32(matrix.chroma_zero), top,
    )  # fmt: skip


def rgb_into_grey(
    image: np.ndarray, hole: np.ndarray, plane: np.ndarray, layout: PixelLayout, matrix: Matrix
) -> None:
    """Write the luma of `image` in `hole` into a grey `plane`, in place."""
    from cleanplate.media import kernels

    limit = float(np.iinfo(image.dtype).max)
    kg = 1.0 - matrix.kr - matrix.kb
    kernels.luma_into(
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
