"""Memory over a run is drawn as it was read, and held against its limit; clips walk and cut."""

from __future__ import annotations

import json
from itertools import islice
from xml.etree import ElementTree

import numpy as np

from bench.__main__ import main
from bench.generated import moving_hole
from bench.long import Case, scenes


def _run(path, peak):
    seconds = list(range(2000))
    run = {
        "case": "long",
        "frames": 1000,
        "commit": "abc",
        "seconds": seconds,
        "done": [second // 2 for second in seconds],
        "mb": [300 + min(second, 500) * (peak - 300) / 500 for second in seconds],
        "peak_mb": peak,
        "finished": True,
        "store_mb": 1.0,
        "output_mb": 1.0,
    }
    path.write_text(json.dumps([run]))
    return path


def test_a_run_is_drawn_small_and_whole(tmp_path, capsys):
    plot = tmp_path / "memory.svg"
    run = _run(tmp_path / "run.json", 1500)
    assert main(["long", "--from-json", str(run), "--plot", str(plot)]) == 0
    assert plot.stat().st_size < 20_000
    picture = ElementTree.parse(plot).getroot()
    labels = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "long, 1000 frames" in labels
    assert "1.5 GB" in labels
    assert "1500" in capsys.readouterr().out


def test_too_much_memory_fails(tmp_path, capsys):
    assert main(["long", "--from-json", str(_run(tmp_path / "run.json", 2500))]) == 1
    assert "not met" in capsys.readouterr().out


def test_the_clip_pans_is_walked_through_and_cuts():
    case = Case("small", 96, 64, 120, 1, 0)
    first, second, *_, last, cut = islice(scenes(case, 61), 61)
    hole = moving_hole(96, 64, 0) | moving_hole(96, 64, 1)
    hole[:, 3:] |= hole[:, :-3]
    moved = np.zeros_like(hole)
    moved[:, :-3] = ~hole[:, :-3] & ~hole[:, 3:]
    assert np.array_equal(second[moved], np.roll(first, -3, axis=1)[moved])
    assert np.abs(last.astype(int) - cut).mean() > 10
