"""Taking in a network that somebody made: fetched, checked by running it, and pinned by its hash."""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cleanplate.errors import ModelError, UsageError
from cleanplate.models.custom import registry
from cleanplate.models.custom.guard import Guard, GuardedSession, Limits, Refusal
from cleanplate.models.custom.manifest import CustomManifest, parts_of
from cleanplate.models.custom.reading import check_values
from cleanplate.models.custom.resolve import resolve

Progress = Callable[[str, int, int], None]
"""Called with an address, the bytes so far and the bytes in all (0 while that is not known)."""

_TIMEOUT = 20.0  # seconds without a byte
_CHUNK = 1 << 18
_HUB = "https://huggingface.co"


def add(
    files: Sequence[str],
    values: dict[str, Any],
    *,
    name: str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> registry.Entry:
    """Add a network of the user's own.

    Parameters
    ----------
    files
        An ONNX file, or an encoder and a decoder for the task "prompt": each a path, an https address
        or `hf:owner/name/file[@revision]`.
    values
        The fields of the manifest, `task` among them (see `cleanplate.models.custom.manifest`).
    name
        What to call it; default the file's own name.
    overwrite
        Replace a network of that name.

    The network is read and run on a sample in a guarded worker, and what comes out is held
    against the manifest. Raises `ManifestError` for a field that is wrong, `Refusal` for a network that will not be
    run, and ModelError for what cannot be fetched.
    """
    parts = parts_of(str(values.get("task")))
    if len(files) != len(parts):
        wanted = " and ".join(f"a file for the {part}" for part in parts)
        raise UsageError(
            f"The task {values.get('task')} takes {wanted if len(parts) > 1 else 'one file'}; "
            f"{len(files)} were given."
        )
    name = registry.free_name(name or _name_of(files[0]))
    if name in registry.names() and not overwrite:
        raise UsageError(f"There is a network {name} already. Give --name, or --overwrite.")
    guard = Guard(name, Limits.usual())
    try:
        data = {}
        for part, file in zip(parts, files, strict=True):
            content, folder = obtain(file, guard.limits.file, progress)
            if part == parts[0]:
                _check_hash(file, content, values.get("sha256"))
            data[part] = guard.load(part, content, folder)
        manifest = check_values(values, _describe(guard))
        settled, sample = settle(manifest, guard)
    finally:
        guard.close()
    return registry.keep(
        name,
        settled,
        data,
        origin="brought",
        source=" ".join(_public(file) for file in files),
        facts={part: guard.facts[part].describe() for part in parts},
        sample=sample,
    )


def settle(manifest: CustomManifest, guard: Guard) -> tuple[CustomManifest, str]:
    """The manifest with nothing left open, tried on a sample, and what came of that in words."""
    settled = resolve(manifest, guard.facts)
    parts = {part: GuardedSession(guard, part) for part in guard.facts}
    try:
        return settled, registry.runner(settled, parts).check()
    except Refusal as error:
        raise Refusal(f"{error} This was on a sample. {_describe(guard)}") from error


def _describe(guard: Guard) -> str:
    """What the network really takes and gives, part by part."""
    if len(guard.facts) == 1:
        return guard.facts["network"].describe()
    return " ".join(f"The {part}: {facts.describe()}" for part, facts in guard.facts.items())


def guarded(file: Path) -> GuardedSession:
    """A session for an ONNX file that was not added, in a worker of its own.

    Raises `Refusal`, or ModelError where the file cannot be read.
    """
    guard = Guard(file.name, Limits.usual())
    data, folder = obtain(str(file), guard.limits.file)
    guard.load("network", data, folder)
    return GuardedSession(guard, "network")


def obtain(file: str, most: int, progress: Progress | None = None) -> tuple[bytes, Path | None]:
    """The bytes of a file, and the folder that its external data may lie in: a path's own.

    `most` is how many bytes there may be. Raises ModelError when it cannot be had.
    """
    if "://" in file or file.startswith("hf:"):
        return _download(_address(file), most, progress), None
    path = Path(file).expanduser()
    try:
        if path.exists() and not path.is_file():  # a device may never end
            raise ModelError(f"{path} is no file. Name the ONNX file itself.")
        if path.stat().st_size > most:
            raise ModelError(f"{path} is larger than the {most >> 20} MiB that a network may be.")
        return path.read_bytes(), path.parent
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}).") from error


def _address(file: str) -> str:
    if file.startswith("https://"):
        return file
    if not file.startswith("hf:"):
        raise UsageError(f"{file}: networks are fetched from https addresses or hf: names only")
    place, _, revision = file[3:].partition("@")
    steps = place.split("/")
    if len(steps) < 3 or not all(steps) or ".." in steps:
        raise UsageError(f"{file}: write hf:owner/name/file.onnx, or with @revision after it")
    return f"{_HUB}/{steps[0]}/{steps[1]}/resolve/{revision or 'main'}/{'/'.join(steps[2:])}"


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but never away from https."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if not newurl.startswith("https://"):
            raise urllib.error.URLError(f"it redirects to {newurl.split(':')[0]}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(address: str, most: int, progress: Progress | None) -> bytes:
    if os.environ.get("CLEANPLATE_OFFLINE"):
        raise ModelError(
            f"{address} was not fetched: CLEANPLATE_OFFLINE is set. Unset it, or name a file."
        )
    request = urllib.request.Request(address, headers={"User-Agent": "cleanplate"})
    opener = urllib.request.build_opener(_HttpsOnly)
    try:
        with opener.open(request, timeout=_TIMEOUT) as answer, tempfile.TemporaryFile() as out:
            length = answer.headers.get("Content-Length", "")
            total = int(length) if length.isdigit() else 0
            while block := answer.read(_CHUNK):
                out.write(block)
                if out.tell() > most:
                    raise ModelError(f"{address} sends more than {most >> 20} MiB; it was stopped.")
                if progress is not None:
                    progress(address, out.tell(), total)
            if out.tell() < total:
                raise ModelError(f"{address} ended after {out.tell()} of {total} bytes. Try again.")
            out.seek(0)
            return out.read()
    except urllib.error.HTTPError as error:
        raise ModelError(f"{address} answers {error.code}. Check the address.") from error
    except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
        why = getattr(error, "reason", error)
        raise ModelError(
            f"{address} is not reachable ({why}). Check the connection, or download it elsewhere "
            "and name the file."
        ) from error


def _check_hash(file: str, data: bytes, wanted: object) -> None:
    found = hashlib.sha256(data).hexdigest()
    if wanted is not None and found != str(wanted).lower():
        raise ModelError(
            f"{file} is not the file that was meant: its SHA-256 is {found}, not {wanted}. "
            "It was not added."
        )


def _name_of(file: str) -> str:
    last = file.split("@")[0].rstrip("/").replace("\\", "/").rsplit("/", 1)[-1]
    return registry.name_from(last.removesuffix(".onnx"))


def _public(file: str) -> str:
    """Where a network came from, without the folders of the user's machine."""
    return file if "://" in file or file.startswith("hf:") else Path(file).name
