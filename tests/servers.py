"""Servers to test: in this process, and in one of its own for tests that kill it."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from fastapi.testclient import TestClient
from generated import write_clip, write_masks

from cleanplate.server.app import create_app
from cleanplate.server.settings import ServerSettings

TOKEN = "the-token"
API = "/api/v1"


def client_of(settings: ServerSettings, **headers: str) -> TestClient:
    """A client that is let in."""
    return TestClient(
        create_app(settings),
        base_url="http://127.0.0.1:8427",
        headers={"Authorization": f"Bearer {settings.token}", **headers},
    )


@dataclass(frozen=True)
class Scene:
    """A clip of 14 frames with a disc and a tone, and what is in it."""

    path: Path
    frames: list[np.ndarray]
    masks: list[np.ndarray]


def shortened(scene: Scene, folder: Path, count: int) -> Scene:
    """The scene's first frames."""
    path = write_clip(folder / "short.mp4", scene.frames[:count])
    return Scene(path, scene.frames[:count], scene.masks[:count])


def masked_project(workspace: Path, scene: Scene, name: str = "Disc") -> Path:
    """A project in the workspace that has a ready-made mask on every frame."""
    from cleanplate.engine.projects import new_project

    masks = write_masks(workspace / f"{name} masks", scene.masks)
    new_project(scene.path, workspace / f"{name}.cleanplate", masks)
    return workspace / f"{name}.cleanplate"


@dataclass
class Running:
    """A server in a process of its own."""

    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen | None = None
    address: str = ""
    log: list[str] = field(default_factory=list)

    def start(self, *arguments: str) -> httpx.Client:
        """Start it, or start it again; a client that is let in."""
        command = [sys.executable, "-m", "cleanplate", "serve", "--folder", str(self.folder)]
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--no-open", *arguments],
            stdout=subprocess.PIPE,
            env=self.environment,
            text=True,
        )
        line = self.process.stdout.readline()
        assert "http" in line, line
        self.address = line.split()[-1].split("/?")[0]
        return self.client()

    def client(self, **more) -> httpx.Client:
        return httpx.Client(
            base_url=self.address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60, **more
        )

    def kill(self) -> None:
        """Pull the plug."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


def wait_for(
    ask: Callable[[], object], wanted: Callable[[object], bool], seconds: float = 90
) -> object:
    """Ask until the answer is as wanted; the answer."""
    deadline = time.monotonic() + seconds
    answer = ask()
    while not wanted(answer):
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)
        answer = ask()
    return answer


def finished(client, job: dict, seconds: float = 120) -> dict:
    """A job once it has ended."""
    return wait_for(
        lambda: client.get(f"{API}/jobs/{job['id']}").json(),
        lambda job: job["state"] in ("done", "failed", "cancelled"),
        seconds,
    )


def start(client, name="disc.mp4", size=10, **more):
    """Begin an upload."""
    return client.post(f"{API}/uploads", json={"name": name, "size": size, **more})


def send(client, upload, offset, data):
    """Send a piece of an upload."""
    headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
    return client.patch(f"{API}/uploads/{upload['id']}", content=data, headers=headers)


def bring(client, data, name):
    """Send a file in two pieces; its upload."""
    upload = start(client, name, len(data)).json()
    half = len(data) // 2
    assert send(client, upload, 0, data[:half]).json()["offset"] == half
    assert send(client, upload, half, data[half:]).json()["complete"]
    return upload


class Listener:
    """Collects a server's events in a thread."""

    def __init__(self, client: httpx.Client, path: str, last: str | None = None) -> None:
        self.events: list[dict] = []
        self.ids: list[str] = []
        self._client = client
        self._path = path
        self._last = last
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._opened.wait(20)

    def _run(self) -> None:
        headers = {"Last-Event-ID": self._last} if self._last else {}
        with (
            contextlib.suppress(httpx.HTTPError),
            self._client.stream("GET", self._path, headers=headers, timeout=None) as answer,
        ):
            for line in answer.iter_lines():
                self._opened.set()
                if line.startswith("id: "):
                    self.ids.append(line[4:])
                elif line.startswith("data: "):
                    self.events.append(json.loads(line[6:]))

    def of(self, kind: str) -> list[dict]:
        return [event for event in self.events if event["type"] == kind]

    def wait(self, wanted: Callable[[list[dict]], bool], seconds: float = 90) -> None:
        """Wait until the events are as wanted."""
        wait_for(lambda: self.events, wanted, seconds)

    def ended(self, seconds: float = 30) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()
