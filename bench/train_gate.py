"""Train the gate of the fill on generated motion: `python -m bench.train_gate`.

Clips are made by code alone: photographs that scikit-image carries and procedural textures as
near and far planes under a wandering camera, things that move and turn before them, exposure
drift, blur and grain, and holes that cross all of it. Since the truth is known, the perceptron
can be fitted to what each pixel should have believed. No footage is used.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import cv2
import numpy as np

from cleanplate.fill.frame import prepare
from cleanplate.fill.gate import belief, features, seen_around
from cleanplate.fill.geometry import crop
from cleanplate.fill.judge import gather, layer_means
from cleanplate.fill.planning import look_around
from cleanplate.fill.settings import FillSettings
from cleanplate.fill.window import Window

_HEIGHT, _WIDTH, _LENGTH = 200, 340, 40
_PHOTOGRAPHS = (
    "astronaut", "coffee", "chelsea", "rocket", "brick", "grass", "gravel", "camera", "coins",
    "page", "moon", "immunohistochemistry", "hubble_deep_field", "retina",
)  # fmt: skip


@dataclass
class Sample:
    """One planned hole: features (n, F), offers (n, 3, 3) and truth (n, 3) in grey levels."""

    rows: np.ndarray
    offers: np.ndarray
    truth: np.ndarray
    offered: np.ndarray


def _photograph(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A random crop of a random photograph or texture, float32 (height, width, 3)."""
    from skimage import data

    for _ in range(8):
        try:
            image = getattr(data, str(rng.choice(_PHOTOGRAPHS)))()
            break
        except Exception:  # this one would have to be downloaded: try another
            continue
    image = np.asarray(image)
    image = np.repeat(image[..., None], 3, 2) if image.ndim == 2 else image[..., :3]
    scale = rng.uniform(0.5, 1.4) * max(height / image.shape[0], width / image.shape[1], 0.5)
    scale = max(scale, 1.02 * height / image.shape[0], 1.02 * width / image.shape[1])
    image = cv2.resize(
        image.astype(np.float32), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    y = rng.integers(0, image.shape[0] - height + 1)
    x = rng.integers(0, image.shape[1] - width + 1)
    image = image[y : y + height, x : x + width]
    if rng.random() < 0.5:
        image = image[:, ::-1]
    tint = rng.uniform(0.75, 1.2, 3).astype(np.float32)
    return np.clip(image * tint + rng.uniform(-20, 20), 0, 255)


def _blob(rng: np.random.Generator, height: int, width: int, size: float) -> np.ndarray:
    """A soft-edged irregular shape as alpha, float32 (height, width)."""
    noise = cv2.GaussianBlur(
        rng.standard_normal((height, width)).astype(np.float32), (0, 0), size / 5
    )
    noise /= noise.std()
    y, x = np.mgrid[:height, :width]
    aspect = rng.uniform(0.5, 2.0)
    radius = np.hypot((x - width / 2) * aspect**0.5, (y - height / 2) / aspect**0.5) / size
    shape = (1 - radius) * 3 + noise * rng.uniform(0.2, 0.9)
    return np.clip(shape * 4, 0, 1).astype(np.float32)


def _path(rng: np.random.Generator, speed: float, jitter: float) -> np.ndarray:
    """(length, 2) positions: steady motion, a slow swing, and handheld shake."""
    t = np.arange(_LENGTH)[:, None]
    steady = rng.normal(0, speed, 2) * (t - _LENGTH / 2)
    swing = rng.normal(0, 4 * speed, 2) * np.sin(t * rng.uniform(0.05, 0.4) + rng.uniform(0, 6))
    return steady + swing + rng.normal(0, jitter, (_LENGTH, 2)).cumsum(0) * 0.3


def _warp(image: np.ndarray, shift, angle: float, zoom: float, border: int) -> np.ndarray:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, zoom)
    matrix[:, 2] += shift
    matrix[:, 2] += ((_WIDTH - width) / 2, (_HEIGHT - height) / 2)
    return cv2.warpAffine(
        image, matrix, (_WIDTH, _HEIGHT), flags=cv2.INTER_CUBIC, borderMode=border
    )


def generate(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A clip and its holes: uint8 (n, h, w, 3) and bool (n, h, w)."""
    rng = np.random.default_rng(seed)
    camera = _path(rng, rng.choice([0.0, 0.6, 2.0, 4.0]), rng.choice([0.1, 0.6, 1.5]))
    spin = np.cumsum(rng.normal(0, rng.choice([0.02, 0.15]), _LENGTH))
    zoom = np.exp(
        np.cumsum(rng.normal(0, 0.002, _LENGTH)) + rng.normal(0, 0.003) * np.arange(_LENGTH)
    )
    far = _photograph(rng, 2 * _HEIGHT, 2 * _WIDTH)
    things = []
    if rng.random() < 0.4:  # a nearer plane of the scene
        near = _photograph(rng, 2 * _HEIGHT, 2 * _WIDTH)
        alpha = _blob(rng, 2 * _HEIGHT, 2 * _WIDTH, rng.uniform(60, 160))
        things.append(
            (near, alpha, camera * rng.uniform(0.15, 0.6) + rng.normal(0, 60, 2), spin * 0)
        )
    for _ in range(rng.integers(0, 4)):
        side = int(rng.uniform(50, 150))
        picture = _photograph(rng, side, int(side * rng.uniform(0.7, 2)))
        alpha = _blob(rng, *picture.shape[:2], 0.42 * min(picture.shape[:2]))
        # Half of the things are followed by the camera and so stay in the picture.
        follow = -camera * rng.choice([0.0, 0.9, 1.0])
        path = _path(rng, rng.choice([0.3, 1.0, 3.0]), 0.3) + follow + rng.normal(0, 50, 2)
        things.append(
            (picture, alpha, path, np.cumsum(rng.normal(0, rng.choice([0.1, 1.0]), _LENGTH)))
        )
    blob = _blob(rng, _HEIGHT, _WIDTH, rng.uniform(25, 60))
    at = _path(rng, rng.choice([0.0, 0.5, 1.5, 3.0]), 0.4) + rng.normal(0, 30, 2)
    turn = np.cumsum(rng.normal(0, 1.0, _LENGTH))
    blur = rng.choice([0.0, 0.0, 0.7, 1.2])
    gain = 1 + np.cumsum(rng.normal(0, rng.choice([0.0, 0.004, 0.012]), _LENGTH))
    waves = rng.random() < 0.2
    frames, holes = [], []
    for t in range(_LENGTH):
        picture = far
        if waves:  # water or leaves: no rigid motion explains it
            y, x = np.mgrid[: far.shape[0], : far.shape[1]].astype(np.float32)
            x += 2.5 * np.sin(y / 9 + t * 0.7) + 1.5 * np.sin(y / 23 - t * 0.4 + x / 31)
            picture = cv2.remap(far, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        frame = _warp(picture, camera[t], spin[t], zoom[t], cv2.BORDER_REFLECT)
        for texture, alpha, path, angle in things:
            a = _warp(alpha, camera[t] + path[t], spin[t] + angle[t], zoom[t], cv2.BORDER_CONSTANT)
            c = _warp(
                texture, camera[t] + path[t], spin[t] + angle[t], zoom[t], cv2.BORDER_REPLICATE
            )
            frame += np.clip(a, 0, 1)[..., None] * (c - frame)
        if blur:
            frame = cv2.GaussianBlur(frame, (0, 0), blur)
        frame = frame * gain[t] + rng.normal(0, 1.5, frame.shape)
        frames.append(np.clip(frame + 0.5, 0, 255).astype(np.uint8))
        hole = _warp(blob, at[t], turn[t], 1.0, cv2.BORDER_CONSTANT) > 0.5
        holes.append(hole)
    return np.stack(frames), np.stack(holes)


def samples(seed: int, step: int = 6) -> list[Sample]:
    """Plan some holes of a generated clip and keep what the gate would have seen."""
    cv2.setNumThreads(1)
    truth, holes = generate(seed)
    return planned(truth, holes, step, seed)


def planned(truth: np.ndarray, holes: np.ndarray, step: int, seed: int) -> list[Sample]:
    """What the gate sees of every `step`-th hole, with the truth beside it.

    The clip has to be small enough to be its own working resolution.
    """
    settings = FillSettings()
    hidden = np.where(holes[..., None], 0, truth).astype(np.uint8)
    out = []
    rng = np.random.default_rng(seed)
    with ThreadPoolExecutor(1) as pool:
        window = Window(settings, pool.submit)
        for index, (image, hole) in enumerate(zip(hidden, holes, strict=True)):
            window.add(prepare(index, image, hole, settings.work_area))
        window.end()
        for index in range(seed % step, len(truth), step):
            frame, box = window.frames[index], window.frames[index].box
            if box is None:
                continue
            sources, own, layers = look_around(window, frame, settings.sources)
            if not sources:
                continue
            hole = crop(frame.work_hole, box)
            means = layer_means(
                gather(frame, window.hidden(index), sources), hole, frame.smooth, layers
            )
            rows = features(means, frame, box, seen_around(frame, box, own))
            offers = np.stack(
                [means.colour[0][hole], means.colour[layers - 1][hole], frame.smooth[hole]], axis=1
            )
            offered = np.ones((len(rows), 3), bool)
            offered[:, 0] = means.evidence[0][hole][:, 7] > 0
            offered[:, 1] = layers > 1 and means.evidence[layers - 1][hole][:, 7] > 0
            right = crop(truth[index], box)[hole].astype(np.float32)
            pick = rng.permutation(len(rows))[:3000]
            out.append(Sample(rows[pick], offers[pick], right[pick], offered[pick]))
    return out


def _loss_gradient(share, offers, truth):
    """Log of the mean square error, and its gradient with respect to the shares."""
    error = np.einsum("nk,nkc->nc", share, offers) - truth
    mean = float((error**2).mean()) + 4.0
    return np.log(mean), 2 * np.einsum("nc,nkc->nk", error, offers) / (error.size * mean)


def train(
    data: list[Sample], hidden: tuple[int, ...] = (48, 24), epochs: int = 60, seed: int = 0
) -> list[np.ndarray]:
    """Fit the perceptron by Adam (Kingma and Ba, 2015) on the log error of each hole."""
    rng = np.random.default_rng(seed)
    sizes = [data[0].rows.shape[1], *hidden, 3]
    weights = [
        np.vstack([rng.normal(0, (2 / a) ** 0.5, (a, b)), np.zeros((1, b))])
        for a, b in itertools.pairwise(sizes)
    ]
    weights[-1] *= 0.3
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    step = 0
    for epoch in range(epochs):
        total = 0.0
        rate = 3e-3 * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        for group in np.array_split(rng.permutation(len(data)), max(1, len(data) // 4)):
            gradient = [np.zeros_like(w) for w in weights]
            for i in group:
                sample = data[i]
                pick = rng.integers(0, len(sample.rows), 600)
                loss, grads = _backward(weights, sample, pick)
                total += loss
                for g, more in zip(gradient, grads, strict=True):
                    g += more / len(group)
            step += 1
            for w, g, m, v in zip(weights, gradient, first, second, strict=True):
                g += 1e-4 * w
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                w -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        if epoch % 5 == 4:
            print(
                f"epoch {epoch + 1}: {10 * np.log10(255**2) - 10 * total / len(data) / np.log(10):.2f} dB",
                flush=True,
            )
    return [w.astype(np.float32) for w in weights]


def _backward(weights, sample: Sample, pick):
    value = [sample.rows[pick].astype(np.float64)]
    for i, w in enumerate(weights):
        out = value[-1] @ w[:-1] + w[-1]
        value.append(np.maximum(out, 0.1 * out) if i < len(weights) - 1 else out)
    raw = np.exp(value[-1] - value[-1].max(axis=1, keepdims=True)) * sample.offered[pick]
    share = raw / raw.sum(axis=1, keepdims=True)
    loss, grad = _loss_gradient(share, sample.offers[pick].astype(np.float64), sample.truth[pick])
    grad = share * (grad - (grad * share).sum(axis=1, keepdims=True))
    grads = []
    for i in range(len(weights) - 1, -1, -1):
        grads.append(np.vstack([value[i].T @ grad, grad.sum(axis=0, keepdims=True)]))
        grad = grad @ weights[i][:-1].T
        if i:
            grad = grad * np.where(value[i] > 0, 1.0, 0.1)
    return loss, grads[::-1]


def score(data: list[Sample], weights: list[np.ndarray]) -> float:
    """Mean PSNR in dB of the shared-out belief over the samples."""
    out = []
    for sample in data:
        share = belief(sample.rows, weights) * sample.offered
        share /= share.sum(axis=1, keepdims=True)
        error = np.einsum("nk,nkc->nc", share, sample.offers) - sample.truth
        out.append(10 * np.log10(255**2 / ((error**2).mean() + 1e-3)))
    return float(np.mean(out))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=160, help="clips to generate")
    parser.add_argument("--output", type=Path, help="where the weights go (default: the package)")
    args = parser.parse_args()
    with ProcessPoolExecutor(2) as pool:
        sets: Iterator[list[Sample]] = pool.map(samples, range(args.clips))
        groups = list(sets)
    kept = len(groups) * 9 // 10
    data = [s for group in groups[:kept] for s in group]
    held = [s for group in groups[kept:] for s in group]
    weights = train(data)
    print(f"held out: {score(held, weights):.2f} dB")
    target = args.output or Path(str(resources.files("cleanplate.fill"))) / "gate.npz"
    np.savez_compressed(
        target, **{f"layer{i}": w.astype(np.float16) for i, w in enumerate(weights)}
    )


if __name__ == "__main__":
    main()
