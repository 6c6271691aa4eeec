"""A clip's sound: a stretch of it as WAV, and its outline for the timeline."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.store import Store, code_version, key_of
from cleanplate.media import open_clip
from cleanplate.media.container import open_input
from cleanplate.server.opened import Clip, OpenProject
from cleanplate.server.pictures import Picture
from cleanplate.server.readers import Readers
from cleanplate.server.refusals import Refused

LONGEST = 600
"""Seconds of sound in one answer."""

OUTLINE_RATE = 50
"""Peaks a second."""

_RATE = 48_000


class Sounds:
    """The sound of clips."""

    def __init__(self, store: Store, readers: Readers) -> None:
        self._store = store
        self._readers = readers

    def wav(self, project: OpenProject, first: int, end: int | None) -> Picture:
        """The sound of the frames `first` to `end`, 16 bits, in stereo."""
        span, clip = project.check_span(first, end), project.clip()
        if not clip.info.audio:
            raise Refused(404, "The clip has no sound.")
        begin, stop = frame_times(clip, span)
        if stop - begin > LONGEST:
            raise Refused(
                422, f"That is {float(stop - begin):.0f} s of sound.",
                f"Ask for {LONGEST} s at most.", field="end",
            )  # fmt: skip
        target = io.BytesIO()
        with wave.open(target, "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(_RATE)
            out.writeframes(_samples(clip, begin, stop).tobytes())
        return Picture(target.getvalue())

    def outline(self, project: OpenProject) -> tuple[int, list[float]]:
        """Peaks a second, and the peaks, 0..1."""
        clip = project.clip()
        if not clip.info.audio:
            return OUTLINE_RATE, []
        key = key_of("outline", code_version("server/sounds.py"), clip.fingerprint)
        data = self._store.get(key)
        if data is None:
            data = _outline(clip, self._readers.give_way).tobytes()
            self._store.put(key, data)
        return OUTLINE_RATE, np.round(np.frombuffer(data, np.float32), 3).tolist()


def frame_times(clip: Clip, span: range) -> tuple[Fraction, Fraction]:
    """When a stretch of frames begins and ends, in seconds on the file's own clock."""
    info = clip.info
    with open_clip(info) as reader:
        timeline = getattr(reader, "timeline", None)
        if timeline is None:
            return span.start / info.rate, span.stop / info.rate
        begin = int(timeline.pts[span.start]) * info.time_base
        if span.stop < len(timeline):
            return begin, int(timeline.pts[span.stop]) * info.time_base
        return begin, int(timeline.pts[-1]) * info.time_base + 1 / info.rate


def _blocks(clip: Clip, begin: Fraction) -> Iterator[tuple[int, NDArray[np.int16]]]:
    """Sound from about `begin` on: for each block the number of its first sample, counted from
    time 0 of the file's clock, and its samples, int16 (n, 2)."""
    resample = av.AudioResampler("s16", "stereo", _RATE)
    with open_input(clip.info.path) as container:
        stream = container.streams[clip.info.audio[0].stream]
        # Half a second early: some codecs need a block or two before they are right.
        early = max(begin - Fraction(1, 2), Fraction(0))
        container.seek(int(early / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            if frame.pts is None:
                continue
            place = round(frame.pts * frame.time_base * _RATE)
            for block in resample.resample(frame):
                samples = block.to_ndarray().reshape(-1, 2)
                yield place, samples
                place += len(samples)


def _samples(clip: Clip, begin: Fraction, stop: Fraction) -> NDArray[np.int16]:
    """The samples of a stretch, int16 (n, 2); silence where the file has none."""
    first, end = round(begin * _RATE), round(stop * _RATE)
    out = np.zeros((end - first, 2), np.int16)
    for place, samples in _blocks(clip, begin):
        if place >= end:
            break
        low, high = max(place, first), min(place + len(samples), end)
        if low < high:
            out[low - first : high - first] = samples[low - place : high - place]
    return out


def _outline(clip: Clip, give_way: Callable[[], None]) -> NDArray[np.float32]:
    begin, stop = frame_times(clip, range(clip.frames))
    step = _RATE // OUTLINE_RATE
    peaks = np.zeros(max(1, round((stop - begin) * OUTLINE_RATE)), np.float32)
    first = round(begin * _RATE)
    for place, samples in _blocks(clip, begin):
        give_way()  # to whoever waits for a frame
        loud = np.abs(samples.astype(np.float32)).max(axis=1) / 32768
        at = (place - first + np.arange(len(loud))) // step
        inside = (at >= 0) & (at < len(peaks))
        np.maximum.at(peaks, at[inside], loud[inside])
    return peaks
