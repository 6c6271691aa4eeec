"""`python -m bench matte_speed`: cutouts as whole commands, seconds a frame and the memory held.

Each command runs on few frames and on more, each time with nothing stored: the difference is what a
frame takes, without starting and finding the subject. Of several such pairs the least counts, which
other work on the machine disturbs least.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cv2

from bench.clips import DEFAULT_CLIPS, read_video
from bench.floors import Verdict, all_met, verdict_table
from bench.limits import warn_of_load, write_clip
from bench.report import for_json, table

CLIP = "people/juggle.mp4"


@dataclass(frozen=True)
class Case:
    """One command: its options, the size of the clip, the numbers of frames of its two runs, and the
    most seconds a frame and gigabytes that it may take."""

    options: tuple[str, ...]
    size: tuple[int, int]
    frames: tuple[int, int]
    seconds: float
    gigabytes: float = math.inf


CASES = {
    "careful": Case((), (854, 480), (4, 20), 1.5, 1.5),
    "people-light": Case(("--method", "people-light"), (640, 360), (10, 50), 1 / 8),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=DEFAULT_CLIPS, metavar="DIR")
    parser.add_argument("--only", nargs="+", choices=list(CASES), metavar="METHOD")
    parser.add_argument("--repeats", type=int, default=2, help="pairs of runs (default: 2)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="hold the times against the floors")


def main(options: argparse.Namespace) -> int:
    warn_of_load()
    costs = {}
    for name in options.only or CASES:
        costs[name] = _cost(CASES[name], options.clips / CLIP, options.repeats)
        print(_table({name: costs[name]}), flush=True)
    if options.json:
        options.json.write_text(json.dumps(for_json(costs), indent=1) + "\n")
    if not options.check:
        return 0
    verdicts = _verdicts(costs)
    print(verdict_table(verdicts))
    return 0 if all_met(verdicts, "first") else 1


def _cost(case: Case, source: Path, repeats: int) -> dict[str, float]:
    """Seconds a frame by the clock and of CPU, and the most GB that a run held."""
    with tempfile.TemporaryDirectory(prefix="bench-matte-") as name:
        clip = Path(name) / "clip.mp4"
        frames = read_video(source, max(case.frames))
        write_clip(clip, [cv2.resize(f, case.size, interpolation=cv2.INTER_AREA) for f in frames])
        _run(clip, 2, case.options)  # compiles kernels where that was not done yet
        pairs = []
        for _ in range(repeats):
            few, many = (_run(clip, count, case.options) for count in case.frames)
            count = case.frames[1] - case.frames[0]
            wall, cpu = ((b - a) / count for a, b in zip(few[:2], many[:2], strict=True))
            pairs.append((wall, cpu, many[2], few[0]))
            print(f"  {wall:.3f} s a frame, {cpu:.3f} of CPU", file=sys.stderr, flush=True)
    seconds, cpu, peaks, short = zip(*pairs, strict=True)
    return {
        "seconds": min(seconds), "cpu": min(cpu), "gigabytes": max(peaks), "short": min(short),
    }  # fmt: skip


def _run(clip: Path, count: int, options: tuple[str, ...]) -> tuple[float, float, float]:
    """Seconds by the clock, CPU seconds and peak gigabytes of the command on the first frames."""
    with tempfile.TemporaryDirectory(prefix="bench-matte-") as folder:
        output = Path(folder) / "out.mov"
        command = [sys.executable, "-m", "cleanplate", "cutout", clip, "-o", output, "--frames",
                   f"0:{count}", *options, "--json"]  # fmt: skip
        environment = {**os.environ, "CLEANPLATE_STORE": str(Path(folder) / "store")}
        began = time.perf_counter()
        with open(os.devnull, "w") as nowhere:
            to_nowhere = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
            child = os.posix_spawn(
                sys.executable,
                [str(word) for word in command],
                environment,
                file_actions=to_nowhere,
            )
            _, status, used = os.wait4(child, 0)
        seconds = time.perf_counter() - began
        if status:
            raise RuntimeError(f"the command failed: {' '.join(map(str, command))}")
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return seconds, used.ru_utime + used.ru_stime, kilobytes / 1024**2


def _table(costs: dict[str, dict[str, float]]) -> str:
    rows = [
        [
            f"--method {name}, {'x'.join(map(str, CASES[name].size))}",
            f"{cost['seconds']:.3f}",
            f"{cost['cpu']:.3f}",
            f"{cost['gigabytes']:.2f}",
            f"{cost['short']:.1f}",
        ]
        for name, cost in costs.items()
    ]
    short = ", ".join(f"s for {CASES[name].frames[0]} frames" for name in costs)
    return table(["cleanplate cutout", "s/frame", "CPU s/frame", "peak GB", short], rows)


def _verdicts(costs: dict[str, dict[str, float]]) -> list[Verdict]:
    verdicts = []
    for name, cost in costs.items():
        case = CASES[name]
        label = f"--method {name}"
        verdicts.append(Verdict("first", f"{label}: s a frame", cost["seconds"], high=case.seconds))
        if case.gigabytes < math.inf:
            verdicts.append(
                Verdict("first", f"{label}: GB", cost["gigabytes"], high=case.gigabytes)
            )
    return verdicts
