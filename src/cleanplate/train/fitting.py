"""Training the small network: crops in, weights out, stopped when it gets no better."""

from __future__ import annotations

import copy
import io
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cv2
import numpy as np

# Threads that spin while they wait for one another would take ten times the time on a machine that
# is busy with something else; this must be said before the library is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch.nn import functional

from cleanplate.atomic import write_whole
from cleanplate.errors import ModelError
from cleanplate.train.augment import Crops, Recipe
from cleanplate.train.examples import Example
from cleanplate.train.measure import iou
from cleanplate.train.network import MULTIPLE, SmallNetwork, normalised

_CHECKS = 12  # looks at the held-out examples in a whole run
_PATIENCE = 5  # looks without getting better, after which it stops
_FOUND = 0.3  # of IoU: before this it does not stop, since at first nothing is found at all
_BETTER = 0.002  # of IoU: what counts as better
_WEIGHT_DECAY = 0.02
_RATES = {"decoder": 2e-3, "backbone": 3e-4}
_WARM = 0.05  # share of the steps over which the rate rises
_FINISH, _GENTLE = 0.25, 0.4  # share of the steps, and of the rates, of the end on all examples
_AVERAGE = 0.97  # of the running average of the weights, which is what is kept


@dataclass(frozen=True)
class FitSettings:
    """`steps` of `batch` crops at most, in `minutes` at most; `seed` for what is random, and
    `threads` for the processor's cores."""

    steps: int = 240
    batch: int = 8
    minutes: float = 4.5
    seed: int = 0
    threads: int = 2
    recipe: Recipe = field(default_factory=Recipe)


@dataclass
class Progress:
    """How training stands: the step of so many, the loss of the last steps, and the IoU on the
    held-out examples, at the last look and at the best."""

    step: int
    steps: int
    loss: float
    iou: float | None = None
    best: float | None = None


@dataclass
class _Run:
    """What a checkpoint holds beside the weights."""

    step: int = 0
    seconds: float = 0.0
    best: float = -1.0
    since: int = 0
    history: list[tuple[int, float, float]] = field(default_factory=list)
    finished: bool = False


Told = Callable[[Progress], None]


class Fit:
    """One training run, which can be left and gone on with.

    >>> fit = Fit(learn, held, backbone_bytes, FitSettings())          # doctest: +SKIP
    >>> fit.run(told=print, checkpoint=Path("checkpoint.npz"))         # doctest: +SKIP
    """

    def __init__(
        self,
        learn: Sequence[Example],
        held: Sequence[Example],
        backbone: bytes,
        settings: FitSettings,
    ) -> None:
        """`backbone` is the pretrained state dict, as the catalogue has it."""
        torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self.settings = settings
        self._random = np.random.default_rng(settings.seed)
        self._crops = Crops(learn, settings.recipe, self._random)
        self._held = list(held)
        self.network = SmallNetwork()
        self.network.backbone.load(backbone)
        self.network.to(memory_format=torch.channels_last)  # half as fast again on processors
        self.network.freeze_first()
        self._average = copy.deepcopy(self.network)
        self._best = copy.deepcopy(self.network.state_dict())
        inner = [p for p in self.network.backbone.parameters() if p.requires_grad]
        known = {id(p) for p in self.network.backbone.parameters()}
        outer = [p for p in self.network.parameters() if id(p) not in known]
        groups = [
            {"params": outer, "lr": _RATES["decoder"], "base": _RATES["decoder"]},
            {"params": inner, "lr": _RATES["backbone"], "base": _RATES["backbone"]},
        ]
        self._optimiser = torch.optim.AdamW(groups, weight_decay=_WEIGHT_DECAY)
        self.state = _Run()

    @property
    def history(self) -> list[tuple[int, float, float]]:
        """Step, loss and held-out IoU at each look."""
        return self.state.history

    def run(
        self,
        told: Told = lambda progress: None,
        checkpoint: Path | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> float:
        """Train until it gets no better, or the time or the steps are used up.

        Returns the best held-out IoU; `network` then has the weights that gave it. Writes
        `checkpoint` at each look, and when it is `stopped` or interrupted.
        """
        settings, state = self.settings, self.state
        every = max(1, settings.steps // _CHECKS)
        began, before = time.monotonic(), state.seconds
        losses: list[float] = []
        try:
            while not self._over() and not stopped():
                losses.append(self._step())
                state.step += 1
                state.seconds = before + time.monotonic() - began
                loss = float(np.mean(losses[-every:]))
                if state.step % every == 0 or self._over():
                    self._look(loss)
                    if checkpoint is not None:
                        self.save(checkpoint)
                latest = state.history[-1][2] if state.history else None
                best = state.best if state.best >= 0 else None
                told(Progress(state.step, settings.steps, loss, latest, best))
        except KeyboardInterrupt:
            if checkpoint is not None:
                self.save(checkpoint)
            raise
        state.finished = self._over()
        if checkpoint is not None:
            self.save(checkpoint)
        self.network.load_state_dict(self._best)
        self.network.eval()
        return state.best

    def _over(self) -> bool:
        state = self.state
        late = state.seconds >= 60 * self.settings.minutes
        stuck = state.since >= _PATIENCE and state.best > _FOUND
        return late or stuck or state.step >= self.settings.steps

    def finish(self, examples: Sequence[Example], told: Told = lambda progress: None) -> None:
        """Learn a little more, from the held-out examples as well: `examples` are all there are.

        To be called after `run`, whose figures then stand for a network that knew less.
        """
        crops = Crops(examples, self.settings.recipe, self._random)
        self._average.load_state_dict(self._best)
        count = max(1, round(_FINISH * self.settings.steps))
        done = self.state.step
        for step in range(count):
            self._set_rates(_GENTLE * 0.5 * (1 + np.cos(np.pi * step / count)))
            loss = self._learn(crops, _AVERAGE)
            told(Progress(done + step + 1, done + count, loss, None, self.state.best))
        self.network.load_state_dict(self._average.state_dict())
        self.network.eval()

    def _step(self) -> float:
        done = max(
            self.state.step / self.settings.steps,
            self.state.seconds / (60 * self.settings.minutes),
        )
        self._set_rates(min(1.0, (done + 1e-3) / _WARM) * 0.5 * (1 + np.cos(np.pi * min(done, 1))))
        # Early on the average follows closely; later it smooths.
        return self._learn(
            self._crops, min(_AVERAGE, (1 + self.state.step) / (10 + self.state.step))
        )

    def _learn(self, crops: Crops, keep: float) -> float:
        images, shares = crops.batch(self.settings.batch)
        self.network.train()
        self.network.freeze_statistics()
        # From (n, h, w, 3) the permuted view already lies as the network likes it: channels last.
        x = normalised(torch.from_numpy(images).permute(0, 3, 1, 2).float())
        truth = torch.from_numpy(shares)[:, None]
        logits = functional.interpolate(
            self.network(x), scale_factor=2.0, mode="bilinear", align_corners=False
        )
        loss = _loss(logits, truth)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self._optimiser.step()
        with torch.no_grad():
            for mine, new in zip(
                self._average.parameters(), self.network.parameters(), strict=True
            ):
                mine.lerp_(new, 1 - keep)
        return float(loss.detach())

    def _set_rates(self, factor: float) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = group["base"] * max(factor, 0.01)

    def _look(self, loss: float) -> None:
        state = self.state
        found = [iou(self.mask(example.image), example.mask) for example in self._held]
        score = float(np.mean(found))
        state.history.append((state.step, loss, score))
        if score > state.best + _BETTER or state.best < 0:
            state.since = 0
        else:
            state.since += 1
        if score >= state.best:
            state.best = score
            self._best = copy.deepcopy(self._average.state_dict())

    def mask(self, image: np.ndarray) -> np.ndarray:
        """The object in a picture, RGB uint8 (h, w, 3), by the averaged weights: bool (h, w)."""
        return infer(self._average, image, self.settings.recipe.longest) > 0

    def save(self, path: Path) -> None:
        """Write everything that is needed to go on: arrays and JSON, nothing that runs."""
        arrays = {f"network/{k}": v.numpy() for k, v in self.network.state_dict().items()}
        arrays |= {f"average/{k}": v.numpy() for k, v in self._average.state_dict().items()}
        arrays |= {f"best/{k}": v.numpy() for k, v in self._best.items()}
        for index, moments in self._optimiser.state_dict()["state"].items():
            arrays |= {f"optimiser/{index}/{k}": v.numpy() for k, v in moments.items()}
        state = {
            "run": asdict(self.state),
            "random": self._random.bit_generator.state,
            "recipe": asdict(self.settings.recipe),
        }
        arrays["state"] = np.frombuffer(json.dumps(state).encode(), np.uint8)
        packed = io.BytesIO()
        np.savez(packed, **arrays)
        write_whole(path, packed.getvalue())

    def resume(self, path: Path, *, further: bool = False) -> None:
        """Go on from a checkpoint; `further` starts the steps anew from its best weights, as when
        there are more examples than before. Raises ModelError for a file that is none."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                kept = {name: arrays[name] for name in arrays.files}
            state = json.loads(kept.pop("state").tobytes())
            parts = {name: _tensors(kept, name) for name in ("network", "average", "best")}
            self.network.load_state_dict(parts["best" if further else "network"])
            self._average.load_state_dict(parts["best" if further else "average"])
            self._best = parts["best"]
            if further:
                return
            self._resume_optimiser(kept)
            self._random.bit_generator.state = state["random"]
            run = state["run"]
            run["history"] = [tuple(item) for item in run["history"]]
            self.state = _Run(**run)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise ModelError(
                f"{path} is no checkpoint that can be gone on from ({error}). Train without "
                "--continue."
            ) from error

    def _resume_optimiser(self, kept: dict[str, np.ndarray]) -> None:
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, array in kept.items():
            if name.startswith("optimiser/"):
                _, index, key = name.split("/")
                moments.setdefault(int(index), {})[key] = torch.from_numpy(array.copy())
        whole = self._optimiser.state_dict()
        self._optimiser.load_state_dict({"state": moments, "param_groups": whole["param_groups"]})


def _tensors(kept: dict[str, np.ndarray], part: str) -> dict[str, torch.Tensor]:
    start = f"{part}/"
    return {
        name.removeprefix(start): torch.from_numpy(array.copy())
        for name, array in kept.items()
        if name.startswith(start)
    }


def _loss(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Cross entropy and Dice (Milletari et al., "V-Net", 3DV 2016) in equal parts."""
    cross = functional.binary_cross_entropy_with_logits(logits, truth)
    likely = torch.sigmoid(logits)
    shared = (likely * truth).sum((1, 2, 3))
    total = likely.sum((1, 2, 3)) + truth.sum((1, 2, 3))
    dice = 1 - (2 * shared + 20) / (total + 20)  # 20 pixels: crops without the object count as well
    return cross + dice.mean()


def working_size(shape: tuple[int, int], longest: int) -> tuple[int, int]:
    """Height and width at which the network sees a picture of `shape`: its longest side about
    `longest`, both multiples of 32. As `cleanplate.models.custom.pictures.place_of` has it."""
    scale = longest / max(shape)
    height, width = (max(MULTIPLE, round(side * scale / MULTIPLE) * MULTIPLE) for side in shape)
    return height, width


def infer(network: SmallNetwork, image: np.ndarray, longest: int) -> np.ndarray:
    """Logits of the object in a picture, RGB uint8 (h, w, 3): float32 (h, w)."""
    height, width = working_size(image.shape[:2], longest)
    how = cv2.INTER_AREA if height < image.shape[0] else cv2.INTER_LINEAR
    small = cv2.resize(image, (width, height), interpolation=how)
    network.eval()
    with torch.no_grad():
        x = torch.from_numpy(small).permute(2, 0, 1)[None].float()
        logits = network(normalised(x))[0, 0].numpy()
    return cv2.resize(logits, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
