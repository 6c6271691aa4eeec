"""Pixel formats: what FFmpeg's names mean, and a frame's planes as arrays."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import av
import numpy as np
from av.video.format import VideoFormat


@dataclass(frozen=True)
class PixelLayout:
    """One pixel format, in the terms that conversion and choice need.

    `shift_x` and `shift_y` are the base-2 logarithms of the chroma subsampling; `bits` is the
    depth of a sample, held in the low bits of a byte or of a little-endian 16-bit word.
    """

    name: str
    family: Literal["yuv", "rgb", "gray"]
    planar: bool
    bits: int
    alpha: bool
    shift_x: int
    shift_y: int

    @property
    def dtype(self) -> type[np.unsignedinteger]:
        """The type of one sample."""
        return np.uint8 if self.bits <= 8 else np.uint16

    @property
    def maximum(self) -> int:
        """The greatest sample value."""
        return (1 << self.bits) - 1

    @property
    def subsampling(self) -> str:
        """`4:2:0` and so on; `4:4:4` for RGB, `4:0:0` for grey."""
        if self.family == "gray":
            return "4:0:0"
        shifts = (self.shift_x, self.shift_y)
        return {(0, 0): "4:4:4", (1, 0): "4:2:2", (1, 1): "4:2:0", (0, 1): "4:4:0"}.get(
            shifts, "4:1:1" if shifts == (2, 0) else "4:1:0"
        )


@functools.cache
def layout(name: str) -> PixelLayout:
    """The layout of FFmpeg's pixel format `name`."""
    form = VideoFormat(name, 64, 64)
    colours = [c for c in form.components if not c.is_alpha]
    if form.is_rgb or form.has_palette or form.is_bayer or name.startswith("xyz"):
        family = "rgb"
    elif len(colours) < 3:
        family = "gray"
    else:
        family = "yuv"
    shift_x = (64 // form.chroma_width(64)).bit_length() - 1 if family == "yuv" else 0
    shift_y = (64 // form.chroma_height(64)).bit_length() - 1 if family == "yuv" else 0
    planar = len({c.plane for c in form.components}) == len(form.components)
    alpha = form.has_palette or any(c.is_alpha for c in form.components)
    bits = 8 if form.has_palette else max(c.bits for c in colours)
    return PixelLayout(name, family, planar, bits, alpha, shift_x, shift_y)


_PACKED = {"rgb24", "rgba", "rgb48le", "rgba64le"}


@functools.cache
def canonical(name: str) -> str:
    """The format that frames of format `name` are worked on in.

    Planar, little-endian formats and RGB(A) in order are their own; every other integer format
    maps to the one among these that holds the same samples.
    """
    if name in _PACKED:
        return name
    own = layout(name)
    form = VideoFormat(name, 64, 64)
    if name.startswith("yuvj"):
        return "yuv" + name[4:]
    simple = own.planar and not form.is_big_endian and not name.startswith(("p0", "nv"))
    if simple and own.bits <= 16 and name.startswith(("yuv", "gbr", "gray")) and "f" not in name:
        return name
    if own.family == "rgb":
        if own.bits > 8:
            return "rgba64le" if own.alpha else "rgb48le"
        return "rgba" if own.alpha else "rgb24"
    if own.family == "gray":
        if own.alpha:
            return "rgba64le" if own.bits > 8 else "rgba"
        return "gray16le" if own.bits > 8 else "gray"
    return planar_name(own.shift_x, own.shift_y, own.bits, own.alpha)


def planar_name(shift_x: int, shift_y: int, bits: int, alpha: bool = False) -> str:
    """The planar YUV format with this subsampling, depth and alpha; the next one that exists."""
    sub = {(0, 0): "444", (1, 0): "422", (1, 1): "420", (0, 1): "440", (2, 0): "411", (2, 2): "410"}
    stem = f"yuv{'a' if alpha else ''}{sub[shift_x, shift_y]}p"
    depths = [8, 9, 10, 12, 14, 16]
    for depth in [d for d in depths if d >= bits]:
        name = stem if depth == 8 else f"{stem}{depth}le"
        try:
            VideoFormat(name, 2, 2)
        except ValueError:  # there is no such format: take the next deeper one
            continue
        return name
    return planar_name(0, 0, bits, alpha)


def planes(frame: av.VideoFrame) -> list[np.ndarray]:
    """Views on the planes of a frame in a canonical format, cut to their true size.

    Planar formats give `(height, width)` arrays in FFmpeg's plane order, packed RGB one
    `(height, width, channels)` array. Writing to a view writes to the frame.
    """
    own = layout(frame.format.name)
    if frame.format.name in _PACKED:
        channels = 4 if own.alpha else 3
        plane = frame.planes[0]
        rows = np.frombuffer(plane, own.dtype).reshape(frame.height, -1)
        return [rows[:, : frame.width * channels].reshape(frame.height, frame.width, channels)]
    views = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, own.dtype).reshape(plane.height, -1)
        views.append(rows[:, : plane.width])
    return views


def block_any(mask: np.ndarray, shift_x: int, shift_y: int) -> np.ndarray:
    """For each chroma sample, whether any of the pixels it covers is set; `mask` is bool (h, w)."""
    if not (shift_x or shift_y):
        return mask
    step_x, step_y = 1 << shift_x, 1 << shift_y
    height, width = mask.shape
    out = np.zeros((-(-height // step_y), -(-width // step_x)), bool)
    for dy in range(step_y):
        for dx in range(step_x):
            part = mask[dy::step_y, dx::step_x]
            out[: part.shape[0], : part.shape[1]] |= part
    return out


def grow_to_blocks(mask: np.ndarray, shift_x: int, shift_y: int) -> np.ndarray:
    """`mask` grown until each chroma sample is wholly in or wholly out; bool (h, w)."""
    if not (shift_x or shift_y):
        return mask
    blocks = block_any(mask, shift_x, shift_y)
    grown = np.repeat(np.repeat(blocks, 1 << shift_y, axis=0), 1 << shift_x, axis=1)
    return grown[: mask.shape[0], : mask.shape[1]]
