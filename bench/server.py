"""`python -m bench server`: how soon the editor's server answers.

A clip of 1920x1080 is generated in H.264 whose key frames are 250 frames apart, as encoders leave
them, and opened with `cleanplate edit` in a workspace and a store of its own. Then it is scrubbed
over HTTP, as the editor does it, and pointed at. Each row is over all requests of its kind. Then
the same of a clip with a key frame each second, as phones and cameras write them, and of a minute
of it: one jump behind the other, and with a rest of a second between two; what the decoder takes for
the very same jumps by itself; and how long each clip takes, from its first frame on, until all of
it has been made ready. Last the playhead is dragged over fresh clips, forwards and backwards, one to
ten frames on at each of 20 events a second, where the editor asks for no more than what is at hand.
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

from bench import decoding
from bench.bytecode import compile_package
from bench.generated import panning_clip
from bench.report import table

SIZE = (1920, 1080)
RATE = 25
FAR = 250
"""Frames between key frames: what x264 does unless told otherwise."""

NEAR = RATE
"""Frames between key frames: what cameras do, more or less."""

EVENT = 1 / 20
"""Seconds between two places of a drag."""

WIDTH = 1280
"""What the editor's stage asks for on a screen 1440 wide."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", type=int, default=300, help="length of the clip")
    parser.add_argument("--clip", type=Path, help="scrub this clip instead, and no other")


def main(options: argparse.Namespace) -> int:
    compile_package()
    rows = Rows()
    with tempfile.TemporaryDirectory(prefix="bench-server-") as name:
        folder = Path(name)
        clip = options.clip or write_clip(folder / "far.mp4", options.frames, FAR)
        measure(rows, folder / "one", clip.resolve())
        if options.clip is None:
            near = write_clip(folder / "near.mp4", options.frames, NEAR)
            minute = repeated(near, folder / "minute.mp4", max(1, 60 * RATE // options.frames))
            far_minute = repeated(clip, folder / "far minute.mp4", 60 * RATE // options.frames)
            fresh = (
                ("250 between", clip),
                ("a key frame each second", near),
                ("a minute of that", minute),
                ("a minute, 250 between", far_minute),
            )
            for what, one in fresh[1:]:
                measure_jumps(rows, folder / f"{what}, at once", one, what)
                measure_jumps(rows, folder / f"{what}, slowly", one, what, rest=1)
            for what, one in fresh:
                measure_decoder(rows, one, what)
            for what, one in fresh:
                measure_ready(rows, folder / f"{what}, ready", one, what)
            for what, clip in (("250 between", far_minute), ("a key frame each second", minute)):
                for way in ("forwards", "backwards"):
                    measure_drag(rows, folder / f"{what}, {way}", clip, f"{what}, dragged {way}")
    print(table(["what", "requests", "median ms", "95 % ms", "worst ms"], rows.lines))
    return 0


class Rows:
    """The table's rows: what, how often, and how it is spread."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = []

    def note(self, what: str, seconds: Iterable[float], unit: int = 1000) -> None:
        """A row of milliseconds, unless another `unit` is given."""
        found = unit * np.array(list(seconds))
        if not found.size:
            self.lines.append([what, "0", "", "", ""])
            return
        numbers = (np.median(found), np.quantile(found, 0.95), found.max())
        self.lines.append([what, str(len(found)), *(f"{one:.0f}" for one in numbers)])

    def note_seconds(self, what: str, seconds: float) -> None:
        """A row of one time, in seconds."""
        self.lines.append([what, f"{seconds:.1f} s", "", "", ""])

    def note_looks(self, what: str, looks: list[Look]) -> None:
        self.note(f"{what}: something to see", [one.seen for one in looks])
        self.note(f"{what}: the frame itself, sharp", [one.sharp for one in looks])
        self.note(f"{what}: frames beside", [one.off for one in looks], unit=1)


def measure(rows: Rows, folder: Path, clip: Path) -> None:
    """All that is asked of a server while one works on a clip."""
    with serving(folder, clip) as (client, at, seconds):
        rows.note("start to the first frame of the clip", [seconds])
        count = client.get(at).json()["clip"]["frames"]
        for what, frames in (
            ("jump", chosen(count)),
            ("step forwards", range(100, 148)),
            ("step backwards", range(270, 222, -1)),
        ):
            rows.note_looks(f"{what}, fresh clip", [look(client, at, frame) for frame in frames])
        rows.note_seconds("the rest of the clip made ready", wait_until_ready(client, at, count))
        rows.note("jump, clip made ready", scrub(client, at, chosen(count, 120)[20:]))
        rows.note("step, clip made ready", scrub(client, at, range(count)))
        rows.note("strip of 20 thumbnails", [ask(client, f"{at}/strip?count=20")])
        rows.note("strip of 20 thumbnails, again", [ask(client, f"{at}/strip?count=20")])
        point(client, at, rows.note)


def measure_jumps(rows: Rows, folder: Path, clip: Path, what: str, rest: float = 0) -> None:
    """Jumps on a fresh clip, with a rest of so many seconds between two."""
    with serving(folder, clip) as (client, at, _):
        count = client.get(at).json()["clip"]["frames"]
        looks = []
        for frame in chosen(count):
            time.sleep(rest)
            looks.append(look(client, at, frame))
    rows.note_looks(f"{what}, {'a second between jumps' if rest else 'jumps'}", looks)


def chosen(count: int, jumps: int = 20) -> list[int]:
    """Where is jumped to in a clip of `count` frames: each time the same."""
    rng = random.Random(1)
    return [rng.randrange(count) for _ in range(jumps)]


def measure_decoder(rows: Rows, clip: Path, what: str) -> None:
    """What the decoder takes for the jumps of `measure_jumps` by itself."""
    with decoding.Jumping(clip) as jumping:
        frames = chosen(len(jumping))
    for way, passing in (("", False), (", passing what no other refers to", True)):
        threads, seconds = decoding.quickest(clip, frames, passing)
        rows.note(f"{what}, the decoder alone{way} (threads: {threads})", seconds)


def measure_ready(rows: Rows, folder: Path, clip: Path, what: str) -> None:
    """How long after its first frame all of a fresh clip is ready, nobody jumping about in it."""
    with serving(folder, clip) as (client, at, _):
        count = client.get(at).json()["clip"]["frames"]
        rows.note_seconds(f"{what}, all made ready", wait_until_ready(client, at, count))


def wait_until_ready(client: httpx.Client, at: str, count: int) -> float:
    """Look twice a second of the clip, from its first frame to its last, as soon as what is there
    is ready; the seconds that took."""
    began = time.perf_counter()
    for frame in (*range(11, count, 12), count - 1):  # to look somewhere is to ask for it first
        while not ready(client, at, frame):
            time.sleep(0.05)
    return time.perf_counter() - began


def measure_drag(rows: Rows, folder: Path, clip: Path, what: str) -> None:
    """A drag over some 300 frames of a fresh clip, three seconds after it was opened."""
    with serving(folder, clip) as (client, at, _):
        time.sleep(3)
        rng = random.Random(1)
        steps = np.cumsum([rng.randint(1, 10) for _ in range(60)])
        frames = 700 + steps if "forwards" in what else 700 - steps
        seen, off, exact = [], [], []
        for frame in frames.tolist():
            began = time.perf_counter()
            found = look(client, at, frame, moving=True)
            seen.append(found.seen)
            off.append(found.off)
            if found.exact is not None:
                exact.append(found.exact)
            time.sleep(max(0, began + EVENT - time.perf_counter()))
    rows.note(f"{what}: something to see", seen)
    rows.note(f"{what}: frames beside", off, unit=1)
    rows.note(f"{what}: that very frame", exact)


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
    """Seconds until something is to be seen of a frame, until it is that very frame, be it small,
    and until that is as sharp as it gets, None where one has moved on; by how many frames what was
    seen first was beside it."""

    seen: float
    exact: float | None
    sharp: float | None
    off: int


def look(client: httpx.Client, at: str, frame: int, moving: bool = False) -> Look:
    """Look at a frame as the editor does: at what is at hand, then, unless the playhead is moving
    on, at the frame itself."""
    began = time.perf_counter()
    answer = client.get(f"{at}/frames/{frame}/at-hand?width={WIDTH}").raise_for_status()
    seen = time.perf_counter() - began
    if answer.headers.get("Sharp") == "1":
        return Look(seen, seen, seen, 0)
    shown = int(answer.headers.get("Shown-Frame", -1))
    sharp = None
    if not moving:
        client.get(f"{at}/frames/{frame}?width={WIDTH}").raise_for_status()
        sharp = time.perf_counter() - began
    exact = seen if shown == frame else sharp
    if answer.status_code == 204:
        return Look(sharp or seen, exact, sharp, 0)
    return Look(seen, exact, sharp, abs(shown - frame))


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


def write_clip(path: Path, frames: int, apart: int) -> Path:
    """A clip with so many frames from one key frame to the next."""
    key = str(apart)
    options = {"preset": "veryfast", "g": key, "keyint_min": key, "sc_threshold": "0"}
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


def repeated(clip: Path, path: Path, times: int) -> Path:
    """The same clip so many times, one behind the other, as it is encoded."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as container:
        stream = source.streams.video[0]
        copy = container.add_stream_from_template(stream)
        length = stream.duration
        for turn in range(times):
            source.seek(0)
            for packet in source.demux(stream):
                if packet.size:
                    packet.pts += turn * length
                    packet.dts += turn * length
                    packet.stream = copy
                    container.mux(packet)
    return path
