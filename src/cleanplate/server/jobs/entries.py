"""What is known of one job, and how it is kept in the server's database."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cleanplate.server.database import Database
from cleanplate.server.jobs.process import Process
from cleanplate.server.schema.jobs import Job

ENDED = ("done", "failed", "cancelled")

_FIELDS = (
    "kind", "project", "title", "request", "state", "done", "total", "seconds_left", "message",
    "attempts", "created", "finished", "result",
)  # fmt: skip


@dataclass
class Entry:
    """One job, and the process that is at it."""

    id: str
    kind: str
    project: str | None
    title: str
    request: dict[str, Any]
    state: str = "queued"
    done: int = 0
    total: int | None = None
    seconds_left: float | None = None
    message: str = ""
    attempts: int = 0
    created: float = field(default_factory=time.time)
    finished: float | None = None
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    process: Process | None = None
    stopping: bool = False
    saved: float = 0.0

    def to_job(self) -> Job:
        """As the API tells it."""
        first, end = self.request.get("first"), self.request.get("end")
        span = None if first is None or end is None else (first, end)
        result = None
        if self.result is not None:
            result = {**self.result, "warnings": self.warnings}
            if self.kind == "export":
                result["output"] = f"/api/v1/jobs/{self.id}/output"
        return Job(
            id=self.id,
            kind=self.kind,
            project=self.project,
            range=span,
            title=self.title,
            state=self.state,
            done=self.done,
            total=self.total,
            seconds_left=self.seconds_left,
            message=self.message,
            error=self.error,
            created=_iso(self.created),
            finished=None if self.finished is None else _iso(self.finished),
            result=result,
        )


class Kept:
    """The jobs as they lie in the database, from where a restart takes them up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Iterator[Entry]:
        """Every job, in the order in which they were asked for."""
        for row in self._database.rows("SELECT * FROM jobs ORDER BY number"):
            yield _from_row(row)

    def insert(self, entry: Entry) -> None:
        """Keep a new one."""
        with self._database.changing() as database:
            marks = ", ".join("?" for _ in (*_FIELDS, "id"))
            database.execute(
                f"INSERT INTO jobs ({', '.join(_FIELDS)}, id) VALUES ({marks})",
                (*_values(entry), entry.id),
            )

    def save(self, entry: Entry) -> None:
        """Write down how it stands."""
        entry.saved = time.monotonic()
        with self._database.changing() as database:
            sets = ", ".join(f"{name} = ?" for name in _FIELDS)
            database.execute(f"UPDATE jobs SET {sets} WHERE id = ?", (*_values(entry), entry.id))

    def drop(self, entry: Entry) -> None:
        """Forget it."""
        with self._database.changing() as database:
            database.execute("DELETE FROM jobs WHERE id = ?", (entry.id,))


def _values(entry: Entry) -> list[Any]:
    facts = {name: getattr(entry, name) for name in _FIELDS}
    facts["request"] = json.dumps(entry.request)
    outcome = {"result": entry.result, "error": entry.error, "warnings": entry.warnings}
    facts["result"] = json.dumps(outcome)
    return list(facts.values())


def _from_row(row) -> Entry:
    facts = {name: row[name] for name in ("id", *_FIELDS)}
    facts["request"] = json.loads(facts["request"])
    facts |= json.loads(facts["result"] or '{"result": null}')
    return Entry(**facts)


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
