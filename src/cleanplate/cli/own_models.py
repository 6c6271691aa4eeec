"""What ``cleanplate models`` does with networks of the user's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanplate.atomic import write_whole
from cleanplate.errors import ModelError, UsageError

if TYPE_CHECKING:
    from cleanplate.models.custom import Entry


def add_network(
    files: list[str],
    task: str | None,
    labels: str | None,
    manifest: Path | None,
    name: str | None,
    sha256: str | None,
    overwrite: bool,
) -> None:
    """Add a network and say what came of it."""
    from cleanplate.models import custom
    from cleanplate.models.custom.reading import read_values

    values: dict[str, Any] = read_values(manifest) if manifest is not None else {}
    if task is not None:
        values["task"] = task
    if labels is not None:
        values["labels"] = [label.strip() for label in labels.split(",") if label.strip()]
    if sha256 is not None:
        values["sha256"] = sha256
    if "task" not in values:
        raise UsageError("Say what the network does: --task, or a manifest with a task.")
    with _fetching() as progress:
        added = custom.add(files, values, name=name, overwrite=overwrite, progress=progress)
    print(describe_own(added))


def _fetching():
    """A progress bar on a terminal; nothing in a pipe."""
    import contextlib

    if not sys.stderr.isatty():
        return contextlib.nullcontext(None)
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    @contextlib.contextmanager
    def bars():
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        tasks: dict[str, Any] = {}
        with Progress(*columns, console=Console(stderr=True), transient=True) as shown:

            def update(address: str, done: int, total: int) -> None:
                if address not in tasks:
                    tasks[address] = shown.add_task(address.rsplit("/", 1)[-1])
                shown.update(tasks[address], completed=done, total=total or None)

            yield update

    return bars()


def entries() -> list[Entry]:
    """Every network of the user's own that is whole."""
    from cleanplate.models import custom

    found = []
    for name in custom.names():
        try:
            found.append(custom.entry(name))
        except ModelError as error:
            print(error, file=sys.stderr)
    return found


def describe_own(found: Entry) -> str:
    """A network of the user's own, for a person."""
    from cleanplate.models import custom

    manifest = found.manifest
    lines = [
        f"{found.name}: {manifest.title or found.origin}",
        f"  task      {manifest.task}",
        f"  origin    {found.origin} {found.added}, from {found.source}",
    ]
    lines += [f"  labels    {', '.join(manifest.labels)}"] if manifest.labels else []
    lines += [f"  licence   {manifest.licence}"] if manifest.licence else []
    lines += [f"  here      {custom.folder_of(found.name)}"]
    for item in found.files:
        lines += [
            f"  file      {item.name}, {item.size} bytes",
            f"            sha256 {item.sha256}",
        ]
        lines += [f"            {found.facts[item.part]}"] if item.part in found.facts else []
    lines += [
        f"  input     {_settled(manifest.input)}",
        f"  outputs   {_settled(manifest.outputs)}",
    ]
    lines += [f"  sample    {found.sample}"] if found.sample else []
    card = custom.folder_of(found.name) / "card" / "card.html"
    lines += [f"  card      {card}"] if card.is_file() else []
    return "\n".join(lines)


def _settled(fields: Any) -> str:
    """What a part of the manifest came to, what was left out of it included."""
    values = fields.model_dump(exclude_none=True, mode="json")
    return ", ".join(f"{key} {value}" for key, value in values.items())


def own_dict(found: Entry) -> dict[str, Any]:
    """A network of the user's own, for a program."""
    values = found.model_dump(mode="json")
    manifest = values.pop("manifest")
    return {
        **values,
        "task": manifest["task"],
        "labels": manifest["labels"],
        "licence": manifest["licence"],
        "manifest": manifest,
        "size": found.size,
        "here": True,
    }


def export_network(name: str, output: Path, overwrite: bool) -> list[Path]:
    """Write a network's ONNX files and its manifest; returns what was written."""
    import json

    from cleanplate.models import custom

    found = custom.entry(name)
    if output.suffix.lower() != ".onnx":
        raise UsageError(f"{output}: networks are written as .onnx")
    paths = {
        item.part: output
        if len(found.files) == 1
        else output.with_stem(f"{output.stem}-{item.part}")
        for item in found.files
    }
    beside = output.with_suffix(".yaml")
    for path in (*paths.values(), beside):
        if path.exists() and not overwrite:
            raise UsageError(f"{path} exists already; give another name, or --overwrite")
    output.parent.mkdir(parents=True, exist_ok=True)
    for part, path in paths.items():
        write_whole(path, custom.read(found, part))
    values = found.manifest.model_dump(mode="json", exclude_none=True)
    # JSON is YAML as well, and a line a field is how people write it.
    text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in values.items())
    write_whole(beside, text.encode())
    return [*paths.values(), beside]


def test_network(name: str, clip: Path, output: Path, count: int, masks: Path | None) -> None:
    """Write a sheet of what a network finds, and print it frame by frame."""
    from cleanplate.engine.trying import try_network

    for line in try_network(name, clip, output, count, masks):
        print(line)
    print(output)
