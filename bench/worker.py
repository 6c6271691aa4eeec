"""One method on one clip, in a process of its own so that its peak memory is its own."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import methods, metrics
from bench.clips import load_case
from bench.store import Store, key


@dataclass(frozen=True)
class Job:
    """What to run: `frames` caps the clip, `fresh` ignores what is stored."""

    clips: Path
    case: str
    method: str
    quality: str
    frames: int
    store: Path
    fresh: bool


@dataclass(frozen=True)
class Outcome:
    """`scores` by measure name; `fill` names the stored pixels, `source` the code behind them."""

    case: str
    method: str
    scores: dict[str, float]
    fill: str
    source: str
    from_store: bool


def run_job(job: Job) -> Outcome:
    """Fills and scores, or takes either from the store when code and inputs are the same."""
    case = load_case(job.clips, job.case, job.frames)
    store = Store(job.store)
    source = methods.source_digest(job.method, job.quality)
    fill_key = key("fill", case.digest(), job.method, source)
    score_key = key("score", fill_key, _measures_digest())
    cost = None if job.fresh else store.load_scores(fill_key)
    images = None if job.fresh else store.load_fill(fill_key, case.given, case.holes)
    from_store = cost is not None and images is not None
    if not from_store:
        images, cost = _measured_fill(job, case.given, case.holes)
        cost["changed_outside"] = metrics.changed_outside(case.given, images, case.holes)
        store.save_fill(fill_key, images, case.holes)
        store.save_scores(fill_key, cost)
    scores = store.load_scores(score_key) if from_store else None
    if scores is None:
        scores = metrics.score(case.truth, images, case.holes)
        store.save_scores(score_key, scores)
    return Outcome(job.case, job.method, scores | cost, fill_key, source, from_store)


def _measured_fill(job: Job, given: list, holes: list) -> tuple[list, dict[str, float]]:
    """The filled frames, with seconds a frame (the fill alone, after a warm-up) and peak MB."""
    fill = methods.load(job.method, job.quality)
    fill(*_warm_up())
    before = time.perf_counter()
    images = fill(given, holes)
    seconds = time.perf_counter() - before
    return images, {"seconds": seconds / len(given), "peak_mb": peak_memory_mb()}


def _warm_up() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A tiny moving clip that has compiled kernels loaded before the clock starts."""
    texture = np.random.default_rng(1).integers(0, 256, (72, 128, 3), dtype=np.uint8)
    frames, holes = [], []
    for t in range(6):
        hole = np.zeros((64, 96), bool)
        hole[20:40, 20 + 4 * t : 40 + 4 * t] = True
        frame = texture[:64, t : t + 96].copy()
        frame[hole] = 0
        frames.append(frame)
        holes.append(hole)
    return frames, holes


def peak_memory_mb() -> float:
    """Peak resident memory of this process in MB.

    Linux's `VmHWM` rather than `getrusage`, which a child inherits from the process it came from.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


def _measures_digest() -> str:
    return hashlib.sha256(Path(metrics.__file__).read_bytes()).hexdigest()
