"""Reading a clip frame by frame: in order, from any frame on, or one frame at once."""

from __future__ import annotations

import itertools
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from cleanplate.errors import MediaError, UsageError
from cleanplate.media import sequence
from cleanplate.media.container import open_input
from cleanplate.media.decoder import Decoder, Picture
from cleanplate.media.frame import Frame
from cleanplate.media.info import ClipInfo
from cleanplate.media.probing import probe
from cleanplate.media.timing import Timeline, has_true_times, read_timeline

# Reading on to a frame this many frames ahead passes those that no other refers to.
_SKIPPING = 4
# bwdif looks one frame back and one ahead.
_DEINTERLACE_REACH = 2
_REMEMBERED = 2
_ROUGH_SEEK_COST = 48  # as `ClipReader._seek_cost`, where that leads to some key frame before


def open_clip(
    path: str | Path | ClipInfo, frames: range | slice | None = None, rate=None
) -> ClipReader:
    """Open a clip for reading: a file, a folder of frames, a pattern, or what `probe` gave.

    `frames` limits reading to these frame numbers (from 0, end excluded, ascending); `rate` is
    the frame rate of a folder.

    Raises:
        MediaError: the clip cannot be read.
        UsageError: `frames` is empty or lies outside the clip.
    """
    info = path if isinstance(path, ClipInfo) else probe(path, rate)
    if info.kind == "video":
        return VideoReader(info, frames)
    return FramesReader(info, frames)


class ClipReader(ABC):
    """The frames of a clip, read in a stream; a context manager.

    Iterating starts at the first frame of the range each time. `seek` and `read` go through it
    by hand, `read_frame` fetches one frame, also in the middle of iterating. Nothing holds more
    than a handful of frames. `read_frame` may be called by several threads; they take turns.
    """

    _seek_cost = 0
    """As many frames are read on in the time that it takes to seek one that decoding starts at."""

    def __init__(self, info: ClipInfo, frames: range | slice | None) -> None:
        self.info = info
        self.warnings: list[str] = list(info.warnings)
        self._range = _ascending(frames)
        self._lock = threading.RLock()
        self._recent: OrderedDict[int, Frame] = OrderedDict()
        self._stream: Iterator[Frame] | None = None
        self._next = 0
        self._whole = 0  # the frame that no gaps come behind

    def __enter__(self) -> ClipReader:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        self.seek(self._range.start)
        own, following = None, self._range.start
        while True:
            with self._lock:
                if self._stream is not own or self._next != following:
                    # Someone fetched another frame in between: back to where this was.
                    self.seek(following)
                frame = self.read()
                own, following = self._stream, self._next
            if frame is None:
                return
            yield frame

    def __len__(self) -> int:
        return len(self.range)

    @property
    def range(self) -> range:
        """The frame numbers that iterating gives; finding the end may take a pass over the file."""
        stop = self._range.stop
        count = self.count()
        if self._range.start >= count:
            raise UsageError(
                f"Frame {self._range.start} lies behind the clip's last, {count - 1}. "
                "Frames count from 0."
            )
        return range(
            self._range.start, count if stop is None else min(stop, count), self._range.step
        )

    @abstractmethod
    def count(self) -> int:
        """The number of frames in the whole clip."""

    def seek(self, index: int) -> None:
        """Make frame `index` the next that `read` gives."""
        self._stream = None
        self._next = self._whole = index

    def read(self) -> Frame | None:
        """The next frame of the range, None behind the last."""
        with self._lock:
            if self._stream is None or self._next < self._whole:
                self.seek(self._next)
                self._stream = self._from(self._next)
            for frame in self._stream:
                self._next = frame.index + 1
                if self._range.stop is not None and frame.index >= self._range.stop:
                    return None
                if (frame.index - self._range.start) % self._range.step == 0:
                    return frame
            return None

    def read_frame(
        self, index: int, passing: Callable[[Frame], None] | None = None, alone: bool = False
    ) -> Frame:
        """Frame `index` of the clip, whatever the range; quick for frames near the last one.

        `passing` is called with each frame that is decoded on the way to it; what it raises ends
        the way there, and reading goes on from there later. With `alone` nothing behind the frame
        is wanted: it comes sooner, if it has to be sought, and so has the next.

        Raises:
            UsageError: there is no such frame.
            MediaError: it cannot be decoded.
        """
        with self._lock:
            if index in self._recent:
                self._recent.move_to_end(index)
                return self._recent[index]
            frame = self._fetch(index, passing or _pass, alone)
            self._recent[index] = frame
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
            return frame

    def leads_to(self, index: int) -> bool:
        """Whether frame `index` lies ahead of what was read last, and to go on is cheaper than to
        seek."""
        if self._stream is None or index < max(self._next, self._whole):
            return False
        near = self._next + self._seek_cost
        return index <= near or self._start_before(index) <= near

    def _fetch(self, index: int, passing: Callable[[Frame], None], alone: bool) -> Frame:
        if index < 0:
            raise UsageError(f"There is no frame {index}; frames count from 0.")
        if self.leads_to(index):
            self._hurry_to(index)
        else:
            self.seek(index)
            found = self._alone(index, passing) if alone else None
            if found is not None:
                return found
            self._stream = self._towards(index)
        for frame in self._stream:
            self._next = frame.index + 1
            if frame.index == index:
                return frame
            if frame.index > index:
                break
            passing(frame)
        count = self.count()
        if index >= count:
            raise UsageError(f"There is no frame {index}: the clip's last is {count - 1}.")
        raise MediaError(f"{self.info.path}: frame {index} is damaged and cannot be decoded.")

    def way(self, index: int) -> int:
        """How many frames, at most, are passed on the way to frame `index`; more where a container
        is only entered roughly (MPEG-TS)."""
        return index - (self._next if self.leads_to(index) else self._start_before(index))

    @abstractmethod
    def _start_before(self, index: int) -> int:
        """The frame that decoding starts at for frame `index`, at it or before it."""

    @abstractmethod
    def _hurry_to(self, index: int) -> None:
        """Say that frames before `index`, which is read on to, are not wanted."""

    def _alone(self, index: int, passing: Callable[[Frame], None]) -> Frame | None:
        """Frame `index`, where there is a quicker way to it than to those behind it as well."""
        return None

    @abstractmethod
    def starts(self) -> list[int]:
        """The frames that reading can start at with no way to them, ascending; the first is 0."""

    def start(self, index: int) -> Frame:
        """Frame `index`, one of `starts()`: sooner than by `read_frame` where nothing behind it is
        wanted."""
        return self.read_frame(index)

    def skim(self, frames: range) -> Iterator[Frame]:
        """Those of `frames` that are cheaply had, in order, for a first look.

        Of a video these are the frames that others are predicted from, about half of all in most
        files, at half the cost.
        """
        self.seek(frames.start)
        for frame in self._skimmed(frames):
            if frame.index >= frames.stop:
                return
            yield frame

    @abstractmethod
    def _from(self, index: int) -> Iterator[Frame]:
        """The frames from `index` on."""

    def _towards(self, index: int) -> Iterator[Frame]:
        """The frames from `index` on, and before them those that come with the way there."""
        return self._from(index)

    def _skimmed(self, frames: range) -> Iterator[Frame]:
        return self._from(frames.start)

    def _warn(self, line: str) -> None:
        if line not in self.warnings:
            self.warnings.append(line)

    def close(self) -> None:
        """Let go of the file."""
        self._stream = None
        self._recent.clear()


class VideoReader(ClipReader):
    """Frames of a video file, by FFmpeg."""

    _seek_cost = 14  # a key frame takes as long as some seven of the half that is decoded on a way

    def __init__(self, info: ClipInfo, frames: range | slice | None) -> None:
        super().__init__(info, frames)
        self._container = open_input(info.path)
        self._video = self._container.streams[info.video_stream]
        self._decoder = Decoder(self._container, self._video, info.interlaced)
        self._timeline: Timeline | None = None
        self._moved = False

    @property
    def timeline(self) -> Timeline:
        """The time of every frame; a pass over the file the first time it is asked for."""
        if self._timeline is None:
            self._timeline = read_timeline(self.info)
        return self._timeline

    def count(self) -> int:
        return len(self.timeline)

    def starts(self) -> list[int]:
        keys = np.searchsorted(self.timeline.pts, self.timeline.key_pts).tolist()
        return sorted({0, *keys})

    def close(self) -> None:
        super().close()
        self._container.close()

    def _start_before(self, index: int) -> int:
        entry = self.timeline.entry(min(index, len(self.timeline) - 1))
        key = self.timeline.index_of(int(self.timeline.key_pts[entry])) if entry >= 0 else 0
        return key or 0

    def _hurry_to(self, index: int) -> None:
        whole = index - _DEINTERLACE_REACH
        if whole - self._next >= _SKIPPING and self._can_skip and index < len(self.timeline):
            self._decoder.whole = int(self.timeline.pts[whole])
            self._whole = whole

    @property
    def _can_skip(self) -> bool:
        return has_true_times(self.info) and not self._decoder.interlaced

    def _alone(self, index: int, passing: Callable[[Frame], None]) -> Frame | None:
        if not (self._can_skip and 0 < index < len(self.timeline)):
            return None
        time = int(self.timeline.pts[index])
        entry = self.timeline.entry(index)
        pictures = self._enter(entry, time, last=time) if entry >= 0 else None
        for frame in self._frames(pictures or iter(()), None):
            if self._decoder.interlaced:
                return None  # its fields are woven with those of the frame behind it
            if frame.index == index:
                return frame
            passing(frame)
        return None

    def start(self, index: int) -> Frame:
        time = int(self.timeline.pts[index])
        self._stream = None
        self._moved = True
        self._container.seek(time, stream=self._video)
        self._decoder.flush()
        picture = self._decoder.alone()
        if picture is None or picture.pts != time:
            return self.read_frame(index)
        return self._frame(picture, index)

    def _from(self, index: int) -> Iterator[Frame]:
        return itertools.dropwhile(lambda frame: frame.index < index, self._towards(index))

    def _towards(self, index: int) -> Iterator[Frame]:
        if index == 0:
            self._rewind()
            yield from self._frames(self._decoder.pictures(), 0)
        elif index < len(self.timeline):
            # Whether fields have to be woven is not known before they are seen.
            whole = int(self.timeline.pts[max(0, index - _DEINTERLACE_REACH)])
            yield from self._behind(index, whole if has_true_times(self.info) else None)

    def _skimmed(self, frames: range) -> Iterator[Frame]:
        if not has_true_times(self.info):
            return self._from(frames.start)
        times = self.timeline.pts
        end = times[frames.stop] if frames.stop < len(times) else times[-1] + 1
        behind = self._behind(frames.start, int(end))
        return itertools.dropwhile(lambda frame: frame.index < frames.start, behind)

    def _behind(self, index: int, whole: int | None) -> Iterator[Frame]:
        """The frames from the key frame before `index` on; before the time `whole`, perhaps not all
        of them."""
        reach = _DEINTERLACE_REACH if self.info.interlaced else 0
        entry = self.timeline.entry(max(0, index - reach))
        while entry >= 0:
            pictures = self._enter(entry, whole)
            if pictures is not None:
                break
            # Some containers are only entered roughly; try one key frame earlier.
            entry -= 1
            self._seek_cost = _ROUGH_SEEK_COST
        else:
            self._rewind()
            pictures = self._decoder.pictures(whole)
        yield from self._frames(pictures, None)

    def _rewind(self) -> None:
        if self._moved:
            # Seeking to the very start is not exact in every container; opening again is.
            self._reopen()
        self._moved = True

    def _reopen(self) -> None:
        self._container.close()
        self._container = open_input(self.info.path)
        self._video = self._container.streams[self.info.video_stream]
        self._decoder = Decoder(self._container, self._video, self.info.interlaced)

    def _enter(
        self, entry: int, whole: int | None, last: int | None = None
    ) -> Iterator[Picture] | None:
        """Pictures from key frame `entry` on, None where the file did not go there; `whole` and
        `last` are those of `Decoder.pictures`."""
        # Not by the time of decoding, which in MP4 leads to the key frame before.
        key = int(self.timeline.key_pts[entry])
        self._container.seek(key, stream=self._video)
        self._decoder.flush()
        self._moved = True
        pictures = self._decoder.pictures(whole, last)
        first = next(pictures, None)
        # The very start is not found in every container.
        missed = first is None or first.pts > key or (entry == 0 and first.pts < key)
        return None if missed else itertools.chain([first], pictures)

    def _frames(self, pictures: Iterator[Picture], index: int | None) -> Iterator[Frame]:
        """`pictures` with their frame numbers: counted from `index`, or looked up by their time.

        Damage in a file leaves gaps, so from there on the numbers are looked up as well.
        """
        place = index or 0
        for picture in pictures:
            if index is None or self._decoder.damaged or self._decoder.whole is not None:
                found = self.timeline.index_of(picture.pts)
                place = place if found is None else max(place, found)
            yield self._frame(picture, place)
            place += 1
        self._report(place)

    def _frame(self, picture: Picture, index: int) -> Frame:
        return Frame(
            picture.native, index, picture.pts, self._video.time_base, picture.duration,
            self.info.colour, self.info.orientation,
        )  # fmt: skip

    def _report(self, end: int) -> None:
        """Say what could not be read, once the end of the file has been reached."""
        decoder = self._decoder
        if decoder.damaged:
            self._warn(
                f"{decoder.damaged} packets of the video could not be decoded; their frames are "
                "left out."
            )
        if decoder.read_error:
            self._warn(f"The file could not be read to its end: {decoder.read_error}.")
        said = self._video.frames
        if said and end < said:
            self._warn(
                f"Only {end} of the {said} frames that the file promises could be decoded; "
                "the rest is missing or damaged."
            )
        if decoder.repaired:
            self._warn(f"{decoder.repaired} frames had no usable timestamp and got one.")
        if decoder.found_interlaced and not self.info.interlaced:
            self._warn("Some frames are interlaced: their fields are woven together (bwdif).")


class FramesReader(ClipReader):
    """Frames from picture files, one file a frame."""

    def count(self) -> int:
        return len(self.info.files)

    def starts(self) -> list[int]:
        return list(range(self.count()))

    def _from(self, index: int) -> Iterator[Frame]:
        for place in range(index, len(self.info.files)):
            yield self._load(place)

    def _start_before(self, index: int) -> int:
        return index

    def _hurry_to(self, index: int) -> None:
        pass  # there is nothing on the way

    def _load(self, index: int) -> Frame:
        path = self.info.files[index]
        picture = sequence.read_picture(path)
        native = picture.native
        size = (native.width, native.height)
        if size != (self.info.coded_width, self.info.coded_height):
            raise MediaError(
                f"{path} is {size[0]}x{size[1]}, the first frame "
                f"{self.info.coded_width}x{self.info.coded_height}. All frames of a folder must "
                "have one size."
            )
        if native.format.name != self.info.pix_fmt:
            native = native.reformat(format=self.info.pix_fmt)
            self._warn(f"Frames of several pixel formats were turned into {self.info.pix_fmt}.")
        if picture.matrix != self.info.display_matrix:
            raise MediaError(
                f"{path} is turned differently (EXIF) from the first frame. Save all frames "
                "upright."
            )
        return Frame(
            native, index, index, self.info.time_base, 1, picture.colour, self.info.orientation
        )


def _pass(frame: Frame) -> None:
    """Do nothing with a frame on the way to another."""


class _Range:
    """A range of frames whose end may be the clip's, unknown as yet."""

    def __init__(self, start: int, stop: int | None, step: int) -> None:
        self.start, self.stop, self.step = start, stop, step


def _ascending(frames: range | slice | None) -> _Range:
    if frames is None:
        return _Range(0, None, 1)
    if not isinstance(frames, (range, slice)):
        raise UsageError(f"frames={frames!r} is no range: give range(20, 90), or slice(20, None)")
    start, stop, step = frames.start or 0, frames.stop, frames.step or 1
    if start < 0 or step < 1 or (stop is not None and stop <= start):
        raise UsageError(
            f"Frames {start}:{stop} are no range. Give first:last+1 with numbers from 0, "
            "such as 20:90."
        )
    return _Range(start, stop, step)
