"""The loops of `convert`, compiled once and cached. Loading them takes a while, so they are imported
where they are first needed."""

from __future__ import annotations

import numba
import numpy as np

_jit = numba.njit(cache=True, nogil=True, fastmath={"contract", "arcp", "nsz"})


@_jit
def upsample_row(chroma, row, shift_x, shift_y, zero, out):
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
def yuv_rows(
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
        upsample_row(u, row, shift_x, shift_y, zero, us)
        upsample_row(v, row, shift_x, shift_y, zero, vs)
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
def scale_rows(first, last, plane, offset, gain, top, out):
    bottom = np.float32(0.0)
    half = np.float32(0.5)
    for row in range(first, last):
        for x in range(plane.shape[1]):
            value = (np.float32(plane[row, x]) - offset) * gain + half
            out[row, x] = np.int32(min(max(value, bottom), top))


@_jit
def luma_into(image, hole, y, kr, kg, kb, gain, black, top):
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
def chroma_into(image, blocks, u, v, shift_x, shift_y, kr, kg, kb, u_gain, v_gain, zero, top):
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
