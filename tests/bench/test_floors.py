"""Floors: met, not met, and not measured are three different things."""

from __future__ import annotations

import pytest

from bench import floors, report


def results(ours: float, telea: float = 16, **more: float) -> dict:
    shared = {"dissimilarity": 0.2, "sharpness": 1.0, "ssim_frame": 0.97, "warping_ratio": 1.0}
    mine = shared | {"psnr_hole": ours, "dissimilarity": 0.1, "changed_outside": 0} | more
    peers = {"telea": {"psnr_hole": telea} | shared, "median": {"psnr_hole": telea} | shared}
    return {"ours": mine, **peers}


def verdict(verdicts, level: str, beginning: str) -> floors.Verdict:
    return next(v for v in verdicts if v.level == level and v.label.startswith(beginning))


def test_the_mean_and_the_worst_pair():
    verdicts = floors.fill_verdicts({"a": results(20), "b": results(15.8)}, {})
    assert verdict(verdicts, "first", "dB in the hole over Telea").value == pytest.approx(1.9)
    assert verdict(verdicts, "first", "dB in the hole over Telea").met
    assert verdict(verdicts, "second", "dB in the hole over Telea").met is False
    assert verdict(verdicts, "first", "dB over Telea, worst").met
    assert verdict(verdicts, "second", "dB over Telea, worst").met is False
    assert verdict(verdicts, "second", "dissimilarity").met


def test_too_sharp_is_not_sharp():
    verdicts = floors.fill_verdicts({"a": results(20, sharpness=1.3)}, {})
    assert verdict(verdicts, "first", "sharpness").met
    assert verdict(verdicts, "second", "sharpness").met is False


def test_the_level_counts_only_when_all_is_measured_and_met():
    pairs = {"a": results(20)}
    assert not floors.all_met(floors.fill_verdicts(pairs, {}), "first")
    truths = {"road_car": results(40, 25), "comp_goat_dancer": results(25, 17)}
    verdicts = floors.fill_verdicts(pairs, truths)
    assert floors.all_met(verdicts, "first")
    assert floors.all_met(verdicts, "second")
    assert not floors.all_met(verdicts, "goal")


def test_nothing_run_is_nothing_measured():
    verdicts = floors.fill_verdicts({}, {})
    assert {v.met for v in verdicts} == {None}
    assert floors.verdict_table(verdicts).count("not measured") == len(verdicts)


def test_a_comparison_tells_what_changed():
    before = {"a": results(20, flicker=0.0)}
    after = {"a": results(21.5, flicker=1.0), "b": results(9, flicker=1.0)}
    lines = report.comparison_table(after, before).splitlines()
    assert len(lines) == 2
    assert lines[1].split()[:2] == ["a", "+1.50"]
    assert lines[1].split()[-1] == "+1.00"
