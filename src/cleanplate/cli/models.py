"""``cleanplate models``: the networks, their terms, and what is here of them."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.fetching import fetching, size_text
from cleanplate.cli.options import JsonOption, OverwriteOption

if TYPE_CHECKING:
    from cleanplate.models import Manifest

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="List the networks, fetch them, say on what terms; add, test and export your own.",
)

_NameArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """List every network: what it does, its size and licence, and whether it is here."""
    from cleanplate import models
    from cleanplate.cli.own_models import entries, own_dict

    networks = [models.manifest(name) for name in models.names()]
    own = entries()
    if json:
        listed = [*map(_as_dict, networks), *map(own_dict, own)]
        print(json_text.dumps(listed, indent=1))
        return
    rows = [("name", "task", "size", "here", "licence")]
    for network in networks:
        here = "yes" if models.present(network) else "no"
        rows.append((network.name, network.task, size_text(network.size), here, network.licence))
    for item in own:
        terms = f"your own, {item.origin}: {', '.join(item.manifest.labels)}".rstrip(": ")
        rows.append((item.name, item.manifest.task, size_text(item.size), "yes", terms))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        print("  ".join(f"{cell:<{w}}" for cell, w in zip(row, (*widths, 0), strict=True)).rstrip())


@app.command()
def pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", show_default=False)],
    file: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE=PATH",
            show_default=False,
            help="Take a file of the network from PATH, for example one brought from another "
            "machine. May be repeated.",
        ),
    ] = None,
) -> None:
    """Fetch networks now, so that they are here when they are needed."""
    from cleanplate import models

    given = dict(_given(item) for item in file or [])
    if given and len(names) > 1:
        raise typer.BadParameter("--file goes with one network at a time")
    networks = [models.manifest(name) for name in names]  # an unknown one stops all
    with fetching() as watch:
        for network in networks:
            models.fetch(network.name, watch=watch, given=given)
            print(f"{network.name} is in {models.folder() / network.name}")


@app.command()
def info(name: _NameArgument, json: JsonOption = False) -> None:
    """Say what a network is: its licence, files, hashes, sources, inputs and outputs."""
    from cleanplate import models
    from cleanplate.cli.own_models import describe_own, own_dict
    from cleanplate.models import custom

    if name in custom.names():
        found = custom.entry(name)
        print(json_text.dumps(own_dict(found), indent=1) if json else describe_own(found))
        return
    network = models.manifest(name)
    print(json_text.dumps(_as_dict(network), indent=1) if json else describe(network))


@app.command()
def add(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            show_default=False,
            help="An ONNX file (for the task prompt an encoder and a decoder): a path, an https "
            "address, or hf:owner/name/file[@revision].",
        ),
    ],
    task: Annotated[
        str | None,
        typer.Option(metavar="TASK", help="detect, segment, matte, prompt or inpaint."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="What it tells apart, comma separated, in its order."),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What it takes and gives, as YAML or TOML."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(show_default="the file's", help="What to call it.")
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(metavar="HEX", help="Refuse a file that is not this one.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "-y", help="Replace your network of that name.")
    ] = False,
) -> None:
    """Add a network of your own; it is run on a sample at once, where it can do no harm."""
    from cleanplate.cli.own_models import add_network

    add_network(files, task, labels, manifest, name, sha256, overwrite)


@app.command()
def remove(names: Annotated[list[str], typer.Argument(metavar="NAME...")]) -> None:
    """Remove networks of your own, and what they were trained from."""
    from cleanplate.models import custom

    for name in names:
        custom.remove(name)
        print(f"{name} is removed")


@app.command()
def export(
    name: _NameArgument,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.onnx")],
    overwrite: OverwriteOption = False,
) -> None:
    """Write a network of your own as ONNX, its manifest beside it."""
    from cleanplate.cli.own_models import export_network

    for path in export_network(name, output, overwrite):
        print(path)


@app.command()
def test(
    name: _NameArgument,
    on: Annotated[Path, typer.Option("--on", metavar="CLIP", help="A video or folder of frames.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="JPEG",
            show_default="NAME-on-CLIP.jpg",
            help="A sheet of frames with what was found.",
        ),
    ] = None,
    count: Annotated[int, typer.Option("--frames", min=1, help="How many frames to look at.")] = 8,
    masks: Annotated[
        Path | None,
        typer.Option(metavar="MASKS", help="The true masks, to measure against."),
    ] = None,
) -> None:
    """Show what a network of your own finds in a clip."""
    from cleanplate.cli.own_models import test_network

    test_network(name, on, output or Path(f"{name}-on-{on.stem}.jpg"), count, masks)


@app.command()
def path(name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None) -> None:
    """Print the folder that the networks are kept in, or that of one of them."""
    from cleanplate import models

    print(models.folder() / models.manifest(name).name if name else models.folder())


def describe(network: Manifest) -> str:
    """A network's facts, for a person."""
    from cleanplate import models

    lines = [
        f"{network.name}: {network.title}",
        f"  task      {network.task}",
        f"  licence   {network.licence}",
    ]
    lines += [f"            {network.licence_note}"] if network.licence_note else []
    lines += [f"  home      {network.home}"] if network.home else []
    lines += [f"  here      {'yes, in' if models.present(network) else 'no; it would go to'} "]
    lines[-1] += str(models.folder() / network.name)
    for item in network.files:
        lines += [
            f"  file      {item.name}, {item.size} bytes",
            f"            sha256 {item.sha256}",
        ]
        lines += [f"            from {source.describe()}" for source in item.sources]
        lines += [f"            takes {item.inputs}"] if item.inputs else []
        lines += [f"            gives {item.outputs}"] if item.outputs else []
    for graph in network.graphs:
        lines += [f"  graph     {graph.name}, translated from {graph.topology} and {graph.weights}"]
        lines += [f"            takes {graph.inputs}", f"            gives {graph.outputs}"]
    return "\n".join(lines)


def _as_dict(network: Manifest) -> dict:
    from dataclasses import asdict

    from cleanplate import models

    return {**asdict(network), "size": network.size, "here": models.present(network)}


def _given(text: str) -> tuple[str, Path]:
    name, equals, place = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r}: write --file NAME=PATH", param_hint="--file")
    return name, Path(place)
