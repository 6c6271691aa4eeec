"""What this machine has that matters here, and what would make it faster or more able."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cleanplate.engine.runlog import default_log
from cleanplate.engine.store import GIB, open_store

LITTLE_DISK = 5 * GIB
"""Free bytes below which a long clip's export may not fit: ten minutes of visually lossless 1080p
take 2 to 4 GiB."""

_MISSING = "(missing)"

_ACCELERATORS = {
    "CUDAExecutionProvider": "NVIDIA (CUDA)",
    "CoreMLExecutionProvider": "Apple (Core ML)",
    "DmlExecutionProvider": "DirectML",
}


@dataclass(frozen=True)
class Finding:
    """One fact about the machine; `advice` is what would make it better, where something would."""

    topic: str
    fact: str
    advice: str | None = None


def examine(folder: Path | None = None) -> list[Finding]:
    """Everything worth knowing of this machine; `folder` is where results would be written."""
    return [
        _software(),
        _cores(),
        _memory(),
        _accelerators(),
        *_codecs(),
        _networks(),
        *_disk(folder or Path.cwd()),
        _store(),
        _cluster(),
        Finding("log of runs", str(default_log())),
    ]


def _software() -> Finding:
    names = ["cleanplate", "av", "opencv-contrib-python-headless", "numba", "onnxruntime"]
    if _version("onnxruntime-gpu") != _MISSING:
        names[-1] = "onnxruntime-gpu"
    versions = [f"{name} {_version(name)}" for name in names]
    system = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("software", ", ".join([system, *versions]))


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return _MISSING


def _cores() -> Finding:
    cores = usable_cores()
    advice = None
    if cores < 2:
        advice = "decoding, filling and encoding overlap from two cores on"
    return Finding("cores", f"{cores} that this process may use", advice)


def usable_cores() -> int:
    """The processor cores that this process is allowed to run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> Finding:
    total = _total_memory()
    if total is None:
        return Finding("memory", "unknown")
    advice = None
    if total < 4 * GIB:
        advice = "4K clips want 4 GiB; take a smaller clip or --quality draft"
    return Finding("memory", f"{total / GIB:.1f} GiB", advice)


def _total_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _accelerators() -> Finding:
    from cleanplate.models import providers

    offered = [name for name in providers.PREFERRED if name in providers.offered()]
    faults = {name: providers.failure(name) for name in offered}
    working = [_ACCELERATORS[name] for name, fault in faults.items() if fault is None]
    broken = [f"{_ACCELERATORS[name]} fails: {fault}" for name, fault in faults.items() if fault]
    fact = ", ".join(working) or "none: networks run on the processor"
    advice = None
    if faults.get(providers.CUDA):
        advice = "pip install --upgrade 'onnxruntime-gpu[cuda,cudnn]'; if it is an NVIDIA card's "
        advice += "driver that is missing or too old for it, install that"
    elif not working and shutil.which("nvidia-smi"):
        advice = "an NVIDIA card is here: pip uninstall onnxruntime, then pip install "
        advice += "'onnxruntime-gpu[cuda,cudnn]'"
    return Finding("accelerators", "; ".join([fact, *broken]), advice)


def _codecs() -> list[Finding]:
    import av

    from cleanplate.media import codecs

    able, missing = [], []
    for name in codecs.names():
        chosen = codecs.codec(name)
        (able if chosen.encoder in av.codecs_available else missing).append(chosen.label)
    findings = [Finding("can write", ", ".join(able))]
    if missing:
        advice = "install the PyAV wheels: pip install --force-reinstall --only-binary av av"
        findings.append(Finding("cannot write", ", ".join(missing), advice))
    return findings


def _networks() -> Finding:
    from cleanplate.models import cache, manifest, names

    known = names()
    cached = [name for name in known if cache.present(manifest(name))]
    fact = f"{', '.join(cached) or 'none'} of {len(known)} in {cache.folder()}"
    advice = None
    if not cached:
        advice = "they are fetched when first used; to work offline, pull them beforehand"
    return Finding("networks", fact, advice)


def _disk(folder: Path) -> list[Finding]:
    return [
        _free_space(f"disk ({name})", place)
        for name, place in (("results", folder), ("temporary", Path(tempfile.gettempdir())))
    ]


def _store() -> Finding:
    store = open_store()
    place = store.folder or os.environ["CLEANPLATE_STORE"]
    used, limit = store.size(), store.limit
    fact = f"{used / GIB:.1f} of at most {limit / GIB:.1f} GiB in {place}"
    free = limit if store.folder is None else shutil.disk_usage(store.folder).free
    advice = None
    if free < limit - used:
        advice = "it may not grow so far: give it less with CLEANPLATE_STORE_LIMIT (bytes), or "
        advice += "another place with CLEANPLATE_STORE"
    return Finding("store", fact, advice)


def _cluster() -> Finding:
    version = _version("ray")
    if version == _MISSING:
        advice = "to fill on several machines: pip install 'cleanplate[cluster]'"
        return Finding("cluster", "Ray is not installed", advice)
    return Finding("cluster", f"Ray {version}; name one with export --cluster")


def _free_space(topic: str, place: Path) -> Finding:
    free = shutil.disk_usage(place).free
    advice = None
    if free < LITTLE_DISK:
        advice = "long clips may not fit; make room or write elsewhere"
    return Finding(topic, f"{free / GIB:.1f} GiB free at {place}", advice)
