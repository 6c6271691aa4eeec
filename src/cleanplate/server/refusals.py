"""Requests that are not granted: what is answered, and why."""

from __future__ import annotations


class Abandoned(Exception):
    """Whoever asked has gone: nobody will read the answer."""


class Refused(Exception):
    """A request that is answered with `status` and an explanation.

    `message` says what is wrong, `remedy` what to do; `field` names the part of the request,
    `job` a job that is under way, `network` one that is missing, `revision` the project's revision now.
    """

    def __init__(
        self,
        status: int,
        message: str,
        remedy: str | None = None,
        *,
        field: str | None = None,
        job: str | None = None,
        network: str | None = None,
        revision: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.remedy = remedy
        self.field = field
        self.job = job
        self.network = network
        self.revision = revision
        self.headers = headers or {}

    def to_json(self) -> dict:
        """The answer's body."""
        facts = {
            "message": self.message,
            "remedy": self.remedy,
            "field": self.field,
            "job": self.job,
            "network": self.network,
            "revision": self.revision,
        }
        return {"error": {name: value for name, value in facts.items() if value is not None}}
