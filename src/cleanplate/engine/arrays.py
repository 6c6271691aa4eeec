"""Erase on frames in memory: a whole array at once, or a stream of frames."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.cuts import by_shot, number_shots
from cleanplate.engine.holes import HoleMaker
from cleanplate.engine.overlap import Halt, Stopwatch
from cleanplate.engine.plate import Task, completer, make_plates
from cleanplate.engine.shadows import Look, grown_over_shadows, small_size
from cleanplate.errors import MaskError, MediaError
from cleanplate.fill import FillSettings


@dataclass(frozen=True)
class _Still:
    picture: NDArray


def erase_array(
    frames: NDArray,
    mask: NDArray | Iterable[NDArray],
    grow: float | None = None,
    feather: float = 0,
    quality: str = "good",
    cancel: threading.Event | None = None,
    with_shadow: bool = False,
    inpaint: str | None = None,
) -> NDArray:
    """`erase_frames` on RGB (n, h, w, 3), uint8 or uint16, all at once; the same shape returns."""
    if frames.ndim != 4:
        raise MediaError(f"frames are an array (n, h, w, 3); this one is {frames.shape}")
    result = np.empty_like(frames)
    erased = erase_frames(frames, mask, grow, feather, quality, cancel, with_shadow, inpaint)
    for index, frame in enumerate(erased):
        result[index] = frame
    return result


def erase_frames(
    frames: Iterable[NDArray],
    mask: NDArray | Iterable[NDArray],
    grow: float | None = None,
    feather: float = 0,
    quality: str = "good",
    cancel: threading.Event | None = None,
    with_shadow: bool = False,
    inpaint: str | None = None,
) -> Iterator[NDArray]:
    """Fill the masked parts of a stream of frames, RGB (h, w, 3), uint8 or uint16.

    `mask` is bool (h, w) for all frames, or one such mask a frame. Frames come out in order, each
    as soon as what its fill needs has been read. Nothing crosses a cut. Raises `MediaError` for
    frames that are no pictures and `MaskError` for masks of another size, or too few of them.
    """
    halt = Halt(cancel)
    make_hole = HoleMaker(feather if grow is None else grow, feather)
    settings = FillSettings(quality, completer=completer(inpaint))
    numbered = number_shots(paired(frames, mask), lambda pair: pair[0])

    def tasks(shot: Iterator[tuple[NDArray, NDArray[np.bool_]]]) -> Iterator[Task[_Still]]:
        if with_shadow:
            shot = grown_over_shadows(Look.at(image, _small(image), one) for image, one in shot)
        for image, one in shot:
            yield Task(_Still(image), make_hole(one))

    shots = map(tasks, by_shot(numbered))
    for plate in make_plates(shots, settings, Stopwatch()):
        halt.check()
        yield plate.image


def _small(image: NDArray) -> NDArray:
    """A picture as shadows are looked for on it."""
    size = small_size(image.shape[1], image.shape[0])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def paired(
    frames: Iterable[NDArray], mask: NDArray | Iterable[NDArray]
) -> Iterator[tuple[NDArray, NDArray[np.bool_]]]:
    one_for_all = isinstance(mask, np.ndarray) and mask.ndim == 2
    masks = repeat(_as_bool(mask)) if one_for_all else map(_as_bool, mask)
    for index, image in enumerate(frames):
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype not in (np.uint8, np.uint16):
            raise MediaError(
                f"frame {index} is {image.dtype} {image.shape}; frames are RGB (h, w, 3), "
                "uint8 or uint16"
            )
        one = next(masks, None)
        if one is None:
            raise MaskError(f"there are {index} masks and more frames; give one mask a frame")
        if one.shape != image.shape[:2]:
            raise MaskError(
                f"mask {index} is {one.shape[1]}x{one.shape[0]} and the frame "
                f"{image.shape[1]}x{image.shape[0]}; they must be the same size"
            )
        yield image, one


def _as_bool(mask: NDArray) -> NDArray[np.bool_]:
    if mask.ndim != 2:
        raise MaskError(f"a mask is an array (h, w); this one is {mask.shape}")
    return mask if mask.dtype == np.bool_ else mask > np.iinfo(mask.dtype).max // 2
