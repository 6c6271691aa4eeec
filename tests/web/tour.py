"""Goes through a first project with the sample, and takes the pictures of the documentation.

    python tests/web/tour.py docs/pictures

The steps are those of docs/first-project.md; each is waited for, so a tour that ends has shown that
they hold.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from editing import FLAGS, Editing
from PIL import Image
from playwright.sync_api import sync_playwright
from servers import TOKEN, Running

SIZE = {"width": 1440, "height": 900}
SAMPLE = (640, 360)
PATIENCE = 900
"""Seconds that tracking or a preview may take on a slow machine."""


def tour(editing: Editing, take) -> None:
    """Start, point, track, look, correct the edge, export. `take(name)` is called at each."""
    page = editing.page
    page.get_by_role("heading", name="Drop a clip here").wait_for()
    page.get_by_text("Version").wait_for()  # the page is there before the server has told anything
    take("editor_start")
    page.get_by_role("button", name="Try the sample").click()
    page.wait_for_url("**/p/*", timeout=300_000)
    editing.ready()
    page.get_by_text("Click what should go").wait_for()

    page.mouse.click(*editing.at(142, 205, *SAMPLE))
    page.get_by_role("button", name="Key frame 0 of Object 1").wait_for(timeout=120_000)
    page.mouse.move(5, 500)
    page.wait_for_timeout(1000)
    take("editor_point")

    follow = page.get_by_role("button", name="Track through the clip")
    look = page.get_by_role("button", name="Preview the result")
    follow.or_(look).wait_for()
    if follow.is_visible():  # else the store has it from an earlier tour
        follow.click()
        editing.job("track", "done", seconds=PATIENCE)
        look.wait_for()
    page.get_by_role("slider", name="Grow").focus()
    editing.keys(*["ArrowRight"] * 4)
    editing.until(lambda: editing.project["objects"][0]["edge"]["grow"], lambda grow: grow == 4)
    page.get_by_label("Frame", exact=True).fill("30")
    editing.keys("Enter")
    page.wait_for_timeout(1500)
    take("editor_tracked")

    page.get_by_role("button", name="Preview the result").click()
    editing.job("preview", "done", seconds=PATIENCE)
    page.get_by_role("img", name="Result ready on 72 frames").wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    take("editor_wipe")
    page.get_by_role("radio", name="Where each pixel came from").click()
    page.mouse.move(5, 500)
    page.wait_for_timeout(1500)
    take("editor_provenance")
    page.get_by_role("radio", name="Result alone").click()
    editing.keys("Control+e")
    page.get_by_text("every timestamp").wait_for()
    page.wait_for_timeout(600)
    take("editor_export")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        workspace = Path(scratch) / "Cleanplate"
        workspace.mkdir()
        environment = {**os.environ, "CLEANPLATE_TOKEN": TOKEN}
        server = Running(workspace, environment)
        server.start()
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(viewport=SIZE, color_scheme="dark")
        context.set_default_timeout(60_000)
        editing = Editing(server, context)
        editing.open("/")

        def take(name: str) -> None:
            # Where the workspace lies is this machine's own business.
            editing.page.evaluate(
                "document.querySelector('.start-folder')?.replaceChildren('~/Videos/Cleanplate')"
            )
            picture = Image.open(io.BytesIO(editing.page.screenshot())).convert("RGB")
            picture.save(folder / f"{name}.webp", quality=82, method=6)
            print(folder / f"{name}.webp")

        try:
            tour(editing, take)
        finally:
            browser.close()
            server.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"))
