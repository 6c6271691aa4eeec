"""Training from beginning to end: both ways, the better one kept, measured and registered."""

from __future__ import annotations

import importlib.util
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from cleanplate.atomic import write_whole
from cleanplate.engine.events import Event, Listener
from cleanplate.engine.teaching.card import Outcome, write_card
from cleanplate.engine.teaching.sources import Source, gather
from cleanplate.engine.teaching.trainset import TrainingSet
from cleanplate.errors import Cancelled, UsageError
from cleanplate.models import Session, custom
from cleanplate.models.custom.manifest import PictureIn, Segment, SegmentOut
from cleanplate.models.custom.runners import CustomSegmenter
from cleanplate.models.fetching import Watcher
from cleanplate.segment.custom import mask_of
from cleanplate.train import Example, Split, split
from cleanplate.train.measure import measure

Method = Literal["auto", "head", "network"]

_CHECKPOINT = "checkpoint.npz"
_CLOSE = 0.01  # of IoU: so near, the quicker network is kept
_SIDES = (512, 1024)  # pixels: the longest side that the small network works at
_AIM = 72  # pixels: how large an object should be there, in the square root of its area


@dataclass(frozen=True)
class TrainSettings:
    """`method` is "head" (seconds, no torch), "network" (minutes, torch) or "auto": both where torch
    is installed, and the better one kept. `minutes` bounds the network's training; `label` is what
    is found, by default the network's own name."""

    method: Method = "auto"
    minutes: float = 4.5
    steps: int = 240
    threads: int = field(default_factory=lambda: min(2, os.cpu_count() or 1))
    seed: int = 0
    label: str | None = None


@dataclass(frozen=True)
class TrainReport:
    """What came of it: which way was kept, every way's figures, the card, and seconds in all."""

    name: str
    kept: str
    outcomes: list[Outcome]
    card: Path
    warnings: list[str]
    seconds: float


def train(
    name: str,
    sources: Sequence[Source] = (),
    settings: TrainSettings | None = None,
    *,
    going_on: bool = False,
    progress: Listener | None = None,
    cancel: threading.Event | None = None,
    watch: Watcher | None = None,
) -> TrainReport:
    """Teach a kind of object, and register the network under `name`.

    Parameters
    ----------
    sources
        Where examples are; they are added to those that `name` was taught from before.
    going_on
        Go on from the checkpoint of a run that was stopped, or, when there are more examples than
        then, from the weights that it came to; from the beginning where there is none yet.
    progress
        Told of stages and, while the small network trains, of its step, loss and IoU (in `details`).
    cancel
        Stops at the next step; the checkpoint stays, to go on from.

    Raises UsageError for fewer than five examples, or a method that needs torch where there is none.
    """
    settings = settings or TrainSettings()
    if settings.method == "network" and not has_torch():
        raise UsageError(
            "Training a network needs torch: pip install 'cleanplate[train]'. Without it there is "
            "--method head."
        )
    tell, began = progress or (lambda event: None), time.monotonic()
    examples = _examples(name, sources, tell)
    training = TrainingSet(name)
    checkpoint = training.folder / _CHECKPOINT
    parts = split(examples)
    outcomes, made = [], {}
    if settings.method != "network":
        tell(Event("stage", "fit the head"))
        outcome, export = _head(parts, watch)
        outcomes.append(outcome)
        made[outcome.method] = export
    if settings.method != "head" and has_torch():
        outcome, export = _network(
            parts, settings, checkpoint if going_on else None, training, tell, cancel, watch
        )
        outcomes.append(outcome)
        made[outcome.method] = export
    kept = _better(outcomes)
    tell(Event("stage", "register"))
    data, manifest = made[kept.method](settings.label or name)
    session = Session(data, name=name)
    sample = CustomSegmenter(manifest, session).check()
    facts = {"network": custom.Facts.of_session(session).describe()}
    source = f"{len(examples)} examples, {kept.method}"
    custom.keep(
        name,
        manifest,
        {"network": data},
        origin="trained",
        source=source,
        facts=facts,
        sample=sample,
    )
    masks = masker_of(custom.load(name))
    card, warnings = write_card(
        custom.folder_of(name) / "card", name, examples, parts, outcomes, kept, masks
    )
    for warning in warnings:
        tell(Event("warning", message=warning))
    seconds = round(time.monotonic() - began, 1)
    tell(Event("done", details={"kept": kept.method, "iou": kept.measured.mean, "card": str(card)}))
    return TrainReport(name, kept.method, outcomes, card, warnings, seconds)


def has_torch() -> bool:
    """Whether torch is installed."""
    return importlib.util.find_spec("torch") is not None


def _examples(name: str, sources: Sequence[Source], tell: Listener) -> list[Example]:
    training = TrainingSet(name)
    tell(Event("stage", "read examples"))
    for source in sources:
        added = training.add(gather(source, name))
        tell(Event("progress", "read examples", added.total))
    if not len(training):
        raise UsageError(f"There are no examples of {name}. Say where they are with --from.")
    return list(training.read())


Export = Callable[[str], tuple[bytes, Segment]]


def _head(parts: Split, watch: Watcher | None) -> tuple[Outcome, Export]:
    """Fit to the examples to learn from and measure; what is exported has learned from all."""
    from cleanplate.train.head import DEVIATION, MEAN, Head, size_for

    began = time.process_time()
    every = [*parts.learn, *parts.held]
    head = Head(size_for(every), watch=watch)
    cells = [head.cells(example.image) for example in every]
    count = len(parts.learn)
    head.learn(parts.learn, cells[:count])
    # By the features that are known: the masks of held-out pictures in their order.
    known = iter(cells[count:])
    measured = measure(lambda image: head.mask(image, next(known)), parts.held)
    outcome = Outcome("target head", measured, time.process_time() - began)

    def export(label: str) -> tuple[bytes, Segment]:
        data = head.learn(every, cells).export()
        taken = PictureIn(
            name="input",
            layout="nchw",
            range=(0.0, 255.0),
            mean=MEAN,
            deviation=DEVIATION,
            size=head.size,
            fit="stretch",
            pad=0.0,
        )
        return data, _manifest(label, taken, "MIT", "its backbone is the promptable network's")

    return outcome, export


def _network(
    parts: Split,
    settings: TrainSettings,
    checkpoint: Path | None,
    training: TrainingSet,
    tell: Listener,
    cancel: threading.Event | None,
    watch: Watcher | None,
) -> tuple[Outcome, Export]:
    from cleanplate import models
    from cleanplate.models import cache
    from cleanplate.train.augment import Recipe
    from cleanplate.train.fitting import Fit, FitSettings, Progress
    from cleanplate.train.graph import write_small_network
    from cleanplate.train.network import BACKBONE, MULTIPLE

    began = time.process_time()
    models.fetch(BACKBONE, watch=watch)
    network = models.manifest(BACKBONE)
    recipe = Recipe(longest=working_side([*parts.learn, *parts.held]))
    how = FitSettings(
        steps=settings.steps,
        minutes=settings.minutes,
        seed=settings.seed,
        threads=settings.threads,
        recipe=recipe,
    )
    fit = Fit(parts.learn, parts.held, cache.read(network, network.files[0]), how)
    tag = training.folder / "run.json"
    run = {"examples": training.digest, "settings": asdict(settings), "recipe": asdict(recipe)}
    if checkpoint is not None and checkpoint.is_file():
        before = json.loads(tag.read_text()) if tag.is_file() else {}
        same = before.get("examples") == run["examples"]
        fit.resume(checkpoint, further=not same)
        if fit.state.finished:  # nothing was left to do: take it further from its best
            fit = Fit(parts.learn, parts.held, cache.read(network, network.files[0]), how)
            fit.resume(checkpoint, further=True)
    write_whole(tag, json.dumps(run, indent=1).encode())
    tell(Event("stage", "train", total=how.steps))

    def told(now: Progress) -> None:
        details = {"loss": round(now.loss, 4)}
        if now.iou is not None:
            details |= {"iou": round(now.iou, 4), "best": round(now.best or 0.0, 4)}
        tell(Event("progress", "train", now.step, now.steps, details=details))

    stopped = (lambda: False) if cancel is None else cancel.is_set
    fit.run(told, training.folder / _CHECKPOINT, stopped)
    if stopped():
        raise Cancelled("Training was stopped; go on with --continue.")

    def export(label: str) -> tuple[bytes, Segment]:
        taken = PictureIn(
            name="image",
            layout="nchw",
            range=(0.0, 255.0),
            mean=[0.0],
            deviation=[1.0],
            longest=recipe.longest,
            enlarge=True,
            multiple=MULTIPLE,
            fit="stretch",
            pad=0.0,
        )
        data = write_small_network({k: v.numpy() for k, v in fit.network.state_dict().items()})
        return data, _manifest(label, taken, "Apache-2.0", "its backbone is EfficientNet-Lite0")

    data, manifest = export("object")
    masker = masker_of(CustomSegmenter(manifest, Session(data, name="trained")))
    measured = measure(masker, parts.held)
    fit.finish([*parts.learn, *parts.held], told)
    history = [tuple(item) for item in fit.history]
    return Outcome("small network", measured, time.process_time() - began, history), export


def working_side(examples: Sequence[Example]) -> int:
    """The longest side, in pixels, at which objects are large enough for the small network."""
    sizes = [np.sqrt(np.count_nonzero(e.mask)) / max(e.mask.shape) for e in examples if e.there]
    wanted = _AIM / max(float(np.median(sizes)), 1e-3)
    return int(np.clip(round(wanted / 32) * 32, *_SIDES))


def _manifest(label: str, taken: PictureIn, licence: str, why: str) -> Segment:
    out = SegmentOut(map="map", kind="probabilities", layout="nchw")
    return Segment(
        title=f"finds {label}",
        licence=f"yours; {why} ({licence})",
        labels=[label],
        input=taken,
        outputs=out,
    )


def masker_of(network: CustomSegmenter) -> Callable[[np.ndarray], np.ndarray]:
    """Masks as `find` makes them of the network's only label."""

    def mask(image: np.ndarray) -> np.ndarray:
        soft = network.logits(image)[0]
        return mask_of(image, soft, network.fine)

    return mask


def _better(outcomes: Sequence[Outcome]) -> Outcome:
    """The one that is better on the held-out part; where they are close, the small network, which
    is quicker to run."""
    best = max(outcomes, key=lambda outcome: outcome.measured.mean)
    for outcome in outcomes:
        close = outcome.measured.mean >= best.measured.mean - _CLOSE
        if outcome.method == "small network" and close:
            return outcome
    return best
