"""For everyone: axe's rules in both themes and in a narrow window, and the keyboard alone."""

from __future__ import annotations

import re

import pytest
from editing import WEB

SERIOUS = {"serious", "critical"}


@pytest.fixture
def axe(built):
    source = WEB / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        # The editor was built elsewhere: axe comes with the packages it is built with.
        pytest.skip("axe-core is not installed: run `npm ci` in web/")
    text = source.read_text()

    def check(page) -> None:
        page.wait_for_timeout(250)  # what fades in has its colours only then
        page.evaluate(text)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        bad = [one for one in found["violations"] if one["impact"] in SERIOUS]
        assert not bad, [(one["id"], [node["html"] for node in one["nodes"]]) for one in bad]

    return check


def test_axe_finds_nothing_serious(editing, scene, axe):
    page = editing.page
    page.get_by_role("heading", name="Drop a clip here").wait_for()
    axe(page)
    editing.drop(scene.path)
    editing.keys("b")
    editing.stroke((30, 50), (60, 50))
    page.get_by_role("button", name="Key frame 0 of Object 1").wait_for()
    axe(page)
    for keys, name in (("?", "Shortcuts"), ("Control+e", "Export"), ("f", "Find on this frame")):
        editing.keys(keys)
        page.get_by_role("dialog", name=name).wait_for()
        axe(page)
        editing.keys("Escape")
        page.get_by_role("dialog", name=name).wait_for(state="detached")
    editing.keys("q")
    page.get_by_text("This frame has no result yet").wait_for()
    axe(page)
    page.get_by_role("button", name="Appearance").click()
    axe(page)
    page.get_by_role("menuitem", name="Light").click()
    axe(page)
    page.set_viewport_size({"width": 620, "height": 700})
    axe(page)


def test_it_is_as_light_as_the_system_until_one_chooses(editing):
    page = editing.page

    def becomes(theme: str) -> None:
        page.get_by_role("heading", name="Drop a clip here").wait_for()
        # The page hears of the system's change a moment later.
        page.wait_for_function(
            "theme => document.documentElement.dataset.theme === theme", arg=theme
        )

    becomes("dark")
    page.emulate_media(color_scheme="light")
    becomes("light")
    page.get_by_role("button", name="Appearance").click()
    page.get_by_role("menuitem", name="Dark").click()
    page.reload()
    becomes("dark")
    page.get_by_role("button", name="Appearance").click()
    page.get_by_role("menuitem", name="As the system").click()
    becomes("light")


def test_every_control_is_reached_by_tab_in_the_order_it_is_seen(editing, scene):
    page = editing.page
    editing.drop(scene.path)
    names = []
    for _ in range(60):
        editing.keys("Tab")
        names.append(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label')"
                " ?? document.activeElement.textContent.trim()"
            )
        )
    wanted = ["All projects", "Export", "Click", "Brush", "Masks", "New object", "Play", "Playhead"]
    places = [names.index(name) for name in wanted]
    assert places == sorted(places), names
    assert any(name.startswith("Frame 0") for name in names), "the stage itself"
    sound = page.get_by_role("img", name="How loud the sound is").locator("path")
    bars = editing.until(lambda: sound.get_attribute("d"), bool)
    assert len(set(re.findall(r"v([0-9.]+)", bars))) > 1, "a bar for each moment"


def test_it_fits_narrow_windows(editing, scene):
    page = editing.page
    editing.drop(scene.path)
    for width, height in ((1024, 700), (760, 700), (480, 800)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = page.get_by_test_id("stage").bounding_box()
        assert box["width"] > 200 and box["height"] > 200
        assert page.get_by_role("button", name="Export").is_visible()
        # In a narrow window it lay over the picture.
        panel = page.get_by_role("complementary", name="Objects")
        assert panel.is_visible() == (width > 860)
