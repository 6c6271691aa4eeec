"""What the graph of an export says is what an export does, and what the documentation shows."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import generated
import pytest

from cleanplate.engine import graph
from cleanplate.engine.export import export_project
from cleanplate.engine.graph import EXPORT, Flow, Graph, Stage
from cleanplate.engine.projects import new_project
from cleanplate.engine.run import OutputSettings
from cleanplate.engine.store import Store

PAGE = Path(__file__).parents[2] / "docs" / "how-it-works.md"


def test_the_documentation_shows_the_graph_as_it_is(tmp_path):
    copy = tmp_path / "page.md"
    copy.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    assert not graph.redraw(copy), "run: python -m cleanplate.engine.graph docs/how-it-works.md"
    for stage in EXPORT.stages:
        assert f"<b>{stage.name}</b>" in copy.read_text(encoding="utf-8")


def test_an_export_runs_the_stages_of_the_graph_and_no_others(tmp_path, monkeypatch):
    seen, masks = generated.with_disc(generated.pan("coffee", 8))
    clip = generated.write_clip(tmp_path / "clip.mp4", seen)
    project = new_project(
        clip, tmp_path / "a.cleanplate", generated.write_masks(tmp_path / "m", masks)
    )
    called = []
    real = Flow.__init__

    def watched(self, graph, given, work, thread):
        def noting(name):
            def run(*products):
                called.append(name)
                return work[name](*products)

            run.__signature__ = inspect.signature(work[name])
            return run

        real(self, graph, given, {name: noting(name) for name in work}, thread)

    monkeypatch.setattr(Flow, "__init__", watched)
    log = tmp_path / "log.jsonl"
    export_project(
        project, tmp_path / "out.mp4", OutputSettings(log=log), store=Store(tmp_path / "store")
    )
    assert sorted(called) == sorted(stage.name for stage in EXPORT.stages)
    logged = {
        line["stage"]
        for line in map(json.loads, log.read_text().splitlines())
        if line["event"] == "stage"
    }
    assert logged <= {stage.name for stage in EXPORT.stages} | {"decode", "store"}
    assert {"shots", "masks", "fill", "compose", "encode"} <= logged


def test_a_graph_that_can_not_be_is_refused():
    read = Stage("read", "reads", ("file",), "text", "clip")
    with pytest.raises(ValueError, match="nothing before it gives"):
        Graph("bad", (), (read,))
    with pytest.raises(ValueError, match="given twice"):
        Graph("bad", ("file",), (read, read))
    good = Graph("good", ("file",), (read,))
    with pytest.raises(ValueError, match="read takes"):
        Flow(good, {"file": 1}, {"read": lambda other: other}, lambda name, items: items)
    with pytest.raises(ValueError, match="not what the graph says"):
        Flow(good, {"file": 1}, {}, lambda name, items: items)
