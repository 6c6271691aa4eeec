"""A server of its own, a real browser, and the editor as it is built."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from editing import FLAGS, WEB, Editing
from generated import pan, with_disc, write_clip
from servers import TOKEN, Running, Scene, masked_project


@pytest.fixture(scope="session")
def built() -> Path:
    """The editor's files, built anew where their sources have changed."""
    spec = importlib.util.spec_from_file_location("build_editor", WEB / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    try:
        build.build()
    except build.EditorNotBuilt as error:
        # Node is not among what Cleanplate needs: without it there is no editor to test.
        pytest.skip(str(error))
    return build.STATIC


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        # It comes from the system's packages, which only root can install (`make browser`).
        pytest.skip("no Chromium here: install it (apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def browser(chromium) -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Scene:
    frames, masks = with_disc(pan("astronaut", 10))
    folder = tmp_path_factory.mktemp("scene")
    return Scene(write_clip(folder / "disc.mp4", frames, sound=True), frames, masks)


@pytest.fixture
def workspace(tmp_path) -> Path:
    folder = tmp_path / "Cleanplate"
    folder.mkdir()
    return folder


@pytest.fixture
def server(workspace, tmp_path) -> Iterator[Running]:
    """A server that runs; its store is its own."""
    environment = {
        **os.environ,
        "CLEANPLATE_TOKEN": TOKEN,
        "CLEANPLATE_STORE": str(tmp_path / "store"),
        "CLEANPLATE_CUSTOM": str(tmp_path / "networks"),
    }
    server = Running(workspace, environment)
    yield server
    if server.process is not None and server.process.poll() is None:
        server.kill()


@pytest.fixture
def editing(built, browser, server) -> Iterator[Editing]:
    """A tab with the editor, let in. Fails the test where a page threw, or asked another host."""
    server.start()
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, accept_downloads=True, color_scheme="dark"
    )
    context.set_default_timeout(60_000)
    editing = Editing(server, context)
    editing.open("/")
    yield editing
    context.close()
    assert not editing.thrown
    assert editing.hosts <= {server.address.removeprefix("http://")}


@pytest.fixture
def masked(workspace, scene) -> str:
    """A project with a mask on every frame, so that it can be exported at once."""
    masked_project(workspace, scene)
    return "Disc"
