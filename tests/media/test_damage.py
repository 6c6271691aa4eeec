"""Files that are cut short, scratched, empty or not videos; interlaced ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from cleanplate.errors import MediaError
from cleanplate.media import ClipWriter, ExportSettings, open_clip, probe
from media.clips import native, write_clip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write_clip(
        tmp_path_factory.mktemp("whole") / "in.mp4", 60, audio=["aac"],
        options={"movflags": "faststart", "g": "12", "bf": "2"},
    )  # fmt: skip


def faststart(path):
    """The same file with its index in front, as downloads have it."""
    import av

    out = path.with_name("fast.mp4")
    with (
        av.open(str(path)) as a,
        av.open(str(out), "w", container_options={"movflags": "faststart"}) as b,
    ):
        lanes = {s.index: b.add_stream_from_template(s, opaque=True) for s in a.streams}
        for packet in a.demux():
            if packet.size:
                packet.stream = lanes[packet.stream.index]
                b.mux(packet)
    return out


def test_a_truncated_file_gives_what_it_has(whole, tmp_path):
    data = faststart(whole).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: len(data) * 6 // 10])
    with open_clip(whole) as clip:
        complete = [frame.planes()[0].copy() for frame in clip]
    with open_clip(path) as clip:
        frames = [frame.planes()[0].copy() for frame in clip]
        assert any("of the 60 frames" in line for line in clip.warnings)
    assert 20 < len(frames) < 60
    same = [(a == b).all() for a, b in zip(frames, complete, strict=False)]
    assert all(same[:-1])
    info = probe(path)
    with open_clip(info) as clip, ClipWriter(tmp_path / "out.mp4", info) as writer:
        for frame in clip:
            writer.write(frame)
    with open_clip(tmp_path / "out.mp4") as clip:
        assert clip.count() == len(frames)


def test_scratches_lose_frames_but_not_their_numbers(whole, tmp_path):
    import av

    with av.open(str(whole)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(whole.read_bytes())
    at, size = places[20]
    data[at : at + size] = b"\xff" * size
    path = tmp_path / "scratched.mp4"
    path.write_bytes(data)
    with open_clip(path) as clip:
        frames = [(frame.index, frame.pts) for frame in clip]
        damaged = list(clip.warnings)
    with open_clip(whole) as clip:
        times = {frame.index: frame.pts for frame in clip}
    assert all(times[index] == pts for index, pts in frames)
    assert len(frames) >= 48
    assert len(frames) == 60 or damaged


@pytest.mark.parametrize(
    "name, content, word",
    [
        ("empty.mp4", b"", "empty"),
        ("text.mp4", b"this is not a film" * 100, "not a video"),
        ("noise.webm", bytes(range(256)) * 40, "not a video"),
        ("broken.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "picture"),
    ],
)
def test_what_is_no_clip_is_refused(tmp_path, name, content, word):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MediaError, match=word):
        probe(path)


def test_no_index_no_video_no_file(whole, tmp_path):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:4000])
    with pytest.raises(MediaError, match="moov"):
        probe(cut)
    import av

    sound = tmp_path / "sound.m4a"
    with av.open(str(sound), "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=48000)
        from media.clips import _sine

        for block in _sine(0.2, 220, "fltp"):
            output.mux(stream.encode(block))
        output.mux(stream.encode(None))
    with pytest.raises(MediaError, match="no video track"):
        probe(sound)
    with pytest.raises(MediaError, match="does not exist"):
        probe(tmp_path / "nowhere.mp4")


def test_odd_names(tmp_path):
    import os

    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        for name in ("-dash.mp4", "a:b.mp4", "100%.mp4", "sp ace.mp4", "été.mp4"):
            write_clip(tmp_path / "plain.mp4", 2).rename(tmp_path / name)
            info = probe(name)
            with open_clip(info) as clip, ClipWriter(f"-out {name}", info) as writer:
                for frame in clip:
                    writer.write(frame)
            assert probe(f"-out {name}").frame_count == 2
    finally:
        os.chdir(here)


def interlaced(number, pix_fmt, size):
    """Two fields, half a frame apart in time, woven together."""
    early, late = native(2 * number, pix_fmt, size), native(2 * number + 1, pix_fmt, size)
    for a, b in zip(early.planes, late.planes, strict=True):
        first = np.frombuffer(a, np.uint8).reshape(a.height, -1)
        first[1::2] = np.frombuffer(b, np.uint8).reshape(b.height, -1)[1::2]
    return early


def combing(image) -> float:
    """How much more neighbouring rows differ than rows two apart."""
    rows = image.astype(float).mean(axis=2)
    return np.abs(rows[1:-1] - rows[2:]).mean() / np.abs(rows[:-2] - rows[2:]).mean()


def test_interlaced_clips_are_not_combed(tmp_path):
    source = write_clip(
        tmp_path / "in.mp4", 12, frame_of=interlaced,
        options={"x264-params": "interlaced=1:tff=1", "crf": "5"},
    )  # fmt: skip
    info = probe(source)
    assert info.interlaced
    assert any("interlaced" in line for line in info.warnings)
    with open_clip(info) as clip:
        frames = [(f.index, f.pts, f.image) for f in clip]
        again = {n: clip.read_frame(n).image for n in (7, 0, 11)}
    assert len(frames) == 12
    assert frames[0][1] == 0 and len({b[1] - a[1] for a, b in itertools.pairwise(frames)}) == 1
    import av

    with av.open(str(source)) as container:
        woven = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    assert combing(woven[6]) > 1.3 * combing(frames[6][2])
    for number, image in again.items():
        assert (image == frames[number][2]).all()
    with (
        open_clip(info) as clip,
        ClipWriter(tmp_path / "out.mp4", info, ExportSettings(quality="lossless")) as writer,
    ):
        for frame in clip:
            writer.write(frame)
    after = probe(tmp_path / "out.mp4")
    assert not after.interlaced
    with open_clip(after) as clip:
        assert all((f.image == frames[f.index][2]).all() for f in clip)
