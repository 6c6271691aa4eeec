"""Sound, subtitles, chapters and metadata."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from cleanplate.media import ClipWriter, ExportSettings, open_clip, probe
from media.clips import packets, write_clip

DRAFT = ExportSettings(quality="draft")


def copy(source, output, frames=None, settings=DRAFT):
    info = probe(source)
    with open_clip(info, frames) as clip, ClipWriter(output, info, settings, frames) as writer:
        for frame in clip:
            writer.write(frame)
    return writer


@pytest.mark.parametrize(
    "audio, source, output",
    [
        (["aac", "aac"], "in.mp4", "out.mp4"),
        (["aac", "alac"], "in.mov", "out.mov"),
        (["pcm_s16le"], "in.mov", "out.mov"),
        (["libopus"], "in.webm", "out.webm"),
        (["flac", "libmp3lame"], "in.mkv", "out.mkv"),
        (["libopus", "flac"], "in.mkv", "out.mp4"),
    ],
)
def test_sound_is_copied_bit_for_bit(tmp_path, audio, source, output):
    codec = "libvpx-vp9" if source.endswith("webm") else "libx264"
    options = {"deadline": "realtime", "cpu-used": "8"} if source.endswith("webm") else {}
    path = write_clip(tmp_path / source, 25, codec, audio=audio, options=options)
    writer = copy(path, tmp_path / output)
    before, after = packets(path, "audio"), packets(tmp_path / output, "audio")
    assert [[data for _, data in track] for track in before] == [
        [data for _, data in track] for track in after
    ]
    for old, new in zip(before, after, strict=True):
        assert max(abs(a - b) for (a, _), (b, _) in zip(old, new, strict=True)) < Fraction(1, 900)
    assert not any("audio" in line for line in writer.lost)


def sound(path) -> tuple[Fraction, np.ndarray]:
    """Start in seconds and samples of the first channel."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    parts = [f.to_ndarray().astype(np.float64) for f in frames]
    flat = [p[0] if f.format.is_planar else p[0][:: f.layout.nb_channels]
            for p, f in zip(parts, frames, strict=True)]  # fmt: skip
    return frames[0].pts * frames[0].time_base, np.concatenate(flat)


@pytest.mark.parametrize("output", ["out.mp4", "out.mov", "out.mkv", "out.webm"])
def test_sound_is_cut_with_the_frames(tmp_path, output):
    path = write_clip(tmp_path / "in.mkv", 50, audio=["flac"], bframes=False)
    writer = copy(path, tmp_path / output, range(10, 35))
    start, samples = sound(tmp_path / output)
    length = Fraction(len(samples), 48000)
    # Copied sound is cut between packets (here 96 ms), sound encoded anew to the sample.
    assert abs(start) < Fraction(1, 9)
    assert abs(start + length - 1) < Fraction(1, 9)
    with av.open(str(tmp_path / output)) as container:
        video = [frame.pts for frame in container.decode(video=0)]
    assert video[0] == 0 and len(video) == 25
    assert writer.frames == 25


def test_sound_encoded_anew_stays_in_step(tmp_path):
    path = write_clip(tmp_path / "in.mkv", 50, audio=["flac"])
    writer = copy(path, tmp_path / "out.webm", range(10, 35))
    assert any("encoded anew as opus" in line for line in writer.lost)
    # The tone of the source at frame 10 is the tone of the result at frame 0.
    start, samples = sound(tmp_path / "out.webm")
    at = np.arange(len(samples)) / 48000 + float(start) + 10 / 25
    expected = np.sin(2 * np.pi * 220 * at)
    inner = slice(4800, -4800)
    samples = samples / np.abs(samples[inner]).max()
    assert np.corrcoef(samples[inner], expected[inner])[0, 1] > 0.99


def test_longer_and_shorter_sound_is_kept_whole(tmp_path):
    for seconds in (0.5, 3.0):
        path = write_clip(tmp_path / "in.mp4", 25, audio=["aac"], seconds=seconds)
        copy(path, tmp_path / "out.mp4")
        assert packets(path, "audio") == packets(tmp_path / "out.mp4", "audio")


def test_leaving_sound_out_is_said(tmp_path):
    path = write_clip(tmp_path / "in.mp4", 5, audio=["aac"])
    writer = copy(path, tmp_path / "out.mp4", settings=ExportSettings(quality="draft", audio=False))
    assert probe(tmp_path / "out.mp4").audio == ()
    assert writer.lost == ["1 audio track: left out as asked"]


def with_extras(path):
    """A Matroska file with metadata, chapters, languages and a subtitle track."""

    def extras(output, video):
        output.metadata["title"] = "A day out"
        output.metadata["comment"] = "second take"
        video.metadata["language"] = "deu"
        output.set_chapters(
            [
                {"id": 1, "start": 0, "end": 800, "time_base": Fraction(1, 1000),
                 "metadata": {"title": "Leaving"}},
                {"id": 2, "start": 800, "end": 2000, "time_base": Fraction(1, 1000),
                 "metadata": {"title": "Back"}},
            ]
        )  # fmt: skip

    plain = write_clip(path.with_name("plain.mkv"), 50, audio=["aac"], before_header=extras)
    subtitles = path.with_name("lines.srt")
    subtitles.write_text(
        "1\n00:00:00,200 --> 00:00:00,900\nOne\n\n2\n00:00:01,000 --> 00:00:01,800\n<i>Two</i>\n"
    )
    with av.open(str(plain)) as a, av.open(str(subtitles)) as b, av.open(str(path), "w") as out:
        lanes = {s: out.add_stream_from_template(s, opaque=True) for s in a.streams}
        text = out.add_stream_from_template(b.streams[0])
        text.metadata["language"] = "eng"
        out.metadata.update(a.metadata)
        out.set_chapters(a.chapters())
        for container, find in ((b, lambda s: text), (a, lanes.get)):
            for packet in container.demux():
                if packet.size:
                    packet.stream = find(packet.stream)
                    out.mux(packet)
    return path


@pytest.mark.parametrize("output", ["out.mkv", "out.mp4", "out.mov", "out.webm"])
def test_extras_go_along(tmp_path, output):
    source = with_extras(tmp_path / "in.mkv")
    before = probe(source)
    assert len(before.subtitles) == 1 and len(before.chapters) == 2
    writer = copy(source, tmp_path / output)
    after = probe(tmp_path / output)
    found = {key.lower(): value for key, value in after.metadata.items()}
    assert found["title"] == "A day out"
    assert found["comment"] == "second take"
    assert [c.title for c in after.chapters] == ["Leaving", "Back"]
    assert [c.start for c in after.chapters] == [0, Fraction(4, 5)]
    assert after.subtitles[0].language == "eng"
    lines = packets(tmp_path / output, "subtitle")[0]
    spoken = [(time, data) for time, data in lines if b"One" in data or b"Two" in data]
    assert [time for time, _ in spoken] == [Fraction(1, 5), 1]
    assert any("chapters" in line for line in writer.kept)


def test_extras_are_cut_with_the_frames(tmp_path):
    source = with_extras(tmp_path / "in.mkv")
    copy(source, tmp_path / "out.mkv", range(10, 30))
    after = probe(tmp_path / "out.mkv")
    assert [(c.title, c.start, c.end) for c in after.chapters] == [
        ("Leaving", 0, Fraction(2, 5)),
        ("Back", Fraction(2, 5), Fraction(4, 5)),
    ]
    lines = packets(tmp_path / "out.mkv", "subtitle")[0]
    assert [time for time, _ in lines] == [0, Fraction(3, 5)]


def test_second_video_tracks_are_said_to_be_left_behind(tmp_path):
    def second(output, video):
        output.add_stream("mjpeg", rate=25, width=32, height=32, pix_fmt="yuvj420p")

    path = tmp_path / "in.mkv"
    with av.open(str(path), "w") as output:
        big = output.add_stream("libx264", rate=25, width=96, height=64)
        small = output.add_stream("libx264", rate=25, width=32, height=32)
        from media.clips import native

        for number in range(3):
            for stream, size in ((big, (96, 64)), (small, (32, 32))):
                frame = native(number, "yuv420p", size)
                frame.pts = number
                output.mux(stream.encode(frame))
        for stream in (big, small):
            output.mux(stream.encode(None))
    info = probe(path)
    assert (info.width, info.height) == (96, 64)
    assert any("32x32" in line for line in info.lost)
