"""The demo: make a sample shot, remove its ball through the ordinary path, compare with the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.erase import EraseSettings, erase_clip
from cleanplate.engine.events import Event, Listener
from cleanplate.engine.report import Report
from cleanplate.engine.run import OutputSettings
from cleanplate.engine.sample import Sample
from cleanplate.engine.sample_files import write_sample
from cleanplate.media import ClipWriter, ExportSettings, open_clip, probe


@dataclass(frozen=True)
class DemoResult:
    """The files that the demo wrote, and how close it came.

    Both are in dB, between the finished file as it is decoded and the true background with its
    grain: `psnr` over all pixels of the holes, `outside` over all others, where only encoding
    changed anything. No fill can be much closer than that.
    """

    sample: Path
    masks: Path
    clean: Path
    provenance: Path
    before_after: Path
    picture: Path
    where_from: Path
    psnr: float
    outside: float
    report: Report


def run_demo(folder: Path, frame_count: int, progress: Listener) -> DemoResult:
    """Make, erase, measure and compare in `folder`, which is created; files there are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    sample = Sample(frame_count=frame_count)
    clip, masks = folder / "sample.mp4", folder / "masks"
    progress(Event("stage", "draw the sample", total=frame_count))
    write_sample(
        sample,
        clip,
        masks,
        lambda index: progress(Event("progress", "draw the sample", index + 1, frame_count)),
    )
    clean, sources = folder / "clean.mp4", folder / "where_from.mp4"
    report = erase_clip(
        clip,
        clean,
        EraseSettings(masks, output=OutputSettings(provenance=sources, overwrite=True)),
        progress,
    )
    progress(Event("stage", "compare", total=frame_count))
    before_after = folder / "before_after.mp4"
    psnr, outside = _compare(sample, clip, clean, before_after, progress)
    picture, where_from = folder / "before_after.jpg", folder / "where_from.jpg"
    _save_pictures(clip, clean, sources, picture, where_from, at=frame_count * 5 // 9)
    return DemoResult(
        clip, masks, clean, sources, before_after, picture, where_from, psnr, outside, report
    )


def _compare(
    sample: Sample, clip: Path, clean: Path, video: Path, progress: Listener
) -> tuple[float, float]:
    """Write the wipe from before to after; PSNR in the holes and outside them."""
    hole, rest = _Psnr(), _Psnr()
    info = probe(clip)
    with (
        open_clip(clip) as before,
        open_clip(clean) as after,
        ClipWriter(video, info, ExportSettings()) as writer,
    ):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            truth = sample[index]
            hole.add(new.image[truth.mask], truth.clean[truth.mask])
            rest.add(new.image[~truth.mask], truth.clean[~truth.mask])
            writer.write(old, image=_wipe(old.image, new.image, _sweep(index, len(sample))))
            progress(Event("progress", "compare", index + 1, len(sample)))
    return hole.decibels, rest.decibels


class _Psnr:
    """Peak signal to noise ratio of 8-bit values, over everything that was added."""

    def __init__(self) -> None:
        self._squares = 0.0
        self._count = 0

    def add(self, one: NDArray[np.uint8], other: NDArray[np.uint8]) -> None:
        self._squares += float(((one.astype(np.float64) - other) ** 2).sum())
        self._count += one.size

    @property
    def decibels(self) -> float:
        return float(10 * np.log10(255**2 * self._count / max(self._squares, 1e-9)))


def _sweep(index: int, count: int) -> float:
    """Where the wipe stands, 0..1 of the width: there and back again, slow at the ends."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * index / max(count - 1, 1))


def _wipe(before: NDArray[np.uint8], after: NDArray[np.uint8], at: float) -> NDArray[np.uint8]:
    """The clip with the object on the right of the line, without it on the left."""
    height, width = before.shape[:2]
    line = round(at * width)
    picture = before.copy()
    picture[:, :line] = after[:, :line]
    picture[:, max(line - 1, 0) : line + 1] = 255
    if line > 90:
        _label(picture, "after", (line - 78, height - 16))
    if width - line > 90:
        _label(picture, "before", (line + 14, height - 16))
    return picture


def _label(picture: NDArray[np.uint8], text: str, at: tuple[int, int]) -> None:
    """White text with a dark rim, readable on anything."""
    for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1), (1, 1)):
        _write(picture, text, (at[0] + x, at[1] + y), (0, 0, 0))
    _write(picture, text, at, (255, 255, 255))


def _write(
    picture: NDArray[np.uint8], text: str, at: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 1, cv2.LINE_AA)


def _save_pictures(
    clip: Path, clean: Path, sources: Path, picture: Path, where_from: Path, at: int
) -> None:
    """One frame as pictures: before and after side by side, and where the fill came from."""
    panels = []
    for path, text in ((clip, "before"), (clean, "after"), (sources, "where it came from")):
        with open_clip(path) as reader:
            panel = reader.read_frame(at).image.copy()
        _label(panel, text, (14, panel.shape[0] - 16))
        panels.append(panel)
    for path, image in ((picture, np.hstack(panels[:2])), (where_from, panels[2])):
        cv2.imwrite(str(path), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


def files_of(result: DemoResult) -> Iterator[tuple[str, Path]]:
    """What each file of the demo is, in the order to look at them."""
    yield "before and after", result.before_after
    yield "picture", result.picture
    yield "sample", result.sample
    yield "masks", result.masks
    yield "clean", result.clean
    yield "where each pixel came from", result.provenance
    yield "the same as a picture", result.where_from
