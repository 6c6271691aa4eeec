"""`python -m bench limits`: the floor under any fill that decodes, finds motion, warps and encodes.

Times each of these once a frame on the same clip and size, and the fill itself beside them with a
hole of 8% of the frame, as a multiple of their sum. Each time is the least of a few repeats, which
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
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import psutil

from bench import clips, methods
from bench.floors import Verdict, verdict_table
from bench.generated import moving_hole
from bench.report import for_json, table

SIZES = ("432x240", "854x480", "1920x1080")
SECONDS_ALLOWED = {  # a frame, fill alone, two cores
    "first": {"432x240": 0.25, "854x480": 1.0},
    "second": {"432x240": 0.1, "854x480": 0.35, "1920x1080": 1.5},
}
TIMES_ALLOWED = 5.0  # of the sum of the four


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=clips.DEFAULT_CLIPS, metavar="DIR")
    parser.add_argument("--clip", default="track/camel", help="folder under the clips")
    parser.add_argument("--sizes", default=",".join(SIZES), metavar="WxH,...")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--quality", default="good")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="hold the times against the floors")


def main(options: argparse.Namespace) -> int:
    source = clips.read_frames(options.clips / options.clip / "frames", options.frames)
    warn_of_load()
    costs = {
        size: measure(source, size, options.quality, options.repeats)
        for size in options.sizes.split(",")
    }
    print(as_text(costs))
    if options.json is not None:
        options.json.write_text(json.dumps(for_json(costs), indent=1) + "\n")
    if not options.check:
        return 0
    verdicts = time_verdicts(costs)
    print("\n" + verdict_table(verdicts))
    return 0 if all(v.met is not False for v in verdicts if v.level == "first") else 1


def warn_of_load() -> None:
    """Says so when other work is running: times are then too long."""
    load, cores = psutil.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 2:
        line = f"The machine is busy (load {load:.1f} on {cores} cores): times will be too long."
        print(line, file=sys.stderr)


def measure(
    source: list[np.ndarray], size: str, quality: str, repeats: int = 1
) -> dict[str, float]:
    """Seconds a frame of each part at one size, `fill` being NaN where there is none."""
    width, height = (int(n) for n in size.split("x"))
    shrinks = width < source[0].shape[1]
    kind = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    frames = [cv2.resize(f, (width, height), interpolation=kind) for f in source]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        encode = _seconds(lambda: write_clip(path, frames), repeats)
        decode = _seconds(lambda: read_clip(path), repeats)
    costs = {"decode": decode, "flow": _seconds(lambda: find_flow(frames), repeats)}
    flow = np.full((height, width, 2), 1.5, np.float32)
    costs["remap"] = _seconds(lambda: [_remap(frame, flow) for frame in frames], repeats)
    costs["encode"] = encode
    costs = {part: seconds / len(frames) for part, seconds in costs.items()}
    costs["floor"] = sum(costs.values())
    costs["fill"], costs["fill_cpu"] = fill_seconds(frames, quality, repeats)
    costs["times"] = costs["fill"] / costs["floor"]
    return costs


def fill_seconds(frames: list[np.ndarray], quality: str, repeats: int = 1) -> tuple[float, float]:
    """Seconds a frame of the fill alone, by the clock and of CPU over all cores, after a warm-up.

    The CPU time is what other work on the machine hardly changes.
    """
    if methods.unavailable("ours"):
        return math.nan, math.nan
    height, width = frames[0].shape[:2]
    holes = [moving_hole(width, height, t) for t in range(len(frames))]
    given = [clips.black_out(f, h) for f, h in zip(frames, holes, strict=True)]
    fill = methods.load("ours", quality)
    fill(given[:4], holes[:4])
    before = time.process_time()
    seconds = _seconds(lambda: fill(given, holes), repeats)
    cpu = (time.process_time() - before) / repeats
    return seconds / len(frames), cpu / len(frames)


def write_clip(path: Path, frames: list[np.ndarray]) -> None:
    """H.264 at visually lossless quality, as the default export would."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"crf": "16", "preset": "medium"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


def read_clip(path: Path) -> int:
    """Decodes to RGB and counts the frames."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for frame in container.decode(stream) if frame.to_ndarray(format="rgb24").size)


def find_flow(frames: list[np.ndarray]) -> None:
    """DIS flow (medium preset, full size) between neighbours, both ways."""
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    lumas = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    for t in range(len(lumas) - 1):
        dis.calc(lumas[t], lumas[t + 1], None)
        dis.calc(lumas[t + 1], lumas[t], None)


def as_text(costs: dict[str, dict[str, float]]) -> str:
    """Milliseconds a frame, a row for each size."""
    header = [
        "ms a frame",
        "decode",
        "flow both ways",
        "remap",
        "encode",
        "floor",
        "fill",
        "times",
        "fill CPU",
    ]
    parts = ("decode", "flow", "remap", "encode", "floor", "fill")
    rows = [
        [
            size,
            *(_cell(c[part] * 1000) for part in parts),
            _cell(c["times"]),
            _cell(c["fill_cpu"] * 1000),
        ]
        for size, c in costs.items()
    ]
    return table(header, rows)


def time_verdicts(costs: dict[str, dict[str, float]]) -> list[Verdict]:
    """The floors under speed, for the sizes that were timed."""
    verdicts = [
        Verdict(level, f"seconds a frame at {size}", costs[size]["fill"], high=seconds)
        for level, allowed in SECONDS_ALLOWED.items()
        for size, seconds in allowed.items()
        if size in costs
    ]
    return verdicts + [
        Verdict("second", f"times the floor at {size}", c["times"], high=TIMES_ALLOWED)
        for size, c in costs.items()
    ]


def _remap(frame: np.ndarray, flow: np.ndarray) -> np.ndarray:
    height, width = flow.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=2).astype(np.float32)
    return cv2.remap(frame, grid + flow, None, cv2.INTER_LINEAR)


def _seconds(action: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        before = time.perf_counter()
        action()
        times.append(time.perf_counter() - before)
    return min(times)


def _cell(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"
