"""Imports point one way, and the parts in the middle know nothing of files, projects or bars."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cleanplate

ROOT = Path(cleanplate.__file__).parent

MIDDLE = {"segment", "track", "fill", "matte", "train"}
GROUND = {"errors", "atomic", "limits"}
ALLOWED = {
    "media": GROUND,
    "models": GROUND,
    **{part: {*GROUND, "media", "models"} for part in MIDDLE},
    "project": {*GROUND, "media", "models", *MIDDLE},
    "engine": {*GROUND, "media", "models", "project", *MIDDLE},
    "server": {*GROUND, "media", "models", "project", "engine", *MIDDLE},
    "cli": {*GROUND, "media", "models", "project", "engine", "server", *MIDDLE},
}
"""What each part may import, besides itself. Parts in the middle may use each other's helpers
(`fill` the edges of `segment`), but never anything above them."""

HEAVY = {
    *("numpy", "cv2", "numba", "av", "onnxruntime", "scenedetect", "scipy", "rich", "pydantic"),
    *("fastapi", "starlette", "uvicorn"),
}
"""Packages that must not load before a verb is used."""


def imports_of(path: Path) -> set[str]:
    """The parts of cleanplate that a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            if node.module == "cleanplate":
                found |= {alias.name for alias in node.names}
            elif node.module and node.module.startswith("cleanplate."):
                found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("cleanplate.")}
    return found


def files() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    part = path.relative_to(ROOT).parts[0]
    allowed = ALLOWED[part] | {part, "__version__"}
    if part in MIDDLE:
        allowed |= MIDDLE
    assert imports_of(path) <= allowed


@pytest.mark.parametrize(
    "statement", ["import cleanplate", "import cleanplate.cli.app", "from cleanplate import errors"]
)
def test_nothing_heavy_loads_before_it_is_used(statement):
    script = f"import sys; {statement}; print(*{{m.split('.')[0] for m in sys.modules}})"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not HEAVY & set(loaded)


def test_who_only_shows_what_was_filled_waits_for_no_compiled_code():
    script = "import sys, cleanplate.engine.preview, cleanplate.media.writer; print('numba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_every_public_verb_exists():
    for name in cleanplate.__all__:
        assert getattr(cleanplate, name) is not None
    with pytest.raises(AttributeError):
        _ = cleanplate.no_such_verb


def test_verbs_are_verbs_whatever_was_imported_before():
    script = """
import cleanplate, cleanplate.engine.erase, cleanplate.engine.export, cleanplate.engine.cutout
assert all(callable(getattr(cleanplate, verb)) for verb in ("cutout", "erase", "export", "probe"))
"""
    subprocess.run([sys.executable, "-c", script], check=True)
