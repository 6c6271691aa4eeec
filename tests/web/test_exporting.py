"""What comes after the masks: the result, and what an export of it is chosen to be."""

from __future__ import annotations

import re

import numpy as np
from generated import pan, pictures


def test_what_came_with_masks_of_its_own_can_be_looked_at(editing, masked):
    editing.open_project(masked)
    page = editing.page
    page.get_by_role("button", name="Preview the result").wait_for()
    editing.keys("q")
    page.get_by_text("This frame has no result yet").wait_for()

    # With in and out elsewhere, one is taken to where there is a result to see.
    editing.keys("End", "i")
    editing.until(lambda: editing.project["range"], lambda span: span == [9, 10])
    editing.keys("Home", "Home")
    assert page.get_by_label("Frame", exact=True).input_value() == "0"
    page.get_by_role("button", name="Preview the result").click()
    assert page.get_by_label("Frame", exact=True).input_value() == "9"
    page.get_by_text("no result yet").wait_for(state="detached")

    # Where nothing is erased any more, what is cut out is all there is of a result.
    page.get_by_role("radio", name="Cut out").click()
    page.get_by_role("radio", name="What is cut out, on a checkerboard").wait_for()
    page.get_by_role("radio", name="Wipe").wait_for(state="detached")


def test_before_and_after_meet_in_what_is_erased(editing, masked, scene):
    editing.open_project(masked)
    page = editing.page
    page.wait_for_timeout(500)
    editing.keys("q")
    wipe = page.get_by_role("slider", name="Before and after")
    columns = np.flatnonzero(scene.masks[0].any(axis=0))
    middle = 100 * (columns[0] + columns[-1]) / 2 / scene.masks[0].shape[1]
    assert abs(int(wipe.get_attribute("aria-valuenow")) - middle) <= 2
    # Where somebody put it, it stays.
    wipe.focus()
    editing.keys("ArrowRight", "ArrowRight")
    moved = wipe.get_attribute("aria-valuenow")
    editing.keys("q", "q")
    assert wipe.get_attribute("aria-valuenow") == moved


def test_what_is_not_set_to_be_cut_out_can_be_from_the_export(editing, masked):
    editing.open_project(masked)
    page = editing.page
    editing.keys("Control+e")
    dialog = page.get_by_role("dialog", name="Export")
    dialog.get_by_role("radio", name="Cutout").click()
    button = dialog.get_by_role("button", name="Export", exact=True)
    assert button.is_disabled()
    dialog.get_by_role("button", name=re.compile("^Cut out ")).click()
    dialog.get_by_text("160×96, ProRes 4444").wait_for()
    editing.until(button.is_enabled, bool)
    assert editing.project["objects"][0]["action"] == "cutout"


def test_the_way_that_a_matte_is_made_is_chosen(editing, masked):
    page = editing.page

    def without_networks(route):
        found = route.fetch()
        route.fulfill(response=found, json=[{**one, "present": False} for one in found.json()])

    page.route("**/api/v1/models", without_networks)
    editing.open_project(masked)
    page.get_by_role("radio", name="Cut out").click()
    page.get_by_role("button", name="Method: Careful: anything").click()
    page.get_by_role("menuitem", name="Green or blue screen").click()
    page.get_by_role("button", name="Method: Green or blue screen").wait_for()
    assert editing.project["settings"]["matte_method"] == "key"
    # Networks come from elsewhere: nothing is fetched before somebody says so.
    page.get_by_role("button", name="Method: Green or blue screen").click()
    page.get_by_role("menuitem", name="People", exact=True).click()
    page.get_by_text("licence GPL-3.0").wait_for()
    page.get_by_role("button", name="Fetch it").wait_for()
    assert editing.project["settings"]["matte_method"] == "key"


def test_what_lies_between_in_and_out_is_exported_alone(editing, masked):
    editing.open_project(masked)
    page = editing.page
    editing.keys("ArrowRight", "ArrowRight", "i", "ArrowRight", "ArrowRight", "o")
    editing.until(lambda: editing.project["range"], lambda span: span == [2, 5])
    editing.keys("Control+e")
    dialog = page.get_by_role("dialog", name="Export")
    assert dialog.get_by_role("radio", name="Whole clip").is_checked()
    dialog.get_by_role("radio", name="In to out").click()
    dialog.get_by_text("3 of 10").wait_for()
    dialog.get_by_role("button", name="Export", exact=True).click()
    done = editing.job("export", "done", "failed")
    assert done["state"] == "done", done
    clean = pan("astronaut", 10)
    part = pictures(done["result"]["path"])
    assert [int(np.argmin([apart(one, other) for other in clean])) for one in part] == [2, 3, 4]


def apart(one: np.ndarray, other: np.ndarray) -> float:
    return np.abs(one.astype(int) - other).mean()


def test_a_cutout_needs_no_transparency_over_a_background(editing, masked):
    editing.open_project(masked)
    page = editing.page
    page.get_by_role("radio", name="Cut out").click()
    editing.until(
        lambda: editing.project["objects"][0]["action"], lambda action: action == "cutout"
    )
    page.get_by_role("slider", name="Choke").focus()
    editing.keys("ArrowRight", "ArrowRight")
    editing.until(lambda: editing.project["settings"]["matte_choke"], lambda choke: choke == 1)
    page.get_by_role("radio", name="What is cut out, on a checkerboard").wait_for()
    editing.keys("Control+e")
    dialog = page.get_by_role("dialog", name="Export")
    assert dialog.get_by_role("radio", name="Cutout").is_checked()
    dialog.get_by_text("Disc.mov").wait_for()
    dialog.get_by_role("radio", name="Colour").click()
    dialog.get_by_label("Colour of the background").fill("#203040")
    dialog.get_by_text("Disc.mp4").wait_for()
    dialog.get_by_role("radio", name="Picture").click()
    button = dialog.get_by_role("button", name="Export", exact=True)
    assert button.is_disabled(), "there is no picture yet"
    dialog.get_by_label("Background picture").set_input_files(
        {"name": "sky.png", "mimeType": "image/png", "buffer": _PIXEL}
    )
    dialog.get_by_text("sky.png").wait_for()
    editing.until(button.is_enabled, bool)


def test_what_is_in_the_matte_and_what_is_not_is_said_by_hand(editing, masked):
    editing.open_project(masked)
    page = editing.page
    page.get_by_role("radio", name="Cut out").click()
    thumb = page.get_by_role("slider", name="Soften").bounding_box()
    x, y = thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    with page.expect_response(lambda answer: "matte_feather=" in answer.url) as seen:
        page.mouse.move(x + 40, y, steps=4)
    assert seen.value.ok and editing.project["settings"]["matte_feather"] is None
    page.mouse.up()
    editing.until(lambda: editing.project["settings"]["matte_feather"], bool)

    page.get_by_role("button", name="Draw a rough box around it").click()
    page.get_by_text("Drag a rough box").wait_for()
    editing.keys("Escape")
    page.get_by_text("Drag a rough box").wait_for(state="detached")
    page.get_by_role("button", name="Draw a rough box around it").click()
    editing.stroke((20, 10), (120, 70))
    box = editing.until(lambda: editing.project["settings"]["matte_garbage"], bool)
    assert np.abs(np.array(box) - (20, 10, 100, 60)).max() < 2, box
    page.get_by_role("button", name="Remove the rough box").click()
    editing.until(lambda: editing.project["settings"]["matte_garbage"], lambda now: now == [])

    page.get_by_role("radio", name="Never").click()
    editing.until(lambda: editing.project["objects"][0]["action"], lambda now: now == "garbage")
    assert page.get_by_role("radio", name="Cut out").is_checked()


_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)
