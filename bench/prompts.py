"""Masks from one box and from one click on single frames, held against the true masks.

For every clip, frames evenly spread over it. A box is the true mask's own; a click is the point
deepest inside the true mask, and one drawn at random inside it. Then the true mask with a disc too
much, or one too few, over its edge, and one click on that. Edges are judged by F at DAVIS's
tolerance and, since blocky edges pass that, at 2 pixels and at 1.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from bench.clips import DEFAULT_CLIPS
from bench.track import clip_names
from bench.track_measures import boundary, region
from bench.track_rows import box_of_truth, centre
from cleanplate.segment import Embedding, Prompt, Segmenter
from cleanplate.segment.correct import corrected, with_context
from cleanplate.segment.salient import Salient

FRAMES = 4  # of each clip
MEASURES = {
    "J": region,
    "F": boundary,
    "F 2px": lambda truth, found: boundary(truth, found, 2),
    "F 1px": lambda truth, found: boundary(truth, found, 1),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=DEFAULT_CLIPS)
    parser.add_argument("--only", metavar="CLIP,CLIP", help="these clips alone")
    parser.add_argument("--frames", type=int, default=FRAMES, help="of each clip")
    parser.add_argument(
        "--salient", default="", metavar="NETWORK,...", help="also what stands out: isnet, u2netp"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")


def main(options: argparse.Namespace) -> int:
    segmenter = Segmenter()
    salient = {name: Salient(name) for name in options.salient.split(",") if name}
    names = options.only.split(",") if options.only else clip_names(options.clips)
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    times: dict[str, list[float]] = defaultdict(list)
    for name in names:
        folder = options.clips / "track" / name
        for image, truth in _frames(folder, options.frames):
            rows = itertools.chain(
                _rows(segmenter, image, truth, times), _standing_out(salient, image, times)
            )
            for row, mask in rows:
                for measure, function in MEASURES.items():
                    scores[row][measure].append(100 * function(truth, mask))
        print(
            f"{name}: {len(scores['box, as the network gives it']['J'])} frames so far", flush=True
        )
    print(_table(scores))
    for what, seconds in times.items():
        print(f"{what}: median {np.median(seconds):.2f} s, least {min(seconds):.2f} s")
    if options.json is not None:
        means = {row: {m: float(np.mean(v)) for m, v in s.items()} for row, s in scores.items()}
        options.json.write_text(json.dumps({"scores": means, "seconds": times}, indent=1) + "\n")
    return 0


def _frames(folder: Path, count: int):
    paths = sorted((folder / "frames").glob("*.jpg"))
    for i in np.linspace(2, len(paths) - 3, count).astype(int):
        truth = cv2.imread(str(folder / "masks" / f"{paths[i].stem}.png"), cv2.IMREAD_GRAYSCALE)
        image = cv2.cvtColor(cv2.imread(str(paths[i])), cv2.COLOR_BGR2RGB)
        if (truth > 127).sum() > 150:
            yield image, truth > 127


def _rows(segmenter: Segmenter, image: np.ndarray, truth: np.ndarray, times):
    """Each way of asking, with the mask that it gave."""
    began = time.perf_counter()
    embedding = segmenter.embed(image)
    times["first look at a frame"].append(time.perf_counter() - began)
    boxed = segmenter.predict(Prompt(box=box_of_truth(truth)), embedding)[0]
    yield "box, as the network gives it", boxed.coarse
    yield "box, edges refined", boxed.mask
    yield "box, after a closer look", segmenter.look_closer(boxed).mask
    inside = np.argwhere(cv2.erode(truth.astype(np.uint8), np.ones((5, 5))) > 0)
    inside = inside if len(inside) else np.argwhere(truth)
    row, column = inside[np.random.default_rng(len(inside)).integers(len(inside))]
    for where, point in (("deepest", centre(truth)), ("random", (column, row))):
        began = time.perf_counter()
        candidates = segmenter.predict(Prompt(points=[point]), embedding)
        best = candidates[0].mask
        times["a click, with its mask"].append(time.perf_counter() - began)
        yield f"{where} click", best
        surest = max(candidates[:3], key=lambda candidate: candidate.score)
        yield f"{where} click, the surest scale", surest.mask
        offered = max(candidates, key=lambda candidate: region(truth, candidate.coarse))
        yield f"{where} click, the best that is offered", offered.mask
    yield from _mended(segmenter, embedding, truth)


def _mended(segmenter: Segmenter, embedding: Embedding, truth: np.ndarray):
    """Masks with a mistake, and what one click on it makes of them."""
    rim = np.argwhere(truth & ~(cv2.erode(truth.astype(np.uint8), np.ones((3, 3))) > 0))
    row, column = rim[np.random.default_rng(len(rim)).integers(len(rim))]
    rows, columns = np.indices(truth.shape)
    disc = np.hypot(rows - row, columns - column) < max(8, np.sqrt(truth.sum()) / 4)
    for what, mask, on in (("much", truth | disc, False), ("few", truth & ~disc, True)):
        prompt = Prompt(points=[centre(mask ^ truth)], labels=[on], mask=mask)
        yield f"a disc too {what}", mask
        yield (
            f"a disc too {what}, a click: mask and click",
            segmenter.predict(prompt, embedding)[0].mask,
        )
        answer = segmenter.predict(with_context(prompt), embedding)[0].mask
        yield f"a disc too {what}, a click", corrected(mask, answer, prompt)


def _standing_out(salient: dict[str, Salient], image: np.ndarray, times):
    for name, network in salient.items():
        began = time.perf_counter()
        matte = network.matte(image)
        times[f"what stands out, {name}"].append(time.perf_counter() - began)
        yield f"what stands out, {name}", matte > 0.5


def _table(scores) -> str:
    lines = ["", f"{'':44}" + "".join(f"{measure:>8}" for measure in MEASURES)]
    for row, found in scores.items():
        lines.append(f"{row:44}" + "".join(f"{np.mean(found[m]):8.1f}" for m in MEASURES))
    return "\n".join(lines)
