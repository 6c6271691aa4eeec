"""Putting a frame together: the file's own samples, and new ones in the hole."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import av
import numpy as np
from av.filter import Graph

from cleanplate.errors import MediaError
from cleanplate.media import convert
from cleanplate.media.colour import codes, matrix_for, range_code
from cleanplate.media.frame import Frame, sample_type, to_rgb
from cleanplate.media.info import ClipInfo, Colour
from cleanplate.media.orientation import Orientation
from cleanplate.media.pixels import layout, planes


class Composer:
    """Makes the frame that goes to the encoder; the source's frame itself never changes."""

    def __init__(self) -> None:
        self._share: Graph | None = None
        self._shape: tuple | None = None

    def compose(
        self,
        frame: Frame,
        image: np.ndarray | None,
        hole: np.ndarray | None,
        alpha: np.ndarray | None,
    ) -> av.VideoFrame:
        """A frame with `image` in `hole` (everywhere if that is None), as stored.

        `image` is upright RGB `(h, w, 3)`, `hole` bool `(h, w)`, `alpha` the new opacity
        `(h, w)`, float 0..1 or of `image`'s type; it replaces the old one everywhere. Side data
        (captions, HDR) stay on the frame.
        """
        native = self._reference(frame.native)
        native.pict_type = 0
        if image is None and alpha is None:
            return native
        native.make_writable()
        upright = frame.orientation
        if image is not None:
            _check_shape(image, hole, frame)
            stored = np.ascontiguousarray(upright.undo(image))
            if hole is None:
                inside = np.ones(stored.shape[:2], bool)
            else:
                inside = np.ascontiguousarray(upright.undo(np.asarray(hole, bool)))
            write_rgb(native, stored, inside, frame.colour)
        if alpha is not None:
            write_alpha(native, np.ascontiguousarray(upright.undo(alpha)))
        return native

    def _reference(self, native: av.VideoFrame) -> av.VideoFrame:
        """A second frame object on the same buffers, side data included."""
        shape = (native.width, native.height, native.format.name)
        if self._share is None or shape != self._shape:
            graph = Graph()
            source = graph.add_buffer(
                width=native.width,
                height=native.height,
                format=native.format,
                time_base=Fraction(1),
            )
            graph.link_nodes(source, graph.add("null"), graph.add("buffersink")).configure()
            self._share, self._shape = graph, shape
        self._share.vpush(native)
        return self._share.vpull()


def _check_shape(image: np.ndarray, hole: np.ndarray | None, frame: Frame) -> None:
    if image.shape != (frame.height, frame.width, 3) or image.dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"image is {image.dtype}{image.shape}, not uint8 or uint16 "
            f"({frame.height}, {frame.width}, 3)"
        )
    if hole is not None and hole.shape != (frame.height, frame.width):
        raise ValueError(f"hole is {hole.shape}, not ({frame.height}, {frame.width})")


def write_rgb(native: av.VideoFrame, image: np.ndarray, inside: np.ndarray, colour: Colour) -> None:
    """Write `image` (RGB, as stored) into the samples of `native` that `inside` covers."""
    rows, columns = _extent(inside)
    if rows is None:
        return
    own = layout(native.format.name)
    # Whole chroma samples, and one more around for the filter.
    step_x, step_y = 1 << own.shift_x, 1 << own.shift_y
    top, bottom = rows[0] // step_y * step_y, min(-(-rows[1] // step_y) * step_y, native.height)
    left = max(0, rows_floor(columns[0], step_x) - step_x)
    right = min(native.width, rows_floor(columns[1] + step_x - 1, step_x) + step_x)
    part = image[top:bottom, left:right]
    mask = inside[top:bottom, left:right]
    parts = planes(native)
    if own.family == "yuv":
        chroma = (
            slice(top // step_y, -(-bottom // step_y)),
            slice(left // step_x, -(-right // step_x)),
        )
        views = [parts[0][top:bottom, left:right], parts[1][chroma], parts[2][chroma]]
        matrix = matrix_for(colour, own, native.width, native.height)
        convert.rgb_into_yuv(part, mask, views, own, matrix)
    elif own.family == "gray":
        full = colour.range != "limited"
        matrix = matrix_for(Colour(range="full" if full else "limited", matrix="bt709"), own, 0, 0)
        convert.rgb_into_grey(part, mask, parts[0][top:bottom, left:right], own, matrix)
    else:
        new = convert.rescale(part[mask], own.maximum, own.dtype)
        if own.planar:
            for plane, channel in zip(parts[:3], (1, 2, 0), strict=True):
                plane[top:bottom, left:right][mask] = new[:, channel]
        else:
            parts[0][top:bottom, left:right, :3][mask] = new


def rows_floor(value: int, step: int) -> int:
    """`value` rounded down to a multiple of `step`."""
    return value // step * step


def _extent(inside: np.ndarray) -> tuple:
    """The rows and columns `(first, last + 1)` that hold something, None and None if nothing."""
    rows = np.flatnonzero(inside.any(axis=1))
    if not len(rows):
        return None, None
    columns = np.flatnonzero(inside[rows[0] : rows[-1] + 1].any(axis=0))
    return (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)


def write_alpha(native: av.VideoFrame, alpha: np.ndarray) -> None:
    """Write opacity (float 0..1, or full-scale integers; as stored) into `native`."""
    own = layout(native.format.name)
    if not own.alpha:
        raise MediaError(
            "This clip has no alpha plane to write to; export a cutout from images instead."
        )
    parts = planes(native)
    plane = parts[0][:, :, 3] if not own.planar else parts[3]
    if alpha.dtype.kind == "f":
        plane[...] = np.round(np.clip(alpha, 0, 1) * own.maximum).astype(own.dtype)
    else:
        plane[...] = convert.rescale(alpha, own.maximum, own.dtype)


def from_image(image: np.ndarray, alpha: np.ndarray | None, colour: Colour) -> av.VideoFrame:
    """A frame of packed RGB, or RGBA where there is `alpha`, in `image`'s depth."""
    deep = image.dtype == np.uint16
    if alpha is not None:
        limit = np.iinfo(image.dtype).max
        if alpha.dtype.kind == "f":
            alpha = np.round(np.clip(alpha, 0, 1) * limit).astype(image.dtype)
        image = np.dstack([image, convert.rescale(alpha, limit, image.dtype)])
    name = (
        ("rgba64le" if deep else "rgba") if alpha is not None else ("rgb48le" if deep else "rgb24")
    )
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), name)
    tag(frame, colour)
    return frame


def repainted(frame: Frame, image: np.ndarray, alpha: np.ndarray | None) -> Frame:
    """A frame of other pixels at the time of `frame`: upright RGB, or RGBA where there is `alpha`.

    `image` is `(h, w, 3)` uint8 or uint16, `alpha` `(h, w)` float 0..1 or of the image's type.
    """
    native = from_image(image, alpha, frame.colour)
    return Frame(
        native, frame.index, frame.pts, frame.time_base, frame.duration, frame.colour, Orientation()
    )


def repainted_info(info: ClipInfo, alpha: bool) -> ClipInfo:
    """The facts of a clip whose frames are all `repainted`: same times, tracks and colours."""
    deep = info.bit_depth > 8
    name = ("rgba64le" if deep else "rgba") if alpha else ("rgb48le" if deep else "rgb24")
    # Pixels are shown as they are stored now, in RGB of full range.
    return dataclasses.replace(
        info,
        pix_fmt=name,
        bit_depth=16 if deep else 8,
        has_alpha=alpha,
        interlaced=False,
        colour=dataclasses.replace(info.colour, range="unspecified", matrix="gbr"),
        orientation=Orientation(),
        display_matrix=None,
        rotation=0,
        mirror=False,
        coded_width=info.width,
        coded_height=info.height,
        repainted=True,
    )


def tag(frame: av.VideoFrame, colour: Colour) -> None:
    """Put the primaries and transfer of `colour` on an RGB frame."""
    primaries, transfer, _ = codes(colour)
    frame.color_primaries = primaries
    frame.color_trc = transfer
    frame.color_range = 2


def composed_rgb(
    frame: Frame, image: np.ndarray | None, hole: np.ndarray | None, alpha: np.ndarray | None
) -> av.VideoFrame:
    """Like `Composer.compose`, but upright and in RGB: for pictures and GIFs.

    Outside the hole the pixels are exactly `frame.image`.
    """
    if image is None:
        out = frame.image
    elif hole is None:
        out = _in_type(image, None, frame)
    else:
        out = frame.image.copy()
        hole = np.asarray(hole, bool)
        out[hole] = _in_type(image, hole, frame)[hole]
    return from_image(out, frame.alpha if alpha is None else alpha, frame.colour)


def _in_type(image: np.ndarray, hole: np.ndarray | None, frame: Frame) -> np.ndarray:
    _check_shape(image, hole, frame)
    wanted = sample_type(frame.layout)
    return convert.rescale(image, int(np.iinfo(wanted).max), wanted)


def convert_frame(
    native: av.VideoFrame, name: str, colour: Colour, target: Colour
) -> av.VideoFrame:
    """`native` in pixel format `name`, from the colour tags of one to those of the other."""
    own, new = layout(native.format.name), layout(name)
    source_range, target_range = (2 if c.range == "full" else 1 for c in (colour, target))
    if native.format.name == name and (own.family != "yuv" or source_range == target_range):
        return native
    if own.family == "rgb" and new.family == "yuv":
        return _yuv_from_rgb(native, name, target)
    if own.family == "rgb":
        return native.reformat(format=name)
    return native.reformat(
        format=name,
        src_color_range=source_range,
        dst_color_range=target_range,
        interpolation="BICUBIC",
    )


def _yuv_from_rgb(native: av.VideoFrame, name: str, target: Colour) -> av.VideoFrame:
    new = layout(name)
    out = av.VideoFrame(native.width, native.height, name)
    rgb = to_rgb(native, target)
    matrix = matrix_for(target, new, native.width, native.height)
    inside = np.ones(rgb.shape[:2], bool)
    parts = planes(out)
    convert.rgb_into_yuv(rgb, inside, parts, new, matrix)
    if new.alpha:
        own = layout(native.format.name)
        opacity = planes(native)
        if own.alpha:
            plane = opacity[0][:, :, 3] if not own.planar else opacity[3]
            parts[3][...] = convert.rescale(
                convert.scale_plane(np.ascontiguousarray(plane), 0, own.maximum, np.uint16),
                new.maximum, new.dtype,
            )  # fmt: skip
        else:
            parts[3][...] = new.maximum
    return out


def turned(native: av.VideoFrame, info: ClipInfo) -> av.VideoFrame:
    """`native` with its pixels turned upright, plane by plane; samples do not change."""
    upright = info.orientation
    own = layout(native.format.name)
    from cleanplate.media.plan import turned_format

    name = turned_format(native.format.name) if upright.transpose else native.format.name
    if layout(name).subsampling == "4:4:4" != own.subsampling:
        native = native.reformat(format=name, interpolation="BICUBIC")
    width, height = upright.size(native.width, native.height)
    out = av.VideoFrame(width, height, name)
    for new, old in zip(planes(out), planes(native), strict=True):
        new[...] = upright.apply(old)
    out.color_range, out.colorspace = native.color_range, native.colorspace
    out.color_primaries, out.color_trc = native.color_primaries, native.color_trc
    return out


def encoder_colour(info: ClipInfo, yuv: bool, limited_only: bool) -> Colour:
    """The colour tags of the output: the source's, completed where RGB becomes YCbCr."""
    colour = info.colour
    if limited_only and colour.range == "full" and layout(info.pix_fmt).family == "yuv":
        return dataclasses.replace(colour, range="limited")
    if not yuv or layout(info.pix_fmt).family != "rgb":
        return colour
    untagged = colour.transfer == "unspecified"
    return Colour(
        range="limited",
        primaries="bt709" if colour.primaries == "unspecified" else colour.primaries,
        transfer="iec61966-2-1" if untagged else colour.transfer,
        matrix="bt2020nc" if colour.primaries == "bt2020" else "bt709",
        mastering=colour.mastering,
        light=colour.light,
    )


def set_colour(target, colour: Colour) -> None:
    """Write colour tags on a PyAV frame or codec context."""
    primaries, transfer, matrix = codes(colour)
    target.color_primaries = primaries
    target.color_trc = transfer
    target.colorspace = matrix
    target.color_range = range_code(colour)
