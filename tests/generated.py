"""Small clips made of photographs, with an object to remove and the truth behind it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from skimage import data

WIDTH, HEIGHT = 160, 96
RATE = 12


def pan(photo: str, count: int, start: int = 0) -> list[np.ndarray]:
    """`count` RGB frames (96, 160, 3) of a camera that pans over one of scikit-image's pictures."""
    picture = getattr(data, photo)()[..., :3]
    height = 140
    picture = cv2.resize(picture, (picture.shape[1] * height // picture.shape[0], height))
    if picture.shape[1] < WIDTH + 2 * (count + start):
        picture = np.hstack([picture, picture[:, ::-1]])
    return [
        np.ascontiguousarray(picture[20 : 20 + HEIGHT, x : x + WIDTH])
        for x in range(2 * start, 2 * (start + count), 2)
    ]


def with_disc(frames: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A green disc that crosses the frames, and its masks, bool (h, w)."""
    seen, masks = [], []
    for index, frame in enumerate(frames):
        mask = np.zeros(frame.shape[:2], np.uint8)
        centre = (40 + 7 * index % 90, 50)
        cv2.circle(mask, centre, 13, 1, -1)
        seen.append(np.where(mask[..., None] > 0, np.uint8([20, 230, 40]), frame))
        masks.append(mask > 0)
    return seen, masks


def with_shadow(
    frames: Sequence[np.ndarray],
) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """A blue disc that crosses the frames with its shadow; the disc's masks, and the shadow's."""
    seen, masks, shadows = [], [], []
    for index, frame in enumerate(frames):
        mask = np.zeros(frame.shape[:2], np.uint8)
        shadow = mask.copy()
        cv2.circle(mask, (24 + 5 * index, 40), 10, 1, -1)
        cv2.circle(shadow, (29 + 5 * index, 49), 9, 1, -1)
        shaded = np.where(shadow[..., None] > 0, frame // 2, frame)
        seen.append(np.where(mask[..., None] > 0, np.uint8([30, 40, 90]), shaded))
        masks.append(mask > 0)
        shadows.append((shadow > 0) & (mask == 0))
    return seen, masks, shadows


def write_clip(
    path: Path,
    frames: Sequence[np.ndarray],
    *,
    sound: bool = False,
    times: Sequence[int] | None = None,
    pix_fmt: str = "yuv420p",
    codec: str = "libx264",
) -> Path:
    """Write RGB frames; `times` are presentation times in 1/1200 s, for a variable frame rate."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, options={"crf": "10"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1200)
        audio = container.add_stream("aac", rate=44100, layout="mono") if sound else None
        for index, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = index * 1200 // RATE if times is None else times[index]
            frame.time_base = Fraction(1, 1200)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio is not None:
            _write_tone(container, audio, len(frames) / RATE)
    return path


def _write_tone(container, stream, seconds: float) -> None:
    tone = np.sin(np.arange(int(seconds * 44100)) * 2 * np.pi * 440 / 44100).astype(np.float32)
    for start in range(0, len(tone), 1024):
        block = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], "fltp", "mono")
        block.sample_rate, block.pts, block.time_base = 44100, start, Fraction(1, 44100)
        container.mux(stream.encode(block))
    container.mux(stream.encode(None))


def write_masks(folder: Path, masks: Sequence[np.ndarray]) -> Path:
    """Masks as folder/00000.png on, white where to remove."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, mask in enumerate(masks):
        cv2.imwrite(str(folder / f"{index:05d}.png"), mask.astype(np.uint8) * 255)
    return folder


def planes(path: Path) -> list[np.ndarray]:
    """Every decoded frame as it is stored, in the file's own pixel format."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


def pictures(path: Path) -> list[np.ndarray]:
    """Every decoded frame as RGB uint8, by FFmpeg's own conversion."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def timestamps(path: Path) -> list[Fraction]:
    """Every frame's time in seconds, counted from the first."""
    with av.open(str(path)) as container:
        times = [frame.pts * frame.time_base for frame in container.decode(video=0)]
    return [time - times[0] for time in times]


def audio_packets(path: Path) -> list[bytes]:
    """The first audio track's packets, for telling a copy from a new encoding."""
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(audio=0) if p.size]


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal to noise ratio in dB of 8-bit values."""
    error = np.mean((one.astype(np.float64) - other) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
