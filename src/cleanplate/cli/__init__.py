"""The command line: one module a command, loaded when the command is used."""

from __future__ import annotations


def main() -> None:
    """Run the command line on this process's arguments and exit with its status."""
    from cleanplate.cli.memory import collect_seldom
    from cleanplate.cli.threads import leave_cores_to_networks

    collect_seldom()
    leave_cores_to_networks()
    from cleanplate.cli.app import run

    run()
