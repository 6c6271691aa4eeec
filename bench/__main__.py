"""The bench's commands."""

from __future__ import annotations

import argparse
import importlib
import sys

from cleanplate.errors import CleanplateError

COMMANDS = {
    "custom": "score what can be taught from a few frames",
    "fill": "score the fill beside its peers",
    "strips": "remove a clip's own object and write pictures of it",
    "guide": "make the pictures of docs/teach-it-your-object.md by doing what it says",
    "limits": "time the floor under any fill, and the fill beside it",
    "memory": "watch what the fill holds on a long clip",
    "preview": "time previews of a fresh clip",
    "gpu": "hold the networks on an accelerator against the processor, in time and picture",
    "cores": "time a run on one core and two, and the fill by threads, processes and a cluster",
    "long": "put a long clip and a large one through the whole pipeline, and watch memory",
    "editor": "time the editor in a browser: starting, scrubbing, clicking",
    "server": "time the editor's server: scrubbing, pointing",
    "matte": "score mattes beside networks that see each frame by itself",
    "matte_speed": "time cutouts as whole commands, and what they hold",
    "matte_sheet": "draw the pictures of mattes in the documentation",
    "prompts": "score masks from one box and from one click on single frames, edges above all",
    "track": "score tracking from masks, boxes and clicks beside simple ways of doing it",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, summary in COMMANDS.items():
        module = importlib.import_module(f"bench.{name}")
        module.add_arguments(commands.add_parser(name, help=summary, description=module.__doc__))
    options = parser.parse_args(arguments)
    try:
        return importlib.import_module(f"bench.{options.command}").main(options)
    except CleanplateError as error:
        print(f"bench: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
