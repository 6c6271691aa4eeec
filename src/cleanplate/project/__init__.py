"""What the user said of a clip: prompts and settings, with undo, safe on disk.

from cleanplate.project import Project

project = Project.create("a.cleanplate", "clip.mp4")
project.edit(SetSettings(grow=4))
project.undo()
"""

from __future__ import annotations

from cleanplate.project.project import SUFFIX, Project
from cleanplate.project.schema import Edit, NameObject, RemoveObject, SetMasks, SetSettings
from cleanplate.project.state import ObjectState, State

__all__ = [
    "SUFFIX",
    "Edit",
    "NameObject",
    "ObjectState",
    "Project",
    "RemoveObject",
    "SetMasks",
    "SetSettings",
    "State",
]
