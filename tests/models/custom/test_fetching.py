"""Networks from an https address: fetched, bounded, and pinned by their hash."""

from __future__ import annotations

import hashlib

import custom_networks as made
import pytest

from cleanplate.errors import ModelError
from cleanplate.models import custom
from cleanplate.models.custom.adding import _address

VALUES = {"task": "segment", "labels": ["red"], "input": {"range": [0, 1]}}


def test_a_network_from_an_address(server, own_home, monkeypatch):
    monkeypatch.delenv("CLEANPLATE_OFFLINE", raising=False)
    server.files["boom.onnx"] = made.segmenter()
    steps = []
    digest = hashlib.sha256(server.files["boom.onnx"]).hexdigest()
    file = f"{server.base}/boom.onnx"
    found = custom.add([file], {**VALUES, "sha256": digest}, progress=lambda *a: steps.append(a))
    assert found.name == "boom" and found.source == file
    assert found.files[0].sha256 == digest and steps[-1][1] == len(made.segmenter())


def test_another_file_than_was_meant(server, own_home):
    server.files["boom.onnx"] = made.segmenter()
    with pytest.raises(ModelError, match="SHA-256"):
        custom.add([f"{server.base}/boom.onnx"], {**VALUES, "sha256": "0" * 64})
    assert custom.names() == []


@pytest.mark.parametrize(
    ("what", "says"), [({}, "404"), ({"breaks_after": 99}, "99 of|connection|not reachable")]
)
def test_what_cannot_be_fetched_is_said(server, own_home, what, says):
    if what:
        server.files["boom.onnx"] = made.segmenter()
        server.breaks_after = what["breaks_after"]
    with pytest.raises(ModelError, match=says):
        custom.add([f"{server.base}/boom.onnx"], VALUES)


def test_offline_nothing_is_fetched(server, own_home, monkeypatch):
    monkeypatch.setenv("CLEANPLATE_OFFLINE", "1")
    with pytest.raises(ModelError, match="CLEANPLATE_OFFLINE"):
        custom.add([f"{server.base}/boom.onnx"], VALUES)
    assert server.asked == []


def test_names_on_the_hub_become_addresses():
    hub = "https://huggingface.co/owner/name/resolve"
    assert _address("hf:owner/name/a/b.onnx") == f"{hub}/main/a/b.onnx"
    assert _address("hf:owner/name/b.onnx@abc123") == f"{hub}/abc123/b.onnx"
