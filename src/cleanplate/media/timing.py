"""When each frame is shown: the timeline of a clip, found without decoding it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from cleanplate.media.container import open_input
from cleanplate.media.decoder import Decoder
from cleanplate.media.info import ClipInfo

# Containers whose packets carry true presentation times (AVI and raw streams do not).
_TRUE_TIMES = {"mov", "matroska", "webm", "gif", "flv", "ogg", "mpegts", "ivf", "apng"}

_MOST = 4
"""Timelines that are remembered: 24 bytes a frame at most."""

_remembered: dict[tuple, Timeline] = {}
_remembering = threading.Lock()


@dataclass(frozen=True)
class Timeline:
    """Frame times, ascending, in the stream's time base, and where decoding can start.

    `key_pts` are the times of key frames, ascending; empty where the file cannot be entered in its
    middle with certainty.
    """

    pts: np.ndarray
    key_pts: np.ndarray

    def __len__(self) -> int:
        return len(self.pts)

    def index_of(self, pts: int) -> int | None:
        """The index of the frame shown at exactly `pts`, or None."""
        index = int(np.searchsorted(self.pts, pts))
        return index if index < len(self.pts) and self.pts[index] == pts else None

    def entry(self, index: int) -> int:
        """Which key frame to start from to reach frame `index`, or -1 for the file's start."""
        return int(np.searchsorted(self.key_pts, self.pts[index], side="right")) - 1


def read_timeline(info: ClipInfo) -> Timeline:
    """The timeline of a video file: a pass over its packets, without decoding where possible.

    Those of the files that were read last are remembered, for as long as the files stay the same.
    """
    try:
        facts = info.path.stat()
    except OSError:  # an address, whose content may change
        return _read(info)
    key = (str(info.path), facts.st_size, facts.st_mtime_ns, info.video_stream, info.first_pts)
    with _remembering:
        known = _remembered.get(key)
    if known is None:
        known = _read(info)
        with _remembering:
            _remembered[key] = known
            while len(_remembered) > _MOST:
                del _remembered[next(iter(_remembered))]
    return known


def has_true_times(info: ClipInfo) -> bool:
    """Whether each packet of the file says when its frame is shown."""
    return bool(set(info.container.split(",")) & _TRUE_TIMES)


def _read(info: ClipInfo) -> Timeline:
    if has_true_times(info):
        timeline = _from_packets(info)
        if timeline is not None:
            return timeline
    return _from_frames(info)


def first_times(path: Path, stream_index: int, count: int = 64) -> list[int]:
    """The times of about the first `count` frames, ascending, in the stream's time base."""
    found: list[tuple[int | None, int | None]] = []
    complete = False
    with open_input(path) as container:
        stream = container.streams[stream_index]
        for packet in _until_broken(container.demux(stream)):
            if not packet.size:
                complete = True
                break
            if packet.is_corrupt or len(found) == count:
                break
            if not packet.is_discard:
                found.append((packet.pts, packet.dts))
    true = all(pts is not None for pts, _ in found)
    times = sorted(t for t in (pts if true else dts for pts, dts in found) if t is not None)
    # Packets come in decoding order: some of the last ones' neighbours are still missing.
    return times if complete or not true else times[: -(len(times) // 4) or None]


def more_follows(info: ClipInfo, pts: int) -> bool:
    """Whether the video goes on behind the frame shown at `pts`; looks at packets only."""
    with open_input(info.path) as container:
        stream = container.streams[info.video_stream]
        container.seek(pts, stream=stream)
        for packet in _until_broken(container.demux(stream)):
            time = packet.dts if packet.pts is None else packet.pts
            if packet.size and not packet.is_discard and time is not None and time > pts:
                return True
    return False


def _from_packets(info: ClipInfo) -> Timeline | None:
    times: list[int] = []
    keys: list[int] = []
    with open_input(info.path) as container:
        stream = container.streams[info.video_stream]
        for packet in _until_broken(container.demux(stream)):
            if not packet.size or packet.is_discard or packet.is_corrupt:
                continue
            if packet.pts is None:
                return None
            if packet.pts < info.first_pts:
                continue
            times.append(packet.pts)
            if packet.is_keyframe:
                keys.append(packet.pts)
    pts = np.unique(np.array(times, np.int64))
    if len(pts) != len(times):
        return None
    return Timeline(pts, np.array(sorted(keys), np.int64))


def _from_frames(info: ClipInfo) -> Timeline:
    with open_input(info.path) as container:
        stream = container.streams[info.video_stream]
        decoder = Decoder(container, stream, interlaced=False)
        times = [picture.pts for picture in decoder.pictures()]
    return Timeline(np.array(times, np.int64), np.zeros(0, np.int64))


def _until_broken(packets):
    while True:
        try:
            yield next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
