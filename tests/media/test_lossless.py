"""Outside the hole the decoded source comes back bit for bit, in every pixel format."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.media import ClipWriter, ExportSettings, align_hole, open_clip, probe
from cleanplate.media.pixels import block_any
from media.clips import write_clip

LOSSLESS = ExportSettings(quality="lossless")
# source codec, its pixel format, the file made of it
WAYS = [
    ("libx264", "yuv420p", "out.mp4"),
    ("libx264", "yuv420p", "out.mov"),
    ("libx264", "yuv422p", "out.mkv"),
    ("libx264", "yuv444p", "out.mp4"),
    ("libx264", "yuv420p10le", "out.mp4"),
    ("libx264", "yuv422p10le", "out.mov"),
    ("libx265", "yuv420p10le", "out.mp4"),
    ("libx265", "yuv444p12le", "out.mkv"),
    ("libx265", "gbrp", "out.mp4"),
    ("libx265", "gray", "out.mkv"),
    ("libvpx-vp9", "yuv420p", "out.webm"),
    ("libvpx-vp9", "yuv420p", "out.mkv"),
    ("ffv1", "yuv420p", "out.mp4"),
    ("ffv1", "yuv422p16le", "out.mkv"),
    ("ffv1", "gbrp10le", "out.mkv"),
    ("ffv1", "gray16le", "out.mkv"),
    ("ffv1", "yuva444p12le", "out.mkv"),
    ("ffv1", "bgra", "out.mkv"),
    ("ffv1", "yuv440p", "out.mkv"),
    ("ffv1", "yuv411p", "out.mkv"),
]


def erase(source, output, hole, chosen):
    info = probe(source)
    with open_clip(info) as clip, ClipWriter(output, info, chosen) as writer:
        for frame in clip:
            image = frame.image.copy()
            image[hole] = np.iinfo(image.dtype).max - image[hole]
            writer.write(frame, image, hole)
    return writer


def unchanged_outside(old, new, hole) -> bool:
    assert new.layout.name == old.layout.name
    own = old.layout
    for before, after in zip(old.planes(), new.planes(), strict=True):
        inside = hole
        if before.shape[:2] != hole.shape:
            inside = block_any(hole, own.shift_x, own.shift_y)
        if not (before[~inside] == after[~inside]).all():
            return False
    return True


@pytest.mark.parametrize("codec, pix_fmt, name", WAYS)
def test_lossless_exports_change_nothing_outside_the_hole(tmp_path, codec, pix_fmt, name):
    source = write_clip(tmp_path / "source.mkv", 5, codec, pix_fmt)
    info = probe(source)
    hole = np.zeros((info.height, info.width), bool)
    hole[11:40, 21:50] = True
    hole = align_hole(hole, info)
    erase(source, tmp_path / name, hole, LOSSLESS)
    with open_clip(info) as before, open_clip(tmp_path / name) as after:
        for old, new in zip(before, after, strict=True):
            assert unchanged_outside(old, new, hole)
            top = np.iinfo(old.image.dtype).max
            wanted = top - old.image[14:36, 24:46].astype(np.int64)
            got = new.image[14:36, 24:46].astype(np.int64)
            assert np.abs(got - wanted).mean() / top < 0.03


@settings(max_examples=10, deadline=None)
@given(
    corners=st.tuples(*(st.integers(0, 40),) * 4),
    pix_fmt=st.sampled_from(["yuv420p", "yuv422p10le", "yuv444p", "yuv420p10le"]),
    size=st.sampled_from([(48, 40), (34, 46), (64, 32)]),
)
def test_any_hole_leaves_its_outside_alone(corners, pix_fmt, size):
    with tempfile.TemporaryDirectory() as folder:
        source = write_clip(Path(folder) / "in.mkv", 3, "ffv1", pix_fmt, size)
        info = probe(source)
        hole = np.zeros((info.height, info.width), bool)
        top, bottom, left, right = corners
        hole[min(top, bottom) : max(top, bottom), min(left, right) : max(left, right)] = True
        hole = align_hole(hole, info)
        erase(source, Path(folder) / "out.mkv", hole, LOSSLESS)
        with open_clip(info) as before, open_clip(Path(folder) / "out.mkv") as after:
            for old, new in zip(before, after, strict=True):
                assert unchanged_outside(old, new, hole)


def test_luma_outside_a_hole_that_is_not_aligned_is_kept_as_well(tmp_path):
    source = write_clip(tmp_path / "in.mkv", 2, "ffv1")
    hole = np.zeros((64, 96), bool)
    hole[11:40, 21:50] = True
    erase(source, tmp_path / "out.mkv", hole, LOSSLESS)
    with open_clip(source) as before, open_clip(tmp_path / "out.mkv") as after:
        for old, new in zip(before, after, strict=True):
            assert (old.planes()[0] == new.planes()[0])[~hole].all()


def test_the_source_frame_is_not_touched(tmp_path):
    source = write_clip(tmp_path / "in.mp4", 2)
    info = probe(source)
    with open_clip(info) as clip, ClipWriter(tmp_path / "out.mp4", info) as writer:
        for frame in clip:
            before = [plane.copy() for plane in frame.planes()]
            writer.write(frame, np.zeros_like(frame.image))
            assert all((a == b).all() for a, b in zip(before, frame.planes(), strict=True))


@pytest.mark.parametrize("name", ["png", "tif"])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "gbrp"])
def test_pictures_hold_exactly_what_is_seen(tmp_path, pix_fmt, name):
    source = write_clip(tmp_path / "in.mkv", 3, "ffv1" if pix_fmt != "gbrp" else "libx265", pix_fmt)
    hole = np.zeros((64, 96), bool)
    hole[10:40, 20:50] = True
    (tmp_path / "out").mkdir()
    erase(source, tmp_path / "out" / f"%04d.{name}", hole, LOSSLESS)
    with open_clip(source) as before, open_clip(tmp_path / "out") as after:
        for old, new in zip(before, after, strict=True):
            assert new.image.dtype == old.image.dtype
            assert (new.image[~hole] == old.image[~hole]).all()
            assert (new.image[hole] == np.iinfo(old.image.dtype).max - old.image[hole]).all()
