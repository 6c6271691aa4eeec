"""One frame's hole: gather candidates, judge them, decide what goes where."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from cleanplate.fill.compose import paint
from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.gate import decide, seen_around
from cleanplate.fill.geometry import Box, crop, half_box, warp_map
from cleanplate.fill.judge import Candidates, Means, Source, gather, layer_means
from cleanplate.fill.motion import PACKED
from cleanplate.fill.plan import Plan
from cleanplate.fill.register import register
from cleanplate.fill.settings import FillSettings, Lattice, key_frames, sources_of
from cleanplate.fill.settle import Blend
from cleanplate.fill.unseen import Completed, carry, clone, complete_key
from cleanplate.fill.window import Window

#: Belief in the smooth fill beyond which what other frames show is not taken for what is there, the
#: standard deviation, in working pixels, over which that is judged, and how far to either side of it
#: their detail fades.
_DOUBTFUL = 0.6
_SCRAP = 2.5
_FADE = 0.1
#: Width in working pixels over which made-up texture fades in where it may be wrong.
_FADE_IN = 7
#: Grey levels by which the camera's motion misses what is seen around, up to which what is hidden is sure
#: to follow it, and from which not at all.
_FOLLOWS, _STRAYS = 5.0, 9.0
#: Shares of what is around that another motion explains better, likewise.
_FEW, _MANY = 0.03, 0.10
#: Grey levels up to which the camera's motion misses so little that what else moves is small or far, and
#: from which that is not said.
_EXACT, _CLOSE = 1.0, 3.0
#: How much sooner, where what is hidden follows the camera, an offer is too doubtful to be taken.
_STRICTER = 0.1
#: Grey levels; by how much what is made up may differ at its border and be matched in tone: where it
#: follows the camera, and where not. A larger difference there is something else, and spread inside it
#: would leave a dark or a bright fog.
_MOST_STEP = 24.0, 80.0
#: Working pixels across that what is unseen has at least to be given texture.
_BRUSH = np.ones((4, 4), np.uint8)
#: A source is worth registering where it shows at least this share of the hole.
_WORTH_SHOWING = 0.02


def plan_frame(window: Window, index: int, settings: FillSettings) -> Plan | None:
    """Plan the hole of frame `index`; None where it has none."""
    frame = window.frames[index]
    if frame.box is None:
        return None
    plan = _judge(window, frame, settings.sources)
    _make_up(window, plan, settings)
    return plan


def _judge(window: Window, frame: WorkFrame, lattice: Lattice) -> Plan:
    """What the frames of a lattice show of a frame's hole, and how far each is believed."""
    sources, own, layers = look_around(window, frame, lattice)
    if not sources:
        return _smooth_only(frame)
    candidates = gather(frame, window.hidden(frame.index), sources)
    hole = crop(frame.work_hole, frame.box)
    means = layer_means(candidates, hole, frame.smooth, layers)
    around = seen_around(frame, frame.box, own)
    share = decide(means, frame, frame.box, around)
    return _choose(frame, candidates, means, share, _with_camera(around))


def _with_camera(around: np.ndarray) -> np.ndarray:
    """`Plan.steady`, by how the layers explain what is seen around the hole: see `seen_around`."""
    error = 10 * around[..., 0]
    fits = np.clip((_STRAYS - error) / (_STRAYS - _FOLLOWS), 0, 1)
    alone = np.clip((_MANY - around[..., 2]) / (_MANY - _FEW), 0, 1)
    exact = np.clip((_CLOSE - error) / (_CLOSE - _EXACT), 0, 1)
    return fits * np.maximum(alone, exact)


def _make_up(window: Window, plan: Plan, settings: FillSettings) -> None:
    """Put what key frames make up where no other frame can be believed, in place."""
    index = plan.frame.index
    unseen = crop(plan.frame.work_hole, plan.box) & ~plan.seen
    if not unseen.any():
        return
    found = {key: _completed(window, key, settings) for key in key_frames(index)}
    keys = {key: picture for key, picture in found.items() if picture is not None}
    if not keys:
        return
    camera = window.chains(min(index, *keys), max(index, *keys))[0]
    tone, texture, covered, fine = carry(index, plan.box, keys, camera)
    made_up = clone(plan.soft, tone, texture, unseen, _between(_MOST_STEP, plan.steady))
    # What may move otherwise is averaged over time as all that is soft: sharp, it would slide.
    made_up += (1 - plan.steady)[..., None] * texture
    full = _between((1 - plan.share, _carefully(plan, unseen)), plan.steady) * covered
    # Thin threads of unseen pixels between seen ones stay smooth: texture would show there.
    full *= cv2.morphologyEx(unseen.astype(np.uint8), cv2.MORPH_OPEN, _BRUSH)
    plan.soft = plan.soft + full[..., None] * (made_up - plan.soft)
    for part in fine:
        part.weight[:] *= full * plan.steady
    plan.fine = fine


def _between(ends, steady: np.ndarray) -> np.ndarray:
    """The first of two where what is hidden follows the camera, the second where it does not."""
    return steady * ends[0] + (1 - steady) * ends[1]


def _carefully(plan: Plan, unseen: np.ndarray) -> np.ndarray:
    """How far what is made up replaces the mean of all offers where it may be wrong: only a little doubt
    leaves that mean, full doubt leaves nothing of it."""
    shown = crop(plan.frame.work_hole, plan.box) & ~unseen
    fading = 1 - cv2.blur(shown.astype(np.float32), (_FADE_IN, _FADE_IN))
    return fading * np.clip((plan.doubt - _DOUBTFUL) / (1 - _DOUBTFUL), 0, 1)


def _completed(window: Window, key: int, settings: FillSettings) -> Completed | None:
    """Key frame `key` with its hole made up where no frame near it shows what is behind; None where
    it has no hole or is not at hand."""
    frame = window.frames.get(key)
    if frame is None or frame.box is None:
        return None

    def work() -> Completed:
        plan = _judge(window, frame, settings.key_sources)
        sharp = _stands_still(window, frame)
        picture = _shown(window, plan)
        return complete_key(frame, picture, plan.seen, plan.steady, sharp, settings.completer)

    return window.completed(key, work)


def _shown(window: Window, plan: Plan) -> np.ndarray:
    """A frame's image with what other frames show of its hole."""
    picture = plan.frame.image[:, :].copy()
    # Where things move, what was seen of them is soft rather than wrong.
    hole = crop(plan.frame.work_hole, plan.box)
    plan = replace(plan, share=plan.share * np.where(hole, plan.steady, 1))
    alone = Blend(plan.top, plan.weight, np.zeros((*plan.top.shape, 2), np.float32))
    picture[plan.frame.hole] = paint(plan, alone, plan.soft, window.frames).values
    return picture


def _stands_still(window: Window, frame: WorkFrame) -> bool:
    """Whether the hole is the same in the frames beside it: then it is that of letters or a logo, or
    was drawn by hand, and is not the outline of something that moves and is blurred by it."""
    beside = [window.frames.get(frame.index + step) for step in (-1, 1)]
    holes = [other.work_hole for other in beside if other is not None]
    return bool(holes) and all(np.array_equal(hole, frame.work_hole) for hole in holes)


def look_around(
    window: Window, frame: WorkFrame, lattice: Lattice
) -> tuple[list[Source], np.ndarray, int]:
    """Register the frames that show something of the hole.

    Returns:
        sources: see `gather`.
        own: `Window.errors` of the frame itself, in its box.
        layers: number of motion layers.
    """
    index, box = frame.index, frame.box
    hole = crop(frame.work_hole, box)
    present = [i for i in sources_of(index, lattice) if i in window.frames]
    sources: list[Source] = []
    own = crop(window.errors(index), half_box(box))
    if not present:
        return sources, own, 0
    chains = window.chains(min(present[0], index), max(present[-1], index))
    ahead = own[..., 1].astype(np.int16) - own[..., 0]
    for layer, chain in enumerate(chains):
        member = ahead >= -2 * PACKED if layer == 0 else ahead <= PACKED // 2
        for side in (present[::-1], present):
            beside, motion = index, np.eye(3)
            for i in side:
                if (i < index) != (side is not present):
                    continue
                # From the measured motion to the last frame on, so that no drift gathers.
                motion = chain.between(beside, i) @ motion
                beside = i
                hidden = window.hidden(i)
                if not _shows(hidden, motion, box, hole):
                    continue
                grid, motion = register(
                    frame, window.frames[i], motion, box, member, camera=layer == 0
                )
                errors = window.errors(i)
                sources.append(Source(window.frames[i], layer, grid, errors, hidden))
    return sources, own, len(chains)


def _smooth_only(frame: WorkFrame) -> Plan:
    shape = frame.smooth.shape[:2]
    return Plan(
        frame=frame,
        box=frame.box,
        seen=np.zeros(shape, bool),
        layer=np.full(shape, -1, np.int8),
        share=1 - crop(frame.work_hole, frame.box).astype(np.float32),
        follow=np.zeros(shape, np.int8),
        soft=frame.smooth,
        doubt=np.ones(shape, np.float32),
        top=np.full((*shape, 1), -1, np.int16),
        weight=np.zeros((*shape, 1), np.float32),
        source=np.zeros(0, np.int32),
        along=np.zeros(0, np.int8),
        grid=np.zeros((0, *shape, 2), np.float32),
        offset=np.zeros((0, 3), np.float32),
        steady=np.ones(shape, np.float32),
    )


def _choose(
    frame: WorkFrame, candidates: Candidates, means: Means, share: np.ndarray, steady: np.ndarray
) -> Plan:
    """Weigh the offers into one picture, and choose which layer gives the detail."""
    soft = share[..., -1:] * frame.smooth
    for k, colour in enumerate(means.colour):
        soft += share[..., k : k + 1] * colour
    hole = crop(frame.work_hole, frame.box)
    np.copyto(soft, frame.smooth, where=~hole[..., None])  # the picture itself, outside
    offered = means.evidence[..., 7] > 0
    strength = np.where(offered, np.moveaxis(share[..., :-1], -1, 0) + 1e-6, 0.0)
    # Detail is only taken from what is believed over a few pixels: scraps would show as specks.
    inside = hole.astype(np.float32)
    doubt = cv2.GaussianBlur(share[..., -1] * inside, (0, 0), _SCRAP)
    doubt /= np.maximum(cv2.GaussianBlur(inside, (0, 0), _SCRAP), 1e-3)
    offered = offered.any(axis=0)
    doubt += _STRICTER * steady
    detailed = offered & (doubt < _DOUBTFUL + _FADE)
    follow = strength.argmax(axis=0).astype(np.int8)
    layer = np.where(detailed, follow, np.int8(-1))
    return Plan(
        frame=frame,
        box=frame.box,
        seen=offered & (doubt < _DOUBTFUL),
        layer=layer,
        share=_share(frame, hole & ~detailed, doubt),
        follow=follow,
        soft=soft,
        doubt=share[..., -1],
        top=_of_layer(means.top, layer),
        weight=_of_layer(means.weight, layer),
        source=candidates.source,
        along=candidates.layer,
        grid=candidates.grid,
        offset=candidates.offset,
        steady=steady,
    )


def _of_layer(values: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """Of `values` (L, h, w, ...) those of each pixel's own layer, the first where it has none."""
    own = values[0]
    for level in range(1, len(values)):
        own = np.where(layer[..., None] == level, values[level], own)
    return own


def _share(frame: WorkFrame, without: np.ndarray, doubt: np.ndarray) -> np.ndarray:
    """See `Plan.share`; `without`, bool (bh, bw), is where there is no detail."""
    fading = np.clip((_DOUBTFUL + _FADE - doubt) / (2 * _FADE), 0, 1)
    fading[without] = 0
    if not without.any() or frame.work_hole.shape == frame.image.shape[:2]:
        return fading
    # None right beside a pixel without detail either: the clip's pixels lie between working ones.
    away = cv2.distanceTransform((~without).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.minimum(fading, np.clip((away - 1.42) / 0.58, 0, 1))


def _shows(hidden: np.ndarray, motion: np.ndarray, box: Box, hole: np.ndarray) -> bool:
    """Whether a source, but for what is hidden in it, shows enough of the hole to be worth registering."""
    step = 4
    grid = warp_map(motion, box, step)
    veiled = cv2.remap(
        hidden.view(np.uint8), grid, None, cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT, borderValue=1,
    )  # fmt: skip
    asked = hole[::step, ::step]
    number = int(asked.sum())
    return number == 0 or float((veiled[asked] == 0).sum()) > _WORTH_SHOWING * number
