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
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import httpx
import numpy as np

from bench.bytecode import compile_package
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
    compile_package()
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
        for what, frames in (
            ("jump", jumps),
            ("step forwards", range(100, 148)),
            ("step backwards", range(270, 222, -1)),
        ):
            looks = [look(client, at, frame) for frame in frames]
            note(f"{what}, fresh clip: something to see", [one.seen for one in looks])
            note(f"{what}, fresh clip: the frame itself, sharp", [one.sharp for one in looks])
            off = np.array([one.off for one in looks])
            spread = (np.median(off), np.quantile(off, 0.95), off.max())
            rows.append([f"{what}: frames beside", str(len(off)), *(f"{n:.0f}" for n in spread)])
        began = time.perf_counter()
        while not all(ready(client, at, frame) for frame in range(0, count, 12)):
            time.sleep(1)  # to look somewhere is to ask for it first
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


@dataclass(frozen=True)
class Look:
    """Seconds until something is to be seen of a frame, and until itself is, as sharp as it gets;
    by how many frames what was seen first was beside it."""

    seen: float
    sharp: float
    off: int


def look(client: httpx.Client, at: str, frame: int) -> Look:
    """Look at a frame as the editor does: at what is at hand, then at the frame itself."""
    began = time.perf_counter()
    answer = client.get(f"{at}/frames/{frame}/at-hand?width={WIDTH}").raise_for_status()
    seen = time.perf_counter() - began
    if answer.headers.get("Sharp") == "1":
        return Look(seen, seen, 0)
    client.get(f"{at}/frames/{frame}?width={WIDTH}").raise_for_status()
    sharp = time.perf_counter() - began
    if answer.status_code == 204:
        return Look(sharp, sharp, 0)
    return Look(seen, sharp, abs(int(answer.headers["Shown-Frame"]) - frame))


def scrub(client: httpx.Client, at: str, frames: Iterable[int]) -> list[float]:
    """Seconds that each frame took, asked for one after the other."""
    return [ask(client, f"{at}/frames/{frame}?width={WIDTH}") for frame in frames]


def ready(client: httpx.Client, at: str, frame: int) -> bool:
    answer = client.get(f"{at}/frames/{frame}/at-hand?width={WIDTH}")
    return answer.headers.get("Sharp") == "1"


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
