"""The root command: finds the asked-for command's module, and turns errors into exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cleanplate.cli import failures

COMMANDS = {
    "edit": "cleanplate.cli.edit",
    "erase": "cleanplate.cli.erase",
    "cutout": "cleanplate.cli.cutout",
    "find": "cleanplate.cli.find",
    "mask": "cleanplate.cli.mask",
    "probe": "cleanplate.cli.probe",
    "project": "cleanplate.cli.project",
    "preview": "cleanplate.cli.preview",
    "export": "cleanplate.cli.export",
    "serve": "cleanplate.cli.serve",
    "models": "cleanplate.cli.models",
    "train": "cleanplate.cli.train",
    "demo": "cleanplate.cli.demo",
    "doctor": "cleanplate.cli.doctor",
}
"""Each command's name and the module whose `app` is it, in the order that --help shows."""

_STREAMS = {"erase", "cutout", "mask", "export", "train", "demo"}
"""Commands that go through whole clips, whose frames' memory goes back at once; to take it from the
system anew each time would cost one that answers soon a third of its time."""


class LazyGroup(TyperGroup):
    """A group of commands whose modules are imported when they are named."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(importlib.import_module(COMMANDS[cmd_name]).app)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        found = super().resolve_command(ctx, args)
        if found[0] in _STREAMS:
            from cleanplate.cli.memory import give_back_at_once

            give_back_at_once()
        return found

    def invoke(self, ctx: Any) -> Any:
        with failures.reported(debug=ctx.params.get("debug", False)):
            return super().invoke(ctx)


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from cleanplate import __version__

        typer.echo(f"cleanplate {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole trace when something goes wrong.")
    ] = False,
) -> None:
    """Remove what should not be there from ordinary video, on your own machine."""


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit. `arguments` default to this process's own."""
    app(args=_friendly(sys.argv[1:] if arguments is None else arguments), prog_name="cleanplate")


def _friendly(arguments: list[str]) -> list[str]:
    """Let --debug stand anywhere, and a file whose name begins with a dash be just a file."""
    options_end = arguments.index("--") if "--" in arguments else len(arguments)
    options, rest = arguments[:options_end], arguments[options_end:]
    debug = [word for word in options if word == "--debug"]
    words = [word for word in options if word != "--debug"]
    return debug[:1] + [_as_path(word) for word in words] + rest


def _as_path(word: str) -> str:
    looks_like_a_file = word.startswith("-") and "." in word and "=" not in word
    return os.path.join(".", word) if looks_like_a_file and os.path.exists(word) else word
