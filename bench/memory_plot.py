"""Memory over the frames of a run as an SVG: lines, axes, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_WIDTH, _HEIGHT = 720, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 16, 48
_POINTS = 400  # a line has at most so many, each the highest of those it stands for
_COLOURS = ("#1f6fb4", "#c8511b", "#3a8f4d")

Line = tuple[str, Sequence[int], Sequence[float]]


def plot(lines: Sequence[Line]) -> str:
    """An SVG of lines (label, frames done, resident MB); x is the share of the run, y is in GB."""
    top = max(1.0, np.ceil(2 * max(max(mb) for _, _, mb in lines) / 1024) / 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for tick in np.arange(0, top + 0.01, 0.5):
        y = _y(tick, top)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g} GB</text>')
    for share in (0, 0.25, 0.5, 0.75, 1):
        where = f'x="{_x(share):.1f}" y="{_HEIGHT - _BOTTOM + 18}"'
        parts.append(f'<text {where} text-anchor="middle">{share:.0%}</text>')
    parts.append(
        f'<text x="{_x(0.5):.1f}" y="{_HEIGHT - 8}" text-anchor="middle">of the frames done</text>'
    )
    for number, (label, done, mb) in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(f'<path d="{_path(done, mb, top)}" fill="none" stroke="{colour}"/>')
        y = _TOP + 14 + 16 * number
        parts.append(f'<text x="{_LEFT + 10}" y="{y}" fill="{colour}">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _path(done: Sequence[int], mb: Sequence[float], top: float) -> str:
    last = max(1, max(done))
    highest: dict[int, float] = {}
    for frame, value in zip(done, mb, strict=True):
        place = round(frame / last * _POINTS)
        highest[place] = max(highest.get(place, 0), value)
    points = [f"{_x(p / _POINTS):.1f} {_y(v / 1024, top):.1f}" for p, v in sorted(highest.items())]
    return "M" + "L".join(points)


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(gigabytes: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - gigabytes / top * (_HEIGHT - _TOP - _BOTTOM)
