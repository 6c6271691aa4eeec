"""The translation of TensorFlow.js graphs, held against TensorFlow.js itself."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest

from cleanplate import models
from cleanplate.errors import ModelError
from cleanplate.models import tfjs

from .tfjs import reference

TOLERANCE = 1e-3


@pytest.mark.parametrize("case", reference.CASES, ids=lambda case: case.graph)
def test_translation_answers_as_tensorflow_js_did(case, network):
    network(case.network)
    answer = models.session(case.network, case.graph).run(reference.feeds(case))
    kept = json.loads(reference.VALUES.read_text())[case.graph]
    assert set(answer) == set(kept)
    for name, expected in kept.items():
        assert list(answer[name].shape) == expected["shape"]
        assert (
            reference.difference(reference.sample(answer[name]), np.array(expected["values"]))
            < TOLERANCE
        )


@pytest.mark.parametrize("graph", ["selfie.onnx", "rvm.onnx"])
def test_translation_answers_as_tensorflow_js_does_now(graph, network, tensorflow_js):
    case = next(case for case in reference.CASES if case.graph == graph)
    network(case.network)
    theirs = reference.run(case, tensorflow_js)
    ours = models.session(case.network, case.graph).run(reference.feeds(case))
    assert set(ours) == set(theirs)
    for name, values in theirs.items():
        assert reference.difference(ours[name], values) < TOLERANCE


def test_the_state_of_one_frame_serves_the_next_as_in_tensorflow_js(network, tensorflow_js):
    case = next(case for case in reference.CASES if case.graph == "rvm.onnx")
    network(case.network)
    session = models.session(case.network, case.graph)
    first = session.run(reference.feeds(case))
    second = reference.feeds(case)
    second["src"] = second["src"][:, :, ::-1].copy()
    second |= {f"r{i}i": first[f"r{i}o"] for i in (1, 2, 3, 4)}
    ours, theirs = session.run(second), reference.run(case, tensorflow_js, second)
    for name, values in theirs.items():
        assert reference.difference(ours[name], values) < TOLERANCE
    fresh = session.run({**reference.feeds(case), "src": second["src"]})
    assert reference.difference(ours["pha"], fresh["pha"]) > TOLERANCE


@pytest.fixture(scope="session")
def tensorflow_js(tmp_path_factory):
    if not (shutil.which("node") and shutil.which("npm")):
        # The stored reference values are still compared; only the live comparison needs Node.
        pytest.skip("node and npm are not on the PATH")
    folder = tmp_path_factory.mktemp("tensorflow-js")
    try:
        reference.install(folder)
    except (OSError, subprocess.SubprocessError) as error:
        # Offline; the stored reference values are still compared.
        pytest.skip(f"TensorFlow.js could not be installed: {error}")
    return folder


def _graph(nodes: list[dict], weights: list[dict] | None = None) -> bytes:
    document = {
        "format": "graph-model",
        "signature": {"outputs": {"out": {"name": nodes[-1]["name"]}}},
        "modelTopology": {"node": nodes},
        "weightsManifest": [{"paths": ["w.bin"], "weights": weights or []}],
    }
    return json.dumps(document).encode()


_IMAGE = {"name": "x", "op": "Placeholder", "attr": {"shape": {"shape": {"dim": [{"size": "4"}]}}}}


def _run(topology: bytes, weights: bytes = b"", **options) -> np.ndarray:
    session = models.Session(tfjs.translate(topology, weights, **options))
    return session.run({"x": np.array([-3, -1, 2, 5], np.float32)})["out"]


@pytest.mark.parametrize(
    ("dtype", "scale", "stored"),
    [("uint8", 0.5, np.uint8([0, 2, 4, 6])), ("uint16", 0.5, np.uint16([0, 2, 4, 6]))],
)
def test_weights_of_few_bits_are_spread_to_their_range(dtype, scale, stored):
    quantised = {"dtype": dtype, "scale": scale, "min": -1.0, "original_dtype": "float32"}
    entry = {"name": "w", "shape": [4], "dtype": "float32", "quantization": quantised}
    nodes = [_IMAGE, {"name": "w", "op": "Const"}, {"name": "y", "op": "Add", "input": ["x", "w"]}]
    assert _run(_graph(nodes, [entry]), stored.tobytes()) == pytest.approx([-4, -1, 3, 7])


def _conditional() -> bytes:
    flag = {"name": "flag", "op": "Placeholder", "attr": {"shape": {"shape": {}}}}
    nodes = [
        _IMAGE,
        flag,
        {"name": "one", "op": "Const"},
        {"name": "is", "op": "Equal", "input": ["flag", "one"]},
        {"name": "switch", "op": "Switch", "input": ["x", "is"]},
        {"name": "yes", "op": "Relu", "input": ["switch:1"]},
        {"name": "no", "op": "Square", "input": ["switch"]},
        {"name": "y", "op": "Merge", "input": ["no", "yes"]},
    ]
    return _graph(nodes, [{"name": "one", "shape": [], "dtype": "float32"}])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"fixed": {"flag": 1.0}}, [0, 0, 2, 5]),
        ({"fixed": {"flag": 0.0}}, [9, 1, 4, 25]),
    ],
)
def test_switches_fold_to_the_branch_their_constants_take(options, expected):
    one = np.float32(1).tobytes()
    assert _run(_conditional(), one, **options) == pytest.approx(expected)


def test_an_unknown_operation_is_named():
    nodes = [_IMAGE, {"name": "y", "op": "Einsum", "input": ["x"]}]
    with pytest.raises(ModelError, match="Einsum"):
        tfjs.translate(_graph(nodes), b"")


def test_weights_that_end_early_are_refused():
    entry = {"name": "w", "shape": [4], "dtype": "float32"}
    nodes = [_IMAGE, {"name": "w", "op": "Const"}, {"name": "y", "op": "Add", "input": ["x", "w"]}]
    with pytest.raises(ModelError, match="end before w"):
        tfjs.translate(_graph(nodes, [entry]), b"\0" * 15)


@pytest.mark.parametrize("junk", [b"", b"{}", b'{"format": "layers-model"}', b"\xff\xfe"])
def test_what_is_no_graph_model_is_refused(junk):
    with pytest.raises(ModelError):
        tfjs.translate(junk, b"")
