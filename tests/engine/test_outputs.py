"""No result takes the place of a file, or comes among other pictures, unasked."""

from __future__ import annotations

import pytest

from cleanplate.engine.outputs import refuse_existing
from cleanplate.errors import UsageError


def test_pictures_that_are_there_already_are_left_alone(tmp_path):
    mine = tmp_path / "frames"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    refuse_existing(mine)  # nothing of it would be lost
    refuse_existing(mine / "%05d.png")
    (mine / "00007.png").write_bytes(b"mine")
    for output in (mine, mine / "%05d.png", mine / "00007.png"):
        with pytest.raises(UsageError, match="--overwrite"):
            refuse_existing(output)
    refuse_existing(mine / "b%05d.png")
    refuse_existing(tmp_path / "not yet there")
