"""The user's own networks: where they are kept, by name, each with its manifest and hashes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanplate.atomic import write_whole
from cleanplate.errors import ModelError, UsageError
from cleanplate.models.custom.guard import Guard, GuardedSession, Limits
from cleanplate.models.custom.manifest import (
    MANIFEST,
    CustomManifest,
    Detect,
    Inpaint,
    Matte,
    Prompted,
    Segment,
    parts_of,
)
from cleanplate.models.custom.runners import (
    CustomDetector,
    CustomInpainter,
    CustomMatte,
    CustomPrompted,
    CustomSegmenter,
    Running,
)
from cleanplate.models.manifests import names as catalogue_names

Runner = CustomDetector | CustomSegmenter | CustomMatte | CustomPrompted | CustomInpainter

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_MOST_LOADED = 3  # networks that stay loaded at once; the least recently used goes first


class StoredFile(BaseModel):
    """One file of a network: size in bytes, and the hash that pins it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    part: str
    name: str
    size: int
    sha256: str


class Entry(BaseModel):
    """A network of the user's own. `origin` is "brought" (a stranger's: it only ever runs in a
    guarded worker) or "trained" (made here). `facts` says what each part takes and gives."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1] = 1
    name: str
    origin: Literal["brought", "trained"]
    source: str
    added: str
    files: list[StoredFile]
    facts: dict[str, str] = Field(default_factory=dict)
    sample: str = ""
    manifest: CustomManifest = Field(discriminator="task")

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(item.size for item in self.files)


def home() -> Path:
    """Where the user's own networks are kept: `CLEANPLATE_CUSTOM`, else among the user's data.

    Not in the cache: what was trained cannot be fetched again.
    """
    named = os.environ.get("CLEANPLATE_CUSTOM")
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_data_dir("cleanplate", appauthor=False)) / "networks"


def folder_of(name: str) -> Path:
    """The folder of one network."""
    return home() / name


def names() -> list[str]:
    """Every network of the user's own, in alphabetical order."""
    if not home().is_dir():
        return []
    return sorted(p.parent.name for p in home().glob("*/network.json"))


def entry(name: str) -> Entry:
    """What is known of one network. Raises ModelError when there is none, or it is damaged."""
    path = folder_of(check_name(name)) / "network.json"
    try:
        return Entry.model_validate_json(path.read_bytes())
    except OSError as error:
        known = ", ".join(names()) or "none yet"
        raise ModelError(
            f"There is no network of your own called {name}. There are: {known}."
        ) from error
    except ValidationError as error:
        raise ModelError(
            f"{path} is damaged. Remove it with: cleanplate models remove {name}"
        ) from error


def check_name(name: str) -> str:
    """A name that may stand in paths and on the command line; raises UsageError for others."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a network: take small letters, digits, and - _ . between "
            "them, at most 40."
        )
    return name


def name_from(text: str) -> str:
    """A name for a network made of any words: "Boom, left" becomes "boom-left".

    Raises UsageError where no letter or digit is left.
    """
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "_.") else "-" for c in text.lower())
    return check_name(re.sub("-+", "-", plain).strip("-_.")[:40] or text)


def free_name(name: str) -> str:
    """`name`, having made sure that a new network may have it."""
    if name in catalogue_names():
        raise UsageError(f"{name} is a network of the catalogue. Give another with --name.")
    return check_name(name)


def keep(
    name: str,
    manifest: CustomManifest,
    data: Mapping[str, bytes],
    *,
    origin: Literal["brought", "trained"],
    source: str,
    facts: Mapping[str, str],
    sample: str = "",
) -> Entry:
    """Store a checked network under `name`, whole or not at all; replaces one of that name.

    `data` has the ONNX bytes of each part. What else lies in the network's folder stays.
    """
    free_name(name)
    folder = folder_of(name)
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part in parts_of(manifest.task):
            digest = hashlib.sha256(data[part]).hexdigest()
            # Each version of a file has a name of its own, so that the old one works until the end.
            item = StoredFile(
                part=part, name=f"{part}-{digest[:12]}.onnx", size=len(data[part]), sha256=digest
            )
            write_whole(folder / item.name, data[part])
            files.append(item)
        made = Entry(
            name=name,
            origin=origin,
            source=source,
            added=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
            files=files,
            facts=dict(facts),
            sample=sample,
            manifest=manifest,
        )
        write_whole(folder / "network.json", made.model_dump_json(indent=1).encode())
        for old in folder.glob("*.onnx"):
            if old.name not in {item.name for item in files}:
                old.unlink()
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be written ({error.strerror}). Set CLEANPLATE_CUSTOM to a folder "
            "that can."
        ) from error
    release(name)
    return made


def remove(name: str) -> None:
    """Forget a network, and with it what it was trained from. Raises ModelError when there is none."""
    folder = folder_of(check_name(name))
    if not folder.is_dir():
        entry(name)
    release(name)
    shutil.rmtree(folder)


def read(found: Entry, part: str) -> bytes:
    """The bytes of one part, having checked that they are those that were pinned."""
    item = next(item for item in found.files if item.part == part)
    path = folder_of(found.name) / item.name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}). Add the network again."
        ) from error
    if hashlib.sha256(data).hexdigest() != item.sha256:
        raise ModelError(
            f"{path} is not the file that was added (its SHA-256 is wrong), so it was not loaded. "
            "Add the network again."
        )
    return data


_loaded: OrderedDict[tuple[str, str], Runner] = OrderedDict()
_lock = threading.RLock()


def load(name: str) -> Runner:
    """A network of the user's own, ready to run; it stays loaded for the next caller.

    Which class returns depends on its task: `CustomDetector`, `CustomSegmenter`, `CustomMatte`,
    `CustomPrompted` or `CustomInpainter`. Raises ModelError when there is none, when its files are
    not those that were added, or when it cannot be loaded.
    """
    with _lock:
        found = entry(name)
        key = (str(folder_of(name)), ",".join(item.sha256 for item in found.files))
        if key not in _loaded or not _alive(_loaded[key]):
            data = {item.part: read(found, item.part) for item in found.files}
            _loaded[key] = runner(found.manifest, sessions(name, data, found.origin))
        _loaded.move_to_end(key)
        while len(_loaded) > _MOST_LOADED:
            _loaded.popitem(last=False)
        return _loaded[key]


def _alive(loaded: Runner) -> bool:
    """Whether what runs a network still does; a worker may have been ended for taking too long."""
    return all(getattr(session, "alive", True) for session in vars(loaded).values())


def sessions(name: str, data: Mapping[str, bytes], origin: str) -> dict[str, Running]:
    """A session for each part: a stranger's in a worker of its own, ours in this process."""
    if origin == "trained":
        from cleanplate.models.sessions import Session

        return {part: Session(content, name=name) for part, content in data.items()}
    guard = Guard(name, Limits.usual())
    for part, content in data.items():
        guard.load(part, content)
    return {part: GuardedSession(guard, part) for part in data}


def runner(manifest: CustomManifest, parts: Mapping[str, Running]) -> Runner:
    """The class that runs a task's networks, made from a settled manifest."""
    match manifest:
        case Detect():
            return CustomDetector(manifest, parts["network"])
        case Segment():
            return CustomSegmenter(manifest, parts["network"])
        case Matte():
            return CustomMatte(manifest, parts["network"])
        case Prompted():
            return CustomPrompted(manifest, parts["encoder"], parts["decoder"])
        case Inpaint():
            return CustomInpainter(manifest, parts["network"])


def release(name: str | None = None) -> None:
    """Drop what is loaded, of one network or of all."""
    with _lock:
        for key in list(_loaded):
            if name is None or Path(key[0]).name == name:
                del _loaded[key]


def parse_manifest(text: bytes | str) -> CustomManifest:
    """A settled manifest from its JSON."""
    return MANIFEST.validate_json(text)


def as_json(found: Entry) -> dict:
    """An entry as plain values."""
    return json.loads(found.model_dump_json())
