"""``/session``: what the server is and has."""

from __future__ import annotations

from fastapi import APIRouter

from cleanplate.server import machine
from cleanplate.server.routes.common import USUAL, Serving
from cleanplate.server.schema.session import Session

router = APIRouter(tags=["session"], responses=USUAL)


@router.get("/session")
def get_session(serving: Serving) -> Session:
    """What the server is, what it runs on, what it allows, which networks it has."""
    return machine.describe(serving)
