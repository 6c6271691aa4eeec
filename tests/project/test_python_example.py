"""The example of a project in the documentation does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import generated

PAGE = Path(__file__).parents[2] / "docs" / "index.md"


def test_the_documented_way_from_python(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEANPLATE_STORE", str(tmp_path / "store"))
    seen = generated.pan("coffee", 8)
    generated.write_clip(tmp_path / "clip.mp4", seen)
    height, width = seen[0].shape[:2]
    after = PAGE.read_text(encoding="utf-8").partition("This example is run by the tests")[2]
    code = re.search(r"```python\n(.*?)```", after, re.DOTALL)[1]
    exec(compile(code, str(PAGE), "exec"), {"height": height, "width": width})
    action, exported = capsys.readouterr().out.splitlines()
    assert action == "erase"
    assert exported.startswith("8 ")
    assert {"look.png", "clean.mkv", "a.cleanplate"} <= {path.name for path in tmp_path.iterdir()}
