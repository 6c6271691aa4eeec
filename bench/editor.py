"""Times the editor as a person meets it, in Chromium: from the command to the first frame, from the
press on the timeline to the frame on the stage, from the click to its mask."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import cv2
import numpy as np
from skimage import data

from bench.bytecode import compile_package
from cleanplate.errors import CleanplateError

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
WIDTH, HEIGHT, RATE = 1920, 1080, 25

# From a press on the timeline, or a click on the stage, until what it asks for is drawn.
_WATCH = """() => {
  const stage = document.querySelector('[data-testid=stage]');
  window.pressed = 0;
  window.addEventListener('pointerdown', () => { window.pressed = performance.now(); }, true);
  window.addEventListener('keydown', () => { window.pressed = performance.now(); }, true);
  // When a frame was drawn is noted as it is: what asks for it here comes later.
  let drawn = 0;
  new MutationObserver(() => { if (stage.dataset.shown) drawn = performance.now(); })
    .observe(stage, { attributeFilter: ['data-shown'] });
  window.untilShown = () => new Promise((resolve) => {
    const look = () => {
      const frame = document.querySelector('[aria-label="Playhead"]').getAttribute('aria-valuenow');
      if (stage.dataset.shown === frame && drawn > window.pressed) resolve(drawn - window.pressed);
      else requestAnimationFrame(look);
    };
    look();
  });
  window.untilMasked = (before) => new Promise((resolve) => {
    const status = document.querySelector('.stage [role=status]');
    const look = () => {
      if (status.textContent.startsWith('The mask') && status.textContent !== before)
        resolve(performance.now() - window.pressed);
      else setTimeout(look, 2);
    };
    look();
  });
}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", type=int, default=250, help="frames of the clip, in 1080p")
    parser.add_argument("--presses", type=int, default=24, help="places to scrub to")
    parser.add_argument("--clicks", type=int, default=6)


def main(options: argparse.Namespace) -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise CleanplateError("There is no Chromium here. Install it.")
    from playwright.sync_api import sync_playwright

    compile_package()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        clip = Path(folder) / "workspace" / "clip.mp4"
        clip.parent.mkdir()
        _draw(clip, options.frames)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        report = {"javascript_kb": _javascript() / 1000}
        for name in ("first_start_s", "start_s"):
            server, report[name], report[f"{name}_answers"] = _start(page, clip.parent)
            if name == "first_start_s":
                server.kill()
                server.wait()
        try:
            _open(page, clip)
            report |= _scrub(page, options.presses)
            report |= _click(page, options.clicks)
        finally:
            server.kill()
            server.wait()
            browser.close()
    print(json.dumps(report, indent=2))
    return 0


def _start(page, folder: Path) -> tuple[subprocess.Popen, float, float]:
    """Seconds from the command to a start screen that can be worked with, and until the server has
    said what it shows of the workspace."""
    environment = {**os.environ, "CLEANPLATE_STORE": str(folder.parent / "store")}
    command = [sys.executable, "-m", "cleanplate", "serve", "--no-open", "--port", "0"]
    begun = time.perf_counter()
    server = subprocess.Popen(
        [*command, "--folder", str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    )
    address = re.search(r"http\S+", server.stdout.readline())[0]
    page.goto(address)
    page.get_by_role("button", name="Choose a file").wait_for()
    shown = round(time.perf_counter() - begun, 2)
    page.get_by_text("Version").wait_for()
    return server, shown, round(time.perf_counter() - begun, 2)


def _open(page, clip: Path) -> None:
    made = page.evaluate(
        "name => fetch('/api/v1/projects', {method: 'POST', headers: {'Content-Type':"
        " 'application/json'}, body: JSON.stringify({path: name})}).then(r => r.json())",
        clip.name,
    )
    page.goto(page.url + f"p/{made['id']}")
    page.locator(".filmstrip img").wait_for(timeout=120_000)
    page.wait_for_timeout(2000)
    page.evaluate(_WATCH)


def _scrub(page, presses: int) -> dict[str, float]:
    """Milliseconds from a press on the timeline to its frame on the stage: far leaps, then a drag
    as a hand would, frame by frame."""
    film = page.get_by_test_id("film").bounding_box()
    y = film["y"] + 20
    chosen = np.random.default_rng(4).uniform(0.02, 0.98, presses)
    leaps = []
    for share in chosen:
        page.mouse.click(film["x"] + share * film["width"], y)
        leaps.append(page.evaluate("window.untilShown()"))
    steps = []
    page.mouse.click(film["x"] + 0.3 * film["width"], y)
    page.evaluate("window.untilShown()")
    for _ in range(presses):
        page.wait_for_timeout(60)
        page.keyboard.press("ArrowRight")
        steps.append(page.evaluate("window.untilShown()"))
    return {
        "leap_ms": round(statistics.median(leaps)),
        "leap_worst_ms": round(max(leaps)),
        "step_ms": round(statistics.median(steps)),
        "step_worst_ms": round(max(steps)),
    }


def _click(page, clicks: int) -> dict[str, float]:
    """Seconds from a click to its mask: the first on a frame that was never looked at, then on one
    that was."""
    stage = page.get_by_test_id("stage").bounding_box()

    def press(x: float, y: float) -> float:
        said = page.locator(".stage [role=status]").text_content()
        page.mouse.click(stage["x"] + x * stage["width"], stage["y"] + y * stage["height"])
        return page.evaluate("said => window.untilMasked(said)", said) / 1000

    first, later = [], []
    for frame in range(2):
        # Before the frame has been rested on, so that the look ahead has not begun.
        page.keyboard.press("Home" if frame == 0 else "End")
        page.evaluate("window.untilShown()")
        first.append(press(0.5, 0.5))
        for i in range(clicks):
            page.wait_for_timeout(300)
            later.append(press(0.44 + 0.02 * i, 0.52))
    return {
        "first_click_s": round(max(first), 2),
        "click_s": round(statistics.median(later), 2),
        "click_worst_s": round(max(later), 2),
    }


def _javascript() -> int:
    from cleanplate import server

    files = (Path(server.__file__).parent / "static").rglob("*.js")
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


def _draw(path: Path, frames: int) -> None:
    """A disc before a wall that the camera passes, in 1080p, as a camera encodes it."""
    wall = cv2.resize(data.coffee(), (WIDTH + 2 * frames, HEIGHT))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "20", "g": "50"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for i in range(frames):
            picture = wall[:, 2 * i : 2 * i + WIDTH].copy()
            cv2.circle(picture, (WIDTH // 2, HEIGHT // 2), 240, (230, 190, 30), -1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
