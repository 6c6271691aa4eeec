"""TensorFlow.js as a reference for the translator: run it under Node, keep some of its numbers.

    python tests/models/tfjs/reference.py

writes `values.json` beside this file: for every network of `CASES`, what TensorFlow.js answers to
the inputs of `feeds`, at positions spread over each output; and prints how far the translation is
from it. It wants Node and npm on the PATH.
"""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from skimage import data, transform

from cleanplate import models

HERE = Path(__file__).parent
VALUES = HERE / "values.json"
KEPT = 150  # numbers kept of each output
PACKAGES = [
    "@tensorflow/tfjs-core@4.22.0",
    "@tensorflow/tfjs-converter@4.22.0",
    "@tensorflow/tfjs-backend-cpu@4.22.0",
]


@dataclass(frozen=True)
class Case:
    """One translated graph, and the inputs to try it on."""

    network: str
    graph: str
    shapes: dict[str, tuple[int, ...]]
    numbers: dict[str, float] = field(default_factory=dict)


_STATES = {name: (1, 1, 1, 1) for name in ("r1i", "r2i", "r3i", "r4i")}
CASES = [
    Case("nanodet", "nanodet.onnx", {"input_1": (1, 3, 416, 416)}),
    Case("centernet", "centernet.onnx", {"tower_0/images": (1, 512, 512, 3)}),
    Case("selfie", "selfie.onnx", {"input_1": (1, 256, 256, 3)}),
    Case("meet", "meet.onnx", {"input_1": (1, 144, 256, 3)}),
    Case("rvm", "rvm.onnx", {"src": (1, 96, 160, 3), **_STATES}, {"downsample_ratio": 0.5}),
    Case("rvm", "rvm-whole.onnx", {"src": (1, 96, 160, 3), **_STATES}),
]
_ONLY_IN_THE_ORIGINAL = {"rvm-whole.onnx": {"downsample_ratio": 1.0}}
_RANGE = {"nanodet": (-2.1, 2.6), "centernet": (0, 255)}  # what each was trained on; else 0..1


def feeds(case: Case) -> dict[str, np.ndarray]:
    """A photograph for images, zeros for states, numbers as they are."""
    low, high = _RANGE.get(case.network, (0, 1))
    made = {name: np.full((1,), value, np.float32) for name, value in case.numbers.items()}
    for name, shape in case.shapes.items():
        if math.prod(shape) == 1:
            made[name] = np.zeros(shape, np.float32)
            continue
        first = shape[1] == 3
        size = shape[2:] if first else shape[1:3]
        photo = transform.resize(data.astronaut(), size, order=1, anti_aliasing=False)
        photo = photo.transpose(2, 0, 1) if first else photo
        made[name] = (photo[None] * (high - low) + low).astype(np.float32)
    return made


def install(folder: Path) -> None:
    """Install TensorFlow.js into `folder` with npm."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*npm, *PACKAGES], cwd=folder, check=True, capture_output=True, timeout=300)


def run(
    case: Case, library: Path, given: dict[str, np.ndarray] | None = None
) -> dict[str, np.ndarray]:
    """What TensorFlow.js, installed in `library`, answers to `given`, by default `feeds(case)`."""
    graph = models.manifest(case.network).graph(case.graph)
    paths = models.fetch(case.network)
    inputs = dict(given or feeds(case))
    for name, value in _ONLY_IN_THE_ORIGINAL.get(case.graph, {}).items():
        inputs[name] = np.array([value], np.float32)
    with tempfile.TemporaryDirectory() as scratch:
        listed = {}
        for i, (name, values) in enumerate(inputs.items()):
            file = Path(scratch) / f"{i}.bin"
            values.tofile(file)
            listed[name] = {"shape": list(values.shape), "file": str(file)}
        (Path(scratch) / "in.json").write_text(json.dumps(listed))
        out = Path(scratch) / "out"
        command = ["node", HERE / "reference.mjs", paths[graph.topology], paths[graph.weights]]
        command += [Path(scratch) / "in.json", out]
        subprocess.run(command, cwd=library, check=True, capture_output=True, timeout=600)
        shapes = json.loads(out.with_suffix(".json").read_text())
        values = np.fromfile(out.with_suffix(".bin"), np.float32)
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])[:-1]
    blocks = np.split(values, ends)
    return {name: b.reshape(shapes[name]) for name, b in zip(shapes, blocks, strict=True)}


def sample(values: np.ndarray) -> np.ndarray:
    """The numbers that are kept of an output: evenly spread over it."""
    flat = np.asarray(values, np.float64).reshape(-1)
    return flat[np.linspace(0, flat.size - 1, min(KEPT, flat.size)).astype(int)]


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference, relative where the numbers are larger than 1."""
    return float(np.max(np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))))


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        install(Path(scratch))
        kept = {}
        for case in CASES:
            results = run(case, Path(scratch))
            kept[case.graph] = {
                name: {
                    "shape": list(values.shape),
                    "values": [float(f"{v:.6g}") for v in sample(values)],
                }
                for name, values in results.items()
            }
            ours = models.session(case.network, case.graph).run(feeds(case))
            worst = max(difference(ours[name], values) for name, values in results.items())
            print(f"{case.graph}: largest difference {worst:.1e}")
    VALUES.write_text(json.dumps(kept, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
