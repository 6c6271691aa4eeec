"""What is built: small, whole, typed by the server's own description."""

from __future__ import annotations

import gzip
import json
import re
import subprocess

import pytest
from editing import WEB

MOST = 300_000
"""Bytes of compressed JavaScript."""


def test_the_javascript_is_small(built):
    compressed = sum(len(gzip.compress(file.read_bytes())) for file in built.rglob("*.js"))
    assert 0 < compressed < MOST


def test_nothing_is_taken_from_elsewhere(built):
    page = (built / "index.html").read_text()
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    for style in built.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", style.read_text())


def test_the_lock_names_no_registry():
    lock = (WEB / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "integrity" in lock
    licences = {
        name: facts.get("license")
        for name, facts in json.loads(lock)["packages"].items()
        if name and not facts.get("dev") and not facts.get("optional")
    }
    assert set(licences.values()) <= {"MIT", "ISC", "Apache-2.0", "0BSD", "BSD-3-Clause"}, licences


@pytest.fixture
def tools(built):
    """Where the packages that check types are."""
    folder = WEB / "node_modules" / ".bin"
    if not (folder / "tsc").exists():
        # The editor was built elsewhere; its tools are not needed to run it.
        pytest.skip("Node's packages are not installed: run `npm ci` in web/")
    return folder


def test_the_client_is_that_of_the_server_as_it_is(tools, tmp_path):
    """`npm run api` in web/ writes it anew, after `cleanplate serve --openapi web/openapi.json`."""
    from cleanplate.cli.app import run

    with pytest.raises(SystemExit):
        run(["serve", "--openapi", str(tmp_path / "openapi.json")])
    made = tmp_path / "schema.d.ts"
    subprocess.run(
        [tools / "openapi-typescript", tmp_path / "openapi.json", "-o", made],
        check=True,
        capture_output=True,
    )
    assert types_of(made) == types_of(WEB / "src" / "api" / "schema.d.ts")


def types_of(path) -> str:
    """The types alone: words of explanation may be older."""
    return re.sub(r"/\*\*.*?\*/\s*", "", path.read_text(), flags=re.DOTALL)


def test_the_types_hold(tools):
    checked = subprocess.run([tools / "tsc", "--noEmit"], cwd=WEB, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
