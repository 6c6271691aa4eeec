"""Masks to files: a folder of PNGs, COCO run lengths in JSON, or a matte video."""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from cleanplate.errors import MaskError, UsageError
from cleanplate.media import ClipInfo, ClipWriter, ExportSettings, Frame
from cleanplate.segment import rle


class MaskSink(Protocol):
    """Takes the masks of one frame after another; whole at `close`, gone at `abort`."""

    def put(self, frame: Frame, masks: dict[int, np.ndarray], alpha: np.ndarray) -> None:
        """Masks by object, bool (h, w), and all of them together, float32 (h, w) in 0..1."""

    def close(self) -> None: ...

    def abort(self) -> None: ...


def open_sink(output: Path, info: ClipInfo, names: dict[int, str], palette: bool) -> MaskSink:
    """The sink that suits an output's name: `.json`, a video's ending, or else a folder."""
    if output.suffix.lower() == ".json":
        return RunLengths(output, names)
    if not output.suffix:
        return Pictures(output, palette)
    if "%" in output.name or output.suffix.lower() in {".png", ".jpg", ".tif", ".tiff"}:
        raise UsageError(f"Masks go into a folder, a video or a .json file: name {output.parent}/.")
    return MatteVideo(output, info)


class Pictures:
    """A folder of 8-bit PNGs, one a frame, named by the frame's number.

    Grey, white for what is marked and grey where it is feathered; or object ids in DAVIS's
    palette.
    """

    def __init__(self, folder: Path, palette: bool) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._palette = davis_palette() if palette else None
        self._part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))

    def put(self, frame: Frame, masks: dict[int, np.ndarray], alpha: np.ndarray) -> None:
        if self._palette is None:
            values = np.rint(alpha * 255).astype(np.uint8)
        else:
            values = np.zeros(alpha.shape, np.uint8)
            for name, mask in masks.items():
                values[mask] = name
        (self._part / f"{frame.index:05d}.png").write_bytes(png(values, self._palette))

    def close(self) -> None:
        if self._folder.is_dir():
            shutil.rmtree(self._folder)
        self._part.chmod(0o755)
        self._part.rename(self._folder)

    def abort(self) -> None:
        shutil.rmtree(self._part, ignore_errors=True)


class RunLengths:
    """One JSON document in the manner of COCO's results: frames with a segmentation an object."""

    def __init__(self, path: Path, names: dict[int, str]) -> None:
        self._path = path
        self._names = names
        self._frames: list[dict[str, Any]] = []
        self._size = (0, 0)

    def put(self, frame: Frame, masks: dict[int, np.ndarray], alpha: np.ndarray) -> None:
        self._size = alpha.shape
        objects = [
            {"object": name, "area": int(mask.sum()), "segmentation": rle.encode(mask)}
            for name, mask in masks.items()
        ]
        self._frames.append({"frame": frame.index, "objects": objects})

    def close(self) -> None:
        document = {
            "version": 1,
            "height": self._size[0],
            "width": self._size[1],
            "objects": [{"object": name, "kind": kind} for name, kind in self._names.items()],
            "frames": self._frames,
        }
        part = self._path.with_name(f".{self._path.name}.part")
        part.write_text(json.dumps(document) + "\n", encoding="utf-8")
        part.replace(self._path)

    def abort(self) -> None:
        self._frames.clear()


class MatteVideo:
    """A video as long as the clip, white where anything is marked, with the clip's timing."""

    def __init__(self, path: Path, info: ClipInfo) -> None:
        self._writer = ClipWriter(path, info, ExportSettings())

    def put(self, frame: Frame, masks: dict[int, np.ndarray], alpha: np.ndarray) -> None:
        grey = np.rint(alpha * 255).astype(np.uint8)
        self._writer.write(frame, image=np.dstack([grey] * 3))

    def close(self) -> None:
        self._writer.close()

    def abort(self) -> None:
        self._writer.abort()


def read_run_lengths(path: Path) -> dict[str, Any]:
    """A `RunLengths` document, its frames in order. Raises MaskError when it is no such document."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        document["frames"].sort(key=lambda frame: frame["frame"])
        document["size"] = (int(document["height"]), int(document["width"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MaskError(f"{path} is no file of masks as `cleanplate mask` writes it.") from error
    return document


def unpack_run_lengths(path: Path, folder: Path) -> None:
    """Write the frames of a `RunLengths` document as PNGs into a new folder, all objects together.

    Raises MaskError when it is no such document.
    """
    document = read_run_lengths(path)
    folder.mkdir()
    for frame in document["frames"]:
        mask = np.zeros(document["size"], bool)
        for item in frame["objects"]:
            mask |= rle.decode(item["segmentation"])
        coded = png(mask.astype(np.uint8) * 255)
        (folder / f"{frame['frame']:05d}.png").write_bytes(coded)


def png(values: np.ndarray, palette: np.ndarray | None = None) -> bytes:
    """A PNG of uint8 (h, w), grey or with a palette, uint8 (n, 3).

    W3C, "Portable Network Graphics (PNG) Specification", 2003: OpenCV writes no palettes.
    """
    height, width = values.shape
    kind = 0 if palette is None else 3
    lines = np.zeros((height, width + 1), np.uint8)  # a filter byte of 0 before each line
    lines[:, 1:] = values
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))]
    if palette is not None:
        chunks.append((b"PLTE", palette.tobytes()))
    chunks += [(b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b"")]
    coded = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(coded)


def davis_palette() -> np.ndarray:
    """The 256 colours that PASCAL VOC and DAVIS use for ids: the id's bits, spread over the
    channels from the top bit down; uint8 (256, 3)."""
    ids = np.arange(256)
    colours = np.zeros((256, 3), int)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= ((ids >> channel) & 1) << (7 - bit)
        ids = ids >> 3
    return colours.astype(np.uint8)
