"""Rotation and mirror flags: what is shown, what is written, and EXIF."""

from __future__ import annotations

import itertools
from fractions import Fraction

import av
import numpy as np
import pytest

from cleanplate.media import ClipWriter, ExportSettings, align_hole, open_clip, probe
from cleanplate.media.orientation import Orientation
from media.clips import native, picture, write_clip

ALL = [Orientation(*flags) for flags in itertools.product((False, True), repeat=3)]


@pytest.mark.parametrize("turn", ALL, ids=str)
def test_rotation_and_mirror_describe_what_apply_does(turn):
    stored = np.arange(12).reshape(3, 4)
    shown = stored[:, ::-1] if turn.mirrored else stored
    assert (np.rot90(shown, -turn.rotation // 90) == turn.apply(stored)).all()
    assert (turn.undo(turn.apply(stored)) == stored).all()


def turned_clip(path, degrees: int, hflip: bool):
    def flag(output, video):
        video.set_display_rotation(degrees, hflip=hflip)

    return write_clip(path, 4, options={"qp": "0"}, before_header=flag)


@pytest.mark.parametrize("hflip", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_picture_is_shown_as_ffmpeg_would(tmp_path, degrees, hflip):
    path = turned_clip(tmp_path / "turned.mp4", degrees, hflip)
    info = probe(path)
    with open_clip(info) as clip:
        shown = clip.read_frame(0).image
    with av.open(str(path)) as plain:
        frame = next(plain.decode(video=0))
        stored = frame.reformat(format="rgb24", src_colorspace="itu601").to_ndarray()
    expected = np.rot90(stored, degrees // 90)
    # The flag mirrors the picture after it was turned.
    expected = expected[:, ::-1] if hflip else expected
    assert shown.shape == expected.shape == (info.height, info.width, 3)
    assert np.abs(shown.astype(int) - expected).mean() < 4


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_a_turned_clip_stays_upright_and_exact(tmp_path, suffix):
    info = probe(turned_clip(tmp_path / "in.mp4", 90, True))
    hole = np.zeros((info.height, info.width), bool)
    hole[20:33, 10:25] = True
    hole = align_hole(hole, info)
    out = tmp_path / f"out{suffix}"
    with (
        open_clip(info) as clip,
        ClipWriter(out, info, ExportSettings(quality="lossless")) as writer,
    ):
        for frame in clip:
            writer.write(frame, np.zeros_like(frame.image), hole)
    with open_clip(info) as before, open_clip(out) as after:
        for old, new in zip(before, after, strict=True):
            assert new.image.shape == old.image.shape
            flags = new.orientation == old.orientation
            if flags:
                before = old.orientation.apply(old.planes()[0])
                after = new.orientation.apply(new.planes()[0])
                assert (before[~hole] == after[~hole]).all()
            else:
                luma = old.orientation.apply(old.planes()[0])
                assert (new.planes()[0][~hole] == luma[~hole]).all()
            # Limited-range black, one or two chroma samples of the surroundings away.
            assert new.image[24:30, 14:20].max() < 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_shown_by_their_exif_orientation(tmp_path, orientation):
    plain = native(0, "yuv444p").reformat(format="yuvj444p", dst_color_range=2)
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = 96, 64, "yuvj444p"
    context.time_base = Fraction(1, 25)
    context.qmin = context.qmax = 1
    plain.pts = 0
    jpeg = b"".join(bytes(p) for p in [*context.encode(plain), *context.encode(None)])
    tiff = (
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0]) + b"\0" * 4
    )
    block = b"Exif\0\0" + tiff
    exif = b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg[:2] + exif + jpeg[2:])
    stored = picture(0)
    # EXIF 2.32, table of orientations: where row 0 and column 0 of the file are shown.
    shown = {
        1: stored, 2: stored[:, ::-1], 3: stored[::-1, ::-1], 4: stored[::-1],
        5: stored.swapaxes(0, 1), 6: np.rot90(stored, -1), 7: np.rot90(stored, 2).swapaxes(0, 1),
        8: np.rot90(stored, 1),
    }[orientation]  # fmt: skip
    with open_clip(path) as clip:
        image = clip.read_frame(0).image
    assert image.shape == shown.shape
    assert np.abs(image.astype(int) - shown).mean() < 6
