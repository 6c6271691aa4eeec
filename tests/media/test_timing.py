"""Every frame keeps its time, whatever the times are."""

from __future__ import annotations

import itertools
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.media import ClipWriter, ExportSettings, open_clip, probe
from media.clips import picture, write_clip

DRAFT = ExportSettings(quality="draft")


def copy(source: Path, output: Path, frames: range | None = None, chosen=DRAFT):
    info = probe(source)
    with open_clip(info, frames) as clip, ClipWriter(output, info, chosen, frames) as writer:
        for frame in clip:
            writer.write(frame)
    return writer


def times(path: Path, frames: range | None = None) -> list[Fraction]:
    with open_clip(path, frames) as clip:
        return [frame.time for frame in clip]


@settings(max_examples=12, deadline=None)
@given(
    gaps=st.lists(st.integers(1, 5000), min_size=3, max_size=12),
    start=st.integers(0, 200_000),
    base=st.sampled_from([Fraction(1, 90000), Fraction(1, 30000), Fraction(1, 12800)]),
    suffix=st.sampled_from([".mp4", ".mov"]),
)
def test_any_rhythm_is_kept_to_the_tick(gaps, start, base, suffix):
    ticks = [start]
    for gap in gaps:
        ticks.append(ticks[-1] + gap)
    with tempfile.TemporaryDirectory() as folder:
        source = write_clip(
            Path(folder) / f"in{suffix}", times=ticks, time_base=base, size=(32, 32),
            options={"movie_timescale": "90000"},
        )  # fmt: skip
        copy(source, Path(folder) / f"out{suffix}")
        before = times(source)
        assert [b - a for a, b in itertools.pairwise(before)] == [gap * base for gap in gaps]
        assert times(Path(folder) / f"out{suffix}") == before


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_range_starts_where_the_clip_did_and_keeps_its_rhythm(tmp_path, suffix):
    ticks = [0, 40, 80, 180, 200, 360, 400, 500, 520, 560]
    source = write_clip(
        tmp_path / "in.mkv", times=ticks, time_base=Fraction(1, 1000), audio=["aac"]
    )
    copy(source, tmp_path / f"out{suffix}", range(3, 8))
    before = times(source, range(3, 8))
    assert len(before) == 5
    assert times(tmp_path / f"out{suffix}") == [time - before[0] for time in before]


def test_variable_rate_is_noticed_and_ntsc_is_not_taken_for_it(tmp_path):
    uneven = write_clip(tmp_path / "a.mp4", times=[0, 1, 2, 6, 7], time_base=Fraction(1, 25))
    even = write_clip(
        tmp_path / "b.mp4", times=[1001 * n for n in range(8)], time_base=Fraction(1, 30000)
    )
    assert probe(uneven).variable_rate
    assert not probe(even).variable_rate
    assert probe(even).rate == Fraction(30000, 1001)


def test_avi_with_b_frames_has_rising_times(tmp_path):
    path = write_clip(tmp_path / "b.avi", 20, "mpeg4", options={"bf": "2"})
    found = times(path)
    assert len(found) == 20
    assert found == sorted(set(found))
    copy(path, tmp_path / "out.mp4")
    assert times(tmp_path / "out.mp4") == found


def test_frames_without_times_of_their_own_are_read(tmp_path):
    """Every packet of this file says zero."""
    path = tmp_path / "still.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(5):
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture(number, (64, 48)))):
                packet.pts = packet.dts = 0
                container.mux(packet)
        for packet in stream.encode():
            packet.pts = packet.dts = 0
            container.mux(packet)
    info = probe(path)
    assert 0 < info.rate <= 1000
    copy(path, tmp_path / "out.mp4")
    assert len(times(tmp_path / "out.mp4")) == len(times(path)) > 0
