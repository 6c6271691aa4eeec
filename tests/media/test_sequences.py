"""Folders, patterns, globs and single pictures, in and out; GIF."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import tifffile

from cleanplate.errors import MediaError, UsageError
from cleanplate.media import ClipWriter, ExportSettings, open_clip, probe
from media.clips import picture, write_clip


def save(path, image):
    """Write a picture with imagecodecs or tifffile, not with the code under test."""
    import imagecodecs

    if path.suffix == ".tif":
        tifffile.imwrite(path, image)
    else:
        encode = imagecodecs.png_encode if path.suffix == ".png" else imagecodecs.jpeg_encode
        path.write_bytes(encode(image))


@pytest.fixture
def folder(tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(1, 13):
        save(frames / f"shot{number}.png", picture(number))
    return frames


def test_folder_pattern_and_glob_are_the_same_clip(folder):
    for path in (folder, folder / "shot%d.png", folder / "shot*.png"):
        info = probe(path, rate=Fraction(24))
        assert (info.kind, info.frame_count, info.rate) == ("frames", 12, 24)
        with open_clip(info) as clip:
            images = [frame.image for frame in clip]
            # Natural order: shot2 comes before shot10.
            for number, image in enumerate(images, 1):
                assert (image == picture(number)).all()
            assert (clip.read_frame(9).image == picture(10)).all()
            assert clip.read_frame(9).time == Fraction(9, 24)


def test_sixteen_bit_pictures_keep_every_bit(tmp_path):
    image = picture(0, dtype=np.uint16)
    for suffix in (".png", ".tif"):
        save(tmp_path / f"deep{suffix}", image)
        info = probe(tmp_path / f"deep{suffix}")
        assert (info.kind, info.bit_depth, info.frame_count) == ("image", 16, 1)
        with open_clip(info) as clip:
            assert (clip.read_frame(0).image == image).all()
            for out in ("copy.png", "copy.tif"):
                with ClipWriter(tmp_path / out, info) as writer:
                    for frame in clip:
                        writer.write(frame)
                with open_clip(tmp_path / out) as again:
                    assert (again.read_frame(0).image == image).all()


@pytest.mark.parametrize("kind", ["png", "tif", "jpg"])
def test_a_folder_becomes_a_folder_with_the_same_names(folder, tmp_path, kind):
    out = tmp_path / "out"
    info = probe(folder)
    with (
        open_clip(info, range(2, 6)) as clip,
        ClipWriter(out, info, ExportSettings(codec=kind)) as writer,
    ):
        for frame in clip:
            writer.write(frame)
        assert not out.exists()
    assert sorted(p.stem for p in out.iterdir()) == ["shot3", "shot4", "shot5", "shot6"]
    with open_clip(out) as clip:
        for number, frame in enumerate(clip, 3):
            difference = np.abs(frame.image.astype(int) - picture(number))
            assert difference.max() == 0 if kind != "jpg" else difference.mean() < 4


def test_a_pattern_keeps_the_source_numbers_and_other_files(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    info = probe(folder)
    with open_clip(info) as clip, ClipWriter(out / "f_%04d.png", info) as writer:
        for frame in clip:
            writer.write(frame)
    assert sorted(p.name for p in out.iterdir()) == [
        *(f"f_{n:04d}.png" for n in range(1, 13)),
        "notes.txt",
    ]


def test_one_name_for_many_frames_is_refused(folder, tmp_path):
    info = probe(folder)
    with (
        open_clip(info) as clip,
        pytest.raises(UsageError, match="%05d"),
        ClipWriter(tmp_path / "one.png", info) as writer,
    ):
        for frame in clip:
            writer.write(frame)
    assert [p.name for p in tmp_path.iterdir()] == ["frames"]


def test_frames_of_two_sizes_are_refused(folder):
    save(folder / "shot13.png", picture(13, (48, 48)))
    with open_clip(folder) as clip, pytest.raises(MediaError, match=r"shot13.png is 48x48"):
        list(clip)


def test_empty_folders_and_patterns_without_files_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "f%03d.png", tmp_path / "*.png"):
        with pytest.raises(MediaError):
            probe(path)


def test_jpeg_frames_pass_their_own_samples_to_video(tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(4):
        save(frames / f"{number:03d}.jpg", picture(number))
    info = probe(frames)
    assert (info.colour.range, info.colour.matrix) == ("full", "bt470bg")
    with (
        open_clip(info) as clip,
        ClipWriter(tmp_path / "out.mkv", info, ExportSettings(quality="lossless")) as writer,
    ):
        for frame in clip:
            writer.write(frame)
    with open_clip(info) as a, open_clip(tmp_path / "out.mkv") as b:
        for old, new in zip(a, b, strict=True):
            assert (old.image == new.image).all()


@pytest.mark.parametrize("codec", ["h264", "h265", "vp9", "ffv1"])
def test_rgb_frames_are_lossless_in_video_when_asked(folder, tmp_path, codec):
    info = probe(folder)
    settings = ExportSettings(codec=None if codec == "h264" else codec, quality="lossless")
    with open_clip(info) as clip, ClipWriter(tmp_path / "out.mkv", info, settings) as writer:
        for frame in clip:
            writer.write(frame)
    with open_clip(tmp_path / "out.mkv") as clip:
        for number, frame in enumerate(clip, 1):
            assert (frame.image == picture(number)).all()


def test_gif_keeps_its_times_and_its_colours(tmp_path):
    source = write_clip(
        tmp_path / "in.gif", codec="gif", pix_fmt="rgb8", times=[0, 4, 12, 20, 21, 40],
        time_base=Fraction(1, 100),
    )  # fmt: skip
    info = probe(source)
    hole = np.zeros((64, 96), bool)
    hole[10:20, 10:20] = True
    with open_clip(info) as clip, ClipWriter(tmp_path / "out.gif", info) as writer:
        for frame in clip:
            writer.write(frame, np.zeros_like(frame.image), hole)
    with open_clip(info) as a, open_clip(tmp_path / "out.gif") as b:
        for old, new in zip(a, b, strict=True):
            assert new.time == old.time
            assert (new.image[~hole] == old.image[~hole]).all()
            assert not new.image[hole].any()


def test_video_to_gif_looks_right(tmp_path):
    source = write_clip(tmp_path / "in.mp4", 6, options={"crf": "10"})
    info = probe(source)
    with open_clip(info) as clip, ClipWriter(tmp_path / "out.gif", info) as writer:
        for frame in clip:
            writer.write(frame)
    with open_clip(info) as a, open_clip(tmp_path / "out.gif") as b:
        for old, new in zip(a, b, strict=True):
            assert new.time == old.time
            assert np.abs(new.image.astype(int) - old.image).mean() < 8


def test_a_lossless_gif_of_many_colours_is_refused(tmp_path):
    info = probe(write_clip(tmp_path / "in.mp4", 2))
    with (
        open_clip(info) as clip,
        pytest.raises(UsageError, match="255"),
        ClipWriter(tmp_path / "o.gif", info, ExportSettings(quality="lossless")) as writer,
    ):
        for frame in clip:
            writer.write(frame)
    assert [p.name for p in tmp_path.iterdir()] == ["in.mp4"]
