"""Running a stranger's network where it can do no harm: in a worker process, bounded on all sides.

A network in ONNX is only a graph of operators, but it is read by large libraries in C++, and it may
loop for ever or ask for more memory than there is. So it is parsed, checked and run in a process
that can open neither files nor sockets and that ends when it takes too long or too much; see
`cleanplate.models.custom.worker`. Here, its bytes are only hashed and handed over.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import cleanplate
from cleanplate.errors import ModelError
from cleanplate.models.custom import wire
from cleanplate.models.custom.facts import Facts

_SIGXCPU = 24  # the processor time that the worker allowed itself is used up
_START = 60.0  # seconds that a worker may take to start, on a machine that is busy
_TEXTS = {
    "memory": "it needs more than the {memory:.3g} GiB of memory that it may have; set "
    "CLEANPLATE_GUARD_GB to allow more",
    "time": "it did not finish within {seconds:.3g} s; set CLEANPLATE_GUARD_SECONDS to allow more",
}


@dataclass(frozen=True)
class Limits:
    """What a worker may take: bytes of memory, seconds for one request, threads, nodes of the
    graph, and bytes of one file."""

    memory: int = 4 << 30
    seconds: float = 120.0
    threads: int = 2
    nodes: int = 50_000
    file: int = 1 << 30

    @classmethod
    def usual(cls) -> Limits:
        """The limits that the environment sets: CLEANPLATE_GUARD_GB, CLEANPLATE_GUARD_SECONDS and
        CLEANPLATE_THREADS."""
        from cleanplate.models.sessions import _threads

        memory = int(_number("CLEANPLATE_GUARD_GB", 4.0) * (1 << 30))
        seconds = _number("CLEANPLATE_GUARD_SECONDS", 120.0)
        return cls(memory, seconds, _threads())


def _number(name: str, usual: float) -> float:
    try:
        value = float(os.environ.get(name, usual))
    except ValueError as error:
        raise ModelError(f"{name} is no number: {os.environ[name]!r}.") from error
    if value <= 0:
        raise ModelError(f"{name} must be above 0.")
    return value


class Refusal(ModelError):
    """A network that will not be used; the message says why and what to do."""


class Guard:
    """One worker, holding the parts of one network.

    `facts` has what each part takes and gives. Close it, or let it be collected, to end the worker.
    """

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        """Start the worker; `name` is what error messages call the network."""
        self.name = name
        self.limits = limits or Limits.usual()
        self.facts: dict[str, Facts] = {}
        self._lock = threading.Lock()
        root = str(Path(cleanplate.__file__).resolve().parents[1])
        code = f"import sys; sys.path.insert(0, {root!r}); " + (
            "from cleanplate.models.custom.worker import main; main()"
        )
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "SYSTEMROOT", "LANG", "TEMP")}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", code, json.dumps(asdict(self.limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
            cwd="/" if os.name == "posix" else None,
        )
        self._spare = _START

    def load(self, part: str, data: bytes, folder: Path | None = None) -> bytes:
        """Check one ONNX file and make it ready to run as `part`.

        `folder` is where its external data may lie; without one it may have none. Returns the
        network whole, external data and all: `data` itself where it had none.

        Raises `Refusal`, which says why the network will not be used.
        """
        if len(data) > self.limits.file:
            raise self._refusal(
                f"it has {len(data) / 1e6:.0f} MB, more than the {self.limits.file >> 20} MiB that "
                "are allowed"
            )
        network = np.frombuffer(data, np.uint8)
        head, _ = self._ask({"do": "load", "part": part}, {"network": network})
        merged: dict[str, np.ndarray] = {}
        if "external" in head:
            external = self._external(head["external"], folder)
            head, merged = self._ask({"do": "load", "part": part}, {**external, "network": network})
        self.facts[part] = Facts.of(head)
        return merged["network"].tobytes() if merged else data

    def run(
        self, part: str, feeds: Mapping[str, np.ndarray], outputs: list[str] | None = None
    ) -> dict[str, np.ndarray]:
        """Run one part once; see `cleanplate.models.Session.run`. Raises `Refusal`."""
        wanted = outputs or list(self.facts[part].outputs)
        _, arrays = self._ask({"do": "run", "part": part, "outputs": wanted}, dict(feeds))
        if list(arrays) != wanted:
            raise self._refusal("its worker answered something else than was asked")
        return {name: array.copy() for name, array in arrays.items()}

    def close(self) -> None:
        """End the worker."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        self._process.wait()

    def __del__(self) -> None:
        if getattr(self, "_process", None) is not None and self._process.returncode is None:
            self.close()

    @property
    def alive(self) -> bool:
        """Whether the worker can still be asked."""
        return self._process.poll() is None

    def _ask(self, head: dict, arrays: dict[str, np.ndarray]) -> tuple[dict, dict[str, np.ndarray]]:
        with self._lock:
            late = threading.Event()
            clock = threading.Timer(self.limits.seconds + self._spare, self._expire, [late])
            clock.daemon = True
            clock.start()
            self._spare = 1.0  # the start-up is paid once; the worker bounds its own time as well
            sender = threading.Thread(target=self._send, args=(head, arrays), daemon=True)
            sender.start()
            try:
                answer = wire.read(self._process.stdout, wire.Bounds(arrays=self.limits.memory))
            except (wire.Garbled, OSError, ValueError):
                answer = None
            clock.cancel()
            if answer is None:
                raise self._ended(late.is_set())
            sender.join(1.0)
        reply, results = answer
        if "error" in reply:
            raise self._refusal(self._text("memory") if reply.get("memory") else reply["error"])
        return reply, results

    def _expire(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _send(self, head: dict, arrays: dict[str, np.ndarray]) -> None:
        with contextlib.suppress(OSError, ValueError):  # the worker is gone, which `_ask` will see
            wire.write(self._process.stdin, head, arrays)

    def _ended(self, late: bool) -> Refusal:
        """Why the worker is no more."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)
        code = self._process.returncode
        self.close()
        if late or code == -_SIGXCPU:
            return self._refusal(self._text("time"))
        why = "for want of memory, most likely" if code in (-6, -9, -11) else f"with code {code}"
        return self._refusal(
            f"it brought its worker down ({why}); nothing else was harmed. {self._text('memory')}"
        )

    def _text(self, key: str) -> str:
        return _TEXTS[key].format(
            memory=self.limits.memory / (1 << 30), seconds=self.limits.seconds
        )

    def _refusal(self, why: str) -> Refusal:
        return Refusal(f"The network {self.name} cannot be used: {why}.")

    def _external(self, locations: list, folder: Path | None) -> dict[str, np.ndarray]:
        found = {}
        left = self.limits.file
        for location in locations:
            path = _inside(str(location), folder)
            if path is None:
                raise self._refusal(
                    f"it keeps data in {location!r}, which is not a plain file in its own folder"
                )
            left -= path.stat().st_size
            if left < 0:
                raise self._refusal(
                    f"its files hold more than the {self.limits.file >> 20} MiB that are allowed"
                )
            found[str(location)] = np.fromfile(path, np.uint8)
        return found


def _inside(location: str, folder: Path | None) -> Path | None:
    """The file at `location` if it lies in `folder` and is reached through no link, else None."""
    if folder is None or not location or "\\" in location or "\0" in location:
        return None
    path = Path(location)
    if path.is_absolute() or ".." in path.parts:
        return None
    whole = folder / path
    if not whole.is_file() or whole.resolve() != folder.resolve() / path:
        return None
    return whole


class GuardedSession:
    """One part of a guarded network, to be run as a `cleanplate.models.Session` is."""

    def __init__(self, guard: Guard, part: str) -> None:
        facts = guard.facts[part]
        self.name = guard.name
        self.inputs, self.outputs, self.types = facts.inputs, facts.outputs, facts.types
        self._guard, self._part = guard, part

    @property
    def alive(self) -> bool:
        """Whether its worker can still be asked."""
        return self._guard.alive

    def run(
        self, feeds: Mapping[str, np.ndarray], outputs: list[str] | None = None
    ) -> dict[str, np.ndarray]:
        """Run once; see `cleanplate.models.Session.run`."""
        return self._guard.run(self._part, feeds, outputs)
