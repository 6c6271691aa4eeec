"""Where a clip is cut, found of itself once nothing is left to be made ready of it.

The search gives way to everything else: to whoever looks at another frame, to what is made ahead,
and to the project's jobs, which find the cuts themselves where they need them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from cleanplate.engine.overlap import Halt
from cleanplate.engine.shots import shots_of
from cleanplate.engine.store import Store
from cleanplate.errors import Cancelled, CleanplateError
from cleanplate.server.frames import Frames
from cleanplate.server.opened import Clip, OpenProject

_LOOK = 0.2
"""Seconds between two looks at whether there is anything else to do."""


class Cuts:
    """Looks for the shots of projects' clips.

    `busy` says whether a job of a project is at work, `told` is called with a project whose shots
    have been found.
    """

    def __init__(
        self,
        store: Store,
        frames: Frames,
        busy: Callable[[str], bool],
        told: Callable[[OpenProject], None],
    ) -> None:
        self._store = store
        self._frames = frames
        self._busy = busy
        self._told = told
        self._wanted: dict[str, OpenProject] = {}
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def want(self, project: OpenProject) -> None:
        """Look for the shots of a project's clip, unless they are known."""
        if project.shots() is not None:
            return
        with self._changed:
            self._wanted[project.id] = project
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, name="cuts", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(2)

    def _run(self) -> None:
        while not self._closed.wait(_LOOK):
            with self._changed:
                self._changed.wait_for(lambda: self._closed.is_set() or self._wanted)
                wanted = list(self._wanted.values())
            for project in wanted:
                if self._is_done(project):
                    with self._changed:
                        self._wanted.pop(project.id, None)

    def _is_done(self, project: OpenProject) -> bool:
        """Look for the shots of a project's clip, if there is nothing else to do; whether there is
        no more to look for."""
        try:
            clip = project.clip()
            if project.shots() is None:
                self._give_way(project, clip)
                shots_of(
                    clip.info, clip.fingerprint, self._store, Halt(),
                    told=lambda count: self._give_way(project, clip),
                )  # fmt: skip
            self._told(project)
        except Cancelled:
            return False
        except (CleanplateError, OSError):
            pass  # a clip that cannot be read is said to whoever asks for a frame of it
        return True

    def _give_way(self, project: OpenProject, clip: Clip) -> None:
        """Wait while there is anything else to do; raise `Cancelled` where that may take long."""
        while self._busy(project.id) or not self._frames.at_rest(clip):
            found = project.shots() is not None
            if found or not self._frames.looks_at(clip) or self._closed.wait(_LOOK):
                raise Cancelled("there is something else to do")
        self._frames.readers.give_way()
