"""The queue: what is to be done, in which order, and what became of it. It outlives the server.

A few jobs run side by side, one in each lane: what someone is waiting for, exports, fetching, training.
Each runs in a process of its own choosing. A paused job keeps its process, with all that it holds,
and leaves its lane to others; after a restart it starts again, from what is in the store.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cleanplate.media import leftovers
from cleanplate.server.database import Database
from cleanplate.server.hub import Hub
from cleanplate.server.jobs.entries import ENDED, Entry, Kept
from cleanplate.server.jobs.process import Message, Process
from cleanplate.server.opened import OpenProject
from cleanplate.server.refusals import Refused
from cleanplate.server.schema.jobs import Job
from cleanplate.server.settings import ServerSettings
from cleanplate.server.workspace import Workspace, new_id

LANES = {
    "track": "now",
    "shadow": "now",
    "preview": "now",
    "export": "export",
    "fetch": "fetch",
    "train": "train",
}
"""The lane of each kind of job."""

_ATTEMPTS = 3
"""Times that a job is begun again after the server itself went down, before it is given up."""

_PATIENCE = 10.0
"""Seconds that a job has to notice that it was cancelled, before its process is ended."""

_SAVED = 1.0
"""Seconds between writing down how far a job is."""

_KEPT = 200
"""Jobs that have ended and are still listed."""


class Jobs:
    """The queue and the processes that work it off."""

    def __init__(
        self, settings: ServerSettings, database: Database, hub: Hub, workspace: Workspace
    ) -> None:
        self._settings = settings
        self._kept = Kept(database)
        self._hub = hub
        self._workspace = workspace
        self._lock = threading.RLock()
        self._entries: dict[str, Entry] = {}
        self._idle: list[Process] = []
        self._timers: list[threading.Timer] = []
        self._held: list[Process] = []
        self._holders = 0
        self._closed = False

    def start(self) -> None:
        """Take up the queue as it was: what was running begins again, in its old place."""
        leftovers.clear(self._workspace.exports)
        with self._lock:
            for entry in self._kept.all():
                self._entries[entry.id] = entry
                if entry.state != "running":
                    continue
                if entry.attempts >= _ATTEMPTS:
                    entry.state, entry.finished = "failed", time.time()
                    entry.error = {
                        "message": f"The server went down {_ATTEMPTS} times while at this job.",
                        "remedy": "Start it again, with less of the clip perhaps.",
                    }
                else:
                    entry.state, entry.message = "queued", "begins again after a restart"
                self._kept.save(entry)
            self._next()

    def close(self) -> None:
        """End the processes; what is running stays so in the queue, for the next start."""
        with self._lock:
            self._closed = True
            processes = [e.process for e in self._entries.values() if e.process] + self._idle
            for timer in self._timers:
                timer.cancel()
        for process in processes:
            process.kill()
        for process in processes:
            process.close()

    # What the routes ask for.

    def add(
        self, kind: str, project: OpenProject | None, request: dict[str, Any], title: str
    ) -> Job:
        """Put a job into the queue. One that is there already and not begun is not put twice."""
        with self._lock:
            owner = project.id if project else None
            for known in self._entries.values():
                same = (known.kind, known.project, known.request) == (kind, owner, request)
                if same and known.state == "queued":
                    return known.to_job()
            entry = Entry(new_id(), kind, owner, title, request)
            self._entries[entry.id] = entry
            self._kept.insert(entry)
            self._changed(entry)
            self._next()
            return entry.to_job()

    def list(self, project: str | None = None, state: str | None = None) -> list[Job]:
        """Jobs, the latest first."""
        with self._lock:
            chosen = [
                entry
                for entry in self._entries.values()
                if project in (None, entry.project) and state in (None, entry.state)
            ]
            return [entry.to_job() for entry in reversed(chosen)]

    def get(self, id: str) -> Job:
        """One job. 404 where there is none."""
        with self._lock:
            return self._find(id).to_job()

    def busy(self, project: str) -> bool:
        """Whether a job of a project is at work or waiting to be."""
        with self._lock:
            return any(
                entry.project == project and entry.state not in ENDED
                for entry in self._entries.values()
            )

    def at_work(self, project: str, kind: str, frame: int) -> str | None:
        """The job of this kind that will do this frame, if there is one."""
        with self._lock:
            for entry in self._entries.values():
                if (entry.project, entry.kind) != (project, kind) or entry.state in ENDED:
                    continue
                if entry.request["first"] <= frame < entry.request["end"]:
                    return entry.id
        return None

    def requests(self, project: str, kind: str) -> list[dict[str, Any]]:
        """What was asked for of a kind, whatever became of it."""
        with self._lock:
            return [
                entry.request
                for entry in self._entries.values()
                if (entry.project, entry.kind) == (project, kind)
            ]

    def outputs(self) -> set[str]:
        """The files that exports write, or will: no other may."""
        with self._lock:
            return {
                entry.request["output"]
                for entry in self._entries.values()
                if entry.kind == "export" and entry.state != "done" and "output" in entry.request
            }

    def cancel(self, id: str) -> Job:
        """Stop it for good."""
        with self._lock:
            entry = self._find(id)
            if entry.state in ("queued", "paused") and entry.process is None:
                self._end(entry, "cancelled")
                self._next()
            elif entry.state not in ENDED and entry.process is not None:
                entry.stopping, entry.message = True, "stopping"
                entry.process.send({"do": "cancel", "job": id})
                self._later(_PATIENCE, lambda: self._insist(entry))
                self._changed(entry)
            return entry.to_job()

    def cancel_all(self, project: str) -> None:
        """Stop all jobs of a project, and wait until they have."""
        with self._lock:
            mine = [e for e in self._entries.values() if e.project == project]
            for entry in mine:
                if entry.state not in ENDED:
                    self.cancel(entry.id)
        deadline = time.monotonic() + _PATIENCE + 1
        while self.busy(project) and time.monotonic() < deadline:
            time.sleep(0.05)

    def pause(self, id: str) -> Job:
        """Stop it for now. 409 where it has ended."""
        with self._lock:
            entry = self._find(id)
            if entry.state in ENDED:
                raise Refused(409, f"The job is {entry.state}: it cannot be paused.", job=id)
            if entry.process is not None:
                entry.process.send({"do": "pause", "job": id})
            entry.state, entry.seconds_left = "paused", None
            self._kept.save(entry)
            self._changed(entry)
            self._next()
            return entry.to_job()

    def resume(self, id: str) -> Job:
        """Go on with it, in its turn. 409 where it is done, or not stopped."""
        with self._lock:
            entry = self._find(id)
            if entry.state == "done":
                raise Refused(409, "The job is done.", job=id)
            if entry.state in ("paused", "failed", "cancelled"):
                if entry.project is not None:
                    self._workspace.open(entry.project)
                entry.state, entry.finished, entry.error = "queued", None, None
                entry.attempts, entry.message = 0, ""
                self._kept.save(entry)
                self._changed(entry)
                self._next()
            return entry.to_job()

    def forget(self, id: str) -> None:
        """Take it off the list. 409 while it has not ended."""
        with self._lock:
            entry = self._find(id)
            if entry.state not in ENDED:
                raise Refused(409, f"The job is {entry.state}.", "Cancel it first.", job=id)
            self._drop(entry)

    @contextmanager
    def held(self) -> Iterator[list[int]]:
        """Meanwhile the processes at work stand still, for somebody waits for something short.

        Their numbers are given, so that they are let go on also where the server ends before it
        does that itself.
        """
        with self._lock:
            if not self._holders:
                at_work = [e.process for e in self._entries.values() if e.state == "running"]
                self._held = [one for one in at_work if one is not None]
                for process in self._held:
                    process.hold()
            self._holders += 1
            pids = [process.pid for process in self._held]
        try:
            yield pids
        finally:
            with self._lock:
                self._holders -= 1
                if not self._holders:
                    for process in self._held:
                        process.go_on()
                    self._held = []

    # Working it off. All of it with the lock held.

    def _find(self, id: str) -> Entry:
        if id not in self._entries:
            raise Refused(404, "There is no such job.", "Get the list of jobs again.")
        return self._entries[id]

    def _next(self) -> None:
        """Begin what can be begun: the first of each free lane."""
        if self._closed:
            return
        taken = {LANES[e.kind] for e in self._entries.values() if e.state == "running"}
        for entry in list(self._entries.values()):
            lane = LANES[entry.kind]
            if entry.state == "queued" and lane not in taken:
                taken.add(lane)
                self._begin(entry)

    def _begin(self, entry: Entry) -> None:
        if entry.process is not None and entry.process.alive:  # it was paused
            entry.state = "running"
            entry.process.send({"do": "resume", "job": entry.id})
        else:
            try:
                folder = (
                    None if entry.project is None else self._workspace.open(entry.project).folder
                )
            except Exception as error:
                self._end(entry, "failed", {"message": str(error)})
                return
            entry.process = self._a_process()
            entry.state, entry.done, entry.warnings = "running", 0, []
            entry.attempts += 1
            entry.process.send(
                {
                    "do": "run",
                    "job": entry.id,
                    "kind": entry.kind,
                    "request": entry.request,
                    "project": None if folder is None else str(folder),
                }
            )
        self._kept.save(entry)
        self._changed(entry)

    def _a_process(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.alive:
                return process
        return Process(
            "cleanplate.server.jobs.worker",
            self._settings.hidden / "logs" / "worker.log",
            self._told,
            self._process_ended,
        )

    def _told(self, process: Process, message: Message) -> None:
        with self._lock:
            entry = self._entries.get(message["job"])
            if entry is None or entry.process is not process:
                return
            getattr(self, f"_on_{message['event']}")(entry, message)

    def _on_progress(self, entry: Entry, message: Message) -> None:
        if entry.state != "running" or entry.stopping:
            return
        entry.done, entry.total = message["done"], message["total"]
        entry.seconds_left = message["left"]
        entry.message = message["message"]
        if time.monotonic() - entry.saved > _SAVED:
            self._kept.save(entry)
        self._changed(entry)

    def _on_note(self, entry: Entry, message: Message) -> None:
        entry.message = message["message"]
        self._changed(entry)

    def _on_warning(self, entry: Entry, message: Message) -> None:
        if message["message"] not in entry.warnings:
            entry.warnings.append(message["message"])

    def _on_masks(self, entry: Entry, message: Message) -> None:
        facts = {name: message[name] for name in ("frame", "objects")}
        self._publish({"type": "masks", "project": entry.project, **facts}, entry)

    def _on_preview(self, entry: Entry, message: Message) -> None:
        facts = {name: message[name] for name in ("frame", "size")}
        self._publish({"type": "preview", "project": entry.project, **facts}, entry)

    def _on_end(self, entry: Entry, message: Message) -> None:
        process, entry.process = entry.process, None
        entry.result = message.get("result")
        self._end(entry, message["state"], message.get("error"))
        if entry.kind == "shadow" and entry.project is not None:
            self._workspace.changed(entry.project)
        self._retire(process, entry.kind)
        self._next()

    def _retire(self, process: Process | None, kind: str) -> None:
        """Keep one process warm for what comes next; an export's has grown, and goes."""
        if process is None or self._closed:
            return
        if kind == "export" or self._idle:
            threading.Thread(target=process.close, daemon=True).start()
        else:
            self._idle.append(process)

    def _process_ended(self, process: Process, how: str) -> None:
        with self._lock:
            if self._closed:
                return
            if process in self._idle:
                self._idle.remove(process)
            for entry in self._entries.values():
                if entry.process is process:
                    entry.process = None
                    self._crashed(entry, how)
            self._next()

    def _crashed(self, entry: Entry, how: str) -> None:
        leftovers.clear(self._workspace.exports)
        if entry.stopping:
            self._end(entry, "cancelled")
            return
        error = {
            "message": f"The process that was at this job is gone: {how}.",
            "remedy": "Start it again: what it had finished is kept.",
        }
        self._end(entry, "failed", error)

    def _insist(self, entry: Entry) -> None:
        with self._lock:
            if entry.stopping and entry.state not in ENDED and entry.process:
                entry.process.kill()

    def _end(self, entry: Entry, state: str, error: dict[str, Any] | None = None) -> None:
        entry.state, entry.error, entry.finished = state, error, time.time()
        entry.seconds_left, entry.message = None, error["message"] if error else ""
        entry.stopping = False
        if state == "done" and entry.total is not None:
            entry.done = entry.total
        self._kept.save(entry)
        self._changed(entry)
        self._hub.finish(f"job {entry.id}")
        ended = [e for e in self._entries.values() if e.state in ENDED]
        for old in ended[: max(0, len(ended) - _KEPT)]:
            self._drop(old)

    def _drop(self, entry: Entry) -> None:
        del self._entries[entry.id]
        self._kept.drop(entry)

    def _later(self, seconds: float, action) -> None:
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        timer.start()
        self._timers = [t for t in self._timers if t.is_alive()] + [timer]

    def _changed(self, entry: Entry) -> None:
        self._publish({"type": "job", "job": entry.to_job().model_dump(mode="json")}, entry, "jobs")

    def _publish(self, event: dict[str, Any], entry: Entry, *more: str) -> None:
        channels = [f"job {entry.id}", *more]
        if entry.project is not None:
            channels.append(entry.project)
        self._hub.publish(event, *channels)
