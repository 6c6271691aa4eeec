"""The workspace: the folder that projects lie in, and the ids that they are known by.

Cleanplate/
  Beach.cleanplate/     projects
  Clips/                clips that were uploaded
  Exports/              what was exported
  .cleanplate/          the server's own: its queue, unfinished uploads, the trash
"""

from __future__ import annotations

import os
import re
import secrets
import string
import threading
import time
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from cleanplate.atomic import sync_folder
from cleanplate.engine.store import Store
from cleanplate.errors import ProjectError
from cleanplate.project import SUFFIX, Project
from cleanplate.server.database import Database
from cleanplate.server.hub import Hub
from cleanplate.server.opened import OpenProject
from cleanplate.server.refusals import Refused
from cleanplate.server.settings import ServerSettings

_LETTERS = string.ascii_lowercase + string.digits

_RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}
"""Names that Windows keeps for itself, whatever their ending."""

_LONGEST = 100
"""Characters of a name that is made of a stranger's."""

_LOOK = 1.0
"""Seconds between looks at whether another program has changed a project that is listened to."""


def new_id() -> str:
    """A short name that nobody guesses wrong by a typing error: 10 letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def safe_name(text: str, otherwise: str) -> str:
    """A file's name made of a stranger's words: one part of a path, valid on every system.

    >>> safe_name("../../etc/passwd", "clip")
    'passwd'
    """
    text = unicodedata.normalize("NFC", text).replace("\\", "/").rsplit("/", 1)[-1]
    text = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', " ", text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn"))
    text = " ".join(text.split()).strip(" .")
    stem, dot, ending = text.rpartition(".")
    if not dot:
        stem, ending = text, ""
    stem = stem.encode()[:_LONGEST].decode("utf-8", "ignore").strip(" .")
    ending = ending.encode()[:12].decode("utf-8", "ignore").strip(" .")
    if not stem or stem.lower() in _RESERVED:
        stem = otherwise
    return f"{stem}.{ending}" if ending else stem


def free_path(folder: Path, stem: str, ending: str, taken: Collection[Path] = frozenset()) -> Path:
    """`stem` + `ending` in `folder`, with a number where that exists or is taken: "Beach 2.mp4"."""
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f' {number}'}{ending}"
        if not path.exists() and path not in taken:
            return path
        number += 1


class Workspace:
    """The projects that can be opened, by id."""

    def __init__(
        self, settings: ServerSettings, database: Database, hub: Hub, store: Store
    ) -> None:
        self.folder = settings.folder.resolve()
        self.store = store
        self._allowed = tuple(path.resolve() for path in settings.allowed)
        self._hidden = settings.hidden
        self._database = database
        self._hub = hub
        self._lock = threading.RLock()
        self._open: dict[str, OpenProject] = {}
        self._watched: dict[str, int] = {}
        self._watcher: threading.Thread | None = None
        self._closed = threading.Event()

    @property
    def clips(self) -> Path:
        """Where uploads go."""
        return self._made(self.folder / "Clips")

    @property
    def exports(self) -> Path:
        """Where exports go."""
        return self._made(self.folder / "Exports")

    @staticmethod
    def _made(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def all(self) -> list[tuple[str, Path, float]]:
        """Id, folder and time of the last change of every project, the latest first."""
        self._find_new()
        found = []
        for row in self._database.rows("SELECT id, path FROM projects"):
            folder = Path(row["path"])
            try:
                changed = (folder / "project.json").stat().st_mtime
            except OSError:  # moved away or deleted: listed again when it is back
                continue
            journal = folder / "journal.jsonl"
            if journal.exists():
                changed = max(changed, journal.stat().st_mtime)
            found.append((row["id"], folder, changed))
        return sorted(found, key=lambda one: -one[2])

    def open(self, id: str) -> OpenProject:
        """The project called `id`. 404 where there is none, `ProjectError` where it is damaged."""
        with self._lock:
            row = self._database.row("SELECT path FROM projects WHERE id = ?", id)
            if row is None or not (Path(row["path"]) / "project.json").is_file():
                self._open.pop(id, None)
                raise Refused(404, "There is no such project.", "It was deleted or moved, perhaps.")
            known = self._open.get(id)
            if known is None or known.folder != Path(row["path"]):
                known = self._open[id] = OpenProject(id, Path(row["path"]), self.store, self._tell)
            return known

    def add(self, folder: Path) -> OpenProject:
        """Know the project in `folder`, wherever it lies."""
        return self.open(self._id_of(folder.resolve()))

    def make(self, name: str, clip: Path) -> OpenProject:
        """A new project for `clip` in the workspace; its name gets a number if it is taken."""
        stem = safe_name(name, "Project").removesuffix(SUFFIX)
        with self._lock:
            self.folder.mkdir(parents=True, exist_ok=True)
            folder = free_path(self.folder, stem, SUFFIX)
            Project.create(folder, clip)
        return self.add(folder)

    def rename(self, project: OpenProject, name: str, busy: bool) -> None:
        """Give a project, and its folder, another name. 409 where it is taken, or in use."""
        if name == project.name:
            return
        if safe_name(name + SUFFIX, "") != name + SUFFIX:
            raise Refused(422, f"{name!r} cannot be a file's name.", field="name")
        if busy:
            raise Refused(
                409, "A job is at work on the project.", "Wait for it, or cancel it.", field="name"
            )
        target = project.folder.with_name(name + SUFFIX)
        with self._lock:
            if target.exists() and not target.samefile(project.folder):
                raise Refused(409, f"There is a project called {name!r} already.", field="name")
            os.rename(project.folder, target)
            with self._database.changing() as database:
                database.execute(
                    "UPDATE projects SET path = ? WHERE id = ?", (str(target), project.id)
                )
            self._open.pop(project.id, None)
            project.moved(target)
            self._open[project.id] = project
        self._tell(project)

    def discard(self, project: OpenProject) -> None:
        """Put a project into the trash; one that lies elsewhere is only forgotten."""
        trash = self._made(self._hidden / "trash")
        with self._lock:
            if project.folder.is_relative_to(self.folder):
                os.rename(project.folder, free_path(trash, project.name, SUFFIX))
                sync_folder(project.folder.parent)
            with self._database.changing() as database:
                database.execute("DELETE FROM projects WHERE id = ?", (project.id,))
            self._open.pop(project.id, None)
            self._watched.pop(project.id, None)

    def allowed(self, path: Path) -> Path:
        """`path`, resolved, if it lies in the workspace or was named on the command line.

        Raises `Refused`, which says the same of what does not exist as of what is forbidden.
        """
        try:
            place = (self.folder / path).resolve()
        except (OSError, ValueError) as error:
            raise Refused(403, "That is no path.", field="path") from error
        inside = place.is_relative_to(self.folder) and not place.is_relative_to(
            self._hidden.resolve()
        )
        named = any(place.is_relative_to(one) for one in self._allowed)
        if not (inside or named) or not place.exists():
            raise Refused(
                403,
                f"{path} is not in the workspace {self.folder}.",
                "Put the clip there, upload it, or name it when the server is started.",
                field="path",
            )
        return place

    def watch(self, project: OpenProject) -> None:
        """Tell listeners of a project also of what other programs change of it."""
        with self._lock:
            self._watched.setdefault(project.id, project.now().revision)
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._look, name="watcher", daemon=True)
                self._watcher.start()

    def changed(self, id: str) -> None:
        """Tell listeners that another process has changed a project."""
        with suppress(Refused, ProjectError):
            self._tell(self.open(id))

    def tell_shots(self, project: OpenProject) -> None:
        """Tell listeners where a project's clip is cut, once that is known."""
        shots = project.shots()
        if shots is not None:
            spans = [(shot.start, shot.stop) for shot in shots]
            self._hub.publish({"type": "shots", "project": project.id, "shots": spans}, project.id)

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _look(self) -> None:
        while not self._closed.wait(_LOOK):
            for id, seen in list(self._watched.items()):
                try:
                    project = self.open(id)
                    if project.now().revision != seen:
                        self._tell(project)
                except (Refused, ProjectError, OSError):
                    self._watched.pop(id, None)

    def _tell(self, project: OpenProject) -> None:
        revision = project.now().revision
        if project.id in self._watched:
            self._watched[project.id] = revision
        event = {"type": "project", "project": project.id, "revision": revision}
        self._hub.publish(event, project.id)

    def _find_new(self) -> None:
        for folder in self.folder.glob(f"[!.]*{SUFFIX}"):
            if (folder / "project.json").is_file():
                self._id_of(folder)

    def _id_of(self, folder: Path) -> str:
        with self._lock, self._database.changing() as database:
            database.execute(
                "INSERT OR IGNORE INTO projects (id, path, opened) VALUES (?, ?, ?)",
                (new_id(), str(folder), time.time()),
            )
            row = database.execute(
                "SELECT id FROM projects WHERE path = ?", (str(folder),)
            ).fetchone()
            return row["id"]
