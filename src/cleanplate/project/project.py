"""A project: what the user said of one clip, in a folder that can be copied and put under version
control. Nothing derived is in it.

    a.cleanplate/
      project.json     the clip, by path and by content
      journal.jsonl    every edit, one line each
      masks/*.png      the masks that edits name, each called by the hash of its pixels
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.atomic import sync_folder, write_whole
from cleanplate.errors import ProjectError, UsageError
from cleanplate.project.fingerprint import fingerprint, is_there, stamp
from cleanplate.project.journal import Journal
from cleanplate.project.schema import EDIT, Edit, ProjectFile, Source, read_project_file
from cleanplate.project.state import History, State, pictures_of

SUFFIX = ".cleanplate"

_NAMED_SOON = 600.0
"""Seconds within which a picture that was stored is named by an edit, if it ever is."""


class Project:
    """An open project. What it says is on disk when a method that changes it returns."""

    def __init__(self, folder: Path, file: ProjectFile, older: bool = False) -> None:
        """`older` says that the file on disk is of an older version than `file`."""
        self.folder = folder
        self._file = file
        self._older = older
        self._journal = Journal(folder / "journal.jsonl")

    @classmethod
    def create(cls, folder: str | os.PathLike[str], clip: str | os.PathLike[str]) -> Project:
        """Make a new project for `clip`, which is read once for its fingerprint.

        Raises `UsageError` where something of that name exists, or no clip does.
        """
        folder, clip = Path(folder), Path(clip)
        if not is_there(clip):
            raise UsageError(f"{clip} does not exist. Check the name.")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} exists already; open it, or give another name")
        try:
            (folder / "masks").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(f"{folder} cannot be made: {error.strerror}") from error
        # The project's own file comes last: a folder without it is no project yet.
        file = ProjectFile(source=_describe(folder, clip))
        _save(folder, file)
        sync_folder(folder.parent)
        return cls(folder, file)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Project:
        """Open a project of this version or an older one, which is brought up to this version
        when it is first changed.

        Raises `ProjectError` where there is none, or it is damaged or too new.
        """
        folder = Path(folder)
        path = folder / "project.json"
        try:
            text = path.read_bytes()
        except OSError as error:
            raise ProjectError(
                f"{folder} is no project: it has no project.json. Make one with "
                "cleanplate project new."
            ) from error
        project = cls(folder, *read_project_file(text, path))
        project.history()
        return project

    def delete(self) -> None:
        """Delete the project and all in it."""
        shutil.rmtree(self.folder)

    def history(self) -> History:
        """Every edit in force and undone, as it is on disk now."""
        try:
            return History.of(self._journal.read())
        except (ValueError, KeyError, IndexError) as error:
            raise ProjectError(
                f"{self.folder}: the journal holds an edit that is not known here. "
                "It may come from a later Cleanplate; install that version."
            ) from error

    def state(self) -> State:
        """What the edits in force add up to."""
        return self.history().state()

    def edit(self, edit: Edit) -> None:
        """Add an edit. Edits that were undone can then no longer come back."""
        self._bring_up()
        self._journal.append({"edit": EDIT.dump_python(edit, mode="json")})

    def undo(self) -> Edit:
        """Undo the last edit in force, which returns. Raises `UsageError` if there is none."""
        return self._step_in_time("undo", lambda history: history.done)

    def redo(self) -> Edit:
        """Bring back the edit that was undone last, which returns. Raises `UsageError` if none."""
        return self._step_in_time("redo", lambda history: history.undone)

    def _step_in_time(self, word: str, edits_of: Callable[[History], list[Edit]]) -> Edit:
        self._bring_up()
        moved: list[Edit] = []

        def choose(entries: list[dict[str, Any]]) -> dict[str, Any]:
            edits = edits_of(History.of(entries))
            if not edits:
                raise UsageError(f"{self.folder}: there is nothing to {word}")
            moved.append(edits[-1])
            return {word: True}

        self._journal.decide(choose)
        return moved[0]

    def _bring_up(self) -> None:
        """Write an older project's file anew, before an edit that older versions do not know."""
        if self._older:
            _save(self.folder, self._file)
            self._older = False

    def keep_mask(self, mask: NDArray[np.bool_]) -> str:
        """Store a mask, bool (h, w), and return the name that edits call it by."""
        digest = hashlib.blake2b(np.packbits(mask), digest_size=10)
        digest.update(str(mask.shape).encode())
        name = f"{digest.hexdigest()}.png"
        path = self.folder / "masks" / name
        if path.exists():
            os.utime(path)  # in use from now on, for `clean`
        else:
            picture = mask.astype(np.uint8) * 255
            encoded, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_BILEVEL, 1])
            if not encoded:
                raise ProjectError(f"{path} cannot be encoded")
            path.parent.mkdir(exist_ok=True)
            write_whole(path, data.tobytes())
        return name

    def load_mask(self, name: str) -> NDArray[np.bool_]:
        """A stored mask, bool (h, w). Raises `ProjectError` where it is missing or damaged."""
        path = self.folder / "masks" / name
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.exists() else None
        if picture is None:
            raise ProjectError(f"{path} is missing or damaged. Restore it from a backup.")
        return picture > 127

    def load_masks(self, names: Iterable[str]) -> NDArray[np.bool_]:
        """The masks of one or several pictures together. Raises as `load_mask` does."""
        first, *others = (self.load_mask(name) for name in names)
        for other in others:
            first = first | other
        return first

    def clean(self, older: float = _NAMED_SOON) -> int:
        """Delete the mask pictures that no edit names, undone ones included; returns their bytes.

        Those that were stored less than `older` seconds ago stay: an edit may be about to name
        them.
        """
        used, freed = self.masks_in_use(), 0
        for path in (self.folder / "masks").glob("*.png"):
            facts = path.stat()
            if path.name not in used and time.time() - facts.st_mtime >= older:
                path.unlink()
                freed += facts.st_size
        return freed

    def masks_in_use(self) -> set[str]:
        """The pictures that edits name, those that were undone included."""
        history = self.history()
        return {name for edit in [*history.done, *history.undone] for name in pictures_of(edit)}

    @property
    def fingerprint(self) -> str:
        """What the clip is known by."""
        return self._file.source.fingerprint

    def clip(self) -> Path:
        """Where the clip is, having made sure that it is the same clip.

        A clip that moved together with the project, or lies beside it, is found. Raises
        `ProjectError` where there is none, or its content has changed.
        """
        source = self._file.source
        path = (self.folder.parent / source.path).resolve()
        if is_there(path):
            if [list(item) for item in source.stamp] == stamp(path):
                return path
            if fingerprint(path) == source.fingerprint:
                self._remember(path)
                return path
        moved = self._search(path.name)
        if moved is not None:
            self._remember(moved)
            return moved
        if is_there(path):
            raise ProjectError(
                f"{path} has changed since the project was made. Put the old clip back, or make "
                "a new project for this one."
            )
        raise ProjectError(
            f"{path} is gone. Put it back, or beside the project, or name its new place with "
            "cleanplate project find-clip."
        )

    def find_clip(self, place: str | os.PathLike[str]) -> Path:
        """Say where the clip is now. Raises `ProjectError` where that is another clip."""
        path = Path(place)
        if not is_there(path):
            raise UsageError(f"{path} does not exist. Check the name.")
        if fingerprint(path) != self._file.source.fingerprint:
            raise ProjectError(f"{path} is another clip: its content is not the project's.")
        self._remember(path)
        return path.resolve()

    def _search(self, name: str) -> Path | None:
        """The clip under its own name or another, in or beside the project."""
        beside = self.folder.resolve().parent
        names = [beside / name, self.folder.resolve() / name]
        sizes = {size for _, size, _ in self._file.source.stamp}
        if len(self._file.source.stamp) == 1:
            names += [p for p in beside.iterdir() if p.is_file() and p.stat().st_size in sizes]
        for path in names:
            if is_there(path) and fingerprint(path) == self._file.source.fingerprint:
                return path
        return None

    def _remember(self, path: Path) -> None:
        source = Source(
            path=_relative(self.folder, path),
            fingerprint=self._file.source.fingerprint,
            stamp=stamp(path),
        )
        self._file = self._file.model_copy(update={"source": source})
        _save(self.folder, self._file)


def _describe(folder: Path, clip: Path) -> Source:
    return Source(path=_relative(folder, clip), fingerprint=fingerprint(clip), stamp=stamp(clip))


def _relative(folder: Path, clip: Path) -> str:
    try:
        return Path(os.path.relpath(clip.resolve(), folder.resolve().parent)).as_posix()
    except ValueError:  # another drive
        return str(clip.resolve())


def _save(folder: Path, file: ProjectFile) -> None:
    write_whole(folder / "project.json", (file.model_dump_json(indent=1) + "\n").encode())
