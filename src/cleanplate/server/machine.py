"""What the server runs on, and which networks it has."""

from __future__ import annotations

import os
import platform
from functools import cache
from typing import TYPE_CHECKING

from cleanplate import __version__, models
from cleanplate.errors import ModelError
from cleanplate.models.providers import usual
from cleanplate.segment.kinds import ANIMALS, ANYTHING, KINDS, VEHICLES
from cleanplate.server.refusals import Refused
from cleanplate.server.schema.session import (
    FindKind,
    Limits,
    Machine,
    Network,
    NetworkNeeded,
    Session,
)

if TYPE_CHECKING:
    from cleanplate.server.services import Services


def describe(serving: Services) -> Session:
    """The session as the API tells it."""
    settings = serving.settings
    return Session(
        version=__version__,
        folder=str(settings.folder),
        machine=Machine(
            system=platform.system(),
            cores=os.cpu_count() or 1,
            memory=_memory(),
            providers=usual(),
        ),
        limits=Limits(
            upload=serving.uploads.limit(), chunk=settings.chunk, disk_free=serving.uploads.free()
        ),
        networks=needed(),
        kinds=kinds(),
        password=settings.password is not None,
    )


def kinds() -> list[FindKind]:
    """What can be found by name, with the groups that belong together."""
    from cleanplate.segment.custom import own_words

    groups = {"person": ("person",), "animal": ANIMALS, "vehicle": VEHICLES}
    of = {kind: group for group, members in groups.items() for kind in members}
    found = [FindKind(name=kind, group=of.get(kind, "thing")) for kind in KINDS]
    found.append(FindKind(name=ANYTHING, group=ANYTHING))
    return [*found, *(FindKind(name=name, group="your own") for name in own_words())]


@cache
def purposes() -> dict[str, str]:
    """The network that serves each purpose, by the purpose."""
    from cleanplate.segment.nanodet import NETWORK as FIND
    from cleanplate.segment.segmenter import NETWORK as POINT
    from cleanplate.track.network import NETWORK as TRACK

    return {"point": POINT, "find": FIND, "anything": "isnet", "track": TRACK}


def needed() -> list[NetworkNeeded]:
    """The networks that the editor may need."""
    return [
        NetworkNeeded(purpose=purpose, **_facts(models.manifest(name)))
        for purpose, name in purposes().items()
    ]


def networks() -> list[Network]:
    """Every network of the catalogue."""
    return [Network(**_facts(models.manifest(name))) for name in models.names()]


def network(name: str) -> Network:
    """One network. 404 where there is none."""
    try:
        return Network(**_facts(models.manifest(name)))
    except ModelError as error:
        raise Refused(404, str(error), field="name") from error


def has(purpose: str) -> bool:
    """Whether the network for it is here."""
    return models.present(models.manifest(purposes()[purpose]))


def require(*purposes_needed: str) -> None:
    """Raise `Refused` with the network's name where one for these is not here yet."""
    for purpose in purposes_needed:
        require_network(purposes()[purpose])


def require_network(name: str) -> None:
    """Raise `Refused` where this network is not here yet: none is fetched unasked."""
    manifest = models.manifest(name)
    if not models.present(manifest):
        size = f"{manifest.size / 1e6:.0f} MB"
        raise Refused(
            409,
            f"The network {manifest.name} is needed for this and is not here yet.",
            f"Fetch it ({size}, licence {manifest.licence}).",
            network=manifest.name,
        )


def _facts(manifest: models.Manifest) -> dict:
    return {
        "name": manifest.name,
        "task": manifest.task,
        "title": manifest.title,
        "licence": manifest.licence,
        "licence_note": manifest.licence_note,
        "permissive": manifest.permissive,
        "home": manifest.home,
        "bytes": manifest.size,
        "present": models.present(manifest),
    }


@cache
def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
