"""A server in this process for most tests, and one of its own for those that kill it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from generated import pan, with_disc, write_clip
from servers import API, TOKEN, Running, Scene, client_of

from cleanplate.server.settings import ServerSettings


@pytest.fixture
def workspace(tmp_path) -> Path:
    folder = tmp_path / "Cleanplate"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(workspace) -> ServerSettings:
    return ServerSettings(folder=workspace, token=TOKEN)


@pytest.fixture
def client(settings) -> Iterator[TestClient]:
    with client_of(settings) as client:
        yield client


@pytest.fixture(scope="session")
def scene(tmp_path_factory) -> Scene:
    folder = tmp_path_factory.mktemp("scene")
    frames, masks = with_disc(pan("astronaut", 14))
    return Scene(write_clip(folder / "disc.mp4", frames, sound=True), frames, masks)


@pytest.fixture(scope="session")
def long_scene(tmp_path_factory) -> Scene:
    """The same for 36 frames: jobs on it last long enough to be interrupted."""
    folder = tmp_path_factory.mktemp("long scene")
    frames, masks = with_disc(pan("astronaut", 36))
    return Scene(write_clip(folder / "long.mp4", frames), frames, masks)


@pytest.fixture
def clip(scene, workspace) -> Path:
    """The scene's clip, in the workspace."""
    place = workspace / "disc.mp4"
    os.link(scene.path, place)
    return place


@pytest.fixture
def project(client, clip) -> dict:
    """A new project for the clip, as the API tells it."""
    made = client.post(f"{API}/projects", json={"path": "disc.mp4"})
    assert made.status_code == 201, made.text
    return made.json()


@pytest.fixture
def at(project) -> str:
    """The project's address."""
    return f"{API}/projects/{project['id']}"


@pytest.fixture
def running(workspace, tmp_path) -> Iterator[Running]:
    """A server to be started with `running.start()`, with a store of its own."""
    environment = {
        **os.environ,
        "CLEANPLATE_TOKEN": TOKEN,
        "CLEANPLATE_STORE": str(tmp_path / "store"),
    }
    server = Running(workspace, environment)
    yield server
    if server.process is not None and server.process.poll() is None:
        server.kill()
