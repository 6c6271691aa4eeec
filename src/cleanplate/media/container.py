"""Opening files with FFmpeg, and what its errors mean to a person."""

from __future__ import annotations

import errno
from pathlib import Path

import av
from av.container import Flags, InputContainer

from cleanplate.errors import MediaError

# FFmpeg's own log goes to stderr; what matters of it is in our errors and warnings.
av.logging.set_level(None)


def url(path: Path) -> str:
    """A name that FFmpeg takes for this very file, whatever dashes and colons are in it."""
    return f"file:{path}"


def open_input(path: Path) -> InputContainer:
    """Open `path` for reading.

    Raises:
        MediaError: it is not there, cannot be read, or is nothing that FFmpeg knows.
    """
    if not path.exists():
        raise MediaError(f"{path} does not exist. Check the name.")
    if path.is_file() and path.stat().st_size == 0:
        raise MediaError(f"{path} is empty (0 bytes). Copy or download it again.")
    try:
        return open_url(url(path))
    except av.error.PermissionError:
        raise MediaError(f"{path} may not be read by you. Change its permissions.") from None
    except av.error.InvalidDataError:
        raise MediaError(_unreadable(path)) from None
    except (av.error.FFmpegError, OSError) as error:
        raise MediaError(f"{path} cannot be opened: {reason(error)}.") from error


def open_url(name: str) -> InputContainer:
    """Open what FFmpeg calls `name`, its errors as they come."""
    container = av.open(name, metadata_errors="replace")
    # PyAV has times invented where a file gives none, wrongly so for AVI with B-frames.
    container.flags &= ~Flags.gen_pts.value
    return container


def _unreadable(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(64)
    if b"ftyp" in head[:12] and not _has_box(path, b"moov"):
        return (
            f"{path} was cut off before its index (the moov box) was written, so nothing of it "
            "can be decoded. Copy or record it again; a tool such as untrunc may rescue it."
        )
    return f"{path} is not a video or picture that FFmpeg can read, or is damaged from the start."


def _has_box(path: Path, name: bytes) -> bool:
    """Whether an ISO base media file has a top-level box called `name`."""
    size = path.stat().st_size
    at = 0
    with path.open("rb") as file:
        while at + 8 <= size:
            file.seek(at)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if head[4:8] == name:
                return at + length <= size
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8:
                return False
            at += length
    return False


def reason(error: BaseException) -> str:
    """What an error of FFmpeg or the system says, without numbers and file names."""
    text = getattr(error, "strerror", None) or str(error)
    return str(text).strip().rstrip(".")


def full_disk(error: BaseException) -> bool:
    """True for the errors of a disk, quota or file-size limit that is used up."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
