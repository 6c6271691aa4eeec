"""What the user said of a clip: prompts and settings, with undo, safe on disk.

from cleanplate.project import Project

project = Project.create("a.cleanplate", "clip.mp4")
project.edit(SetKey(object=1, frame=0, mask=project.keep_mask(mask)))
project.edit(SetSettings(grow=4))
project.undo()
"""

from __future__ import annotations

from cleanplate.project.project import SUFFIX, Project
from cleanplate.project.schema import (
    Edit,
    MergeObjects,
    Prompts,
    RemoveKey,
    RemoveObject,
    SetKey,
    SetMasks,
    SetObject,
    SetSettings,
    Stroke,
    Together,
)
from cleanplate.project.state import Key, ObjectState, Run, State

__all__ = [
    "SUFFIX",
    "Edit",
    "Key",
    "MergeObjects",
    "ObjectState",
    "Project",
    "Prompts",
    "RemoveKey",
    "RemoveObject",
    "Run",
    "SetKey",
    "SetMasks",
    "SetObject",
    "SetSettings",
    "State",
    "Stroke",
    "Together",
]
