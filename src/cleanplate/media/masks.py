"""Masks from files: a folder of pictures, a matte video, or one picture for every frame."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from cleanplate.errors import MaskError, MediaError, UsageError
from cleanplate.media.frame import Frame
from cleanplate.media.info import ClipInfo
from cleanplate.media.reader import ClipReader, open_clip


def mask_path(given: object) -> Path:
    """The path of a clip's masks as a caller gave it; raises `UsageError` for anything but a path."""
    if not isinstance(given, (str, os.PathLike)):
        raise UsageError("the mask of a file is a file: a folder of PNGs, a video, or one PNG")
    return Path(given)


def open_masks(path: str | Path, info: ClipInfo, frames: range | None = None) -> MaskReader:
    """Open masks for the clip `info`; white (half or more) is marked, transparent is not.

    `path` is a folder, pattern or glob of pictures, a video, or one picture that holds for all
    frames. There must be as many as the clip has frames, or as many as `frames` has, when the
    first is for the first of those.

    Raises:
        MaskError: unreadable, empty, of the wrong size or the wrong number.
    """
    try:
        reader = open_clip(Path(path))
    except MediaError as error:
        raise MaskError(f"Masks: {error}") from error
    try:
        return MaskReader(reader, info, frames)
    except MaskError:
        reader.close()
        raise


class MaskReader:
    """The mask of each frame of a clip, by the clip's frame numbers; a context manager."""

    def __init__(self, reader: ClipReader, info: ClipInfo, frames: range | None) -> None:
        self._reader = reader
        self._size = (info.width, info.height)
        self._still: np.ndarray | None = None
        self._first = 0
        self.frames: range | None = None
        """The frames that have a mask, where not all of the clip have."""
        own = reader.info
        self._check_size(own.width, own.height, info)
        if own.kind == "image":
            self._still = mask_of(reader.read_frame(0))
            return
        count, wanted = reader.count(), info.frame_count
        if frames is not None and count == len(frames):
            self._first = frames.start
            self.frames = frames if count != wanted else None
        elif wanted is not None and count != wanted:
            raise MaskError(
                f"{own.path} has {count} masks, {info.path} {wanted} frames. Give one mask a "
                "frame, or a single picture for all of them."
            )
        self._count = count

    def __enter__(self) -> MaskReader:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __getitem__(self, index: int) -> np.ndarray:
        """The mask of frame `index` of the clip: bool `(height, width)`, upright.

        Raises:
            MaskError: there is none, or it cannot be read.
        """
        if self._still is not None:
            return self._still
        place = index - self._first
        if not 0 <= place < self._count:
            raise MaskError(
                f"There is no mask for frame {index}; {self._reader.info.path} has {self._count}."
            )
        try:
            return mask_of(self._reader.read_frame(place))
        except MediaError as error:
            raise MaskError(f"Mask of frame {index}: {error}") from error

    @property
    def fixed(self) -> bool:
        """True where one picture holds for all frames."""
        return self._still is not None

    def close(self) -> None:
        """Let go of the files."""
        self._reader.close()

    def _check_size(self, width: int, height: int, info: ClipInfo) -> None:
        if (width, height) == self._size:
            return
        hint = ""
        if (width, height) == (info.coded_width, info.coded_height):
            hint = " The clip is shown turned; draw the masks on the upright picture."
        raise MaskError(
            f"The masks in {self._reader.info.path} are {width}x{height}, the clip is "
            f"{info.width}x{info.height}. Make them the same size.{hint}"
        )


def mask_of(frame: Frame) -> np.ndarray:
    """Where a picture is bright (half or more) and not transparent; bool `(height, width)`."""
    image = frame.image
    half = np.iinfo(image.dtype).max // 2
    # A mark painted in a plain colour counts as well as a white one. (NumPy's maximum over three
    # channels takes fifty times as long.)
    white = cv2.inRange(image, (0, 0, 0), (half, half, half)) == 0
    alpha = frame.alpha
    return white if alpha is None else white & (alpha > half)
