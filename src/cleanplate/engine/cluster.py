"""Shots tracked, and pieces of them filled, by the workers of a Ray cluster.

Each window of frames is a task that holds all it needs but the clip: the frame numbers, the packed
holes and the settings. A worker reads the clip itself, from a path or URL that all of them reach,
and sends patches back; they go into the store as they come, whatever the order. Ray runs a lost
worker's windows again. As a window's fill is decided by what its task holds, it makes no difference
to the result where it ran, or how often.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from cleanplate import __version__
from cleanplate.engine.doctor import usable_cores
from cleanplate.engine.events import Event, Listener, Pace
from cleanplate.engine.files import fetched
from cleanplate.engine.graph import EXPORT
from cleanplate.engine.overlap import Halt, Stopwatch
from cleanplate.engine.patches import Patch
from cleanplate.engine.pieces import PackedHoles, Piece, fill_piece
from cleanplate.engine.places import FillJob
from cleanplate.engine.plate import completer
from cleanplate.engine.project_fill import network_name
from cleanplate.engine.store import code_version
from cleanplate.engine.tracking import MaskStage, ShotWork
from cleanplate.errors import CleanplateError, ClusterError
from cleanplate.fill import FillSettings, context

_POLL = 0.1
"""Seconds between looks at whether to stop, while workers are at it."""

_RETRIES = 5
"""Times that a window whose worker was lost is run again."""

_AHEAD = 2
"""Windows for each worker that are handed out beyond the one that is waited for."""

_WORKERLESS = 120.0
"""Seconds to go on with no worker in the whole cluster: one that grows by itself takes a while."""

_CONNECT = 5.0
"""Seconds that an address has to answer in: Ray itself would wait a minute and end the process."""


@dataclass(frozen=True)
class _Task:
    """What a worker needs to fill one window."""

    clip: str
    fingerprint: str
    code: str
    piece: Piece
    holes: PackedHoles
    quality: str
    network: str | None
    network_is: str


@dataclass(frozen=True)
class _Done:
    """What a worker sends back: packed patches, and seconds of work by stage."""

    patches: list[bytes]
    seconds: dict[str, float]


class Cluster:
    """A Ray cluster as a place to fill pieces; a context manager.

    Attributes:
        window: frames in a task at most. The frames around them that decide their fill are read
            and measured as well, so a window is no shorter than those.
    """

    def __init__(self, address: str, clip: str, halt: Halt, window: int | None = None) -> None:
        """`address` is "local" for a cluster of this machine alone, ``ray://host:port``, or
        ``host:port`` on a machine that is part of it; `clip` is a path or URL that all workers
        reach.

        Raises `ClusterError` where Ray isn't installed or doesn't answer.
        """
        self.window = window
        self._clip = clip
        self._halt = halt
        self._workerless: float | None = None  # since when nobody was seen to be there
        self._ray = _import_ray()
        self._ours = not self._ray.is_initialized()
        if self._ours:
            _connect(self._ray, address)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._ours:
            self._ray.shutdown()

    def fill(self, job: FillJob, pieces: Sequence[Piece]) -> Iterator[Iterator[Patch]]:
        """See `Place.fill`."""
        most = self.window or max(48, 2 * context(job.settings))
        windows = [window for piece in pieces for window in piece.cut(most)]
        patches = self._in_order(job, windows)
        for piece in pieces:
            yield self._of_piece(patches, len(piece.frames))

    def track(self, masks: MaskStage, frames: range, tell: Listener, halt: Halt) -> None:
        """See `Place.track`: a shot at a time on each tracker, which has the network in memory."""
        works = masks.work(frames, halt)
        if not works:
            return
        trackers = self._trackers(len(works))
        waiting, idle = deque(works), deque(trackers)
        running: dict[Any, tuple[ShotWork, Any]] = {}
        total, done = sum(len(work.frames) for work in works), 0
        tell(Event("stage", "track", total=total))
        pace = Pace(total, clock=halt.running_seconds)
        try:
            while waiting or running:
                while waiting and idle:
                    work, tracker = waiting.popleft(), idle.popleft()
                    task = _tracking_task(masks, work, self._clip)
                    running[tracker.track.remote(task)] = work, tracker
                halt.check()
                self._check_workers()
                ready, _ = self._ray.wait(list(running), num_returns=1, timeout=_POLL)
                for ref in ready:
                    work, tracker = running.pop(ref)
                    masks.take(work, self._get(ref))
                    idle.append(tracker)
                    done += len(work.frames)
                    tell(Event("progress", "track", done, total, *pace.at(done)))
        finally:
            for tracker in trackers:
                self._ray.kill(tracker)

    def _trackers(self, most: int) -> list[Any]:
        """Actors that track, one on every GPU, or on every processor where there are no GPUs."""
        has = self._ray.cluster_resources()
        gpus = int(has.get("GPU", 0))
        tracker = self._ray.remote(
            num_cpus=1, num_gpus=1 if gpus else 0, max_restarts=-1, max_task_retries=_RETRIES
        )(Tracker)
        return [tracker.remote() for _ in range(min(most, gpus or self._workers() or 1))]

    def _of_piece(self, patches: Iterator[Patch], count: int) -> Iterator[Patch]:
        for _ in range(count):
            yield next(patches)

    def _in_order(self, job: FillJob, windows: list[Piece]) -> Iterator[Patch]:
        remote = self._ray.remote(num_cpus=1, max_retries=_RETRIES)(fill_window)
        # What is in hand when this is left early runs to its end, or ends with the connection. It is
        # not cancelled: where a task is done at that very moment, Ray aborts the whole process ("tried
        # to complete task that was not pending").
        waiting = deque(windows)
        running: deque[_Running] = deque()
        while waiting or running:
            while waiting and len(running) < self._most_running():
                piece = waiting.popleft()
                running.append(_Running(piece, remote.remote(window_task(job, piece, self._clip))))
            first = running[0]
            self._wait(job, running)
            running.popleft()
            yield from self._patches(job, first)

    def _most_running(self) -> int:
        """Windows in hand at a time: workers may come and go."""
        return max(self._workers(), 1) * (1 + _AHEAD)

    def _workers(self) -> int:
        return int(self._ray.cluster_resources().get("CPU", 0))

    def _check_workers(self) -> None:
        """Raises `ClusterError` once there was nobody to do the work for long: Ray would wait for
        ever, and say nothing."""
        now = time.monotonic()
        if self._workers():
            self._workerless = None
        elif self._workerless is None:
            self._workerless = now
        elif now - self._workerless > _WORKERLESS:
            raise ClusterError(
                "the cluster has no worker: start one (ray start --address=...), and export again "
                "to go on. What was done is kept."
            )

    def _wait(self, job: FillJob, running: deque[_Running]) -> None:
        """Wait for the first of those that run, storing what others send meanwhile."""
        while not running[0].stored:
            self._halt.check()
            self._check_workers()
            waiting = {one.ref: one for one in running if not one.stored}
            ready, _ = self._ray.wait(list(waiting), num_returns=1, timeout=_POLL)
            for ref in ready:
                self._store(job, waiting[ref])

    def _store(self, job: FillJob, one: _Running) -> None:
        done = self._get(one.ref)
        with job.watch("store", len(done.patches)):
            for key, data in zip(one.piece.keys, done.patches, strict=True):
                job.store.put(key, data)
        for stage, seconds in done.seconds.items():
            job.watch.add(stage, seconds, len(done.patches))
        one.stored = True

    def _patches(self, job: FillJob, one: _Running) -> Iterator[Patch]:
        for place, key in enumerate(one.piece.keys):
            data = job.store.get(key)
            if data is None:  # the store had no room for it
                data = self._get(one.ref).patches[place]
            yield Patch.unpack(data)

    def _get(self, ref: Any) -> Any:
        try:
            return self._ray.get(ref)
        except self._ray.exceptions.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, CleanplateError):
                raise cause from None
            raise ClusterError(f"a worker failed: {cause!r}") from error
        except self._ray.exceptions.RayError as error:
            raise ClusterError(
                f"the cluster lost some work for good: {_first_line(error)} What was done is kept; "
                "export again to go on."
            ) from error


@dataclass
class _Running:
    piece: Piece
    ref: Any
    stored: bool = False


def window_task(job: FillJob, piece: Piece, clip: str) -> _Task:
    """The task of filling one piece; `clip` is where workers find the clip."""
    holes = PackedHoles(job.holes(), job.names, piece.seen(job.settings))
    code = code_version(*EXPORT["fill"].code)
    network, network_is = job.network, network_name(job.network)
    quality = job.settings.quality
    return _Task(clip, job.fingerprint, code, piece, holes, quality, network, network_is)


def fill_window(task: _Task) -> _Done:
    """What a worker does."""
    import cv2

    from cleanplate.media import probe

    _make_sure_of_code(*EXPORT["fill"].code, expected=task.code)
    # One core is what a task was given; Ray places one on each.
    cv2.setNumThreads(1)
    settings = FillSettings(task.quality, 1, _network_here(task))
    watch = Stopwatch()
    path = _clip_here(task.clip, task.fingerprint)
    patches = fill_piece(task.piece, probe(path), task.holes, settings, watch)
    packed = [patch.pack() for patch in patches]
    return _Done(packed, watch.seconds)


def _network_here(task: _Task) -> Any:
    """The inpainting network of a task, which must be what it is on the machine that asks."""
    if task.network is None:
        return None
    if task.network not in _known_networks:
        _known_networks[task.network] = completer(task.network)
    if network_name(task.network) != task.network_is:
        raise ClusterError(
            f"{socket.gethostname()} has another network as {task.network}; install the same there"
        )
    return _known_networks[task.network]


_known_networks: dict[str, Any] = {}
"""Inpainting networks that this worker has in memory, by name."""


@dataclass(frozen=True)
class _TrackingTask:
    """What a tracker needs for one shot. `keys` are the masks of key frames, packed."""

    clip: str
    fingerprint: str
    code: str
    work: ShotWork
    keys: PackedHoles
    quality: str


def _tracking_task(masks: MaskStage, work: ShotWork, clip: str) -> _TrackingTask:
    marks = [*work.plan.marks.values(), *work.plan.teachers.values()]
    pictures = sorted({pictures for of in marks for pictures in of.values()})
    loaded = PackedHoles(_Loaded(masks), lambda key: key, pictures)
    code = code_version(*EXPORT["masks"].code)
    return _TrackingTask(clip, masks.fingerprint, code, work, loaded, masks.quality)


class _Loaded:
    """Masks of key frames by the names of their pictures."""

    def __init__(self, masks: MaskStage) -> None:
        self._masks = masks

    def __getitem__(self, pictures: tuple[str, ...]) -> Any:
        return self._masks.load(pictures)


class Tracker:
    """A worker that keeps the network in memory from one shot to the next."""

    def __init__(self) -> None:
        self._networks: dict[str, Any] = {}

    def track(self, task: _TrackingTask) -> dict[int, bytes]:
        """Track one shot: packed masks by the number of their chunk."""
        from cleanplate.engine.tracking import track_chunks
        from cleanplate.engine.window_frames import WindowedFrames
        from cleanplate.media import open_clip, probe
        from cleanplate.track import Network, TrackSettings

        _make_sure_of_code(*EXPORT["masks"].code, expected=task.code)
        if task.quality not in self._networks:
            self._networks[task.quality] = Network(TrackSettings.of(task.quality).pixels)
        network = self._networks[task.quality]
        path = _clip_here(task.clip, task.fingerprint)
        with open_clip(probe(path)) as reader:
            frames = WindowedFrames(reader)
            chunks = track_chunks(
                task.work, frames.__getitem__, task.keys.__getitem__, task.quality, network
            )
            return dict(chunks)


def _make_sure_of_code(*parts: str, expected: str) -> None:
    if code_version(*parts) != expected:
        raise ClusterError(
            f"{socket.gethostname()} has another Cleanplate ({__version__}) than this machine: "
            "install the same on all machines of the cluster"
        )


_known_clips: dict[tuple[str, str], Path] = {}
"""Clips that this worker has made sure of already, by place and fingerprint."""


def _clip_here(clip: str, fingerprint: str) -> Path:
    known = (clip, fingerprint)
    if known not in _known_clips or not _known_clips[known].exists():
        _known_clips[known] = fetched(*known)
    return _known_clips[known]


def _import_ray() -> Any:
    # Nothing about a user's work goes anywhere by itself.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise ClusterError(
            "--cluster needs Ray, which isn't installed: pip install 'cleanplate[cluster]'"
        ) from error
    return ray


def _connect(ray: Any, address: str) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == "local":
            ray.init("local", num_cpus=usable_cores(), include_dashboard=False, **quiet)
            return
        _knock(address)
        ray.init(address, **quiet)
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        raise ClusterError(
            f"the cluster {address} can't be used: {_first_line(error)} Check the address, and "
            "that Ray is running there."
        ) from error


def _knock(address: str) -> None:
    """Make sure that something answers. Raises `OSError` where nothing does."""
    host, _, port = address.removeprefix("ray://").partition(":")
    if not port.isdigit():
        raise ValueError("an address is ray://host:port, host:port or local.")
    socket.create_connection((host, int(port)), timeout=_CONNECT).close()


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    line = lines[0] if lines else type(error).__name__
    return line if line.endswith(".") else f"{line}."
