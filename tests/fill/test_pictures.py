"""The pictures of how the fill works are made by the fill as it is now, and are all on the page."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from bench import fill_pictures

ROOT = Path(fill_pictures.__file__).parents[1]
PAGE = ROOT / "docs" / "how-fill-works.md"


def test_every_step_has_its_picture():
    made = fill_pictures.pictures()
    for picture in made.values():
        assert picture.dtype == np.uint8 and picture.shape[1] == 912
    shown = re.findall(r"\(pictures/(fill-[\w-]+\.jpg)\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(made) == sorted(shown)
    sizes = [(PAGE.parent / "pictures" / name).stat().st_size for name in shown]
    assert max(sizes) < 150_000 and sum(sizes) < 600_000
