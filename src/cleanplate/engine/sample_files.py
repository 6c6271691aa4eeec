"""Write the sample shot as a person would have it: a video with sound, and a folder of masks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from cleanplate.engine.sample import RATE, Sample, SampleFrame

SOUND_RATE = 44_100
"""Samples of sound a second."""

_MELODY = (261.63, 329.63, 392.00, 523.25, 440.00, 392.00, 329.63, 293.66)
"""Notes in Hz: C4 E4 G4 C5 A4 G4 E4 D4, three a second."""


def write_sample(
    sample: Sample, clip: Path, masks: Path, each: Callable[[int], None] = lambda index: None
) -> None:
    """Write `sample` to `clip` (MP4, H.264 and AAC, BT.709) and its masks to `masks`/00000.png on.

    `each` is called with every frame's index after it is written.
    """
    masks.mkdir(parents=True, exist_ok=True)
    for old in masks.glob("*.png"):
        old.unlink()
    with av.open(str(clip), "w") as container:
        picture = container.add_stream("libx264", rate=RATE, options={"crf": "14"})
        picture.width, picture.height, picture.pix_fmt = sample.width, sample.height, "yuv420p"
        picture.codec_context.colorspace = Colorspace.ITU709
        picture.codec_context.color_range = ColorRange.MPEG
        sound = container.add_stream("aac", rate=SOUND_RATE, layout="stereo")
        for index, frame in enumerate(_drawn(sample)):
            container.mux(picture.encode(_video_frame(frame, index)))
            cv2.imwrite(str(masks / f"{index:05d}.png"), frame.mask.astype(np.uint8) * 255)
            each(index)
        container.mux(picture.encode(None))
        for block in _sound_blocks(len(sample) / RATE):
            container.mux(sound.encode(block))
        container.mux(sound.encode(None))


def _drawn(sample: Sample) -> Iterator[SampleFrame]:
    """Every frame, drawn ahead beside the encoder."""
    yield sample[0]  # with the wall, which all share
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(sample.__getitem__, range(1, len(sample)))


def _video_frame(frame: SampleFrame, index: int) -> av.VideoFrame:
    rgb = av.VideoFrame.from_ndarray(frame.image, format="rgb24")
    planar = rgb.reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    planar.pts, planar.time_base = index, 1 / RATE
    return planar


def _sound_blocks(seconds: Fraction) -> list[av.AudioFrame]:
    tune = _tune(float(seconds))
    blocks = []
    for start in range(0, tune.shape[1], 1024):
        block = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(tune[:, start : start + 1024]), format="fltp", layout="stereo"
        )
        block.sample_rate, block.pts, block.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        blocks.append(block)
    return blocks


def _tune(seconds: float) -> NDArray[np.float32]:
    """A music-box melody that wanders from left to right, float32 (2, samples) in -1..1."""
    time = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    note, since = np.divmod(time * 3, 1)
    pitch = np.take(_MELODY, note.astype(int), mode="wrap")
    phase = 2 * np.pi * pitch * since / 3
    tone = (np.sin(phase) + 0.35 * np.sin(3 * phase)) * np.exp(-3.2 * since) * 0.22
    tone *= np.clip(since * 60, 0, 1)
    pan = time / max(seconds, 1e-9)
    return np.stack([tone * (1 - 0.6 * pan), tone * (0.4 + 0.6 * pan)]).astype(np.float32)
