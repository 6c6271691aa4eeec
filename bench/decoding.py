"""What the decoder takes for a jump by itself: FFmpeg by PyAV, with nothing of Cleanplate around it.

No server can be sooner than that with a frame which was not decoded before.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

THREADS = ("FRAME", "SLICE", "AUTO")
"""FFmpeg's ways to share decoding among cores: a frame to each, a slice to each, or both."""


def quickest(clip: Path, frames: list[int], passing: bool) -> tuple[str, list[float]]:
    """The way of using threads whose jumps to `frames` are the soonest in their median, and the
    seconds of each jump, one behind the other. `passing` is that of `Jumping`."""
    found = {threads: _jumps(clip, frames, threads, passing) for threads in THREADS}
    return min(found.items(), key=lambda one: sorted(one[1])[len(frames) // 2])


def _jumps(clip: Path, frames: list[int], threads: str, passing: bool) -> list[float]:
    taken = []
    with Jumping(clip, threads, passing) as jumping:
        for frame in frames:
            began = time.perf_counter()
            jumping.to(frame)
            taken.append(time.perf_counter() - began)
    return taken


class Jumping:
    """A clip that is jumped about in: to the key frame before a frame, then on to it.

    The file stays open, the times of its frames are known beforehand, nothing is made of the
    picture, and nothing behind it is given to the decoder; with `passing`, neither are those on the
    way that no other refers to (H.264 and HEVC).
    """

    def __init__(self, clip: Path, threads: str = "AUTO", passing: bool = False) -> None:
        self._container = av.open(str(clip))
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = threads
        packets = [packet for packet in self._container.demux(self._stream) if packet.size]
        self._times = sorted(packet.pts for packet in packets)
        self._keys = sorted(packet.pts for packet in packets if packet.is_keyframe)
        units = "filter_units=discard=nonref"
        self._referred = BitStreamFilterContext(units, self._stream) if passing else None

    def __enter__(self) -> Jumping:
        return self

    def __exit__(self, *_) -> None:
        self._container.close()

    def __len__(self) -> int:
        """The number of frames."""
        return len(self._times)

    def to(self, frame: int) -> av.VideoFrame:
        """Frame number `frame`, from 0. Raises `ValueError` where it does not come."""
        wanted = self._times[frame]
        context = self._stream.codec_context
        key = self._keys[bisect_right(self._keys, wanted) - 1]
        self._container.seek(key, stream=self._stream)
        context.flush_buffers()
        for packet in self._container.demux(self._stream):
            if packet.pts != wanted and not self._is_referred_to(packet):
                continue
            shown = context.decode(packet)
            if packet.pts == wanted:
                shown += context.decode(None)
            for picture in shown:
                if picture.pts == wanted:
                    return picture
        raise ValueError(f"Frame {frame} does not come out of the decoder.")

    def _is_referred_to(self, packet: av.Packet) -> bool:
        # The filter empties what it is given.
        return self._referred is None or bool(self._referred.filter(av.Packet(bytes(packet))))
