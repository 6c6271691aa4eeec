"""The commands, run as a user runs them, on tiny clips."""

from __future__ import annotations

import json

import cv2
import pytest

from bench.__main__ import main


def fill(clips_folder, tmp_path, *more: str) -> int:
    common = ["--clips", str(clips_folder), "--cache", str(tmp_path / "cache"), "--frames", "3"]
    return main(["fill", *common, *more])


def test_fill_prints_scores_and_keeps_them(clips_folder, tmp_path, capsys):
    arguments = ("--only", "ant", "--methods", "telea,median", "--save", str(tmp_path / "sheets"))
    assert fill(clips_folder, tmp_path, *arguments) == 0
    first = capsys.readouterr()
    assert "ant+dog" in first.out
    assert "s/frame)" in first.err
    sheet = cv2.imread(str(tmp_path / "sheets" / "ant+dog.png"))
    assert sheet is not None
    assert (tmp_path / "sheets" / "ant+dog-xt.png").is_file()
    assert fill(clips_folder, tmp_path, *arguments) == 0
    second = capsys.readouterr()
    assert second.err.count("(stored)") == 2
    assert second.out == first.out


def test_fill_writes_json(clips_folder, tmp_path, capsys):
    path = tmp_path / "scores.json"
    assert (
        fill(clips_folder, tmp_path, "--only", "road", "--methods", "telea", "--json", str(path))
        == 0
    )
    document = json.loads(path.read_text())
    scores = document["cases"]["road_car"]["telea"]
    assert 5 < scores["psnr_hole"] < 60
    assert scores["changed_outside"] == 0
    assert scores["seconds"] > 0
    assert scores["peak_mb"] > 10


@pytest.mark.parametrize("arguments", [("--only", "zebra"), ("--methods", "magic")])
def test_what_does_not_exist_is_a_usage_error(clips_folder, tmp_path, arguments, capsys):
    assert fill(clips_folder, tmp_path, *arguments) == 2
    assert "There are:" in capsys.readouterr().err


def test_strips(clips_folder, tmp_path, capsys):
    arguments = ["--clips", str(clips_folder), "--save", str(tmp_path), "--methods", "telea"]
    assert main(["strips", "--clip", "track/bee", *arguments]) == 0
    for line in capsys.readouterr().out.split():
        assert cv2.imread(line) is not None


def test_limits(clips_folder, tmp_path, capsys):
    path = tmp_path / "limits.json"
    arguments = ["--clips", str(clips_folder), "--clip", "track/bee", "--sizes", "96x64"]
    assert (
        main(["limits", *arguments, "--frames", "4", "--json", str(path), "--quality", "draft"])
        == 0
    )
    costs = json.loads(path.read_text())["96x64"]
    parts = [costs[part] for part in ("decode", "flow", "remap", "encode")]
    assert min(parts) > 0
    assert costs["floor"] == pytest.approx(sum(parts))
    assert "96x64" in capsys.readouterr().out


def test_memory(capsys):
    assert main(["memory", "--size", "128x72", "--frames", "12", "--samples", "3", "--check"]) == 0
    out = capsys.readouterr().out
    assert "peak MB" in out
    assert "not met" not in out
