"""`python -m bench cores`: how a run uses the cores, and where pieces of a long shot are best filled.

The whole export of one generated shot on one core and on two; then the fill alone of the same shot,
by threads of one process, by a pool of processes and by Ray workers, one and two of each. A pool and
a cluster fill windows that read anew the frames around them, and are the same to the bit.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from bench.limits import warn_of_load
from bench.long import Case, write_clip, write_masks
from bench.report import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", type=int, default=144)
    parser.add_argument("--size", default="854x480", metavar="WxH")
    parser.add_argument("--window", type=int, default=96, help="frames in a window of a pool")
    parser.add_argument("--only", choices=[*_FILLS, "export"], nargs="+")


def main(options: argparse.Namespace) -> int:
    warn_of_load()
    width, height = (int(n) for n in options.size.split("x"))
    case = Case("cores", width, height, options.frames, 1, 0)
    with tempfile.TemporaryDirectory(prefix="bench-cores-") as name:
        folder = Path(name)
        write_clip(folder / "clip.mp4", replace(case, rate=24, seconds=1), options.frames)
        write_masks(folder / "masks", case, options.frames)
        project = folder / "a.cleanplate"
        _run(folder, None, "project", "new", folder / "clip.mp4", "-o", project, "--mask",
             folder / "masks")  # fmt: skip
        if not options.only or "export" in options.only:
            print(_exports(folder, project, options.frames) + "\n")
        chosen = [name for name in _FILLS if not options.only or name in options.only]
        if chosen:
            print(_fills(folder, project, options, chosen))
    return 0


def _exports(folder: Path, project: Path, frames: int) -> str:
    """The whole of `cleanplate export` by the clock and in CPU seconds, on one core and on two."""
    rows, first = [], None
    for cores in (1, 2):
        out = folder / f"{cores}.mkv"
        wall, cpu = _run(folder / f"store{cores}", range(cores), "export", project, "-o", out)
        first = first or wall
        cells = [f"{wall:.1f}", f"{wall / frames:.3f}", f"{cpu:.1f}", f"{first / wall:.2f}"]
        rows.append([f"{cores} core{'s' * (cores > 1)}", *cells])
    return table(["cleanplate export", "s", "s/frame", "CPU s", "speed-up"], rows)


def _run(folder: Path, cores: range | None, *arguments: object) -> tuple[float, float]:
    """The command line on these cores: seconds by the clock, and CPU seconds."""
    command = [sys.executable, "-m", "cleanplate", *map(str, arguments)]
    environment = {**os.environ, "CLEANPLATE_STORE": str(folder), "XDG_STATE_HOME": str(folder)}
    before, began = os.times(), time.perf_counter()
    subprocess.run(
        command,
        env=environment,
        check=True,
        preexec_fn=None if cores is None else lambda: os.sched_setaffinity(0, cores),
    )
    after = os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    return time.perf_counter() - began, cpu


def _fills(folder: Path, project: Path, options: argparse.Namespace, chosen: list[str]) -> str:
    rows, told, known = [], set(), {}
    for name in chosen:
        context = get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as alone:
            arguments = (name, folder, project, options.window)
            seconds, digest = alone.submit(_fill, *arguments).result()
        known[name] = seconds
        told.add(digest)
        base = known.get(
            name.replace("two", "one")
            .replace("threads", "thread")
            .replace("processes", "process")
            .replace("workers", "worker"),
            seconds,
        )
        cells = [f"{seconds:.1f}", f"{seconds / options.frames:.3f}", f"{base / seconds:.2f}"]
        rows.append([name, *cells])
    same = "the same" if len(told) == 1 else "DIFFERENT"
    header = ["fill alone", "s", "s/frame", "over one"]
    return table(header, rows) + f"\nEvery fill is {same}, bit for bit."


def _fill(name: str, folder: Path, project: Path, window: int) -> tuple[float, str]:
    """Seconds for the fill of the clip by one of `_FILLS`, and a hash of what came out."""
    with tempfile.TemporaryDirectory() as store:
        return _FILLS[name](folder, project, Path(store), window)


def _job(project: Path, store: Path, workers: int):
    """The job and the one piece of a project's clip."""
    from cleanplate.engine.export import _Pixels
    from cleanplate.engine.overlap import Stopwatch
    from cleanplate.engine.pieces import Piece
    from cleanplate.engine.places import FillJob
    from cleanplate.engine.project_holes import ProjectHoles
    from cleanplate.engine.store import Store
    from cleanplate.engine.tracking import MaskStage
    from cleanplate.fill import FillSettings
    from cleanplate.media import align_hole, open_clip
    from cleanplate.project import Project

    opened = Project.open(project)
    kept = Store(store)
    stage = MaskStage(opened, kept)
    for _ in stage.compute():
        pass

    def holes() -> ProjectHoles:
        return ProjectHoles(stage, align=lambda pixels: align_hole(pixels, stage.info))

    with open_clip(stage.info) as reader:
        whole = range(reader.count())
    settings = FillSettings("good", workers)
    job = FillJob(
        stage.info, opened.fingerprint, settings, lambda: _Pixels(holes()), holes().names, kept,
        Stopwatch(),
    )  # fmt: skip
    return job, Piece(whole, whole, tuple(f"{index:040x}" for index in whole))


def _clocked(patches: Iterator) -> tuple[float, str]:
    total, began = hashlib.blake2b(digest_size=16), time.perf_counter()
    for patch in patches:
        total.update(patch.values.tobytes() + patch.distance.tobytes())
    return time.perf_counter() - began, total.hexdigest()


def _by_threads(workers: int) -> Callable[[Path, Path, Path, int], tuple[float, str]]:
    def fill(folder: Path, project: Path, store: Path, window: int) -> tuple[float, str]:
        from cleanplate.engine.overlap import Ahead, Halt
        from cleanplate.engine.places import Here

        os.sched_setaffinity(0, range(workers))
        job, piece = _job(project, store, workers)
        halt = Halt()
        place = Here(lambda name, items: Ahead(items, 2, halt, name))
        return _clocked(patch for patches in place.fill(job, [piece]) for patch in patches)

    return fill


def _by_processes(count: int) -> Callable[[Path, Path, Path, int], tuple[float, str]]:
    def fill(folder: Path, project: Path, store: Path, window: int) -> tuple[float, str]:
        from cleanplate.engine.cluster import fill_window, window_task
        from cleanplate.engine.patches import Patch

        os.sched_setaffinity(0, range(count))
        job, piece = _job(project, store, 1)
        clip = str(job.info.path)
        tasks = [window_task(job, one, clip) for one in piece.cut(window)]
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            list(pool.map(_warm, range(count)))  # imports and caches, as in a pool that lasts
            done = pool.map(fill_window, tasks)
            return _clocked(Patch.unpack(data) for one in done for data in one.patches)

    return fill


def _warm(number: int) -> None:
    import cleanplate.engine.cluster
    import cleanplate.fill  # noqa: F401

    time.sleep(1)  # so that each process takes one


def _by_ray(nodes: int) -> Callable[[Path, Path, Path, int], tuple[float, str]]:
    def fill(folder: Path, project: Path, store: Path, window: int) -> tuple[float, str]:
        from ray.cluster_utils import Cluster as Machines

        from cleanplate.engine.cluster import Cluster
        from cleanplate.engine.overlap import Halt

        os.sched_setaffinity(0, range(2))
        job, piece = _job(project, store, 1)
        head = {"num_cpus": 0, "object_store_memory": 200 << 20, "include_dashboard": False}
        machines = Machines(initialize_head=True, head_node_args=head)
        for _ in range(nodes):
            machines.add_node(num_cpus=1, object_store_memory=200 << 20)
        machines.wait_for_nodes()
        try:
            with Cluster(machines.address, str(job.info.path), Halt(), window) as place:
                _warm_ray(nodes)
                return _clocked(_all(place.fill(job, [piece])))
        finally:
            machines.shutdown()

    return fill


def _all(pieces: Iterator[Iterator]) -> Iterator:
    for patches in pieces:
        yield from patches


def _warm_ray(count: int) -> None:
    import ray

    remote = ray.remote(num_cpus=1)(_warm)
    ray.get([remote.remote(number) for number in range(count)])


_FILLS: dict[str, Callable[..., tuple[float, str]]] = {
    "one thread": _by_threads(1),
    "two threads": _by_threads(2),
    "one process": _by_processes(1),
    "two processes": _by_processes(2),
    "one Ray worker": _by_ray(1),
    "two Ray workers": _by_ray(2),
}
