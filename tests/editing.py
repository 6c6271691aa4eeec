"""Working the editor in a browser as a person does."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from servers import API, TOKEN, Running, wait_for

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
"""Chromium's: without these it asks hosts of its maker's, and hangs in containers."""

WEB = Path(__file__).parents[1] / "web"

MARGIN = 16
"""Pixels that the stage leaves around the frame."""


@dataclass
class Editing:
    """A server, and tabs that are open on it. `page` is the one in front."""

    server: Running
    context: object
    page: object = None
    thrown: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    _client: httpx.Client | None = None

    def open(self, path: str):
        """Open a tab there; it comes to the front."""
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.thrown.append(str(error)))
        self.page.on("request", self._note)
        self.page.goto(f"{self.server.address}{path}?token={TOKEN}")
        return self.page

    def _note(self, request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme.startswith("http"):
            self.hosts.add(parts.netloc)

    def ask(self, path: str) -> dict | list:
        """What the server says at an address of the API."""
        return self._api.get(API + path).json()

    def put(self, path: str, **body) -> None:
        """Say something of the project that the tab in front shows, past the page."""
        self._api.put(f"{API}/projects/{self.project['id']}{path}", json=body).raise_for_status()

    @property
    def _api(self) -> httpx.Client:
        # One client for all of it: to make one, which reads certificates, costs more than to ask.
        if self._client is None or str(self._client.base_url).rstrip("/") != self.server.address:
            # It outlives servers that are killed: no connection is kept.
            self._client = self.server.client(limits=httpx.Limits(max_keepalive_connections=0))
        return self._client

    @property
    def project(self) -> dict:
        """The project that the tab in front shows, as the server has it."""
        return self.ask(f"/projects/{self.page.url.rsplit('/', 1)[1]}")

    def mask(self, frame: int, number: int = 1):
        """An object's mask, as the server has it; None where there is none."""
        from cleanplate.segment.rle import decode

        found = self.ask(f"/projects/{self.project['id']}/masks/{frame}")["objects"]
        return decode(found[str(number)]["mask"]) if str(number) in found else None

    def drop(self, path) -> None:
        """Give the start screen a clip, and wait until its project is open."""
        self.page.get_by_label("Clip to open").set_input_files(path)
        self.ready()

    def open_project(self, name: str) -> None:
        """Open a project from the start screen."""
        self.page.reload()
        self.page.get_by_role("link", name=name).click()
        self.ready()

    def ready(self) -> None:
        """Wait until the editor shows a frame."""
        self.page.wait_for_url("**/p/*")
        self.page.get_by_test_id("stage").wait_for()
        self.page.locator(".filmstrip img").wait_for()

    def at(self, x: float, y: float, width: int = 160, height: int = 96) -> tuple[float, float]:
        """Where a pixel of the clip is on the page, while the stage fits it."""
        box = self.page.get_by_test_id("stage").bounding_box()
        room = (box["width"] - 2 * MARGIN, box["height"] - 2 * MARGIN)
        scale = min(room[0] / width, room[1] / height, 4)
        return (
            box["x"] + box["width"] / 2 + (x + 0.5 - width / 2) * scale,
            box["y"] + box["height"] / 2 + (y + 0.5 - height / 2) * scale,
        )

    def click(self, x: float, y: float, button: str = "left") -> None:
        self.page.mouse.click(*self.at(x, y), button=button)

    def stroke(self, *spots: tuple[float, float]) -> None:
        """Press on the first place of the clip, go by the others, let go on the last."""
        self.page.mouse.move(*self.at(*spots[0]))
        self.page.mouse.down()
        for spot in spots[1:]:
            self.page.mouse.move(*self.at(*spot), steps=4)
        self.page.mouse.up()

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def key_frames(self, number: int = 1) -> list[int]:
        objects = {one["id"]: one for one in self.project["objects"]}
        return [key["frame"] for key in objects[number]["keys"]] if number in objects else []

    def until(self, ask, wanted, seconds: float = 30):
        """Ask until the answer is as wanted, while the page goes on."""

        def step():
            self.page.wait_for_timeout(50)
            return ask()

        return wait_for(step, wanted, seconds)

    def job(self, kind: str, *states: str, seconds: float = 120) -> dict:
        """The latest job of a kind, once it is in one of the states."""

        def latest() -> dict:
            return next((job for job in self.ask("/jobs") if job["kind"] == kind), {"state": ""})

        return self.until(latest, lambda job: job["state"] in states, seconds)
