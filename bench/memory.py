"""`python -m bench memory`: what the fill holds while a long clip passes through it.

The clip is generated frame by frame and thrown away frame by frame, so all that grows is the fill.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from bench.floors import Verdict, verdict_table
from bench.generated import moving_hole, panning_clip
from bench.report import table
from bench.worker import peak_memory_mb


@dataclass(frozen=True)
class Sample:
    """Resident memory in MB, now and at most so far, when `frame` frames were done."""

    frame: int
    now_mb: float
    peak_mb: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--size", default="1920x1080", metavar="WxH")
    parser.add_argument("--quality", default="good")
    parser.add_argument("--samples", type=int, default=12, help="lines in the table")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="hold the peak against the floors")


def main(options: argparse.Namespace) -> int:
    width, height = (int(n) for n in options.size.split("x"))
    samples = measure(width, height, options.frames, options.quality, options.samples)
    rows = [[str(s.frame), f"{s.now_mb:.0f}", f"{s.peak_mb:.0f}"] for s in samples]
    print(table(["frames done", "now MB", "peak MB"], rows))
    if options.json is not None:
        options.json.write_text(json.dumps([s.__dict__ for s in samples], indent=1) + "\n")
    if not options.check:
        return 0
    peak = samples[-1].peak_mb / 1024
    verdicts = [
        Verdict("first", f"GB at {options.size}, {options.frames} frames", peak, high=2.0),
        Verdict("second", f"GB at {options.size}, {options.frames} frames", peak, high=1.5),
    ]
    print("\n" + verdict_table(verdicts))
    return 0 if verdicts[0].met else 1


def measure(width: int, height: int, count: int, quality: str, samples: int) -> list[Sample]:
    """Streams a generated clip through the fill in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    every = max(1, count // samples)
    child = spawn.Process(target=_stream, args=(sender, width, height, count, quality, every))
    child.start()
    sender.close()
    collected = []
    try:
        while True:
            collected.append(receiver.recv())
            last = collected[-1]
            told = f"{last.frame}/{count}: {last.now_mb:.0f} MB, at most {last.peak_mb:.0f}"
            print(told, file=sys.stderr, flush=True)
    except EOFError:
        pass  # the child closed its end: it is done, or it failed and its exit code says so
    finally:
        child.join()
    if child.exitcode != 0:
        raise RuntimeError(f"The fill stopped with exit code {child.exitcode}; see above.")
    return collected


def _stream(
    sender: Connection, width: int, height: int, count: int, quality: str, every: int
) -> None:
    from cleanplate.fill import FillSettings, fill_shot

    # Two generators rather than one split in two, so that neither waits in memory for the other.
    frames = (frame for frame, _ in panning_clip(width, height, count))
    holes = (moving_hole(width, height, t) for t in range(count))
    process = psutil.Process()
    for done, _ in enumerate(fill_shot(frames, holes, FillSettings(quality=quality)), 1):
        if done % every == 0 or done == count:
            now = process.memory_info().rss / 1024**2
            sender.send(Sample(done, now, peak_memory_mb()))
