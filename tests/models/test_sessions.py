"""Networks running: shared, bounded, edited, and clear about what is wrong."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from cleanplate import models
from cleanplate.errors import ModelError
from cleanplate.models import sessions

from .conftest import described


def network(weights: int = 4) -> bytes:
    """y = relu(x) + w, z = 2 y."""
    nodes = [
        helper.make_node("Relu", ["x"], ["r"]),
        helper.make_node("Add", ["r", "w"], ["y"]),
        helper.make_node("Add", ["y", "y"], ["z"]),
    ]
    values = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [weights])]
    outs = [helper.make_tensor_value_info("z", TensorProto.FLOAT, [weights])]
    w = numpy_helper.from_array(np.arange(weights, dtype=np.float32), "w")
    graph = helper.make_graph(nodes, "test", values, outs, [w])
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


@pytest.fixture
def put(cache_folder, catalogue):
    """Put a network of ours into the cache: (name, bytes)."""
    models.release()

    def place(name: str, data: bytes):
        catalogue(name, described(data, name="net.onnx"))
        (cache_folder / name).mkdir(parents=True)
        (cache_folder / name / "net.onnx").write_bytes(data)

    yield place
    models.release()


X = np.array([-1, 0, 1, 2], np.float32)


def test_a_network_runs_and_is_loaded_once(put):
    put("net", network())
    first = models.session("net")
    assert first.inputs == {"x": (4,)} and first.outputs == {"z": (4,)}
    assert first.run({"x": X})["z"].tolist() == [0, 2, 6, 10]
    assert first.run({"x": X}, ["z"], keep_memory=True)["z"].tolist() == [0, 2, 6, 10]
    assert models.session("net") is first
    assert "CPUExecutionProvider" in first.providers


def test_inner_tensors_can_be_exposed_even_under_a_name_in_use(put):
    put("net", network())

    def tap(model: onnx.ModelProto) -> None:
        sessions.expose(model, {"z": "y", "relu": "r"})

    answer = models.session("net", edit=("tapped", tap)).run({"x": X})
    assert answer["z"].tolist() == [0, 1, 3, 5] and answer["relu"].tolist() == [0, 0, 1, 2]
    assert models.session("net").run({"x": X})["z"].tolist() == [0, 2, 6, 10]


def test_a_tensor_that_is_not_there_is_named(put):
    put("net", network())
    with pytest.raises(ModelError, match="no tensor nope"):
        models.session("net", edit=("e", lambda m: sessions.expose(m, {"a": "nope"})))


def test_the_least_used_network_makes_room(put, monkeypatch):
    monkeypatch.setattr(sessions, "_SHARED_LIMIT", 3 * len(network(1000)) - 1)
    for name in ("a", "b", "c"):
        put(name, network(1000))
    a, b = models.session("a"), models.session("b")
    models.session("a")
    models.session("c")
    assert models.session("a") is a
    assert models.session("b") is not b


def test_wrong_inputs_and_wrong_files_are_said_in_words(put):
    put("net", network())
    with pytest.raises(ModelError, match=r"net/net\.onnx failed"):
        models.session("net").run({"x": np.zeros(3, np.float32)})
    put("junk", b"this is no network")
    with pytest.raises(ModelError, match=r"junk/net\.onnx cannot be loaded"):
        models.session("junk")


def test_spoilt_bytes_are_never_loaded(put, cache_folder, monkeypatch):
    put("net", network())
    spoilt = bytearray(network())
    spoilt[-30] ^= 1
    (cache_folder / "net" / "net.onnx").write_bytes(spoilt)
    monkeypatch.setenv("CLEANPLATE_OFFLINE", "1")
    with pytest.raises(ModelError):
        models.session("net")


def test_an_unknown_provider_is_answered_with_those_there_are(put, monkeypatch):
    put("net", network())
    monkeypatch.setenv("CLEANPLATE_PROVIDERS", "AbacusExecutionProvider")
    with pytest.raises(ModelError, match=r"Abacus.*CPUExecutionProvider"):
        models.session("net")
    monkeypatch.setenv("CLEANPLATE_PROVIDERS", "CPUExecutionProvider")
    assert models.session("net").providers == ["CPUExecutionProvider"]
