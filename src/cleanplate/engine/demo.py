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
from cleanplate.engine.sample import Sample
from cleanplate.engine.sample_files import write_sample
from cleanplate.media import ClipWriter, ExportSettings, open_clip, probe


@dataclass(frozen=True)
class DemoResult:
    """The files that the demo wrote, and how close it came.

    `psnr` is in dB over all pixels of the holes, between the finished file as it is decoded and
    the true background with its grain, which nobody can guess: about 39 dB is the most to be had.
    """

    sample: Path
    masks: Path
    clean: Path
    provenance: Path
    before_after: Path
    picture: Path
    psnr: float
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
        clip, clean, EraseSettings(masks, provenance=sources, overwrite=True), progress
    )
    progress(Event("stage", "compare", total=frame_count))
    before_after, picture = folder / "before_after.mp4", folder / "before_after.jpg"
    psnr = _compare(sample, clip, clean, sources, before_after, picture, progress)
    return DemoResult(clip, masks, clean, sources, before_after, picture, psnr, report)


def _compare(
    sample: Sample,
    clip: Path,
    clean: Path,
    sources: Path,
    video: Path,
    picture: Path,
    progress: Listener,
) -> float:
    squares, pixels = 0.0, 0
    shown = len(sample) * 5 // 9
    info = probe(clip)
    with (
        open_clip(clip) as before,
        open_clip(clean) as after,
        open_clip(sources) as where,
        ClipWriter(video, info, ExportSettings()) as writer,
    ):
        for index, (old, new, origin) in enumerate(zip(before, after, where, strict=True)):
            truth = sample[index]
            error = new.image[truth.mask].astype(np.float64) - truth.clean[truth.mask]
            squares, pixels = squares + float((error**2).sum()), pixels + error.size
            writer.write(old, image=_wipe(old.image, new.image, _sweep(index, len(sample))))
            if index == shown:
                _save_picture(picture, old.image, new.image, origin.image)
            progress(Event("progress", "compare", index + 1, len(sample)))
    return float(10 * np.log10(255**2 / (squares / pixels)))


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
    for colour, weight in (((0, 0, 0), 4), ((255, 255, 255), 1)):
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, weight, cv2.LINE_AA)


def _save_picture(path: Path, *panels: NDArray[np.uint8]) -> None:
    """Before, after, and where the fill came from, side by side."""
    labelled = []
    for panel, text in zip(panels, ("before", "after", "where it came from"), strict=True):
        copy = panel.copy()
        _label(copy, text, (14, panel.shape[0] - 16))
        labelled.append(copy)
    cv2.imwrite(str(path), np.hstack(labelled)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


def files_of(result: DemoResult) -> Iterator[tuple[str, Path]]:
    """What each file of the demo is, in the order to look at them."""
    yield "before and after", result.before_after
    yield "picture", result.picture
    yield "sample", result.sample
    yield "masks", result.masks
    yield "clean", result.clean
    yield "where each pixel came from", result.provenance
