"""What cannot be done is said in one line, with the remedy, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import cv2
import generated
import numpy as np
import pytest


def assert_refused(done, code, *words):
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr
    if not done.stderr.startswith("Usage:"):
        assert len(done.stderr.strip().splitlines()) == 1


def erase(cleanplate, scene, *more, clip=None, mask=None, output="clean.mp4"):
    return cleanplate(
        "erase", clip or scene.clip, "-o", output, "--mask", mask or scene.masks, *more
    )


def test_the_output_is_not_the_input(cleanplate, scene, tmp_path):
    before = scene.clip.read_bytes()
    (tmp_path / "link.mp4").symlink_to(scene.clip)
    for name in (scene.clip, tmp_path / "link.mp4"):
        done = erase(cleanplate, scene, "--overwrite", output=name)
        assert_refused(done, 2, "the clip itself", "another name")
    assert scene.clip.read_bytes() == before


def test_what_exists_is_kept_unless_told_otherwise(cleanplate, scene, tmp_path):
    (tmp_path / "clean.mp4").write_text("precious")
    assert_refused(erase(cleanplate, scene), 2, "--overwrite")
    assert (tmp_path / "clean.mp4").read_text() == "precious"
    assert erase(cleanplate, scene, "--overwrite").returncode == 0
    assert len(generated.pictures(tmp_path / "clean.mp4")) == 12


def test_two_results_need_two_names(cleanplate, scene):
    done = erase(cleanplate, scene, "--provenance", "clean.mp4")
    assert_refused(done, 2, "same name")


def test_a_missing_folder_is_named(cleanplate, scene):
    assert_refused(erase(cleanplate, scene, output="no/such/clean.mp4"), 2, "no/such", "create")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, ["does not exist"]),
        (lambda path: path.write_bytes(b""), ["empty"]),
        (lambda path: path.write_bytes(b"not a video" * 100), []),
    ],
    ids=["missing", "zero bytes", "no video"],
)
def test_clips_that_cannot_be_read(cleanplate, scene, tmp_path, make, words):
    clip = tmp_path / "bad.mp4"
    make(clip)
    assert_refused(erase(cleanplate, scene, clip=clip), 1, "bad.mp4", *words)
    assert not (tmp_path / "clean.mp4").exists()


def test_masks_of_the_wrong_size(cleanplate, scene, tmp_path):
    cv2.imwrite(str(tmp_path / "m.png"), np.full((50, 70), 255, np.uint8))
    done = erase(cleanplate, scene, mask=tmp_path / "m.png")
    assert_refused(done, 1, "70x50", "160x96")


def test_too_few_masks(cleanplate, scene, tmp_path):
    masks = generated.write_masks(tmp_path / "few", scene.holes[:5])
    done = erase(cleanplate, scene, mask=masks)
    assert_refused(done, 1, "5", "12")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few"]


def test_no_masks(cleanplate, scene, tmp_path):
    assert_refused(erase(cleanplate, scene, mask=tmp_path / "nothing"), 1, "nothing")


def test_an_unknown_codec_is_answered_with_the_known_ones(cleanplate, scene):
    assert_refused(erase(cleanplate, scene, "--codec", "betamax"), 2, "h264")


def test_a_codec_that_the_container_does_not_take(cleanplate, scene):
    assert_refused(erase(cleanplate, scene, "--codec", "prores"), 2, ".mov")


def test_bad_ranges_and_numbers(cleanplate, scene):
    for option in (["--frames", "9:3"], ["--frames", "a:b"], ["--grow", "-1"], ["--quality", "x"]):
        done = erase(cleanplate, scene, *option)
        assert_refused(done, 2, option[0].lstrip("-"))
    assert_refused(erase(cleanplate, scene, "--grow", "1e9"), 2, "--grow", "500")


def test_a_range_behind_the_end(cleanplate, scene, tmp_path):
    done = erase(cleanplate, scene, "--frames", "50:60")
    assert_refused(done, 2, "50")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk(scene, tmp_path):
    """A limit on file sizes stands in for a full disk: writing fails in the middle."""
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from cleanplate.cli.app import run; run(sys.argv[1:])"
    )
    out = tmp_path / "clean.mp4"
    arguments = ["erase", scene.clip, "-o", out, "--mask", scene.masks, "--quality", "lossless"]
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True
    )
    assert_refused(done, 1, "room")
    assert list(tmp_path.iterdir()) == []


def test_json_reports_the_failure_too(cleanplate, scene):
    done = erase(cleanplate, scene, "--codec", "betamax", "--json")
    event = json.loads(done.stdout.splitlines()[-1])
    assert (event["event"], event["exit_code"]) == ("error", 2)
    done = erase(cleanplate, scene, "--frames", "few", "--json")
    event = json.loads(done.stdout)
    assert (event["event"], event["exit_code"]) == ("error", 2) and "few" in event["message"]


def test_an_unexpected_failure_is_one_line_and_a_log(tmp_path):
    script = (
        "from cleanplate.cli import failures\n"
        "with failures.reported(debug=False):\n"
        "    raise ZeroDivisionError('nobody thought of this')\n"
    )
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    )
    assert_refused(done, 1, "ZeroDivisionError", "nobody thought of this")
    [log] = tmp_path.rglob("*.log")
    assert str(log) in done.stderr
    assert "Traceback" in log.read_text()


def test_debug_shows_the_trace(cleanplate, scene, tmp_path):
    done = cleanplate("probe", tmp_path / "nothing.mp4", "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory, scene):
    """Long enough to be stopped in the middle."""
    folder = tmp_path_factory.mktemp("long")
    pictures = generated.pictures(scene.clip)
    clip = generated.write_clip(folder / "long.mp4", pictures * 40)
    logo = folder / "logo.png"
    mask = np.zeros((generated.HEIGHT, generated.WIDTH), np.uint8)
    mask[30:60, 40:90] = 255
    cv2.imwrite(str(logo), mask)
    return clip, logo


def test_ctrl_c_stops_within_a_second_and_leaves_nothing(long_clip, tmp_path):
    clip, logo = long_clip
    out = tmp_path / "clean.mp4"
    arguments = ["erase", clip, "-o", out, "--mask", logo, "--json", "--provenance", f"{out}.mkv"]
    process = subprocess.Popen(
        [sys.executable, "-m", "cleanplate", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if json.loads(line).get("frame", 0) >= 3:
            break
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - pressed < 1.5  # a second of ours, the rest for a busy machine
    assert "Traceback" not in errors
    assert "nothing was left" in errors
    assert list(tmp_path.iterdir()) == []
