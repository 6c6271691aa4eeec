"""``cleanplate doctor``: what this machine has, and what would make it faster."""

from __future__ import annotations

import json as json_text
from dataclasses import asdict
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what this machine has, and what would help."""
    from cleanplate.engine.doctor import examine

    findings = examine()
    if json:
        print(json_text.dumps([asdict(finding) for finding in findings], indent=1))
        return
    width = max(len(finding.topic) for finding in findings)
    for finding in findings:
        print(f"{finding.topic:<{width}}  {finding.fact}")
        if finding.advice:
            print(f"{'':<{width}}  -> {finding.advice}")
