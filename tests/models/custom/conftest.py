"""A home for networks of one's own, for one test."""

from __future__ import annotations

import custom_networks as made
import numpy as np
import pytest

from cleanplate.models import custom


@pytest.fixture
def own_home(monkeypatch, tmp_path):
    """An empty folder for the user's own networks."""
    monkeypatch.setenv("CLEANPLATE_CUSTOM", str(tmp_path / "networks"))
    monkeypatch.setenv("CLEANPLATE_THREADS", "2")
    yield tmp_path / "networks"
    custom.release()


@pytest.fixture
def add(own_home, tmp_path):
    """Add a network of some parts' bytes with these manifest fields, and load it."""

    def go(values: dict, *parts: bytes, name: str = "mine"):
        files = [made.write(tmp_path / f"{name}{i}.onnx", data) for i, data in enumerate(parts)]
        custom.add(files, values, name=name)
        return custom.load(name)

    return go


@pytest.fixture
def red_box():
    """A frame, RGB uint8 (96, 160, 3), with a red box at x 50..110 and y 20..60."""
    image = np.full((96, 160, 3), (40, 90, 60), np.uint8)
    image[20:60, 50:110] = (230, 30, 30)
    return image
