"""`python -m bench long`: a long clip and a large one through the whole pipeline, memory watched.

Each clip is generated as a stream (a camera pans over textures, something walks through them, a cut
every minute), made a project with masks, and exported by `cleanplate export` in a process of its
own, whose resident memory is read every second. What was read is on disk all along, so that a run
that is stopped has its say as well.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import av
import numpy as np
import psutil

from bench.floors import Verdict, verdict_table
from bench.generated import PAN, moving_hole, texture
from bench.memory_plot import plot
from bench.report import table

_CUT = 60.0  # seconds between cuts


@dataclass(frozen=True)
class Case:
    """A clip to generate and the memory, in GB, that its export may take."""

    name: str
    width: int
    height: int
    seconds: float
    rate: int
    allowed: float

    @property
    def frames(self) -> int:
        return round(self.seconds * self.rate)


CASES = (
    Case("long", 1920, 1080, 600, 10, 2.0),
    Case("large", 3840, 2160, 10, 24, 4.0),
)


@dataclass
class Watched:
    """A run: seconds since its start, frames done and resident MB at each look; and its end."""

    case: str
    frames: int
    commit: str
    seconds: list[float] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    mb: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    finished: bool = False
    store_mb: float = 0.0
    output_mb: float = 0.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", choices=[case.name for case in CASES])
    parser.add_argument("--rate", type=int, help="frames a second, in place of each clip's own")
    parser.add_argument(
        "--quality", default="good", help="of the fill; the default is the usual one"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of each clip's length")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where samples go as they come")
    parser.add_argument("--plot", type=Path, metavar="SVG")
    parser.add_argument("--from-json", type=Path, nargs="+", metavar="FILE", help="only plot these")


def main(options: argparse.Namespace) -> int:
    if options.from_json:
        runs = [Watched(**run) for file in options.from_json for run in _load(file)]
    else:
        chosen = [case for case in CASES if options.only in (None, case.name)]
        runs = []
        for case in chosen:
            if options.rate is not None:
                case = replace(case, rate=options.rate)

            def tell(now: Watched) -> None:
                _save(options.json, [*runs, now])

            runs.append(watch(case, options.share, options.quality, tell))
            _save(options.json, runs)
    print(_table(runs))
    if options.plot is not None:
        lines = [(f"{run.case}, {run.frames} frames", run.done, run.mb) for run in runs]
        options.plot.write_text(plot(lines), encoding="utf-8")
    allowed = {case.name: case.allowed for case in CASES}
    verdicts = [
        Verdict("first", f"GB, {run.case} clip", run.peak_mb / 1024, high=allowed[run.case])
        for run in runs
    ]
    print("\n" + verdict_table(verdicts))
    return 0 if all(v.met for v in verdicts) and all(run.finished for run in runs) else 1


def watch(case: Case, share: float, quality: str, tell) -> Watched:
    """Generate a case's clip, export it and read its memory; `tell` gets the samples so far."""
    count = max(1, round(case.frames * share))
    with tempfile.TemporaryDirectory(prefix="bench-long-") as name:
        folder = Path(name)
        clip, masks = folder / "clip.mp4", folder / "masks"
        write_clip(clip, case, count)
        write_masks(masks, case, count)
        project = folder / "a.cleanplate"
        _cleanplate(folder, "project", "new", clip, "-o", project, "--mask", masks,
                    "--quality", quality)  # fmt: skip
        shutil.rmtree(masks)
        run = Watched(case.name, count, _commit())
        _export(folder, project, run, tell)
        files = [path for path in (folder / "store").rglob("*") if path.is_file()]
        run.store_mb = sum(path.stat().st_size for path in files) / 1024**2
        output = folder / "out.mp4"
        run.output_mb = output.stat().st_size / 1024**2 if output.exists() else 0.0
    return run


def scenes(case: Case, count: int) -> Iterator[np.ndarray]:
    """`count` RGB frames of the case's clip: a pan over a texture, and who walks through it."""
    room = case.width // 2
    for t in range(count):
        since_cut = t % round(_CUT * case.rate)
        if since_cut == 0:
            seed = 1 + t // round(_CUT * case.rate)
            ground = texture(case.width + room, case.height, seed)
            walker = texture(case.width, case.height, seed + 1000)[..., ::-1]
        x = (since_cut * PAN) % (2 * room)
        x = min(x, 2 * room - x)
        hole = moving_hole(case.width, case.height, t)
        yield np.where(hole[..., None], walker, ground[:, x : x + case.width])


def write_clip(path: Path, case: Case, count: int) -> None:
    """H.264, quickly; whole-pixel motion keeps it small."""
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "crf": "23"}
        stream = container.add_stream("libx264", rate=case.rate, options=options)
        stream.width, stream.height, stream.pix_fmt = case.width, case.height, "yuv420p"
        for image in scenes(case, count):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_masks(folder: Path, case: Case, count: int) -> None:
    """The walker's masks as PNGs; those that repeat are links to the first."""
    from cleanplate.engine.mask_files import png

    folder.mkdir()
    for t in range(count):
        path = folder / f"{t:06d}.png"
        if t < 120:
            hole = moving_hole(case.width, case.height, t)
            path.write_bytes(png(hole.astype(np.uint8) * 255))
        else:
            os.link(folder / f"{t % 120:06d}.png", path)


def _export(folder: Path, project: Path, run: Watched, tell) -> None:
    command = [sys.executable, "-m", "cleanplate", "export", project, "-o", folder / "out.mp4"]
    process = subprocess.Popen(
        [*map(str, command), "--json"], env=_environment(folder), stdout=subprocess.PIPE, text=True
    )
    reached = [0]

    def follow() -> None:
        for line in process.stdout:
            event = json.loads(line)
            if event.get("stage") == "export":
                reached[0] = event.get("frame", reached[0])

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    began = time.monotonic()
    try:
        while process.poll() is None:
            _look(process.pid, run, time.monotonic() - began, reached[0])
            if len(run.seconds) % 30 == 1:
                tell(run)
            time.sleep(1)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    follower.join(5)
    run.finished = process.returncode == 0


def _look(pid: int, run: Watched, seconds: float, done: int) -> None:
    """Note the resident memory of the process and those that it started."""
    total = 0
    try:
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        return
    run.seconds.append(round(seconds, 1))
    run.done.append(done)
    run.mb.append(round(total / 1024**2))
    run.peak_mb = max(run.peak_mb, run.mb[-1])


def _cleanplate(folder: Path, *arguments: object) -> None:
    command = [sys.executable, "-m", "cleanplate", *map(str, arguments)]
    subprocess.run(command, env=_environment(folder), check=True, stdout=subprocess.DEVNULL)


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "CLEANPLATE_STORE": str(folder / "store")}


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip()


def _table(runs: list[Watched]) -> str:
    header = ["clip", "frames", "done", "hours", "peak MB", "MB, 2nd fifth", "MB, last fifth"]
    rows = []
    for run in runs:
        fifth = max(1, len(run.mb) // 5)
        early, late = run.mb[fifth : 2 * fifth] or run.mb, run.mb[-fifth:]
        cells = [run.frames, max(run.done, default=0), f"{run.seconds[-1] / 3600:.2f}"]
        cells += [f"{value:.0f}" for value in (run.peak_mb, np.mean(early), np.mean(late))]
        rows.append([run.case, *map(str, cells)])
    return table(header, rows)


def _save(path: Path | None, runs: list[Watched]) -> None:
    if path is not None:
        path.write_text(json.dumps([asdict(run) for run in runs]) + "\n", encoding="utf-8")


def _load(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))
