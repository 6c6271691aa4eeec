"""Reading a manifest, and saying what is wrong with it: the field, and what the network really does."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cleanplate.errors import ModelError, UsageError
from cleanplate.models.custom.manifest import MANIFEST, TASKS, CustomManifest

_LARGEST = 256 << 10  # bytes; no manifest needs more


class ManifestError(ModelError):
    """A manifest that cannot be right. `field` is the field at fault, as in "input.layout"."""

    def __init__(self, field: str, why: str, really: str = "") -> None:
        end = "" if why.endswith("?") else "."
        super().__init__(f"The manifest's {field} is wrong: {why}{end}" + (really and f" {really}"))
        self.field = field


def read_values(path: Path) -> dict[str, Any]:
    """The fields of a manifest file, YAML or TOML by its suffix, not yet checked."""
    try:
        if path.exists() and not path.is_file():
            raise ModelError(f"{path} is no file. Name the manifest itself.")
        if path.stat().st_size > _LARGEST:
            raise ModelError(f"{path} is no manifest: it is larger than {_LARGEST >> 10} KiB.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ModelError(f"The manifest {path} cannot be read ({why}).") from error
    if path.suffix.lower() == ".toml":
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ModelError(f"{path} is no TOML: {error}.") from error
    if path.suffix.lower() in (".yaml", ".yml", ".json"):
        return _yaml(path, text)
    raise UsageError(f"{path}: a manifest's name ends in .yaml or .toml")


def _yaml(path: Path, text: str) -> dict[str, Any]:
    import yaml

    class Plain(yaml.SafeLoader):
        """YAML without aliases, which can make a small file enormous."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise yaml.YAMLError("aliases are not read")
            return super().compose_node(parent, index)

    try:
        values = yaml.load(text, Plain)
    except (yaml.YAMLError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise ModelError(f"{path} is no YAML that can be read: {first}.") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path} is no manifest: it should be fields with values.")
    return values


def check_values(values: dict[str, Any], really: str = "") -> CustomManifest:
    """The manifest that some fields make up.

    `really` says what the network takes and gives; it ends the message of the `ManifestError`
    that names the first field at fault.
    """
    task = values.get("task")
    if task not in TASKS:
        why = f"it is {task!r}" if task else "it is missing"
        raise ManifestError("task", f"{why}, and must be one of {', '.join(TASKS)}", really)
    try:
        # By way of JSON: there a list may stand for a tuple, and all else must be what it should be.
        return MANIFEST.validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = [str(step) for step in first["loc"] if step != task]
        field = ".".join(place) or "content"
        if first["type"] == "extra_forbidden":
            raise ManifestError(field, "there is no such field", really) from error
        if first["type"] == "missing":
            raise ManifestError(field, "it is missing", really) from error
        raise ManifestError(
            field, f"{first['msg'].lower()}, not {first['input']!r:.80}", really
        ) from error
