"""Clips made for tests: real textures, written with PyAV alone, not with the code under test."""

from __future__ import annotations

import functools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

SIZE = (96, 64)


@functools.cache
def _photograph() -> np.ndarray:
    from skimage import data

    return data.astronaut()


def picture(number: int, size: tuple[int, int] = SIZE, dtype=np.uint8) -> np.ndarray:
    """Frame `number` of a pan over a photograph, RGB `(height, width, 3)`."""
    width, height = size
    x = (7 * number) % max(1, 512 - width)
    part = _photograph()[40 : 40 + height, x : x + width]
    if dtype == np.uint16:
        # Low bits that eight bits do not have.
        noise = np.random.default_rng(number).integers(0, 256, part.shape, np.uint16)
        return part.astype(np.uint16) * 256 + noise
    return np.ascontiguousarray(part)


def native(number: int, pix_fmt: str, size: tuple[int, int] = SIZE) -> VideoFrame:
    """The same picture as a frame in `pix_fmt`, limited range BT.709, alpha a ramp."""
    name = "rgb48le" if any(d in pix_fmt for d in ("10", "12", "16", "48")) else "rgb24"
    image = picture(number, size, np.uint16 if name == "rgb48le" else np.uint8)
    alpha = "yuva" in pix_fmt or "rgba" in pix_fmt or "bgra" in pix_fmt
    if alpha:
        ramp = np.linspace(0, np.iinfo(image.dtype).max, size[0]).astype(image.dtype)
        image = np.dstack([image, np.broadcast_to(ramp, image.shape[:2])])
        name = "rgba64le" if name == "rgb48le" else "rgba"
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), name)
    if name == pix_fmt:
        return frame
    return frame.reformat(format=pix_fmt, dst_colorspace="itu709", dst_color_range=1)


def write_clip(
    path: Path,
    count: int = 12,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = SIZE,
    times: list[int] | None = None,
    time_base: Fraction = Fraction(1, 25),
    options: dict | None = None,
    audio: list[str] | tuple = (),
    seconds: float | None = None,
    before_header=None,
    frame_of=native,
    bframes: bool = True,
) -> Path:
    """Write a video of `count` frames shown at `times` (ticks of `time_base`), with sine tones."""
    times = list(range(count)) if times is None else times
    options = dict(options or {})
    if codec == "libx265":
        options.setdefault("x265-params", "log-level=none")
    with av.open(str(path), "w") as output:
        video = output.add_stream(
            codec, rate=25, options=options, width=size[0], height=size[1], pix_fmt=pix_fmt,
            time_base=time_base,
        )  # fmt: skip
        if not bframes:
            video.codec_context.max_b_frames = 0
        tones = [output.add_stream(name, rate=48000) for name in audio]
        if before_header is not None:
            before_header(output, video)
        for number, time in enumerate(times):
            frame = frame_of(number, pix_fmt, size)
            frame.pts, frame.time_base = time, time_base
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        length = seconds or float((times[-1] + 1) * time_base)
        for pitch, tone in enumerate(tones):
            for sound in _sine(length, 220 * (pitch + 1), tone.codec_context.format.name):
                output.mux(tone.encode(sound))
            output.mux(tone.encode(None))
    return path


def _sine(seconds: float, hertz: float, form: str):
    rate, block = 48000, 960
    for start in range(0, int(seconds * rate), block):
        wave = np.sin(2 * np.pi * hertz * np.arange(start, start + block) / rate) * 0.3
        sound = av.AudioFrame.from_ndarray(
            np.stack([wave, wave]).astype(np.float32), "fltp", "stereo"
        )
        sound.sample_rate, sound.pts, sound.time_base = rate, start, Fraction(1, rate)
        yield sound


def packets(path: Path, kind: str) -> list[list[tuple[Fraction, bytes]]]:
    """Time and content of every packet, for each stream of a kind."""
    with av.open(str(path)) as container:
        streams = [s for s in container.streams if s.type == kind]
        found = {s.index: [] for s in streams}
        for packet in container.demux(*streams) if streams else ():
            if packet.size:
                found[packet.stream.index].append((packet.pts * packet.time_base, bytes(packet)))
        order = [s.index for s in streams]
    return [found[index] for index in order]
