"""Any frame at once is the very frame that reading in order gives."""

from __future__ import annotations

import random
from contextlib import suppress
from fractions import Fraction

import pytest

from cleanplate.errors import UsageError
from cleanplate.media import open_clip
from cleanplate.media.decoder import Decoder
from media.clips import write_clip

KINDS = {
    "h264.mp4": ("libx264", "yuv420p", {"g": "6", "bf": "2"}),
    "open.mkv": ("libx264", "yuv420p", {"g": "6", "bf": "2", "x264-params": "open-gop=1"}),
    "h265.mov": ("libx265", "yuv420p10le", {"g": "8"}),
    "vp9.webm": ("libvpx-vp9", "yuv420p", {"g": "5", "cpu-used": "8", "deadline": "realtime"}),
    "mpeg4.avi": ("mpeg4", "yuv420p", {"g": "5", "bf": "2"}),
    "mpeg2.ts": ("mpeg2video", "yuv420p", {"g": "5"}),
    "ffv1.mkv": ("ffv1", "yuv422p10le", {}),
    "film.gif": ("gif", "rgb8", {}),
}


GROUPS = {
    "pyramid.mp4": ("libx264", {"g": "48", "x264-params": "b-pyramid=normal:ref=4", "bf": "4"}),
    "strict.mkv": ("libx264", {"g": "20", "x264-params": "b-pyramid=strict:ref=2", "bf": "3"}),
    "open.mp4": ("libx264", {"g": "12", "bf": "3", "x264-params": "open-gop=1"}),
    "open.mov": ("libx265", {"x265-params": "keyint=12:open-gop=1:bframes=4:log-level=none"}),
    "h265.mp4": ("libx265", {"x265-params": "keyint=48:bframes=4:log-level=none"}),
    "mpeg4.mp4": ("mpeg4", {"g": "15", "bf": "2"}),
    "refresh.mp4": ("libx264", {"g": "20", "x264-params": "intra-refresh=1"}),
}


def fingerprint(frame):
    return frame.pts, [plane.tobytes() for plane in frame.planes()]


@pytest.mark.parametrize("name", KINDS)
def test_read_frame_equals_reading_in_order(tmp_path, name):
    codec, pix_fmt, options = KINDS[name]
    path = write_clip(tmp_path / name, 30, codec, pix_fmt, options=options)
    with open_clip(path) as clip:
        in_order = {frame.index: fingerprint(frame) for frame in clip}
        assert list(in_order) == list(range(30))
        assert clip.count() == len(clip) == 30
        for index in (29, 0, 13, 14, 7, 20, 3):
            frame = clip.read_frame(index)
            assert frame.index == index
            assert fingerprint(frame) == in_order[index]
        assert {frame.index: fingerprint(frame) for frame in clip} == in_order


@pytest.mark.parametrize("name", ["h264.mp4", "open.mp4", "open.mkv", "h265.mov"])
def test_a_key_frame_is_read_without_those_before_it(tmp_path, name, monkeypatch):
    codec, pix_fmt, options = KINDS[name.replace("open.mp4", "open.mkv")]
    path = write_clip(tmp_path / name, 30, codec, pix_fmt, options=options)
    decoded = []
    pictures = Decoder.pictures

    def counted(decoder, *times, **more):
        for picture in pictures(decoder, *times, **more):
            decoded.append(picture.pts)
            yield picture

    with open_clip(path) as clip:
        in_order = {frame.index: fingerprint(frame) for frame in clip}
        monkeypatch.setattr(Decoder, "pictures", counted)
        starts = clip.starts()
        assert len(starts) > 2
        for index in reversed(starts[1:]):
            decoded.clear()
            assert fingerprint(clip.read_frame(index)) == in_order[index]
            # Those of an open group of pictures that are shown before it come with it.
            assert len(decoded) <= 4, (index, len(decoded))


@pytest.mark.parametrize("name", KINDS | GROUPS)
def test_any_way_to_a_frame_gives_that_frame(tmp_path, name):
    *codec, options = (KINDS | GROUPS)[name]
    rng = random.Random(name)
    times = [40 * n + rng.randrange(30) for n in range(72)] if name in GROUPS else None
    path = write_clip(
        tmp_path / name, 72, *codec, options=options, times=times,
        time_base=Fraction(1, 1000 if times else 25),
    )  # fmt: skip

    def give_up(frame):
        raise InterruptedError

    with open_clip(path) as clip, open_clip(path) as other:
        in_order = [fingerprint(frame) for frame in clip]
        for _ in range(40):
            index = rng.randrange(72)
            if rng.random() < 0.3:  # on the way to it, something else is wanted
                with suppress(InterruptedError):
                    other.read_frame(index, give_up, alone=rng.random() < 0.5)
                index = rng.randrange(72)
            frame = other.read_frame(index, alone=rng.random() < 0.5)
            assert (frame.index, fingerprint(frame)) == (index, in_order[index])
            if rng.random() < 0.3:
                read = [one for one in (other.read(), other.read(), other.read()) if one]
                numbers = [one.index for one in read]
                assert numbers == list(range(numbers[0], numbers[0] + len(read))) if read else True
                assert [fingerprint(one) for one in read] == [in_order[n] for n in numbers]


@pytest.mark.parametrize("name", KINDS)
def test_what_is_skimmed_is_what_reading_gives(tmp_path, name):
    codec, pix_fmt, options = KINDS[name]
    path = write_clip(tmp_path / name, 30, codec, pix_fmt, options=options)
    with open_clip(path) as clip:
        in_order = {frame.index: fingerprint(frame) for frame in clip}
        assert clip.starts()[0] == 0
        for stretch in (range(0, 30), range(7, 22), range(25, 30)):
            skimmed = {frame.index: fingerprint(frame) for frame in clip.skim(stretch)}
            assert len(skimmed) >= len(stretch) / 4
            assert list(skimmed) == sorted(set(skimmed) & set(stretch))
            assert all(in_order[index] == seen for index, seen in skimmed.items())
        if name == "h264.mp4":
            assert len(skimmed) < len(stretch)


@pytest.mark.parametrize("name", KINDS)
def test_where_reading_can_start_and_what_is_passed_on_the_way(tmp_path, name):
    codec, pix_fmt, options = KINDS[name]
    path = write_clip(tmp_path / name, 30, codec, pix_fmt, options=options)
    with open_clip(path) as clip:
        in_order = {frame.index: fingerprint(frame) for frame in clip}
        for index in reversed(clip.starts()):
            assert fingerprint(clip.start(index)) == in_order[index]
        passed = []
        way = clip.way(27)
        clip.read_frame(27, passed.append)
        assert len(passed) <= way or name == "mpeg2.ts"
        assert [frame.index for frame in passed] == sorted({frame.index for frame in passed})
        assert all(in_order[frame.index] == fingerprint(frame) for frame in passed)
        assert clip.way(29) <= 2


def test_seek_and_ranges(tmp_path):
    path = write_clip(tmp_path / "in.mp4", 20)
    with open_clip(path, range(5, 15, 3)) as clip:
        assert [frame.index for frame in clip] == [5, 8, 11, 14]
        assert list(clip.range) == [5, 8, 11, 14]
    with open_clip(path, slice(16, None)) as clip:
        assert [frame.index for frame in clip] == [16, 17, 18, 19]
    with open_clip(path) as clip:
        clip.seek(9)
        assert [clip.read().index, clip.read().index] == [9, 10]
        with pytest.raises(UsageError, match="last is 19"):
            clip.read_frame(20)
        with pytest.raises(UsageError):
            clip.read_frame(-1)
    with pytest.raises(UsageError, match="20:90"):
        open_clip(path, range(9, 3))


def test_memory_does_not_grow_with_the_clip(tmp_path):
    import psutil

    path = write_clip(tmp_path / "in.mp4", 240, size=(640, 360), options={"preset": "ultrafast"})
    me = psutil.Process()
    with open_clip(path) as clip:
        for frame in clip:
            _ = frame.image
            if frame.index == 60:
                early = me.memory_info().rss
        late = me.memory_info().rss
    # 180 more frames of 640x360 RGB would be 124 MB.
    assert late - early < 40_000_000


def test_a_frame_may_be_fetched_while_iterating(tmp_path):
    path = write_clip(tmp_path / "in.mp4", 20, options={"g": "5"})
    with open_clip(path, range(2, 18)) as clip:
        seen = []
        for frame in clip:
            seen.append(frame.index)
            if frame.index % 5 == 0:
                assert clip.read_frame(19 - frame.index).index == 19 - frame.index
        assert seen == list(range(2, 18))
