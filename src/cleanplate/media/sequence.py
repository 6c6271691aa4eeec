"""Folders of frames, printf patterns, globs and single pictures."""

from __future__ import annotations

import glob
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av

from cleanplate.errors import MediaError
from cleanplate.media.colour import colour_of
from cleanplate.media.decoder import normalise
from cleanplate.media.exif import orientation_matrix
from cleanplate.media.info import Colour

SUFFIXES = {
    ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".exr", ".dpx", ".tga", ".jp2",
    ".ppm", ".pgm", ".jxl",
}  # fmt: skip
_PNG = b"\x89PNG\r\n\x1a\n"
_PATTERN = re.compile(r"%(0?)(\d*)d")


@dataclass
class StillPicture:
    """A decoded picture file: its frame in a canonical pixel format, colour tags and codec.

    `matrix` is the display matrix of its EXIF orientation, None for upright.
    """

    native: av.VideoFrame
    colour: Colour
    codec: str
    matrix: tuple[int, ...] | None


def find(path: Path) -> list[Path]:
    """The picture files that `path` means, in order; empty where it means a video.

    Raises:
        MediaError: a folder without pictures, a pattern or glob that matches none.
    """
    if path.is_dir():
        return _in_folder(path)
    if path.exists():
        return [path] if path.suffix.lower() in SUFFIXES else []
    if is_pattern(path.name):
        return _in_pattern(path)
    if glob.has_magic(path.name):
        found = sorted(
            (p for p in path.parent.glob(path.name) if p.suffix.lower() in SUFFIXES), key=natural
        )
        if not found:
            raise MediaError(f"No picture matches {path}. Check the pattern.")
        return found
    return []


def taken(path: Path) -> bool:
    """Whether pictures written to a folder, or by a pattern, would come among others."""
    try:
        return bool(_in_pattern(path) if is_pattern(path.name) else _in_folder(path))
    except MediaError:
        return False


def is_pattern(name: str) -> bool:
    """Whether a file name has a printf number in it, such as `%05d`."""
    return _PATTERN.search(name) is not None


def numbered(name: str, number: int) -> str:
    """`name` with its printf number replaced by `number`."""
    return _PATTERN.sub(lambda m: f"{number:{m[1]}{m[2]}d}", name, count=1)


def number_in(path: Path) -> int | None:
    """The last number in a file's name, None where there is none."""
    digits = re.findall(r"\d+", path.stem)
    return int(digits[-1]) if digits else None


def natural(path: Path) -> list[tuple[int, int, str]]:
    """A sort key that puts `frame2` before `frame10`."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def _in_folder(path: Path) -> list[Path]:
    found = [
        p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")
    ]
    if not found:
        raise MediaError(
            f"{path} is a folder without pictures ({', '.join(sorted(SUFFIXES))}). "
            "Give a video file, or a folder of frames."
        )
    kinds = Counter(p.suffix.lower() for p in found)
    if len(kinds) > 1 and not set(kinds) <= {".jpg", ".jpeg"}:
        main = kinds.most_common(1)[0][0]
        found = [p for p in found if p.suffix.lower() == main]
    return sorted(found, key=natural)


def _in_pattern(path: Path) -> list[Path]:
    match = _PATTERN.search(path.name)
    before, after = path.name[: match.start()], path.name[match.end() :]
    width = int(match[2] or 1)
    digits = f"\\d{{{width},}}" if match[1] else r"\d+"
    wanted = re.compile(re.escape(before) + f"({digits})" + re.escape(after))
    folder = path.parent
    names = [(wanted.fullmatch(p.name), p) for p in folder.iterdir()] if folder.is_dir() else []
    found = sorted((int(m[1]), p) for m, p in names if m)
    if not found:
        raise MediaError(f"No picture matches {path}. Check the folder and the numbering.")
    return [p for _, p in found]


def read_picture(path: Path) -> StillPicture:
    """Decode one picture file.

    Raises:
        MediaError: it is missing, unreadable or damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        frame, codec = _decoded(data)
    except (av.error.FFmpegError, StopIteration, IndexError):
        raise MediaError(
            f"{path} cannot be decoded as a picture; it is damaged or of a kind that FFmpeg "
            "does not read. Replace it."
        ) from None
    colour = colour_of(frame)
    if codec == "mjpeg" and colour.matrix == "unspecified":
        # JFIF means BT.601 whatever the size.
        colour = Colour(colour.range, colour.primaries, colour.transfer, "bt470bg")
    return StillPicture(normalise(frame), colour, codec, orientation_matrix(data))


def _decoded(data: bytes) -> tuple[av.VideoFrame, str]:
    """The picture in a file's bytes and the name of its codec; raises what FFmpeg raises."""
    if data.startswith(_PNG):
        # A container decodes a picture to find out what it is, and then once more.
        decoder = av.CodecContext.create("png", "r")
        return next(chain(decoder.decode(av.Packet(data)), decoder.decode(None))), "png"
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        return next(container.decode(stream)), stream.codec_context.codec.canonical_name
