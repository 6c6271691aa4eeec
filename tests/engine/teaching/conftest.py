"""A home for networks of one's own, for one test."""

from __future__ import annotations

import pytest

from cleanplate.models import custom


@pytest.fixture
def own_home(monkeypatch, tmp_path):
    """An empty folder for the user's own networks."""
    monkeypatch.setenv("CLEANPLATE_CUSTOM", str(tmp_path / "networks"))
    yield tmp_path / "networks"
    custom.release()
