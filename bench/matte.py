"""Score mattes beside networks that matte each frame by itself, on clips whose true matte is known.

One real clip laid over another (truth/comp_goat_dancer) and three generated ones: fur, limbs that
swing fast, straps and glass, drawn over real clips. Ours is told the subject's mask on the first
frame, alpha above a half, and tracks it; peers are told nothing, as they take nothing. With --check
the exit status says whether the floors are met.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.clips import DEFAULT_CLIPS
from bench.floors import Verdict, all_met, verdict_table
from bench.matte_measures import colour_error, matte_scores
from bench.matte_scenes import BACKGROUNDS, Scene, scene, true_scene
from bench.report import for_json, mean_scores, number, table
from cleanplate import models
from cleanplate.engine.finish import finish
from cleanplate.engine.holes import HoleMaker
from cleanplate.engine.matting import CarefulMatter, Given, open_matter
from cleanplate.fill import FillSettings, fill_shot
from cleanplate.segment.salient import Salient
from cleanplate.track import TrackSession

REAL = "comp_goat_dancer"
COLUMNS = {"mad": 2, "mse": 2, "grad": 2, "conn": 2, "dtssd": 2, "colour": 1, "seconds": 2}
_HAIR = 0.15  # of the root of the mask's area: how far around the subject the plate is made

Answer = tuple[np.ndarray, np.ndarray]
"""Mattes, float32 (n, h, w), and foregrounds, uint8 (n, h, w, 3)."""


@dataclass(frozen=True)
class Row:
    """One way of matting, by what the table calls it."""

    title: str
    run: Callable[[Scene], Answer]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=DEFAULT_CLIPS, metavar="DIR")
    parser.add_argument("--frames", type=int, default=12, help="of each clip (default: 12)")
    parser.add_argument("--only", nargs="+", choices=[REAL, *BACKGROUNDS], metavar="CLIP")
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), metavar="ROW")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--save", type=Path, metavar="DIR", help="write a picture of each clip")
    parser.add_argument("--check", action="store_true", help="hold the scores against the floors")


def main(options: argparse.Namespace) -> int:
    names = options.only or [REAL, *BACKGROUNDS]
    rows = options.rows or list(ROWS)
    results: dict[str, dict[str, dict[str, float]]] = {}
    for name in names:
        clip = _clip(name, options.clips, options.frames)
        results[name] = {}
        pictures = []
        for row in rows:
            models.release()
            began = time.perf_counter()
            alphas, colours = ROWS[row].run(clip)
            spent = (time.perf_counter() - began) / len(clip.frames)
            scores = {**matte_scores(alphas, clip.alphas), "seconds": spent}
            scores["colour"] = float("nan")
            if clip.foregrounds is not None:
                scores["colour"] = colour_error(colours, clip.foregrounds, clip.alphas)
            results[name][row] = scores
            pictures.append(alphas[len(alphas) // 2])
        print(_table(name, results[name]), flush=True)
        if options.save:
            _save(options.save / f"{name}.png", clip, rows, pictures)
    means = {row: mean_scores(by[row] for by in results.values()) for row in rows}
    if len(names) > 1:
        print(_table(f"mean of {len(names)}", means))
    if options.json:
        options.json.write_text(json.dumps(for_json(results), indent=1) + "\n")
    if not options.check:
        return 0
    verdicts = matte_verdicts(results)
    print(verdict_table(verdicts))
    return 0 if all_met(verdicts, "first") else 1


def matte_verdicts(results) -> list[Verdict]:
    """The floors: a third less than per-frame ISNet in MAD, half of it in dtSSD, half the colour
    error of the frame's own colours; of the means over all clips."""
    rows = {row for by in results.values() for row in by}

    def mean(row: str, measure: str) -> float:
        values = [by[row][measure] for by in results.values() if row in by]
        values = [value for value in values if not np.isnan(value)]
        return float(np.mean(values)) if values and row in rows else float("nan")

    verdicts = []
    for row in ("ours", "ours-behind"):
        title = ROWS[row].title
        mad = mean(row, "mad") / mean("isnet", "mad")
        steady = mean(row, "dtssd") / mean("isnet", "dtssd")
        colour = mean(row, "colour") / mean("isnet", "colour")
        verdicts += [
            Verdict("first", f"{title}: MAD over ISNet's", mad, high=2 / 3),
            Verdict("first", f"{title}: dtSSD over ISNet's", steady, high=0.5),
            Verdict("first", f"{title}: colour error over the frame's", colour, high=0.5),
        ]
    return verdicts


def _clip(name: str, clips: Path, frames: int) -> Scene:
    if name == REAL:
        return true_scene(clips / "truth" / REAL, frames)
    return scene(name, clips if clips.is_dir() else None, frames)


def _isnet(clip: Scene) -> Answer:
    salient = Salient("isnet")
    return np.stack([salient.matte(frame) for frame in clip.frames]), clip.frames


def _u2netp(clip: Scene) -> Answer:
    salient = Salient("u2netp")
    return np.stack([salient.matte(frame) for frame in clip.frames]), clip.frames


def _selfie(clip: Scene) -> Answer:
    session = models.session("selfie")
    name, found = next(iter(session.inputs)), []
    for frame in clip.frames:
        small = cv2.resize(frame, (256, 256), interpolation=cv2.INTER_AREA)
        answer = next(iter(session.run({name: small[None].astype(np.float32) / 255}).values()))
        size = frame.shape[1::-1]
        found.append(np.clip(cv2.resize(answer[0, ..., 0], size), 0, 1))
    return np.stack(found), clip.frames


def _people(clip: Scene) -> Answer:
    return _by_method("people", clip)


def _light(clip: Scene) -> Answer:
    return _by_method("people-light", clip)


def _by_method(method: str, clip: Scene) -> Answer:
    return _finished(open_matter(method).cut_shot(Given(frame, None) for frame in clip.frames))


def _ours(clip: Scene) -> Answer:
    masks = _tracked(clip)
    given = (Given(frame, mask) for frame, mask in zip(clip.frames, masks, strict=True))
    return _finished(CarefulMatter().cut_shot(given))


def _ours_behind(clip: Scene) -> Answer:
    masks = _tracked(clip)
    holes = [_hole(mask) for mask in masks]
    plates = fill_shot(iter(clip.frames), iter(holes), FillSettings())
    given = (
        Given(frame, mask, plate.image, plate.provenance >= 0)
        for frame, mask, plate in zip(clip.frames, masks, plates, strict=True)
    )
    return _finished(CarefulMatter().cut_shot(given))


def _ours_given(clip: Scene) -> Answer:
    given = (Given(f, a > 0.5) for f, a in zip(clip.frames, clip.alphas, strict=True))
    return _finished(CarefulMatter().cut_shot(given))


def _tracked(clip: Scene) -> list[np.ndarray]:
    session = TrackSession(clip.frames, shots=[range(len(clip.frames))])
    session.add_mask(1, 0, clip.alphas[0] > 0.5)
    masks = [tracked.masks[1] for tracked in session.track()]
    models.release()
    return masks


def _hole(mask: np.ndarray) -> np.ndarray:
    size = float(np.sqrt(np.count_nonzero(mask)))
    return HoleMaker(max(8.0, _HAIR * size))(mask).pixels


def _finished(cuts) -> Answer:
    done = [finish(cut) for cut in cuts]
    return np.stack([one.alpha for one in done]), np.stack([one.foreground for one in done])


ROWS = {
    "isnet": Row("ISNet, 1024", _isnet),
    "u2netp": Row("U2-Net small", _u2netp),
    "selfie": Row("selfie", _selfie),
    "people": Row("RVM (--method people)", _people),
    "people-light": Row("--method people-light", _light),
    "ours": Row("Cleanplate", _ours),
    "ours-behind": Row("Cleanplate --behind", _ours_behind),
    "ours-given": Row("Cleanplate, masks given", _ours_given),
}


def _table(title: str, by_row: dict[str, dict[str, float]]) -> str:
    rows = [
        [ROWS[row].title, *(number(scores.get(m), digits) for m, digits in COLUMNS.items())]
        for row, scores in by_row.items()
    ]
    return table([title, "MAD", "MSE", "Grad", "Conn", "dtSSD", "colour", "s/frame"], rows) + "\n"


def _save(path: Path, clip: Scene, rows: list[str], mattes: list[np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    middle = len(clip.frames) // 2
    grey = [clip.alphas[middle], *mattes]
    tiles = [np.repeat((255 * a[..., None]).astype(np.uint8), 3, axis=2) for a in grey]
    tiles = [cv2.resize(tile, (427, 240)) for tile in [clip.frames[middle], *tiles]]
    for tile, word in zip(tiles, ["frame", "truth", *(ROWS[r].title for r in rows)], strict=True):
        cv2.putText(tile, word, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 160, 0), 1)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % 3)
    sheet = np.concatenate([np.concatenate(tiles[i : i + 3], 1) for i in range(0, len(tiles), 3)])
    cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
