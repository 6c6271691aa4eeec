"""What is behind a cutout: nothing, a colour, the clip itself out of focus, a picture, a video."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import MediaError, UsageError
from cleanplate.matte.composite import blurred, grain_of
from cleanplate.matte.keyer import parse_colour
from cleanplate.matte.light import from_light, to_light
from cleanplate.media import ClipInfo, ClipReader, Colour, Frame, open_clip, probe

F32 = NDArray[np.float32]

FITS = ("cover", "contain", "stretch")
ENDS = ("loop", "hold")

_WHITE = {"smpte2084": 203 / 10000, "arib-std-b67": 0.2650}
"""The light of SDR's white in HDR's scales: 203 cd/m2 of PQ's 10,000, and HLG's signal of 0.75
(ITU-R BT.2408)."""

_TO_2020 = np.float32(
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
)
"""Light of BT.709's primaries in BT.2020's (ITU-R BT.2087)."""


class Background(ABC):
    """Pictures to lay a cutout over, each in its clip's size, type and colour space."""

    grain: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """The grain of the pictures' own, for each channel in 0..1."""

    @abstractmethod
    def behind(self, frame: Frame, alpha: F32) -> NDArray:
        """RGB (h, w, 3) in the type of `frame.image` for a frame and its matte."""

    def close(self) -> None:  # noqa: B027 (most have nothing to let go of)
        """Let go of files."""


def open_background(text: str, info: ClipInfo, fit: str = "cover", end: str = "loop") -> Background:
    """The background that a user's words name: ``#rrggbb``, ``blur:N``, a picture or a video.

    `fit` lays pictures over the clip's frame: "cover", "contain" or "stretch". `end` says what
    follows a video's last frame: "loop" or "hold". Raises UsageError, or MediaError for files.
    """
    if fit not in FITS or end not in ENDS:
        raise UsageError(f"a background's fit is one of {', '.join(FITS)}, its end loop or hold")
    match = re.fullmatch(r"blur:(\d+(?:\.\d+)?)", text)
    if match:
        return BlurBackground(float(match[1]), info.colour.transfer)
    if text.startswith("#"):
        return ColourBackground(parse_colour(text), info)
    path = Path(text)
    if not path.exists() and "%" not in path.name:
        raise UsageError(
            f"{text!r} is no background: give a colour (#00b140), blur:20, plate, or the name of a "
            "picture or a video that is there."
        )
    found = probe(path)
    if found.kind == "image":
        with open_clip(found) as reader:
            return PictureBackground(reader.read_frame(0), info, fit)
    return VideoBackground(found, info, fit, end)


class ColourBackground(Background):
    """One colour, given in sRGB."""

    def __init__(self, colour: tuple[float, float, float], info: ClipInfo) -> None:
        self._one = _converted(np.float32([[colour]]), Colour(), info.colour)[0, 0]

    def behind(self, frame: Frame, alpha: F32) -> NDArray:
        top = np.iinfo(frame.image.dtype).max
        colour = np.rint(self._one * top).astype(frame.image.dtype)
        return np.broadcast_to(colour, frame.image.shape).copy()


class BlurBackground(Background):
    """The clip's own background, out of focus by about so many pixels."""

    def __init__(self, pixels: float, transfer: str) -> None:
        self._pixels = pixels
        self._transfer = transfer

    def behind(self, frame: Frame, alpha: F32) -> NDArray:
        return blurred(frame.image, self._pixels, self._transfer, alpha)


class PictureBackground(Background):
    """A picture."""

    def __init__(self, picture: Frame, info: ClipInfo, fit: str) -> None:
        unit = _fitted(_unit(picture.image), (info.width, info.height), fit)
        self._picture = _converted(unit, picture.colour, info.colour)
        self.grain = _grain(self._picture)

    def behind(self, frame: Frame, alpha: F32) -> NDArray:
        top = np.iinfo(frame.image.dtype).max
        return np.rint(self._picture * top).astype(frame.image.dtype)


class VideoBackground(Background):
    """A video at its own rate: for each frame of the clip the one shown at the same time."""

    def __init__(self, video: ClipInfo, info: ClipInfo, fit: str, end: str) -> None:
        self._reader: ClipReader = open_clip(video)
        self._info = info
        self._fit = fit
        self._loops = end == "loop"
        self._began: Fraction | None = None
        self._frames = self._shown()
        self._now = next(self._frames, None)
        if self._now is None:
            raise MediaError(f"{video.path} has no frame to lay a cutout over.")
        self._next = next(self._frames, None)
        self._made: tuple[Frame, NDArray] | None = None
        first = self._picture(np.uint8)
        self.grain = _grain(_unit(first))

    def behind(self, frame: Frame, alpha: F32) -> NDArray:
        if self._began is None:
            self._began = frame.time
        time = frame.time - self._began
        while self._next is not None and self._next[0] <= time:
            self._now, self._next = self._next, next(self._frames, None)
        return self._picture(frame.image.dtype.type)

    def close(self) -> None:
        self._reader.close()

    def _shown(self) -> Iterator[tuple[Fraction, Frame]]:
        """The video's frames, each with when it is first shown, in seconds from the start."""
        offset = Fraction(0)
        while True:
            first = last = None
            for frame in self._reader:
                first = frame.time if first is None else first
                last = frame
                yield offset + frame.time - first, frame
            if last is None or not self._loops:
                return
            duration = last.duration * last.time_base or 1 / self._reader.info.rate
            offset += last.time - first + duration

    def _picture(self, dtype: type) -> NDArray:
        frame = self._now[1]
        if self._made is None or self._made[0] is not frame or self._made[1].dtype != dtype:
            size = (self._info.width, self._info.height)
            unit = _fitted(_unit(frame.image), size, self._fit)
            unit = _converted(unit, frame.colour, self._info.colour)
            self._made = frame, np.rint(unit * np.iinfo(dtype).max).astype(dtype)
        return self._made[1]


def _unit(image: NDArray) -> F32:
    return image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)


def _grain(unit: F32) -> tuple[float, float, float]:
    return grain_of(np.rint(unit * 65535).astype(np.uint16))


def _fitted(image: F32, size: tuple[int, int], fit: str) -> F32:
    """The picture in a frame of `size` (width, height): covering it, contained in it over black, or
    stretched to it."""
    height, width = image.shape[:2]
    ratios = (size[0] / width, size[1] / height)
    if fit == "stretch":
        return _resized(image, size)
    scale = max(ratios) if fit == "cover" else min(ratios)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = _resized(image, inner)
    x, y = (inner[0] - size[0]) // 2, (inner[1] - size[1]) // 2
    if fit == "cover":
        x, y = max(0, x), max(0, y)
        return np.ascontiguousarray(scaled[y : y + size[1], x : x + size[0]])
    result = np.zeros((size[1], size[0], 3), np.float32)
    x, y = max(0, -x), max(0, -y)
    result[y : y + inner[1], x : x + inner[0]] = scaled[: size[1], : size[0]]
    return result


def _resized(image: F32, size: tuple[int, int]) -> F32:
    shrinks = size[0] < image.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.clip(cv2.resize(image, size, interpolation=how), 0, 1)


def _converted(image: F32, colour: Colour, wanted: Colour) -> F32:
    """Code values, float32 in 0..1, from one clip's colours to another's.

    Between kinds of ordinary video the values stay as they are: players show BT.709, BT.601 and
    sRGB alike. To HDR and back it goes by light, ordinary white at 203 cd/m2; to BT.2020's
    primaries by their matrix.
    """
    wide = wanted.primaries == "bt2020" != colour.primaries
    if not (wide or colour.hdr or wanted.hdr) or colour.transfer == wanted.transfer:
        return image
    light = to_light(image, colour.transfer) / np.float32(_WHITE.get(colour.transfer, 1))
    if wide:
        light = light @ _TO_2020.T
    light *= np.float32(_WHITE.get(wanted.transfer, 1))
    return from_light(light, wanted.transfer, np.float32)
