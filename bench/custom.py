"""`python -m bench custom`: what can be taught from a few frames, and how long that takes.

For each clip: taught by 5 frames of its first half, tested on frames of its second half; mean IoU of
the promptable network given the true box of every frame, of the target head alone, and of the small
network. Then a kind of object that no network knows (see `bench/custom_scenes.py`): ten examples
from five clips, tested on other clips.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.clips import DEFAULT_CLIPS, read_frames, read_masks
from bench.custom_scenes import EACH, LEARN, TESTED, UNSEEN, logo_set
from bench.floors import Verdict, verdict_table
from bench.report import number, table
from bench.track_rows import box_of_truth
from cleanplate.engine.teaching import TrainingSet, TrainSettings, train
from cleanplate.engine.teaching.training import masker_of
from cleanplate.models import custom
from cleanplate.segment import Prompt, Segmenter
from cleanplate.train import Example
from cleanplate.train.measure import Measured, measure

CLIPS = ("camel", "bmx-trees", "breakdance", "car-shadow")
TAUGHT = 5  # frames of the first half
HELD = 10  # frames of the second half
METHODS = {"head": "target head", "network": "small network"}
FLOOR, MINUTES = (
    0.85,
    5.0,
)  # of the logo: mean IoU on unseen clips, and minutes: of one core, so of two as well


@dataclass(frozen=True)
class Row:
    """One way on one set: mean IoU and its 95% interval over the tested frames, and seconds of
    training, by the clock and of the processor."""

    data: str
    way: str
    iou: float
    low: float
    high: float
    wall: float = float("nan")
    processor: float = float("nan")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=DEFAULT_CLIPS)
    parser.add_argument("--only", metavar="CLIP,CLIP", help="these clips alone, or logo")
    parser.add_argument("--methods", default="box,head,network", metavar="WAY,WAY")
    parser.add_argument("--steps", type=int, default=TrainSettings.steps)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="hold the logo against its floors")


def main(options: argparse.Namespace) -> int:
    names = options.only.split(",") if options.only else [*CLIPS, "logo"]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as home:
        os.environ["CLEANPLATE_CUSTOM"] = home
        for name in names:
            learn, test = examples_of(name, options.clips)
            for way in options.methods.split(","):
                if way == "box" and name != "logo":
                    rows.append(by_box(name, test))
                elif way in METHODS:
                    rows.append(by_teaching(name, way, learn, test, options))
                else:
                    continue
                _say(rows[-1])
    print("\n" + summary(rows))
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    found = verdicts(rows)
    print("\n" + verdict_table(found))
    return int(options.check and not all(verdict.met for verdict in found))


def examples_of(name: str, clips: Path) -> tuple[list[Example], list[Example]]:
    """What to learn from, and what to be tested on."""
    if name == "logo":
        return logo_set(clips, LEARN, EACH, seed=1), logo_set(clips, UNSEEN, TESTED, seed=2)
    folder = clips / "track" / name
    frames, masks = read_frames(folder / "frames", None), read_masks(folder / "masks", None)
    half = len(frames) // 2

    def some(first: int, last: int, count: int) -> list[Example]:
        places = np.linspace(first, last, count).astype(int).tolist()
        return [Example.of(frames[i], masks[i], f"{name} frame {i}", name) for i in places]

    return some(0, half - 1, TAUGHT), some(half, len(frames) - 1, HELD)


def by_box(name: str, test: Sequence[Example]) -> Row:
    """The promptable network given the box of the true mask."""
    segmenter = Segmenter()
    boxes = iter([box_of_truth(example.mask) for example in test])

    def mask(image: np.ndarray) -> np.ndarray:
        return segmenter.predict(Prompt(box=next(boxes)), segmenter.embed(image))[0].mask

    return _row(name, "promptable, true box", measure(mask, test))


def by_teaching(
    name: str, way: str, learn: Sequence[Example], test: Sequence[Example], options
) -> Row:
    """Taught as `cleanplate train` teaches, and tested as `--find` finds."""
    TrainingSet(name).add(learn)
    # No limit by the clock: on a busy machine it would measure the others' work.
    settings = TrainSettings(way, minutes=600, steps=options.steps, threads=options.threads)
    began, used = time.monotonic(), time.process_time()
    train(name, settings=settings)
    wall, processor = time.monotonic() - began, time.process_time() - used
    found = measure(masker_of(custom.load(name)), test)
    return _row(name, METHODS[way], found, wall, processor)


def _row(name: str, way: str, found: Measured, *seconds: float) -> Row:
    low, high = found.interval or (float("nan"), float("nan"))
    return Row(name, way, found.mean, low, high, *seconds)


def _say(row: Row) -> None:
    print(
        f"{row.data:12} {row.way:22} IoU {row.iou:.3f} ({row.low:.3f} to {row.high:.3f})"
        + (
            f"  {row.wall:.0f} s, {row.processor:.0f} s of processor"
            if row.wall == row.wall
            else ""
        ),
        flush=True,
    )


def summary(rows: Sequence[Row]) -> str:
    """A line for each set, a column for each way, then the times of training."""
    ways = list(dict.fromkeys(row.way for row in rows))
    header = ["mean IoU", *ways, *(f"{way}, CPU s" for way in ways if way in METHODS.values())]
    lines = []
    for data in dict.fromkeys(row.data for row in rows):
        mine = {row.way: row for row in rows if row.data == data}
        cells = [number(mine[way].iou, 3) if way in mine else "-" for way in ways]
        timed = [way for way in ways if way in METHODS.values()]
        seconds = [number(mine[way].processor, 0) if way in mine else "-" for way in timed]
        lines.append([data, *cells, *seconds])
    return table(header, lines)


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """The logo's floors: what is best of the ways it was taught."""
    logo = [row for row in rows if row.data == "logo"]
    kept = max(logo, key=lambda row: row.iou) if logo else None
    iou = kept.iou if kept else float("nan")
    minutes = kept.processor / 60 if kept else float("nan")
    return [
        Verdict("first", "logo: mean IoU on unseen clips, 10 examples", iou, low=FLOOR),
        Verdict("first", "logo: minutes of processor time to train", minutes, high=MINUTES),
    ]
