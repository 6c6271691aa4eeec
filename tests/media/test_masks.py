"""Masks from folders, videos and single pictures."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.errors import MaskError
from cleanplate.media import detect_shots, open_clip, open_masks, probe
from media.clips import write_clip
from media.test_sequences import save


@pytest.fixture
def info(tmp_path):
    return probe(write_clip(tmp_path / "in.mp4", 6))


def mask(number) -> np.ndarray:
    out = np.zeros((64, 96), bool)
    out[8 : 24 + number, 10 * number : 10 * number + 16] = True
    return out


def folder_of(path, numbers, **kinds):
    path.mkdir()
    for number in numbers:
        save(path / f"{number:05d}.png", mask(number).astype(np.uint8) * 255)
    return path


def test_a_folder_gives_each_frame_its_mask(info, tmp_path):
    with open_masks(folder_of(tmp_path / "masks", range(6)), info) as masks:
        for number in (0, 5, 2):
            assert masks[number].dtype == bool
            assert (masks[number] == mask(number)).all()
        assert not masks.fixed
        with pytest.raises(MaskError, match="no mask for frame 6"):
            masks[6]


def test_masks_for_a_range_start_with_it(info, tmp_path):
    path = folder_of(tmp_path / "masks", range(2, 5))
    with open_masks(path, info, range(2, 5)) as masks:
        assert (masks[3] == mask(3)).all()
        with pytest.raises(MaskError):
            masks[1]
    with pytest.raises(MaskError, match="3 masks"):
        open_masks(path, info)


def test_one_picture_holds_for_all_frames(info, tmp_path):
    forms = {
        "grey.png": mask(1).astype(np.uint8) * 255,
        "deep.png": mask(1).astype(np.uint16) * 65535,
        "rgb.png": np.dstack([mask(1).astype(np.uint8) * 255] * 3),
        "painted.png": np.dstack([*[np.full((64, 96), 255, np.uint8)] * 3, mask(1).astype(np.uint8) * 255]),
    }  # fmt: skip
    for name, image in forms.items():
        save(tmp_path / name, image)
        with open_masks(tmp_path / name, info) as masks:
            assert masks.fixed
            assert (masks[0] == mask(1)).all()
            assert (masks[5] == mask(1)).all()


def test_a_matte_video_is_a_mask(info, tmp_path):
    import av

    def matte(number, pix_fmt, size):
        grey = mask(number).astype(np.uint8) * 255
        return av.VideoFrame.from_ndarray(grey, "gray").reformat(format=pix_fmt)

    path = write_clip(tmp_path / "matte.mp4", 6, frame_of=matte, options={"qp": "0"})
    with open_masks(path, info) as masks:
        for number in (0, 3, 5, 1):
            assert (masks[number] == mask(number)).mean() > 0.999


@pytest.mark.parametrize(
    "make, word",
    [
        (lambda p: save(p / "m.png", np.zeros((9, 9), np.uint8)) or p / "m.png", "9x9"),
        (lambda p: folder_of(p / "few", range(4)), "4 masks"),
        (lambda p: (p / "none").mkdir() or p / "none", "without pictures"),
        (lambda p: p / "missing.png", "does not exist"),
        (lambda p: (p / "bad.png").write_bytes(b"no") and p / "bad.png", "cannot be decoded"),
    ],
)
def test_masks_that_do_not_fit_are_refused(info, tmp_path, make, word):
    with pytest.raises(MaskError, match=word):
        open_masks(make(tmp_path), info)


def test_masks_of_a_turned_clip_are_upright(tmp_path):
    def turn(output, video):
        video.set_display_rotation(90)

    info = probe(write_clip(tmp_path / "in.mp4", 2, before_header=turn))
    save(tmp_path / "m.png", np.zeros((64, 96), np.uint8))
    with pytest.raises(MaskError, match="upright"):
        open_masks(tmp_path / "m.png", info)
    save(tmp_path / "m.png", np.zeros((96, 64), np.uint8))
    assert open_masks(tmp_path / "m.png", info)[0].shape == (96, 64)


def shots_clip(path, cuts: bool):
    """Slow pans, over one photograph or over three."""
    import av
    from skimage import data

    photographs = [data.astronaut(), data.coffee(), data.chelsea()]

    def pan(number, pix_fmt, size):
        shot, step = divmod(number, 20) if cuts else (0, number)
        part = photographs[shot][60 : 60 + size[1], 2 * step : 2 * step + size[0]]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(part), "rgb24")
        return frame.reformat(format=pix_fmt)

    return write_clip(path, 60, size=(192, 128), frame_of=pan)


def test_shots_are_cut_where_the_picture_changes(tmp_path):
    path = shots_clip(tmp_path / "cuts.mp4", True)
    with open_clip(path) as clip:
        assert detect_shots(clip) == [range(0, 20), range(20, 40), range(40, 60)]
    with open_clip(path, range(10, 30)) as clip:
        assert detect_shots(clip) == [range(10, 20), range(20, 30)]
    with open_clip(shots_clip(tmp_path / "pan.mp4", False)) as clip:
        assert detect_shots(clip) == [range(0, 60)]


def test_nothing_heavy_loads_with_the_package():
    import subprocess
    import sys

    program = (
        "import sys, cleanplate, cleanplate.media;"
        "print([m for m in ('av', 'numba', 'cv2', 'scenedetect', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
