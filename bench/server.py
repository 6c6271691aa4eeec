"""`python -m bench server`: how soon the editor's server answers.

A clip of 1920x1080 is generated in H.264 whose key frames are 250 frames apart, as encoders leave
them, and opened with `cleanplate edit` in a workspace and a store of its own. Then it is scrubbed
over HTTP, as the editor does it, and pointed at. Each row is over all requests of its kind.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
import httpx
import numpy as np

from bench.generated import panning_clip
from bench.report import table

SIZE = (1920, 1080)
RATE = 25
FAR = 250
"""Frames between key frames: what x264 does unless told otherwise."""

WIDTH = 1280
"""What the editor's stage asks for on a screen 1440 wide."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", type=int, default=300, help="length of the clip")
    parser.add_argument("--clip", type=Path, help="scrub this clip instead")


def main(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-server-") as name:
        folder = Path(name)
        clip = options.clip or write_clip(folder / "clip.mp4", options.frames)
        rows = measure(folder, clip.resolve())
    print(table(["what", "requests", "median ms", "95 % ms", "worst ms"], rows))
    return 0


def measure(folder: Path, clip: Path) -> list[list[str]]:
    """Rows of the table."""
    rows: list[list[str]] = []

    def note(what: str, seconds: Iterable[float]) -> None:
        found = 1000 * np.array(list(seconds))
        numbers = (np.median(found), np.quantile(found, 0.95), found.max())
        rows.append([what, str(len(found)), *(f"{one:.0f}" for one in numbers)])

    with serving(folder / "one", clip) as (client, at, seconds):
        note("start to the first frame of the clip", [seconds])
        count = client.get(at).json()["clip"]["frames"]
        rng = random.Random(1)
        jumps = [rng.randrange(count) for _ in range(20)]
        note("jump, fresh clip", scrub(client, at, jumps))
        note("step forwards, fresh clip", scrub(client, at, range(100, 148)))
        note("step backwards, fresh clip", scrub(client, at, range(270, 222, -1)))
        began = time.perf_counter()
        while (client.get(f"{at}/frames/0?width={WIDTH}").elapsed.total_seconds()) > 1 or not all(
            ready(client, at, frame) for frame in range(0, count, 12)
        ):
            time.sleep(0.5)
        rows.append(
            ["the rest of the clip made ready", f"{time.perf_counter() - began:.1f} s", "", "", ""]
        )
        note("jump, clip made ready", scrub(client, at, [rng.randrange(count) for _ in range(100)]))
        note("step, clip made ready", scrub(client, at, range(count)))
        note("strip of 20 thumbnails", [ask(client, f"{at}/strip?count=20")])
        note("strip of 20 thumbnails, again", [ask(client, f"{at}/strip?count=20")])
        point(client, at, note)
    return rows


def point(client: httpx.Client, at: str, note) -> None:
    """Click on fresh frames, and again on the same."""
    here = [{"x": 700, "y": 500}]
    asks = [{"frame": frame, "points": here} for frame in (10, 60, 110, 160)]
    note("first click of all", [post(client, f"{at}/prompt", asks[0])])
    note("click on a fresh frame", [post(client, f"{at}/prompt", one) for one in asks[1:]])
    more = [
        {**one, "points": [*here, {"x": 5, "y": 5 + i, "on": False}]}
        for one in asks
        for i in (0, 9, 20)
    ]
    note("further click on a frame", [post(client, f"{at}/prompt", one) for one in more])


def scrub(client: httpx.Client, at: str, frames: Iterable[int]) -> list[float]:
    """Seconds that each frame took, asked for one after the other."""
    return [ask(client, f"{at}/frames/{frame}?width={WIDTH}") for frame in frames]


def ready(client: httpx.Client, at: str, frame: int) -> bool:
    return ask(client, f"{at}/frames/{frame}?width={WIDTH}") < 0.03


def ask(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path).raise_for_status()
    return time.perf_counter() - began


def post(client: httpx.Client, path: str, body: dict) -> float:
    began = time.perf_counter()
    client.post(path, json=body).raise_for_status()
    return time.perf_counter() - began


@contextmanager
def serving(folder: Path, clip: Path):
    """A client of a new server, the address of the clip's project, seconds to its first frame."""
    environment = {**os.environ, "CLEANPLATE_STORE": str(folder / "store"), "CLEANPLATE_TOKEN": "t"}
    command = [sys.executable, "-m", "cleanplate", "edit", "--no-open", "--port", "0"]
    began = time.perf_counter()
    server = subprocess.Popen(
        [*command, "--folder", str(folder / "workspace"), str(clip)],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    try:
        address = server.stdout.readline().split()[-1]
        home, _, rest = address.partition("/p/")
        at = f"/api/v1/projects/{rest.split('?')[0]}"
        client = httpx.Client(base_url=home, headers={"Authorization": "Bearer t"}, timeout=120)
        client.get("/")
        client.get(at).raise_for_status()
        listen(client, at)
        ask(client, f"{at}/frames/0?width={WIDTH}")
        yield client, at, time.perf_counter() - began
    finally:
        server.terminate()
        server.wait(30)


def listen(client: httpx.Client, at: str) -> None:
    """Listen to the project's events, as every open editor does."""
    address = f"/api/v1/events?project={at.rsplit('/', 1)[1]}"

    def run() -> None:
        with suppress(httpx.HTTPError), client.stream("GET", address, timeout=None) as events:
            for _ in events.iter_lines():
                pass

    threading.Thread(target=run, daemon=True).start()


def write_clip(path: Path, frames: int) -> Path:
    """A clip with key frames far apart."""
    options = {"preset": "veryfast", "g": str(FAR), "keyint_min": str(FAR), "sc_threshold": "0"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        for index, (picture, _) in enumerate(panning_clip(*SIZE, frames)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
