"""Colour tags, range, depth and HDR side data go through."""

from __future__ import annotations

import av
import numpy as np
import pytest

from cleanplate.media import ClipWriter, ExportSettings, open_clip, probe
from media.clips import native, write_clip

BT2020_PQ = {"color_primaries": 9, "color_trc": 16, "colorspace": 9, "color_range": 1}
P3_1000_NITS = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"


def tagged(path, tags: dict, **more):
    def tag(output, video):
        for name, value in tags.items():
            setattr(video.codec_context, name, value)

    return write_clip(path, 3, before_header=tag, **more)


def copy(source, output, **settings):
    info = probe(source)
    with open_clip(info) as clip, ClipWriter(output, info, ExportSettings(**settings)) as writer:
        for frame in clip:
            writer.write(frame)
    return info, probe(output), writer


@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "vp9"])
@pytest.mark.parametrize(
    "tags",
    [
        {"color_primaries": 1, "color_trc": 1, "colorspace": 1, "color_range": 1},
        {"color_primaries": 6, "color_trc": 6, "colorspace": 6, "color_range": 1},
        {"color_primaries": 5, "color_trc": 6, "colorspace": 5, "color_range": 2},
        {"color_primaries": 9, "color_trc": 18, "colorspace": 9, "color_range": 1},
        {},
    ],
)
def test_tags_are_kept(tmp_path, codec, tags):
    source = tagged(tmp_path / "in.mp4", tags)
    before, after, _ = copy(source, tmp_path / "out.mp4", codec=codec, quality="draft")
    assert after.colour.primaries == before.colour.primaries
    assert after.colour.transfer == before.colour.transfer
    assert after.colour.matrix == before.colour.matrix
    assert (after.colour.range == "full") == (before.colour.range == "full")
    if tags:
        assert before.colour.matrix != "unspecified"


@pytest.mark.parametrize("output", ["out.mov", "out.mkv"])
def test_full_range_stays_full_through_other_codecs(tmp_path, output):
    tags = {"color_primaries": 1, "color_trc": 1, "colorspace": 1, "color_range": 2}
    source = tagged(tmp_path / "in.mp4", tags)
    chosen = "prores" if output.endswith("mov") else "ffv1"
    before, after, _ = copy(source, tmp_path / output, codec=chosen)
    with open_clip(before) as a, open_clip(after) as b:
        old, new = next(iter(a)).image, next(iter(b)).image
    # ProRes is always limited range: the samples are converted, the look stays.
    scale = np.iinfo(new.dtype).max / np.iinfo(old.dtype).max
    assert np.abs(new / scale - old).mean() < 2


@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
def test_hdr_stays_hdr(tmp_path, codec):
    params = f"log-level=none:hdr10=1:master-display={P3_1000_NITS}:max-cll=1000,400"
    source = tagged(
        tmp_path / "in.mp4", BT2020_PQ, codec="libx265", pix_fmt="yuv420p10le",
        options={"x265-params": params},
    )  # fmt: skip
    before, after, writer = copy(source, tmp_path / "out.mp4", codec=codec)
    assert before.colour.hdr and before.bit_depth == 10
    assert before.colour.mastering == P3_1000_NITS
    assert before.colour.light == (1000, 400)
    assert after.colour == before.colour
    assert after.bit_depth == 10
    assert "HDR mastering and light levels" in writer.kept
    with open_clip(before) as a, open_clip(after) as b:
        old, new = next(iter(a)).image, next(iter(b)).image
    assert old.dtype == new.dtype == np.uint16
    assert np.abs(old.astype(int) - new).mean() < 1200


def test_what_cannot_hold_the_light_levels_says_so(tmp_path):
    params = f"log-level=none:hdr10=1:master-display={P3_1000_NITS}:max-cll=1000,400"
    source = tagged(
        tmp_path / "in.mp4", BT2020_PQ, codec="libx265", pix_fmt="yuv420p10le",
        options={"x265-params": params},
    )  # fmt: skip
    _, after, writer = copy(source, tmp_path / "out.mov", codec="prores")
    assert any("mastering" in line for line in writer.lost)
    assert after.colour.transfer == "smpte2084"


def test_an_untagged_clip_is_read_as_players_read_it(tmp_path):
    small = write_clip(tmp_path / "sd.mp4", 1, frame_of=_red)
    large = write_clip(tmp_path / "hd.mp4", 1, size=(1280, 64), frame_of=_red)
    with open_clip(small) as sd, open_clip(large) as hd:
        assert tuple(sd.read_frame(0).image[30, 30]) != tuple(hd.read_frame(0).image[30, 30])
        # BT.601's red, at its code values.
        assert np.abs(sd.read_frame(0).image[30, 30].astype(int) - (255, 0, 0)).max() <= 3


def _red(number, pix_fmt, size):
    frame = av.VideoFrame(*size, pix_fmt)
    for plane, value in zip(frame.planes, (81, 90, 240), strict=True):
        np.frombuffer(plane, np.uint8)[:] = value
    return frame


def test_pixel_aspect_is_kept(tmp_path):
    from fractions import Fraction

    def wide(output, video):
        video.codec_context.sample_aspect_ratio = Fraction(16, 11)

    source = write_clip(tmp_path / "in.mp4", 2, before_header=wide)
    for name, codec in (("a.mp4", "h264"), ("b.mov", "h265"), ("c.mkv", "h264"), ("d.mp4", "vp9")):
        before, after, _ = copy(source, tmp_path / name, quality="draft", codec=codec)
        assert before.pixel_aspect == after.pixel_aspect == Fraction(16, 11)
    _, _, writer = copy(source, tmp_path / "out.webm", quality="draft")
    assert any("pixel aspect 16/11" in line for line in writer.lost)


@pytest.mark.parametrize(
    "codec, pix_fmt, output",
    [
        ("ffv1", "yuva444p12le", "out.mov"),
        ("ffv1", "yuva420p", "out.webm"),
        ("ffv1", "bgra", "out.mkv"),
        ("ffv1", "yuva420p", "out_%03d.png"),
        ("ffv1", "yuva444p16le", "out_%03d.tif"),
    ],
)
def test_alpha_is_kept(tmp_path, codec, pix_fmt, output):
    source = write_clip(tmp_path / "in.mkv", 3, codec, pix_fmt)
    (tmp_path / "out").mkdir()
    before, _, writer = copy(source, tmp_path / "out" / output)
    result = tmp_path / "out" if "%" in output else tmp_path / "out" / output
    after = probe(result)
    assert before.has_alpha and after.has_alpha
    assert "transparency" in writer.kept
    with open_clip(before) as a, open_clip(after) as b:
        for old, new in zip(a, b, strict=True):
            old_alpha = old.alpha / np.iinfo(old.alpha.dtype).max
            new_alpha = new.alpha / np.iinfo(new.alpha.dtype).max
            assert np.abs(old_alpha - new_alpha).max() < 0.02


def test_new_alpha_and_images_without_a_source(tmp_path):
    ramp = np.tile(np.linspace(0, 1, 96, dtype=np.float32), (64, 1))
    image = native(0, "rgb24").to_ndarray()
    for name in ("cutout.webm", "cutout.mov", "cutout.mkv"):
        with ClipWriter(tmp_path / name) as writer:
            for _ in range(3):
                writer.write(image=image, alpha=ramp)
        with open_clip(tmp_path / name) as clip:
            frames = list(clip)
        assert len(frames) == 3
        alpha = frames[1].alpha / np.iinfo(frames[1].alpha.dtype).max
        assert np.abs(alpha - ramp).max() < 0.02


def test_lost_alpha_is_said(tmp_path):
    source = write_clip(tmp_path / "in.mkv", 2, "ffv1", "yuva420p")
    for codec in ("h264", "vp9"):
        _, after, writer = copy(source, tmp_path / "out.mp4", codec=codec)
        assert not after.has_alpha
        assert any("transparency" in line and ".webm" in line for line in writer.lost)
