"""The card of a trained network: what it learned from, how good it is, and where it is worst."""

from __future__ import annotations

import html
import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cleanplate.atomic import write_whole
from cleanplate.train import FEW, Example, Split
from cleanplate.train.measure import Measured

_WORST = 4  # pictures shown
_WIDE = 0.2  # an interval wider than this says little
_POOR = 0.6  # of IoU: below this it is not to be relied on
_WIDTH = 640  # pixels of a picture on the card


@dataclass(frozen=True)
class Outcome:
    """One way to train: its name, what was measured on the held-out examples, seconds of processor time,
    and for the small network step, loss and IoU at each look."""

    method: str
    measured: Measured
    seconds: float
    history: list[tuple[int, float, float]] = field(default_factory=list)


Masker = Callable[[np.ndarray], np.ndarray]


def write_card(
    folder: Path,
    name: str,
    examples: Sequence[Example],
    parts: Split,
    outcomes: Sequence[Outcome],
    kept: Outcome,
    masker: Masker,
) -> tuple[Path, list[str]]:
    """Write `card.json`, `card.html` and the pictures into `folder`, in the place of an older card.

    `masker` is the network as it was registered. Returns the page, and the warnings on it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    warnings = warnings_for(examples, parts, kept)
    worst = np.argsort(kept.measured.ious)[:_WORST]
    pictures = []
    for number, index in enumerate(worst, 1):
        example = parts.held[index]
        file = f"worst-{number}.jpg"
        _draw(folder / file, example, masker(example.image))
        value = round(kept.measured.ious[index], 4)
        pictures.append({"file": file, "source": example.source, "iou": value})
    facts = _facts(name, examples, parts, outcomes, kept, warnings, pictures)
    write_whole(folder / "card.json", (json.dumps(facts, indent=1) + "\n").encode())
    page = folder / "card.html"
    write_whole(page, _page(facts).encode())
    return page, warnings


def warnings_for(examples: Sequence[Example], parts: Split, kept: Outcome) -> list[str]:
    """What the figures do not say, or say too surely."""
    found = []
    there = sum(example.there for example in examples)
    if there < FEW:
        found.append(
            f"Too little data: {there} pictures show the object, and with fewer than {FEW} nothing "
            "certain can be said of how good the network is. Mark more frames, from other clips as well."
        )
    interval = kept.measured.interval
    if interval is None:
        count = len(parts.held)
        held = "1 picture was" if count == 1 else f"{count} pictures were"
        found.append(f"Only {held} held out: too few for an interval of confidence.")
    elif interval[1] - interval[0] > _WIDE:
        found.append(
            f"The true IoU may be anywhere between {interval[0]:.2f} and {interval[1]:.2f}: the "
            "held-out pictures differ much. More examples would tell."
        )
    learned = {example.group for example in parts.learn}
    if all(example.group in learned for example in parts.held):
        found.append(
            "The held-out pictures are from the same clips as those that were learned from. On other "
            "clips expect less."
        )
    if kept.measured.mean < _POOR:
        found.append(
            f"With an IoU of {kept.measured.mean:.2f} it does not find the object reliably. Look at "
            "the worst examples, and mark more like them."
        )
    return found


def _facts(
    name: str,
    examples: Sequence[Example],
    parts: Split,
    outcomes: Sequence[Outcome],
    kept: Outcome,
    warnings: list[str],
    pictures: list[dict[str, Any]],
) -> dict[str, Any]:
    groups = Counter(_shown_group(example) for example in examples)
    return {
        "version": 1,
        "name": name,
        "trained": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "kept": kept.method,
        "data": {
            "examples": len(examples),
            "with the object": sum(example.there for example in examples),
            "learned from": len(parts.learn),
            "held out": [example.source for example in parts.held],
            "from": dict(groups),
        },
        "results": [
            {
                "method": outcome.method,
                "iou": round(outcome.measured.mean, 4),
                "interval": _rounded(outcome.measured.interval),
                "ious": [round(value, 4) for value in outcome.measured.ious],
                "seconds": round(outcome.seconds, 1),
                "history": outcome.history,
            }
            for outcome in outcomes
        ],
        "worst": pictures,
        "warnings": warnings,
    }


def _shown_group(example: Example) -> str:
    """The clip in words: a project's group is a fingerprint, and its source begins with its name."""
    return example.source.split(" frame ")[0]


def _rounded(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(end, 4) for end in interval]


def _draw(path: Path, example: Example, found: np.ndarray) -> None:
    """The picture with what was found and what was missed: green right, red too much, blue missed."""
    drawn = example.image.astype(np.float32)
    for where, colour in (
        (found & example.mask, (40, 200, 60)),
        (found & ~example.mask, (230, 40, 30)),
        (~found & example.mask, (40, 90, 240)),
    ):
        drawn[where] = drawn[where] * 0.5 + np.float32(colour) * 0.5
    scale = min(1.0, _WIDTH / drawn.shape[1])
    size = (round(drawn.shape[1] * scale), round(drawn.shape[0] * scale))
    small = cv2.resize(drawn.astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    path.write_bytes(coded.tobytes())


_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse}td,th{text-align:left;padding:.2em 1em .2em 0}
.warn{background:#fff3cd;border-left:4px solid #d9a400;padding:.5em 1em;margin:.5em 0}
figure{margin:1em 0}img{max-width:100%}figcaption{color:#555}
"""


def _page(facts: dict[str, Any]) -> str:
    """The card as a page of its own; every word from outside is escaped."""
    say = html.escape
    data = facts["data"]
    rows = "".join(
        f"<tr><td>{say(r['method'])}{' (kept)' if r['method'] == facts['kept'] else ''}</td>"
        f"<td>{r['iou']:.3f}</td><td>{_interval(r['interval'])}</td><td>{r['seconds']:.0f} s</td></tr>"
        for r in facts["results"]
    )
    warnings = "".join(f'<p class="warn">{say(text)}</p>' for text in facts["warnings"])
    sources = "".join(
        f"<tr><td>{say(group)}</td><td>{count}</td></tr>" for group, count in data["from"].items()
    )
    worst = "".join(
        f'<figure><img src="{say(p["file"])}" alt=""><figcaption>{say(p["source"])}: IoU '
        f"{p['iou']:.3f}</figcaption></figure>"
        for p in facts["worst"]
    )
    held = ", ".join(map(say, data["held out"]))
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>{say(facts["name"])}</title><style>{_STYLE}</style></head><body>
<h1>{say(facts["name"])}</h1><p>Trained {say(facts["trained"])}; kept: {say(facts["kept"])}.</p>
{warnings}
<h2>How good it is</h2>
<table><tr><th></th><th>mean IoU</th><th>95% interval</th><th>processor time</th></tr>{rows}</table>
<p>On {len(data["held out"])} pictures that it did not learn from: {held}.
The interval is of the mean, by bootstrap over these pictures.</p>
{_curve(facts)}
<h2>What it learned from</h2>
<p>{data["examples"]} pictures, {data["with the object"]} of them with the object.</p>
<table><tr><th>from</th><th>pictures</th></tr>{sources}</table>
<h2>Where it is worst</h2>
<p>Green is right, red is too much, blue was missed. The IoU is of the network before it learned from
these pictures as well; what is drawn is the one that was kept.</p>{worst}
</body></html>
"""


def _interval(interval: list[float] | None) -> str:
    return "too few to say" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


def _curve(facts: dict[str, Any]) -> str:
    """The held-out IoU over the steps, as a small drawing."""
    history = next((r["history"] for r in facts["results"] if r["history"]), [])
    if len(history) < 2:
        return ""
    last = history[-1][0]
    points = " ".join(
        f"{10 + 380 * step / last:.1f},{110 - 100 * score:.1f}" for step, _, score in history
    )
    return (
        '<svg width="400" height="130" role="img" aria-label="held-out IoU while training">'
        '<path d="M10 10V110H390" fill="none" stroke="#999"/>'
        f'<polyline points="{points}" fill="none" stroke="#0072b2" stroke-width="2"/>'
        f'<text x="10" y="125" font-size="11">held-out IoU, 0 to 1, over {last} steps</text></svg>'
    )


__all__ = ["Outcome", "warnings_for", "write_card"]
