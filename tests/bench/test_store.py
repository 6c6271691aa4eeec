"""What is put into the store comes back, and nothing else does."""

from __future__ import annotations

import os

import numpy as np

from bench import store
from bench.store import Store, key


def test_a_fill_comes_back_whole(tmp_path):
    rng = np.random.default_rng(0)
    given = [rng.integers(0, 256, (6, 8, 3), dtype=np.uint8) for _ in range(3)]
    holes = [rng.random((6, 8)) < 0.3 for _ in range(3)]
    images = [g.copy() for g in given]
    for image, hole in zip(images, holes, strict=True):
        image[hole] = 7
    kept = Store(tmp_path / "made")
    kept.save_fill("a", images, holes)
    assert all(
        np.array_equal(*p) for p in zip(kept.load_fill("a", given, holes), images, strict=True)
    )
    assert kept.load_fill("b", given, holes) is None


def test_scores_come_back(tmp_path):
    kept = Store(tmp_path)
    assert kept.load_scores("a") is None
    kept.save_scores("a", {"psnr_hole": 1.5})
    assert kept.load_scores("a") == {"psnr_hole": 1.5}


def test_the_oldest_go_when_there_is_no_more_room(tmp_path, monkeypatch):
    kept = Store(tmp_path)
    for age, name in enumerate("cba"):
        kept.save_scores(name, {"x": 1})
        os.utime(tmp_path / f"{name}.json", (1000 + age, 1000 + age))
    monkeypatch.setattr(store, "LIMIT", (tmp_path / "a.json").stat().st_size)
    kept.trim()
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_keys_do_not_run_into_each_other():
    assert key("ab", "c") != key("a", "bc")
