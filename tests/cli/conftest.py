"""The command line as a user runs it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import generated
import pytest


@pytest.fixture
def cleanplate(tmp_path, tmp_path_factory):
    """Run the command line with these arguments; the finished process returns."""

    def run(*arguments, **options):
        return subprocess.run(
            [sys.executable, "-m", "cleanplate", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=300,
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path_factory.mktemp("state"))},
            **options,
        )

    return run


@dataclass(frozen=True)
class Scene:
    """A clip with a disc to remove, its masks, and what is behind the disc."""

    clip: Path
    masks: Path
    clean: list
    holes: list


@pytest.fixture(scope="session")
def scene(tmp_path_factory) -> Scene:
    """A second of a pan with sound, H.264 in MP4."""
    folder = tmp_path_factory.mktemp("scene")
    clean = generated.pan("coffee", 12)
    seen, holes = generated.with_disc(clean)
    clip = generated.write_clip(folder / "clip.mp4", seen, sound=True)
    return Scene(clip, generated.write_masks(folder / "masks", holes), clean, holes)
