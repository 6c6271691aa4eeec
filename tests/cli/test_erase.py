"""``cleanplate erase`` from file to file, as a user runs it."""

from __future__ import annotations

import json

import av
import cv2
import generated
import numpy as np
import pytest

from cleanplate.segment.edges import grow


def test_the_object_is_gone_and_the_rest_is_kept(cleanplate, scene, tmp_path):
    done = cleanplate("erase", scene.clip, "-o", "clean.mp4", "--mask", scene.masks)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    result = generated.pictures(tmp_path / "clean.mp4")
    before = generated.pictures(scene.clip)
    assert len(result) == len(before) == 12
    for index, hole in enumerate(scene.holes):
        truth = scene.clean[index]
        assert generated.psnr(result[index][hole], truth[hole]) > 20
        assert generated.psnr(before[index][hole], truth[hole]) < 14
        assert generated.psnr(result[index][~hole], before[index][~hole]) > 34
    assert generated.timestamps(tmp_path / "clean.mp4") == generated.timestamps(scene.clip)
    assert generated.audio_packets(tmp_path / "clean.mp4") == generated.audio_packets(scene.clip)


@pytest.mark.parametrize("output", ["clean.mkv", "clean.mp4"])
def test_lossless_changes_nothing_outside_the_hole(cleanplate, scene, tmp_path, output):
    done = cleanplate(
        "erase", "-i", scene.clip, "-o", output, "--mask", scene.masks, "--quality", "lossless"
    )
    assert done.returncode == 0, done.stderr
    before, after = generated.planes(scene.clip), generated.planes(tmp_path / output)
    assert len(before) == len(after)
    for old, new, hole in zip(before, after, scene.holes, strict=True):
        height, width = hole.shape
        blocks = hole.reshape(height // 2, 2, width // 2, 2).any(axis=(1, 3))
        touched = blocks.repeat(2, 0).repeat(2, 1)
        assert np.array_equal(old[:height][~touched], new[:height][~touched])
        chroma = [plane[height:].reshape(2, height // 2, width // 2) for plane in (old, new)]
        assert np.array_equal(chroma[0][:, ~blocks], chroma[1][:, ~blocks])
        assert not np.array_equal(old, new)


def test_one_mask_serves_all_frames_and_growing_widens_it(cleanplate, scene, tmp_path):
    mask = np.zeros((generated.HEIGHT, generated.WIDTH), bool)
    mask[10:20, 20:50] = True
    cv2.imwrite(str(tmp_path / "logo.png"), mask.astype(np.uint8) * 255)
    done = cleanplate(
        *("erase", scene.clip, "-o", "clean.mkv", "--mask", "logo.png"),
        *("--grow", 4, "--feather", 2, "--quality", "lossless", "--report", "r.json"),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    wide = grow(mask, 4)
    assert report["frames"][0]["hole"] >= wide.mean()
    before, after = generated.pictures(scene.clip), generated.pictures(tmp_path / "clean.mkv")
    outside = ~grow(mask, 8)
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old[outside], new[outside])
        assert not np.array_equal(old[mask], new[mask])


def test_a_part_of_the_clip(cleanplate, scene, tmp_path):
    done = cleanplate(
        "erase", scene.clip, "-o", "part.mp4", "--mask", scene.masks, "--frames", "3:9"
    )
    assert done.returncode == 0, done.stderr
    result, before = generated.pictures(tmp_path / "part.mp4"), generated.pictures(scene.clip)
    assert len(result) == 6
    hole = scene.holes[3]
    assert generated.psnr(result[0][~hole], before[3][~hole]) > 34
    assert generated.psnr(result[0][hole], scene.clean[3][hole]) > 20


def test_a_folder_of_frames_is_a_clip(cleanplate, scene, tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for index, picture in enumerate(generated.pictures(scene.clip)):
        cv2.imwrite(str(frames / f"{index:04d}.png"), picture[..., ::-1])
    done = cleanplate("erase", "frames/", "-o", "out/%05d.png", "--mask", scene.masks)
    assert done.returncode == 0, done.stderr
    written = sorted((tmp_path / "out").iterdir())
    assert len(written) == 12
    hole = scene.holes[0]
    first = cv2.imread(str(written[0]))[..., ::-1]
    assert np.array_equal(first[~hole], generated.pictures(scene.clip)[0][~hole])
    assert generated.psnr(first[hole], scene.clean[0][hole]) > 20


def test_variable_frame_rate_keeps_every_timestamp(cleanplate, scene, tmp_path):
    times = [0, 100, 150, 400, 500, 555, 700, 1000, 1010, 1200, 1300, 1500]
    clip = generated.write_clip(tmp_path / "vfr.mp4", generated.pictures(scene.clip), times=times)
    done = cleanplate("erase", clip, "-o", "clean.mp4", "--mask", scene.masks)
    assert done.returncode == 0, done.stderr
    assert generated.timestamps(tmp_path / "clean.mp4") == generated.timestamps(clip)


def test_nothing_crosses_a_cut(cleanplate, tmp_path):
    clean = generated.pan("coffee", 14) + generated.pan("astronaut", 14)
    seen, holes = generated.with_disc(clean)
    clip = generated.write_clip(tmp_path / "cut.mp4", seen)
    masks = generated.write_masks(tmp_path / "masks", holes)
    done = cleanplate("erase", clip, "-o", "clean.mp4", "--mask", masks, "--report", "r.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "r.json").read_text())["shots"] == [[0, 14], [14, 28]]
    result = generated.pictures(tmp_path / "clean.mp4")
    for index in (13, 14):
        hole = holes[index]
        assert generated.psnr(result[index][hole], clean[index][hole]) > 20


def test_provenance_and_report_agree(cleanplate, scene, tmp_path):
    done = cleanplate(
        *("erase", scene.clip, "-o", "clean.mp4", "--mask", scene.masks),
        *("--provenance", "from.mkv", "--report", "r.json"),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert [frame["frame"] for frame in report["frames"]] == list(range(12))
    for frame, hole in zip(report["frames"], scene.holes, strict=True):
        assert frame["recovered"] + frame["synthesised"] == pytest.approx(1, abs=1e-5)
        assert frame["hole"] == pytest.approx(hole.mean(), rel=0.25)
    assert {"decode", "fill", "encode"} <= set(report["timings"])
    assert "every frame" in report["kept"]
    pictures = generated.pictures(tmp_path / "from.mkv")
    assert len(pictures) == 12
    spread = pictures[5].max(axis=2).astype(int) - pictures[5].min(axis=2)
    assert spread[scene.holes[5]].mean() > 60 > 10 > spread[~scene.holes[5]].mean()


def test_json_tells_events(cleanplate, scene):
    done = cleanplate("erase", scene.clip, "-o", "clean.mp4", "--mask", scene.masks, "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[0]["event"] == "start"
    assert events[-1]["event"] == "done"
    finished = [e["frame"] for e in events if e["event"] == "progress" and e["stage"] == "erase"]
    assert finished == list(range(1, 13))
    assert events[-1]["details"]["frame_count"] == 12


def test_the_codec_can_be_chosen(cleanplate, scene, tmp_path):
    done = cleanplate(
        *("erase", scene.clip, "-o", "clean.mov", "--mask", scene.masks),
        *("--codec", "prores", "--quality", "draft"),
    )
    assert done.returncode == 0, done.stderr
    with av.open(str(tmp_path / "clean.mov")) as container:
        assert container.streams.video[0].codec_context.name == "prores"


def test_the_shadow_goes_with_the_object(cleanplate, tmp_path):
    truth = generated.pan("coffee", 20)
    seen, masks, shadows = generated.with_shadow(truth)
    clip = generated.write_clip(tmp_path / "clip.mp4", seen)
    drawn = generated.write_masks(tmp_path / "masks", masks)
    done = cleanplate("erase", clip, "-o", "clean.mp4", "-m", drawn, "--grow", 2, "--with-shadow")
    assert (done.returncode, done.stderr) == (0, "")
    result = generated.pictures(tmp_path / "clean.mp4")
    better = [
        generated.psnr(result[t][shadows[t]], truth[t][shadows[t]])
        - generated.psnr(seen[t][shadows[t]], truth[t][shadows[t]])
        for t in range(4, 16)
    ]
    assert np.median(better) > 6


def test_a_preview_is_small_and_looks_like_the_result(cleanplate, scene, tmp_path):
    known = ("--mask", scene.masks, "--grow", 2)
    done = cleanplate("erase", scene.clip, "-o", "look.png", *known, "--preview", "--frames", "4:5")
    assert (done.returncode, done.stderr) == (0, "")
    look = cv2.imread(str(tmp_path / "look.png"))[..., ::-1]
    assert look.shape[:2] == (generated.HEIGHT // 2, generated.WIDTH // 2)
    size = look.shape[1::-1]
    truth = cv2.resize(scene.clean[4], size, interpolation=cv2.INTER_AREA)
    hole = cv2.resize(scene.holes[4].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    assert generated.psnr(look[hole], truth[hole]) > 20
    done = cleanplate("erase", scene.clip, "-o", "look.mp4", *known, "--preview", "--with-shadow")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(generated.pictures(tmp_path / "look.mp4")) == 8
    again = cleanplate("erase", scene.clip, "-o", "look.mp4", *known, "--preview")
    assert again.returncode == 2
    assert "exists already" in again.stderr
