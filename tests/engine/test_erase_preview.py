"""A look at an erase reads just what decides it, and shows what a project with everything would."""

from __future__ import annotations

import cv2
import generated
import numpy as np

from cleanplate.engine.erase import EraseSettings
from cleanplate.engine.erase_preview import preview_erase
from cleanplate.engine.pointers import Pointers
from cleanplate.engine.preview import Preview
from cleanplate.engine.projects import new_project
from cleanplate.engine.store import Store
from cleanplate.project import SetSettings


def test_masks_far_from_what_is_shown_decide_nothing(tmp_path, monkeypatch):
    seen, masks = generated.with_disc(generated.pan("coffee", 130))
    clip = generated.write_clip(tmp_path / "clip.mp4", seen)
    folder = generated.write_masks(tmp_path / "masks", masks)
    monkeypatch.setenv("CLEANPLATE_STORE", str(tmp_path / "store"))
    settings = EraseSettings(folder, grow=2, frames=slice(64, 65))
    preview_erase(clip, tmp_path / "look.png", settings, Pointers())
    look = cv2.imread(str(tmp_path / "look.png"))[..., ::-1]

    whole = new_project(clip, tmp_path / "whole.cleanplate", folder)
    whole.edit(SetSettings(grow=2))
    preview = Preview(whole, generated.WIDTH // 2, Store(tmp_path / "another store"))
    [shown] = preview.frames(range(64, 65))
    preview.close()
    assert np.array_equal(look, shown.after)


def test_masks_of_the_chosen_frames_alone_are_enough(tmp_path, monkeypatch):
    """As they are for the erase itself; the other frames, which show the disc, are not looked at."""
    seen, masks = generated.with_disc(generated.pan("coffee", 16))
    clip = generated.write_clip(tmp_path / "clip.mp4", seen)
    folder = generated.write_masks(tmp_path / "masks", masks[4:10])
    monkeypatch.setenv("CLEANPLATE_STORE", str(tmp_path / "store"))
    settings = EraseSettings(folder, grow=2, frames=slice(4, 10))
    preview_erase(clip, tmp_path / "look.mp4", settings, Pointers())
    looks = generated.pictures(tmp_path / "look.mp4")
    assert len(looks) == 6
    for look in looks:
        red, green, blue = np.moveaxis(look.astype(int), -1, 0)
        assert not ((green > red + 60) & (green > blue + 60)).any()
