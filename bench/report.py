"""Scores as tables for people and as one JSON document for programs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from bench.methods import TITLES

Scores = Mapping[str, float]
Results = Mapping[str, Mapping[str, Scores]]  # case, then method

COLUMNS = {
    "psnr_hole": ("dB hole", 2),
    "psnr_frame": ("dB frame", 2),
    "ssim_hole": ("SSIM hole", 3),
    "ssim_frame": ("SSIM", 4),
    "sharpness": ("sharp", 2),
    "dissimilarity": ("dissim", 3),
    "warping_ratio": ("warp/true", 2),
    "flicker": ("flicker", 2),
    "seconds": ("s/frame", 3),
    "peak_mb": ("peak MB", 0),
    "changed_outside": ("outside", 0),
}


def mean_scores(cases: Iterable[Scores]) -> dict[str, float]:
    """The mean of every measure over the cases, each case counting once.

    >>> mean_scores([{"psnr_hole": 10.0}, {"psnr_hole": 20.0}])
    {'psnr_hole': 15.0}
    """
    rows = list(cases)
    return {name: sum(r[name] for r in rows) / len(rows) for name in (rows[0] if rows else ())}


def table(header: list[str], rows: list[list[str]]) -> str:
    """Columns padded to their widest cell, the first flush left and the others right.

    >>> print(table(["a", "b"], [["x", "10"]]))
    a   b
    x  10
    """
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def number(value: float | None, digits: int) -> str:
    if value is None or math.isnan(value):
        return "-"
    return f"{value:.{digits}f}"


def hole_table(results: Results, methods: list[str]) -> str:
    """PSNR in the hole, a row for each case and a column for each method."""
    rows = [
        [case, *(number(by.get(m, {}).get("psnr_hole"), 2) for m in methods)]
        for case, by in results.items()
    ]
    return table(["dB in the hole", *(TITLES[m] for m in methods)], rows)


def measures_table(title: str, by_method: Mapping[str, Scores]) -> str:
    """Every measure of one case, or of a mean, a row for each method."""
    rows = [
        [TITLES[m], *(number(s.get(name), digits) for name, (_, digits) in COLUMNS.items())]
        for m, s in by_method.items()
    ]
    return table([title, *(label for label, _ in COLUMNS.values())], rows)


def for_json(value):
    """The same document with every NaN, which JSON does not have, turned into null.

    >>> for_json({"a": [float("nan"), 1.5]})
    {'a': [None, 1.5]}
    """
    if isinstance(value, Mapping):
        return {key: for_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [for_json(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def comparison_table(results: Results, earlier: Results, method: str = "ours") -> str:
    """What changed in one method since an earlier run, a row for each case that both have."""
    names = ("psnr_hole", "ssim_frame", "sharpness", "dissimilarity", "warping_ratio", "flicker")
    rows = []
    for case, by in results.items():
        before, now = earlier.get(case, {}).get(method), by.get(method)
        if before and now:
            rows.append([case, *(_change(before[n], now[n], COLUMNS[n][1]) for n in names)])
    return table(["change", *(COLUMNS[name][0] for name in names)], rows)


def _change(before: float | None, now: float | None, digits: int) -> str:
    if before is None or now is None or math.isnan(now - before):
        return "-"
    return f"{now - before:+.{digits}f}"
