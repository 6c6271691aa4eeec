"""Without any network: painting, objects, undo, two tabs."""

from __future__ import annotations

import re
from contextlib import suppress

import numpy as np
from generated import pan, write_clip
from playwright.sync_api import Error

PLACES = """() => {
  window.places = [];
  const playhead = document.querySelector('[aria-label="Playhead"]');
  new MutationObserver(() => window.places.push(Number(playhead.getAttribute("aria-valuenow"))))
    .observe(playhead, {attributeFilter: ["aria-valuenow"]});
}"""


def test_paint_rub_undo_and_what_objects_can(editing, scene):
    page = editing.page
    editing.drop(scene.path)

    editing.keys("b")
    editing.stroke((30, 50), (80, 50))
    page.get_by_role("button", name="Key frame 0 of Object 1").wait_for()
    editing.until(editing.key_frames, lambda frames: frames == [0])
    painted = editing.mask(0)
    brush = 24
    middle = np.flatnonzero(painted[:, 55])
    assert abs(len(middle) - brush) <= 2
    assert abs(middle.mean() - 50) <= 1

    editing.keys("e")
    editing.stroke((55, 30), (55, 70))
    editing.until(lambda: editing.mask(0)[50, 55], lambda inside: not inside)
    assert editing.mask(0)[50, 30]
    editing.keys("Control+z")
    editing.until(lambda: editing.mask(0)[50, 55], lambda inside: inside)

    # Named, coloured, hidden, locked; a second one, merged into the first.
    page.get_by_role("button", name="Object 1", exact=False).and_(
        page.locator(".object-name")
    ).dblclick()
    page.get_by_label("Name of Object 1").fill("Ball")
    editing.keys("Enter")
    page.get_by_role("button", name="Colour of Ball").click()
    page.get_by_role("button", name="Purple").click()
    page.get_by_role("button", name="Hide Ball").click()
    page.get_by_role("button", name="Lock Ball").click()
    page.get_by_role("radio", name="Cut out").wait_for()

    def ball() -> dict:
        return editing.project["objects"][0]

    editing.until(ball, lambda one: one["locked"])
    assert (ball()["name"], ball()["colour"], ball()["visible"]) == ("Ball", "#cc79a7", False)
    page.get_by_role("button", name="Unlock Ball").click()
    page.get_by_role("button", name="Show Ball").click()
    page.get_by_role("radio", name="Cut out").click()
    editing.until(ball, lambda one: one["action"] == "cutout" and not one["locked"])

    editing.keys("n", "b")
    editing.until(lambda: len(editing.project["objects"]), lambda count: count == 2)
    editing.stroke((100, 80), (120, 80))
    editing.until(lambda: editing.key_frames(2), lambda frames: frames == [0])
    page.get_by_role("button", name="More for Object 2").click()
    page.get_by_role("menuitem", name="Ball").click()
    editing.until(lambda: len(editing.project["objects"]), lambda count: count == 1)
    assert editing.mask(0)[80, 110]

    page.get_by_role("button", name="More for Ball").click()
    page.get_by_role("menuitem", name="Delete").click()
    editing.until(lambda: editing.project["objects"], lambda objects: not objects)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    editing.until(lambda: len(editing.project["objects"]), lambda count: count == 1)

    # A stretch of its track, dragged over, can be tracked again on its own.
    lane = page.get_by_test_id("lane-1").bounding_box()
    middle = lane["y"] + lane["height"] / 2
    page.mouse.move(lane["x"] + 0.25 * lane["width"], middle)
    page.mouse.down()
    page.mouse.move(lane["x"] + 0.55 * lane["width"], middle, steps=3)
    page.mouse.up()
    page.get_by_role("button", name="Track 2–5 again").wait_for()
    editing.keys("Escape")
    page.get_by_role("button", name="Track 2–5 again").wait_for(state="detached")

    # In, out and the range; the place survives a reload.
    editing.keys("ArrowRight", "ArrowRight", "i", "ArrowRight", "ArrowRight", "o")
    editing.until(lambda: editing.project["range"], lambda span: span == [2, 5])
    page.reload()
    editing.ready()
    assert page.get_by_label("Frame", exact=True).input_value() == "4"


def test_it_plays_with_sound_and_is_where_one_scrubs(editing, scene):
    page = editing.page
    editing.drop(scene.path)
    heard = []
    page.on("response", lambda answer: "/audio?" in answer.url and heard.append(answer.status))
    stage = page.get_by_test_id("stage")
    playhead = page.get_by_role("slider", name="Playhead")
    editing.keys(" ")
    editing.until(lambda: int(playhead.get_attribute("aria-valuenow")), lambda frame: frame > 3)
    page.get_by_role("button", name="Play", exact=True).wait_for()  # stopped by the end
    assert playhead.get_attribute("aria-valuenow") == "9"
    assert heard and set(heard) <= {200, 206, 304}

    film = page.get_by_test_id("film").bounding_box()
    page.mouse.click(film["x"] + film["width"] * 0.55, film["y"] + 20)
    assert playhead.get_attribute("aria-valuenow") == "5"
    editing.until(lambda: stage.get_attribute("data-shown"), lambda shown: shown == "5")
    editing.keys("ArrowLeft", "Shift+ArrowRight")
    assert playhead.get_attribute("aria-valuenow") == "9"


def test_the_picture_waits_with_its_sound_and_never_goes_back(editing, tmp_path):
    page = editing.page
    editing.drop(write_clip(tmp_path / "long.mp4", pan("astronaut", 30), sound=True))
    held = []
    late = re.compile(r"/frames/(1[5-9]|2\d)\?")
    page.route(late, lambda route: held.append(route))
    page.evaluate(PLACES)
    editing.keys(" ")
    playhead = page.get_by_role("slider", name="Playhead")
    editing.until(lambda: playhead.get_attribute("aria-valuenow"), lambda frame: frame == "14")
    page.wait_for_timeout(1000)
    assert playhead.get_attribute("aria-valuenow") == "14", "the next has not come yet"
    page.unroute(late)
    for route in held:
        with suppress(Error):  # nobody waits for it any more
            route.continue_()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    places = page.evaluate("window.places")
    assert places == sorted(places)
    assert places[-1] == 29


def test_a_result_plays_round_from_in_to_out_wherever_it_began(editing, masked):
    editing.open_project(masked)
    page = editing.page
    editing.keys("ArrowRight", "ArrowRight", "i", *["ArrowRight"] * 4, "o")
    editing.until(lambda: editing.project["range"], lambda span: span == [2, 7])
    editing.keys("ArrowLeft", "q")
    page.evaluate(PLACES)
    editing.keys(" ")
    places = editing.until(lambda: page.evaluate("window.places"), lambda seen: 3 in seen)
    assert set(places) <= set(range(2, 7))
    assert places.index(2) < places.index(3)


def test_undo_is_offered_for_the_last_step_alone(editing, masked):
    editing.open_project(masked)
    page = editing.page
    offer = page.get_by_label("Messages").get_by_role("button", name="Undo")

    def delete():
        page.get_by_role("button", name=re.compile("^More for")).first.click()
        page.get_by_role("menuitem", name="Delete").click()
        offer.wait_for()

    delete()
    editing.keys("n")
    offer.wait_for(state="detached")
    delete()
    page.get_by_role("button", name="All projects").click()
    page.get_by_role("heading", name="Projects").wait_for()
    assert not offer.count()


def test_two_tabs_show_one_project(editing, scene):
    first = editing.page
    editing.drop(scene.path)
    second = editing.open(first.url.removeprefix(editing.server.address))
    editing.ready()
    editing.page = first
    editing.keys("b")
    editing.stroke((30, 50), (60, 50))
    key = second.get_by_role("button", name="Key frame 0 of Object 1")
    key.wait_for()
    editing.page = second
    editing.keys("Control+z")
    first.get_by_role("button", name="Key frame 0 of Object 1").wait_for(state="detached")
    assert editing.key_frames() == []
