"""`python -m bench preview`: how soon previews and clicks answer, on a fresh clip and from then on.

A clip of 1920x1080 is generated, H.264, with a mask for every frame, and made a project with a store
of its own. What is timed is `engine.preview.Preview`, as the editor's server keeps it, and the
command line, which starts anew each time. CPU seconds are those of all threads, by the system.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from bench.bytecode import compile_package
from bench.generated import panning_clip
from bench.report import table

if TYPE_CHECKING:
    from cleanplate.engine.store import Store
    from cleanplate.project import Project

SIZE = (1920, 1080)
RATE = 25


@dataclass(frozen=True)
class Timing:
    """Seconds that one answer took, by the clock and of the processors."""

    what: str
    seconds: float
    cpu: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", type=int, default=200, help="length of the clip")
    parser.add_argument("--at", type=int, default=100, help="the frame that is asked for first")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the clip is, or goes")
    parser.add_argument("--details", action="store_true", help="where the first one's time went")


def main(options: argparse.Namespace) -> int:
    compile_package()
    with tempfile.TemporaryDirectory(prefix="bench-preview-") as name:
        source = options.keep or Path(name)
        if not (source / "masks").exists():
            write_clip(source, options.frames)
        timings = measure(source, Path(name), options.at, options.details)
    rows = [[one.what, f"{one.seconds:.2f}", f"{one.cpu:.2f}"] for one in timings]
    print(table(["answer", "s", "CPU s"], rows))
    return 0


def measure(source: Path, folder: Path, at: int, details: bool = False) -> list[Timing]:
    """Time the answers on the clip in `source`, with a project and a store in `folder`."""
    from cleanplate.engine.preview import Preview
    from cleanplate.engine.projects import new_project
    from cleanplate.engine.store import Store
    from cleanplate.project import SetSettings

    project = new_project(source / "clip.mp4", folder / "a.cleanplate", source / "masks")
    warm_up()
    store = Store(folder / "store")
    preview = Preview(project, store=store)

    def show(frame: int) -> Callable[[], list]:
        return lambda: list(preview.frames(range(frame, frame + 1)))

    first = show(at)
    if details:
        first = profiled(first)
    timings = [
        timed("first frame, fresh clip", first),
        timed("the next frame", show(at + 1)),
        timed("the one after", show(at + 2)),
        timed("ten frames on", show(at + 12)),
        timed("the first one again", show(at)),
    ]
    project.edit(SetSettings(grow=6))
    timings.append(timed("after a changed margin", show(at)))
    project.edit(SetSettings(feather=3))
    timings.append(timed("after a changed feather", show(at)))
    timings += clicks(project, store, at)
    for what in ("command line, fresh store", "command line, next frame"):
        picture = folder / f"{at}.png"
        arguments = ["preview", project.folder, "--frame", at, "-o", picture]
        timings.append(command_line(what, arguments, folder / "another store"))
        at += 1
    erase = ["erase", source / "clip.mp4", "--mask", source / "masks"]
    for name, *only in (["look", "--preview"], ["whole"]):
        arguments = [*erase, "-o", folder / f"{name}.mp4", *only]
        what = " ".join(["erase", *only, "on a fresh store"])
        timings.append(command_line(what, arguments, folder / f"store of {name}"))
    return timings


def clicks(project: Project, store: Store, at: int) -> list[Timing]:
    """Time masks from clicks, the network loaded and warm."""
    from cleanplate.engine.prompter import Prompter
    from cleanplate.project import Prompts

    prompter = Prompter(project, store)
    middle = (SIZE[0] / 2, SIZE[1] / 2)
    one = Prompts(points=[middle], labels=[True])
    two = Prompts(points=[middle, (50, 50)], labels=[True, False])
    prompter.mask(at, one)
    return [
        timed("a click on a new frame", lambda: prompter.mask(at + 5, one)),
        timed("the next click there", lambda: prompter.mask(at + 5, two)),
        timed("a click on the frame before", lambda: prompter.mask(at, two)),
    ]


def write_clip(folder: Path, frames: int) -> None:
    """A clip in H.264, as x264 spaces its key frames, and its masks as pictures."""
    path, masks = folder / "clip.mp4", folder / "masks"
    masks.mkdir(parents=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        for index, (picture, mask) in enumerate(panning_clip(*SIZE, frames)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
            grown = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
            cv2.imwrite(str(masks / f"{index:05d}.png"), grown * 255)
        container.mux(stream.encode(None))


def warm_up() -> None:
    """Compile the fill's kernels and load what is loaded once for each machine and process."""
    from cleanplate.fill import FillSettings, fill_shot

    tiny = [frame for frame, _ in panning_clip(96, 64, 6)]
    hole = np.zeros((64, 96), bool)
    hole[20:40, 30:60] = True
    list(fill_shot(tiny, [hole] * 6, FillSettings("draft")))


def timed(what: str, work: Callable[[], object]) -> Timing:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timing(what, time.perf_counter() - wall, time.process_time() - cpu)


def profiled(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        import cProfile
        import pstats

        with cProfile.Profile() as profile:
            work()
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)

    return run


def command_line(what: str, arguments: list, store: Path) -> Timing:
    """Time a command of its own process, with a store of its own."""
    import os

    command = [sys.executable, "-m", "cleanplate", *map(str, arguments)]
    wall, cpu = time.perf_counter(), _children()
    subprocess.run(command, check=True, env={**os.environ, "CLEANPLATE_STORE": str(store)})
    return Timing(what, time.perf_counter() - wall, _children() - cpu)


def _children() -> float:
    import os

    times = os.times()
    return times.children_user + times.children_system
