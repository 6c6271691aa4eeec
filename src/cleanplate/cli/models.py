"""``cleanplate models``: the networks, their terms, and what is here of them."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.fetching import fetching, size_text

if TYPE_CHECKING:
    from cleanplate.models import Manifest

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="List the networks, fetch them, say on what terms.",
)

_JsonOption = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
_NameArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


@app.command("list")
def list_(json: _JsonOption = False) -> None:
    """List every network: what it does, its size and licence, and whether it is here."""
    from cleanplate import models

    networks = [models.manifest(name) for name in models.names()]
    if json:
        print(json_text.dumps([_as_dict(network) for network in networks], indent=1))
        return
    rows = [("name", "task", "size", "here", "licence")]
    for network in networks:
        here = "yes" if models.present(network) else "no"
        rows.append((network.name, network.task, size_text(network.size), here, network.licence))
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
def info(name: _NameArgument, json: _JsonOption = False) -> None:
    """Say what a network is: its licence, files, hashes, sources, inputs and outputs."""
    from cleanplate import models

    network = models.manifest(name)
    print(json_text.dumps(_as_dict(network), indent=1) if json else describe(network))


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
