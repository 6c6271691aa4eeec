"""What cannot be written is refused in words that help, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from cleanplate.errors import CleanplateError, MediaError, UsageError
from cleanplate.media import ClipWriter, ExportSettings, open_clip, plan_export, probe
from media.clips import write_clip


@pytest.fixture
def source(tmp_path):
    return probe(write_clip(tmp_path / "in.mp4", 6))


def write(info, output, settings=None, until=None):
    with open_clip(info) as clip, ClipWriter(output, info, settings) as writer:
        for frame in clip:
            if frame.index == until:
                raise KeyboardInterrupt
            writer.write(frame)


@pytest.mark.parametrize(
    "name, settings, word",
    [
        ("out.xyz", {}, "no format is known"),
        ("out.avi", {}, ".mp4"),
        ("out.mp4", {"codec": "divx"}, "choose one of"),
        ("out.webm", {"codec": "h264"}, "use .mp4 or .mov or .mkv"),
        ("out.mp4", {"codec": "prores"}, ".mov"),
        ("out.png", {"codec": "h264"}, "another ending"),
        ("out.mov", {"codec": "prores", "quality": "lossless"}, "FFV1"),
        ("out.mp4", {"codec": "av1", "quality": "lossless"}, "FFV1"),
        ("out_%d.jpg", {"quality": "lossless"}, "FFV1"),
        ("out.mp4", {"crf": 60}, "0 to 51"),
        ("nowhere/out.mp4", {}, "does not exist"),
    ],
)
def test_impossible_outputs(source, tmp_path, name, settings, word):
    with pytest.raises(CleanplateError, match=word):
        write(source, tmp_path / name, ExportSettings(**settings))
    assert os.listdir(tmp_path) == ["in.mp4"]


def test_impossible_settings():
    with pytest.raises(UsageError, match="draft, good, best, lossless"):
        ExportSettings(quality="perfect")
    with pytest.raises(UsageError, match="0 to 63"):
        ExportSettings(crf=99)


def test_the_output_may_not_be_the_input(source, tmp_path):
    with pytest.raises(UsageError, match="source itself"):
        write(source, tmp_path / "in.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "in.mp4")
    with pytest.raises(UsageError, match="source itself"):
        write(source, tmp_path / "link.mp4")
    frames = tmp_path / "frames"
    write(source, frames, ExportSettings(codec="png"))
    with pytest.raises(UsageError, match="another folder"):
        write(probe(frames), frames / "%05d.png")


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.gif", "out/%03d.png", "folder"])
def test_stopping_leaves_nothing(source, tmp_path, name):
    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt):
        write(source, tmp_path / name, until=4)
    assert sorted(os.listdir(tmp_path)) == ["in.mp4", "out"]
    assert os.listdir(tmp_path / "out") == []


def test_an_older_file_survives_a_failure_and_gives_way_to_a_success(source, tmp_path):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt):
        write(source, out, until=3)
    assert out.read_bytes() == b"older"
    write(source, out)
    assert probe(out).frame_count == 6


def test_no_frames_is_an_error(source, tmp_path):
    with pytest.raises(MediaError, match="No frames"), ClipWriter(tmp_path / "o.mp4", source):
        pass


def test_a_wrong_image_is_told(source, tmp_path):
    with (
        open_clip(source) as clip,
        pytest.raises(ValueError, match="not uint8 or uint16"),
        ClipWriter(tmp_path / "o.mp4", source) as writer,
    ):
        writer.write(clip.read_frame(0), np.zeros((3, 3, 3), np.uint8))
    assert os.listdir(tmp_path) == ["in.mp4"]


# Whether the process that left a file is gone is asked with signal 0, which only POSIX has; elsewhere
# such files are left where they are, since one of them may still be written.
@pytest.mark.skipif(os.name != "posix", reason="only POSIX tells, by signal 0, who is alive")
def test_what_a_killed_export_left_goes_with_the_next(tmp_path, source):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f".out.{gone.pid}-7f00.part.mkv").write_bytes(b"torn")
    others = [f".out.{os.getpid()}-7f00.part.mkv", f".other.{gone.pid}-7f00.part.mkv"]
    for name in others:
        (tmp_path / name).write_bytes(b"not ours to take")
    write(source, tmp_path / "out.mkv")
    assert sorted(os.listdir(tmp_path)) == sorted(["in.mp4", "out.mkv", *others])


# Only Linux tells, in /proc, that a process has ended which nobody has waited for; elsewhere what it left
# stays until its number is free.
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it, in /proc")
def test_what_was_left_goes_also_where_nobody_waited_for_the_process(tmp_path, source):
    ended = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    stat = Path(f"/proc/{ended.pid}/stat")
    until = time.monotonic() + 20
    while stat.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < until:
        time.sleep(0.01)
    (tmp_path / f".out.{ended.pid}-7f00.part.mkv").write_bytes(b"torn")
    write(source, tmp_path / "out.mkv")
    assert sorted(os.listdir(tmp_path)) == ["in.mp4", "out.mkv"]
    ended.communicate()


# The full disk is played by a limit on the size of files (RLIMIT_FSIZE), which Windows lacks.
@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE, the full disk here, is POSIX's")
@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.gif", "frames/%03d.png"])
def test_a_full_disk_is_told_and_cleaned(tmp_path, name):
    clip = write_clip(tmp_path / "in.mkv", 20, "ffv1", size=(192, 128))
    (tmp_path / "frames").mkdir()
    program = f"""
        import resource, signal
        from cleanplate.errors import MediaError
        from cleanplate.media import ClipWriter, ExportSettings, open_clip, probe
        info = probe({str(clip)!r})
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))
        try:
            with open_clip(info) as clip, ClipWriter({str(tmp_path / name)!r}, info,
                                                     ExportSettings(quality="best")) as writer:
                for frame in clip:
                    writer.write(frame)
        except MediaError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True
    )
    assert "no room left" in done.stdout, done.stderr
    assert sorted(os.listdir(tmp_path)) == ["frames", "in.mkv"]
    assert os.listdir(tmp_path / "frames") == []


@pytest.mark.parametrize("size", [(1, 1), (33, 27), (161, 121), (2, 2), (64, 35)])
@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.webm", "out.mkv", "out.gif", "%d.png"])
def test_odd_sizes_stay_what_they_are(tmp_path, size, name):
    info = probe(write_clip(tmp_path / "in.mkv", 3, "ffv1", "yuv420p", size))
    (tmp_path / "out").mkdir()
    write(info, tmp_path / "out" / name)
    after = probe(tmp_path / "out" if "%" in name else tmp_path / "out" / name)
    assert (after.width, after.height, after.frame_count) == (*size, 3)
    with open_clip(info) as a, open_clip(after) as b:
        old, new = a.read_frame(0).image, b.read_frame(0).image
    assert np.abs(old.astype(int) - new).mean() < 12


def test_odd_sizes_in_codecs_of_even_ones_are_said(tmp_path):
    info = probe(write_clip(tmp_path / "in.webm", 2, "libvpx-vp9", "yuv420p", (33, 27)))
    plan = plan_export(info, "out.mp4", ExportSettings(codec="h264"))
    assert plan.pix_fmt == "yuv444p"
    assert any("even size" in line for line in plan.lost)
    with pytest.raises(UsageError, match="16x16"):
        tiny = probe(write_clip(tmp_path / "tiny.mkv", 1, "ffv1", "yuv420p", (8, 8)))
        plan_export(tiny, "out.mp4", ExportSettings(codec="h265"))


@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "vp9", "prores", "prores4444", "ffv1"])
@pytest.mark.parametrize("quality", ["draft", "good", "best"])
def test_every_codec_at_every_quality(source, tmp_path, codec, quality):
    suffix = {"prores": ".mov", "prores4444": ".mov", "vp9": ".webm"}.get(codec, ".mkv")
    write(source, tmp_path / f"out{suffix}", ExportSettings(codec=codec, quality=quality))
    with open_clip(source) as a, open_clip(tmp_path / f"out{suffix}") as b:
        errors = []
        for old, new in zip(a, b, strict=True):
            top = np.iinfo(new.image.dtype).max
            errors.append(np.square(old.image / 255 - new.image / top).mean())
    decibels = -10 * np.log10(max(np.mean(errors), 1e-9))
    assert decibels > {"draft": 24, "good": 36, "best": 38}[quality]
