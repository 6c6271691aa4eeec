"""One decoded frame: the file's own planes, and RGB made from them when asked for."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np

from cleanplate.media import convert
from cleanplate.media.colour import matrix_for
from cleanplate.media.info import Colour
from cleanplate.media.orientation import Orientation
from cleanplate.media.pixels import PixelLayout, layout, planes


class Frame:
    """A frame of a clip.

    `index` is its place in the clip (from 0), `pts` and `duration` count `time_base` seconds on
    the file's own clock. `native` is the picture as stored: a PyAV frame in a canonical pixel
    format (see `pixels.canonical`), before rotation; treat it as read-only.
    """

    __slots__ = (
        "_alpha", "_image", "colour", "duration", "index", "native", "orientation", "pts",
        "time_base",
    )  # fmt: skip

    def __init__(
        self,
        native: av.VideoFrame,
        index: int,
        pts: int,
        time_base: Fraction,
        duration: int,
        colour: Colour,
        orientation: Orientation,
    ) -> None:
        self.native = native
        self.index = index
        self.pts = pts
        self.time_base = time_base
        self.duration = duration
        self.colour = colour
        self.orientation = orientation
        self._image: np.ndarray | None = None
        self._alpha: np.ndarray | None = None

    def __repr__(self) -> str:
        return (
            f"<Frame {self.index} at {float(self.time):.3f} s, {self.width}x{self.height} "
            f"{self.layout.name}>"
        )

    @property
    def layout(self) -> PixelLayout:
        """The pixel format of `native`."""
        return layout(self.native.format.name)

    @property
    def time(self) -> Fraction:
        """When the frame is shown, in seconds on the file's clock."""
        return self.pts * self.time_base

    @property
    def width(self) -> int:
        """Columns of the upright picture."""
        return self.orientation.size(self.native.width, self.native.height)[0]

    @property
    def height(self) -> int:
        """Rows of the upright picture."""
        return self.orientation.size(self.native.width, self.native.height)[1]

    @property
    def image(self) -> np.ndarray:
        """Upright RGB `(height, width, 3)`: uint8 up to 8 bits, else uint16 with white 65535."""
        if self._image is None:
            stored = to_rgb(self.native, self.colour)
            self._image = np.ascontiguousarray(self.orientation.apply(stored))
        return self._image

    @property
    def picture(self) -> StoredPicture:
        """What `image` holds, to be looked at in parts, without its memory."""
        return StoredPicture(self)

    @property
    def alpha(self) -> np.ndarray | None:
        """Upright opacity `(height, width)` in the type and scale of `image`, None if opaque."""
        if self._alpha is None and self.layout.alpha:
            stored = alpha_plane(self.native)
            self._alpha = np.ascontiguousarray(self.orientation.apply(stored))
        return self._alpha

    def planes(self) -> list[np.ndarray]:
        """Views on the stored planes (see `pixels.planes`); do not write to them."""
        return planes(self.native)

    def scaled(self, width: int, height: int) -> np.ndarray:
        """A quick upright uint8 RGB picture `(height, width, 3)`, for previews and analysis."""
        stored_width, stored_height = self.orientation.size(width, height)
        small = self.native.reformat(
            stored_width, stored_height, "rgb24",
            src_colorspace=_sws_matrix(self.colour, self.native.width, self.native.height),
            src_color_range=2 if self.colour.range == "full" else 1,
            dst_color_range=2,
            interpolation="AREA",
            threads=1,  # two take longer, to be made for each picture
        )  # fmt: skip
        return np.ascontiguousarray(self.orientation.apply(planes(small)[0]))


class StoredPicture:
    """A frame's image in the memory of its stored samples, for 4:2:0 half of what RGB takes.

    `shape` (h, w, 3) and `dtype` are those of `Frame.image`, and ``picture[rows, columns]``, slices
    without steps, equals that part of it: a new array each time.
    """

    def __init__(self, frame: Frame) -> None:
        self._native, self._colour = frame.native, frame.colour
        self._orientation = frame.orientation
        self.shape = (frame.height, frame.width, 3)
        self.dtype = np.dtype(sample_type(frame.layout))

    def __getitem__(self, part: tuple[slice, slice]) -> np.ndarray:
        rows, columns = (
            slice(*one.indices(size)[:2]) for one, size in zip(part, self.shape[:2], strict=True)
        )
        stored = self._orientation.undo_part(rows, columns, self.shape)
        shown = self._orientation.apply(to_rgb(self._native, self._colour, stored))
        return np.ascontiguousarray(shown)


def sample_type(own: PixelLayout) -> type[np.unsignedinteger]:
    """The type of RGB made from a pixel format: uint8 up to 8 bits, else uint16."""
    return np.uint8 if own.bits <= 8 else np.uint16


_WHOLE = (slice(None), slice(None))


def to_rgb(native: av.VideoFrame, colour: Colour, part: tuple[slice, slice] = _WHOLE) -> np.ndarray:
    """RGB `(h, w, 3)` of a frame in a canonical format, or of some of its rows and columns, as stored
    (not turned upright)."""
    own = layout(native.format.name)
    parts = planes(native)
    dtype = sample_type(own)
    if own.family == "yuv":
        matrix = matrix_for(colour, own, native.width, native.height)
        if part == _WHOLE:
            return convert.yuv_to_rgb(parts, own, matrix, dtype)
        return convert.yuv_part_to_rgb(parts, own, matrix, dtype, part)
    parts = [plane[part] for plane in parts]
    if own.family == "gray":
        matrix = _grey_matrix(colour, own)
        grey = convert.scale_plane(parts[0], matrix.black, matrix.luma_span, dtype)
        return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)  # a tenth of what NumPy takes to repeat
    if not own.planar:
        return np.ascontiguousarray(parts[0][:, :, :3])
    green, blue, red = (convert.scale_plane(p, 0, own.maximum, dtype) for p in parts[:3])
    return np.stack([red, green, blue], axis=2)


def alpha_plane(native: av.VideoFrame) -> np.ndarray:
    """The opacity of a frame in a canonical format, full scale, as stored."""
    own = layout(native.format.name)
    parts = planes(native)
    if not own.planar:
        return parts[0][:, :, 3]
    return convert.scale_plane(parts[3], 0, own.maximum, sample_type(own))


def _grey_matrix(colour: Colour, own: PixelLayout):
    # Grey pictures (PNG, TIFF) are full range unless the file says that they are not.
    if colour.range != "limited":
        colour = Colour(range="full", matrix="bt709")
    return matrix_for(colour, own, 0, 0)


def _sws_matrix(colour: Colour, width: int, height: int) -> int:
    """swscale's number for the matrix that `colour` means."""
    from cleanplate.media.colour import matrix_name

    names = {"bt709": 1, "fcc": 4, "smpte240m": 7, "bt2020nc": 9}
    return names.get(matrix_name(colour, width, height), 5)
