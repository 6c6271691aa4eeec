"""The floors that the project set itself, held against what was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.report import mean_scores, number, table

Results = Mapping[str, Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True)
class Verdict:
    """One floor: the value measured (NaN when it was not) and the range that it must be in."""

    level: str
    label: str
    value: float
    low: float = -math.inf
    high: float = math.inf

    @property
    def met(self) -> bool | None:
        if math.isnan(self.value):
            return None
        return self.low <= self.value <= self.high


def fill_verdicts(pairs: Results, truths: Results) -> list[Verdict]:
    """The floors under quality: `first` to be usable, `second` to be unnoticed, and the goal."""
    over_telea = _differences(pairs, "telea")
    over_median = _differences(pairs, "median")
    ours = mean_scores(by["ours"] for by in pairs.values() if "ours" in by)
    telea = mean_scores(by["telea"] for by in pairs.values() if "telea" in by)
    gain = _mean(over_telea)
    sharp = ours.get("sharpness", math.nan)
    dissimilar = ours.get("dissimilarity", math.nan) / telea.get("dissimilarity", math.nan)
    goat = _differences(_only(truths, "comp_goat_dancer"), "telea")
    road = _differences(_only(truths, "road_car"), "telea")
    road_level = _only(truths, "road_car").get("road_car", {}).get("ours", {})
    changed = [
        by["ours"]["changed_outside"] for by in (*pairs.values(), *truths.values()) if "ours" in by
    ]
    return [
        Verdict("first", "dB in the hole over Telea, mean of pairs", gain, low=0.8),
        Verdict("first", "sharpness, mean of pairs", sharp, low=0.6),
        Verdict("first", "dB over Telea, worst pair", _least(over_telea), low=-0.5),
        Verdict("first", "road_car, dB in the hole", road_level.get("psnr_hole", math.nan), low=34),
        Verdict("first", "pixels changed outside", sum(changed) if changed else math.nan, high=0),
        Verdict("second", "dB in the hole over Telea, mean of pairs", gain, low=2.0),
        Verdict("second", "sharpness, mean of pairs", sharp, low=0.8, high=1.2),
        Verdict("second", "dissimilarity over Telea's", dissimilar, high=0.6),
        Verdict("second", "dB over Telea, worst pair", _least(over_telea), low=0),
        Verdict("second", "dB over the median, worst pair", _least(over_median), low=0),
        Verdict("second", "SSIM, mean of pairs", ours.get("ssim_frame", math.nan), low=0.960),
        Verdict("second", "comp_goat_dancer, dB over Telea", _least(goat), low=3),
        Verdict("second", "road_car, dB over Telea", _least(road), low=9.5),
        Verdict(
            "second",
            "warping error over the truth's",
            ours.get("warping_ratio", math.nan),
            high=1.15,
        ),
        Verdict("goal", "dB in the hole over Telea, mean of pairs", gain, low=4.5),
    ]


def verdict_table(verdicts: list[Verdict]) -> str:
    """A line for each floor, with what was measured and whether that is enough."""
    words = {True: "met", False: "not met", None: "not measured"}
    rows = [[v.label, v.level, _range(v), number(v.value, 4), words[v.met]] for v in verdicts]
    return table(["floor", "level", "asked", "measured", ""], rows)


def all_met(verdicts: list[Verdict], level: str) -> bool:
    """Whether every floor of the level was measured and met."""
    return all(v.met for v in verdicts if v.level == level)


def _range(verdict: Verdict) -> str:
    if math.isinf(verdict.high):
        return f">= {verdict.low:g}"
    if math.isinf(verdict.low):
        return f"<= {verdict.high:g}"
    return f"{verdict.low:g} to {verdict.high:g}"


def _differences(results: Results, peer: str) -> list[float]:
    return [
        by["ours"]["psnr_hole"] - by[peer]["psnr_hole"]
        for by in results.values()
        if "ours" in by and peer in by
    ]


def _only(results: Results, name: str) -> Results:
    return {case: by for case, by in results.items() if case == name}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _least(values: list[float]) -> float:
    return min(values) if values else math.nan
