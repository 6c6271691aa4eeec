"""Pictures of each step of the fill, on a clip made here: `python -m bench.fill_pictures`.

They illustrate docs/how-fill-works.md. Every picture shows what the fill itself computed for one
frame of the clip; nothing is drawn by hand but the labels.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.sheets import outlined
from cleanplate.engine.provenance import colour_provenance
from cleanplate.fill import FillSettings, fill_shot
from cleanplate.fill.compose import detail_of, paint, tone_of
from cleanplate.fill.finish import finish, painted_frame
from cleanplate.fill.frame import WorkFrame, prepare
from cleanplate.fill.gate import decide, seen_around
from cleanplate.fill.geometry import Box, crop, warp_map
from cleanplate.fill.judge import Candidates, Means, gather, layer_means
from cleanplate.fill.motion import PACKED
from cleanplate.fill.plan import Plan
from cleanplate.fill.planning import look_around, plan_frame
from cleanplate.fill.settle import agree, settle, ways
from cleanplate.fill.window import Window

WIDTH, HEIGHT, COUNT = 300, 180, 28
SHOWN = 14
"""The frame that the pictures follow."""
NEIGHBOUR = 10
"""The other frame that is shown beside it."""

_PANEL = 300  # pixels of the picture, width of a panel where there are three
_GAP, _BAND, _PAPER, _INK = 6, 24, 255, 40
_QUALITY = 81  # JPEG


@dataclass(frozen=True)
class Clip:
    """The shot: uint8 (n, h, w, 3) as seen and as it is without the ball; bool (n, h, w) holes."""

    seen: np.ndarray
    truth: np.ndarray
    holes: np.ndarray


def _photograph(name: str, height: int, width: int) -> np.ndarray:
    from skimage import data

    picture = np.asarray(getattr(data, name)())
    picture = np.repeat(picture[..., None], 3, 2) if picture.ndim == 2 else picture[..., :3]
    scale = max(height / picture.shape[0], width / picture.shape[1])
    picture = cv2.resize(
        picture.astype(np.float32), None, fx=scale * 1.01, fy=scale * 1.01,
        interpolation=cv2.INTER_AREA,
    )  # fmt: skip
    return np.ascontiguousarray(picture[:height, :width])


def make_clip() -> Clip:
    """A wall that the camera pans over, a placard that is carried along it, a ball before both.

    The light changes. A plate on the wall, part of what is to be removed, moves with the wall:
    what is under it is never seen.
    """
    rng = np.random.default_rng(3)
    cup = _photograph("coffee", HEIGHT + 60, WIDTH + 100)
    placard = _photograph("chelsea", 96, 120)
    seen, truth, holes = [], [], []
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    for t in range(COUNT):
        pan = np.float32([2.2 * t + 8, 12 + 8 * np.sin(t / 9)])
        light = 1 + 0.12 * np.sin(t / 5)
        size = (WIDTH, HEIGHT)
        picture = cv2.warpAffine(
            cup, np.float32([[1, 0, -pan[0]], [0, 1, -pan[1]]]), size, flags=cv2.INTER_CUBIC
        )
        place = np.float32([[1, 0, 5 + 4.4 * t], [0, 1, 46 + 3 * np.sin(t / 4)]])
        alpha = cv2.warpAffine(np.ones(placard.shape[:2], np.float32), place, size)[..., None]
        carried = cv2.warpAffine(
            placard, place, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        picture += alpha * (carried - picture)
        picture = picture * light + rng.normal(0, 1.5, picture.shape)
        ball = np.hypot(x - (290 - 9.0 * t), y - (96 + 12 * np.cos(t / 4))) < 27
        plate = np.hypot(x - (268 - pan[0]), y - (60 - pan[1])) < 11
        stripes = np.where(
            ((x + y + 4 * t) // 9 % 2 == 0)[..., None], (225, 60, 40), (250, 240, 225)
        )
        clean = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
        shown = np.where(ball[..., None], stripes, clean)
        shown = np.where((plate & ~ball)[..., None], (40, 70, 200), shown)
        hole = cv2.dilate((ball | plate).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        seen.append(shown.astype(np.uint8))
        truth.append(clean)
        holes.append(hole)
    return Clip(np.stack(seen), np.stack(truth), np.stack(holes))


@dataclass
class Steps:
    """All that the fill computed for one frame, in the order in which it did."""

    window: Window
    frame: WorkFrame
    box: Box
    hole: np.ndarray
    own: np.ndarray
    candidates: Candidates
    means: Means
    share: np.ndarray
    plan: Plan


def follow(clip: Clip, index: int) -> Steps:
    """Run the fill's own steps on one frame and keep what each gives."""
    settings = FillSettings()
    with ThreadPoolExecutor(2) as pool:
        window = Window(settings, pool.submit)
        for i, (image, hole) in enumerate(zip(clip.seen, clip.holes, strict=True)):
            window.add(prepare(i, image, hole, settings.work_area))
        window.end()
        frame = window.frames[index]
        sources, own, layers = look_around(window, frame, settings.sources)
        candidates = gather(frame, window.hidden(index), sources)
        hole = crop(frame.work_hole, frame.box)
        means = layer_means(candidates, hole, frame.smooth, layers)
        share = decide(means, frame, frame.box, seen_around(frame, frame.box, own))
        plan = plan_frame(window, index, settings)
    return Steps(window, frame, frame.box, hole, own, candidates, means, share, plan)


def hole_picture(clip: Clip, steps: Steps) -> np.ndarray:
    """What is given, what is never looked at, and what motion is measured on."""
    frame = steps.frame
    hidden = clip.seen[SHOWN].copy()
    hidden[frame.near_hole] = (255, 190, 0)
    hidden[frame.work_hole] = (0, 0, 0)
    quiet = np.repeat(_whole(frame.gray)[..., None], 3, axis=2)
    return _sheet(
        [
            [
                ("the frame, and its hole outlined", outlined(clip.seen[SHOWN], frame.work_hole)),
                ("hole (black), guard (orange)", hidden),
                ("smooth fill, for measuring motion", quiet),
            ]
        ]
    )


def aligned_picture(clip: Clip, steps: Steps) -> np.ndarray:
    """Another frame as it is, after the camera's motion, and after what remained was measured."""
    here = clip.seen[SHOWN]
    there = steps.window.frames[NEIGHBOUR]
    motion = steps.window.chains(NEIGHBOUR, SHOWN)[0].between(SHOWN, NEIGHBOUR)
    whole = (0, HEIGHT, 0, WIDTH)
    moved = _sampled(there, warp_map(motion, whole))
    k = _candidate(steps, NEIGHBOUR, 0)
    fine = np.full_like(here, 128)
    y0, y1, x0, x1 = steps.box
    fine[y0:y1, x0:x1] = _sampled(there, steps.candidates.grid[k])
    views = {
        f"frame {NEIGHBOUR}, its own hole grey": _sampled(there, None),
        "moved by the camera's motion": moved,
        "and by the flow that remained": fine,
    }
    return _sheet(
        [
            [(name, crop(view, steps.box)) for name, view in views.items()],
            [
                ("its difference to the frame, x3", crop(_difference(here, view, steps), steps.box))
                for view in views.values()
            ],
        ]
    )


def layers_picture(clip: Clip, steps: Steps) -> np.ndarray:
    """How badly each layer explains what is seen, and which explains it better."""
    errors = [_whole(error) / PACKED for error in cv2.split(steps.window.errors(SHOWN))]
    better = errors[1] + 2 < errors[0]
    camera = errors[0] + 2 < errors[1]
    tinted = clip.seen[SHOWN].astype(np.float32) * 0.55 + 60
    tinted[better] = tinted[better] * 0.5 + np.float32([235, 90, 30]) * 0.5
    tinted[camera] = tinted[camera] * 0.5 + np.float32([30, 150, 90]) * 0.5
    tinted[steps.frame.near_hole] = 0
    heat = [_heat(error, 20) for error in errors]
    for picture in heat:
        picture[steps.frame.near_hole] = 0
    return _sheet(
        [
            [
                ("error of the camera's motion", heat[0]),
                ("error of the second motion", heat[1]),
                ("camera (green), second (red)", _byte(tinted)),
            ]
        ]
    )


def candidates_picture(steps: Steps) -> np.ndarray:
    """What some frames offer, layer by layer, and the ring error by which they are judged."""
    rows = []
    view = _around(steps)
    for layer in range(steps.means.colour.shape[0]):
        picks = [_candidate(steps, SHOWN + away, layer) for away in (-10, -4, -1, 4, 8)]
        name = "camera" if layer == 0 else "second"
        offers, rings = [], []
        for k in picks:
            offer = _byte(steps.candidates.colour[k] + steps.candidates.offset[k])
            offer[steps.candidates.fade[k] == 0] = (90, 90, 90)
            offset = int(steps.candidates.source[k]) - SHOWN
            offers.append((f"{name}, {offset:+d} frames", outlined(offer, steps.hole)[view]))
            rings.append(
                ("its ring error", outlined(_heat(steps.candidates.ring[k], 30), steps.hole)[view])
            )
        rows += [offers, rings]
    return _sheet(rows)


def belief_picture(clip: Clip, steps: Steps) -> np.ndarray:
    """How belief is shared out, and the pictures that it is shared out among."""
    view = _around(steps)
    kinds = [("camera's layer", (30, 160, 90)), ("second layer", (235, 90, 30))]
    kinds = [*kinds[: steps.share.shape[-1] - 1], ("smooth fill", (70, 110, 240))]
    belief = crop(clip.seen[SHOWN], steps.box).astype(np.float32) * 0.3
    belief[steps.hole] = steps.share[steps.hole] @ np.float32([c for _, c in kinds])
    offers = []
    for (name, _), colour in zip(kinds, [*steps.means.colour, steps.frame.smooth], strict=True):
        picture = crop(clip.seen[SHOWN], steps.box).copy()
        picture[steps.hole] = _byte(colour)[steps.hole]
        offers.append((name, picture[view]))
    return _sheet([[*offers, ("belief: green, red, blue", _byte(belief)[view])]])


def tone_picture(clip: Clip, steps: Steps, image: np.ndarray) -> np.ndarray:
    """Detail from the best sources, tone from all: and the two together."""
    view, plan = _around(steps), steps.plan
    detail = detail_of(plan, agree(plan, {}, {}), steps.window.frames)
    tone = tone_of(plan, plan.soft, detail)
    tone[~steps.hole] = 0
    here = crop(clip.seen[SHOWN], steps.box)

    def placed(inside):
        return np.where(steps.hole[..., None], _byte(inside), here)[view]

    return _sheet(
        [
            [
                ("mean of all offers", placed(plan.soft)),
                ("detail: the best sources", placed(detail.base)),
                ("tone to add, x4, on grey", _byte(tone * 4 + 128)[view]),
                ("together", crop(image, steps.box)[view]),
            ]
        ]
    )


def finish_picture(clip: Clip, steps: Steps) -> np.ndarray:
    """The frame as painted by itself, and averaged with those beside it."""
    view, settings = _around(steps), FillSettings()
    plans = _plans_around(steps.window, settings.span + settings.finish_span)
    paintings = {}
    for i in range(SHOWN - settings.finish_span, SHOWN + settings.finish_span + 1):
        beside = {k: p for k, p in plans.items() if 0 < abs(k - i) <= settings.span}
        lies = ways(plans[i], beside, steps.window.chains(min(plans), max(plans)))
        blend, soft = agree(plans[i], beside, lies), settle(plans[i], beside, lies)
        painted = paint(plans[i], blend, soft, steps.window.frames)
        paintings[i] = painted_frame(plans[i], painted, lies)
    shown = paintings.pop(SHOWN)
    alone, together = clip.seen[SHOWN].copy(), clip.seen[SHOWN].copy()
    alone[clip.holes[SHOWN]] = shown.painted.values
    together[clip.holes[SHOWN]] = finish(shown, paintings)
    alone, together = (crop(picture, steps.box)[view] for picture in (alone, together))
    change = together.astype(np.float32) - alone
    return _sheet(
        [
            [
                ("painted by itself", alone),
                ("what averaging changed, x4, on grey", _byte(change * 4 + 128)),
                ("finished", together),
            ]
        ]
    )


def _plans_around(window: Window, span: int) -> dict[int, Plan]:
    """The plans of the frame that is shown and of those beside it."""
    found = {
        i: plan_frame(window, i, FillSettings()) for i in range(SHOWN - span, SHOWN + span + 1)
    }
    return {i: plan for i, plan in found.items() if plan is not None}


def result_picture(clip: Clip, steps: Steps, image: np.ndarray) -> np.ndarray:
    """The result beside the truth, and beside what one frame alone can give."""
    hole = clip.holes[SHOWN]
    telea = cv2.inpaint(clip.seen[SHOWN], hole.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    truth = clip.truth[SHOWN].astype(np.float32)
    error = [np.abs(i - truth).mean(axis=2) for i in (image, telea)]
    quality = [
        10 * np.log10(255**2 / np.mean((i[hole] - truth[hole]) ** 2)) for i in (image, telea)
    ]
    return _sheet(
        [
            [
                ("before", clip.seen[SHOWN]),
                ("filled", image),
                ("the truth", clip.truth[SHOWN]),
            ],
            [
                (f"Telea, from this frame alone: {quality[1]:.1f} dB", telea),
                (f"error of the fill, x4: {quality[0]:.1f} dB", _heat(error[0] * 4, 255)),
                ("error of Telea, x4", _heat(error[1] * 4, 255)),
            ],
        ]
    )


def provenance_picture(clip: Clip, filled: list) -> np.ndarray:
    """Where the pixels of three frames came from."""
    return _sheet(
        [
            [
                (f"frame {t}", colour_provenance(clip.seen[t], filled[t].provenance, t))
                for t in (SHOWN - 8, SHOWN, SHOWN + 8)
            ]
        ]
    )


def time_picture(clip: Clip, images: np.ndarray) -> np.ndarray:
    """One row of the clip over time: what flickers shows as broken streaks."""
    pairs = zip(clip.seen, clip.holes, strict=True)
    telea = [cv2.inpaint(f, h.astype(np.uint8), 3, cv2.INPAINT_TELEA) for f, h in pairs]
    row = 96
    panels = []
    for name, frames in (
        ("before", clip.seen),
        ("filled", images),
        ("Telea", telea),
        ("the truth", clip.truth),
    ):
        strip = np.stack([f[row] for f in frames])
        panels.append((name, cv2.resize(strip, None, fx=1, fy=5, interpolation=cv2.INTER_NEAREST)))
    return _sheet([panels[:2], panels[2:]])


def pictures() -> dict[str, np.ndarray]:
    """Every picture by its file's name: RGB uint8."""
    clip = make_clip()
    steps = follow(clip, SHOWN)
    filled = list(fill_shot(clip.seen, clip.holes))
    image = filled[SHOWN].image
    return {
        "fill-hole.jpg": hole_picture(clip, steps),
        "fill-aligned.jpg": aligned_picture(clip, steps),
        "fill-layers.jpg": layers_picture(clip, steps),
        "fill-candidates.jpg": candidates_picture(steps),
        "fill-belief.jpg": belief_picture(clip, steps),
        "fill-tone.jpg": tone_picture(clip, steps, image),
        "fill-finish.jpg": finish_picture(clip, steps),
        "fill-result.jpg": result_picture(clip, steps, image),
        "fill-provenance.jpg": provenance_picture(clip, filled),
        "fill-time.jpg": time_picture(clip, np.stack([f.image for f in filled])),
    }


def _whole(half: np.ndarray) -> np.ndarray:
    """What was made at half the resolution, in the size of the clip."""
    return cv2.resize(half, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


def _candidate(steps: Steps, source: int, layer: int) -> int:
    """The candidate of a layer whose source is nearest to the frame asked for."""
    far = np.abs(steps.candidates.source - source) + 1000 * (steps.candidates.layer != layer)
    return int(far.argmin())


def _sampled(frame: WorkFrame, grid: np.ndarray | None) -> np.ndarray:
    """A frame, its hole and what lies outside it grey, as it is or sampled at a map."""
    picture = frame.rgb.copy()
    picture[frame.near_hole] = 128
    if grid is None:
        return picture
    return cv2.remap(
        picture, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
        borderValue=(128, 128, 128),
    )  # fmt: skip


def _difference(one: np.ndarray, other: np.ndarray, steps: Steps) -> np.ndarray:
    """Three times the difference, black where either is not seen."""
    out = _heat(cv2.absdiff(one, other).mean(axis=2) * 3, 255)
    out[steps.frame.near_hole | (other == 128).all(axis=2)] = 0
    return out


def _around(steps: Steps) -> tuple[slice, slice]:
    """The ball's part of the box, with some of what is around it."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(steps.hole.astype(np.uint8))
    x, y, w, h, _ = stats[1 + stats[1:, cv2.CC_STAT_AREA].argmax()]
    height, width = labels.shape
    return (
        slice(max(0, y - 14), min(height, y + h + 14)),
        slice(max(0, x - 24), min(width, x + w + 24)),
    )


def _heat(error: np.ndarray, top: float) -> np.ndarray:
    """Errors 0..top as colours from dark to bright."""
    scaled = np.clip(error / top * 255, 0, 255).astype(np.uint8)
    return cv2.cvtColor(cv2.applyColorMap(scaled, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)


def _byte(values: np.ndarray) -> np.ndarray:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


def _sheet(rows: list[list[tuple[str, np.ndarray]]]) -> np.ndarray:
    """Labelled panels side by side, row by row, all rows equally wide."""
    wide = 3 * _PANEL + 2 * _GAP
    lines = []
    for row in rows:
        width = (wide - (len(row) - 1) * _GAP) // len(row)
        cells = [_panel(label, picture, width) for label, picture in row]
        parts = []
        for cell in cells:
            parts += [cell, np.full((cell.shape[0], _GAP, 3), _PAPER, np.uint8)]
        line = np.concatenate(parts[:-1], axis=1)
        lines.append(
            np.pad(line, ((0, _GAP), (0, wide - line.shape[1]), (0, 0)), constant_values=_PAPER)
        )
    return np.concatenate(lines)


def _panel(label: str, picture: np.ndarray, width: int) -> np.ndarray:
    height = round(picture.shape[0] * width / picture.shape[1])
    kind = cv2.INTER_CUBIC if width >= picture.shape[1] else cv2.INTER_AREA
    enlarged = cv2.resize(picture, (width, height), interpolation=kind)
    band = np.full((_BAND, width, 3), _PAPER, np.uint8)
    scale = min(0.45, 0.45 * width / (7.4 * len(label) + 6))
    cv2.putText(
        band, label, (2, _BAND - 8), cv2.FONT_HERSHEY_SIMPLEX, scale, (_INK,) * 3, 1, cv2.LINE_AA
    )
    return np.concatenate([band, enlarged])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", type=Path, default=Path("docs/pictures"), metavar="DIR")
    options = parser.parse_args(arguments)
    options.save.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures().items():
        path = options.save / name
        cv2.imwrite(
            str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR),
            [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1],
        )  # fmt: skip
        print(path)


if __name__ == "__main__":
    main()
