"""Networks that users bring, by stand-in ONNX files of the same signatures."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from skimage import data

import cleanplate
from cleanplate import models
from cleanplate.errors import ModelError
from cleanplate.fill.network import NetworkCompleter, signature

F, U = TensorProto.FLOAT, TensorProto.UINT8
SIDE = 128  # of the stand-in for LaMa, so that both scaling down and padding are met


def save(file: Path, inputs, outputs, nodes, constants=()) -> Path:
    values = [
        [helper.make_tensor_value_info(*item) for item in items] for items in (inputs, outputs)
    ]
    tensors = [numpy_helper.from_array(value, name) for name, value in constants]
    graph = helper.make_graph(nodes, "stand-in", *values, tensors)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), file)
    return file


def node(kind: str, inputs: str, output: str, **options):
    return helper.make_node(kind, inputs.split(), [output], **options)


@pytest.fixture
def lama(tmp_path) -> Path:
    """Fills with the mean of what is known, and makes everything 10 grey levels too dark."""
    return save(
        tmp_path / "lama.onnx",
        [("image", F, [1, 3, SIDE, SIDE]), ("mask", F, [1, 1, SIDE, SIDE])],
        [("output", F, [1, 3, SIDE, SIDE])],
        [
            node("Sub", "one mask", "known"),
            node("Mul", "image known", "seen"),
            node("ReduceMean", "seen", "sum", axes=[2, 3]),
            node("ReduceMean", "known", "count", axes=[2, 3]),
            node("Div", "sum count", "mean"),
            node("Mul", "mean mask", "patch"),
            node("Add", "seen patch", "whole"),
            node("Mul", "whole peak", "bright"),
            node("Sub", "bright ten", "output"),
        ],
        [(n, np.array(v, np.float32)) for n, v in (("one", 1), ("peak", 255), ("ten", 10))],
    )


@pytest.fixture
def migan(tmp_path) -> Path:
    """Fills with (10, 200, 30) wherever the mask is not 255."""
    sizes = ["h", "w"]
    colour = np.array([10, 200, 30], np.uint8).reshape(1, 3, 1, 1)
    return save(
        tmp_path / "migan.onnx",
        [("image", U, [1, 3, *sizes]), ("mask", U, [1, 1, *sizes])],
        [("result", U, [1, 3, *sizes])],
        [node("Equal", "mask full", "keep"), node("Where", "keep image colour", "result")],
        [("full", np.array(255, np.uint8)), ("colour", colour)],
    )


@pytest.fixture
def picture() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut()[:200, :300])


def box(shape, y0, y1, x0, x1) -> np.ndarray:
    hole = np.zeros(shape[:2], bool)
    hole[y0:y1, x0:x1] = True
    return hole


def test_signatures_are_told_apart(lama, migan):
    first = signature(models.Session(lama.read_bytes()))
    second = signature(models.Session(migan.read_bytes()))
    assert (first.bytes, first.size, first.output) == (False, (SIDE, SIDE), "output")
    assert (second.bytes, second.size, second.output) == (True, None, "result")


def test_the_tone_is_matched_at_the_border(lama):
    image = np.full((100, 150, 3), (100, 120, 140), np.uint8)
    hole = box(image.shape, 30, 60, 40, 90)
    image[hole] = 255
    out = NetworkCompleter(lama)(image, hole)
    assert out.dtype == np.float32
    assert np.abs(out[hole] - (100, 120, 140)).max() < 1.5


def test_nothing_outside_the_hole_changes(lama, migan, picture):
    hole = box(picture.shape, 50, 150, 100, 260)
    for file in (lama, migan):
        for image in (picture, picture.astype(np.float32), picture.astype(np.uint16) * 257):
            out = NetworkCompleter(file)(image, hole)
            assert (out[~hole] == image[~hole]).all()
            assert (out[hole] != image[hole]).any()


def test_bytes_and_masks_are_given_as_migan_wants_them(migan, picture):
    hole = box(picture.shape, 20, 41, 33, 70)
    out = NetworkCompleter(migan)(picture, hole)
    assert (out[hole] == (10, 200, 30)).all()
    deep = NetworkCompleter(migan)(picture.astype(np.uint16) * 257, hole)
    assert (deep[hole] == np.array((10, 200, 30)) * 257).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (64, 64), (120, 500), (300, 260)])
def test_pictures_of_every_size_are_filled(lama, migan, size):
    image = np.full((*size, 3), 90, np.uint8)
    hole = box(image.shape, 0, (size[0] + 1) // 2, 0, (size[1] + 1) // 2)
    image[hole] = 0
    out = NetworkCompleter(lama)(image, hole)
    assert np.abs(out[hole] - (127.5 if hole.all() else 90)).max() < 2
    assert NetworkCompleter(migan)(image, hole).shape == image.shape


def test_holes_far_apart_are_each_completed_from_around_them(lama):
    image = np.zeros((100, 600, 3), np.uint8)
    image[:, :300] = 60
    image[:, 300:] = 200
    hole = box(image.shape, 40, 60, 40, 60) | box(image.shape, 40, 60, 540, 560)
    image[hole] = 255
    out = NetworkCompleter(lama)(image, hole)
    assert np.abs(out[50, 50] - 60).max() < 2 and np.abs(out[50, 550] - 200).max() < 2


def test_the_network_sees_nothing_that_is_not_allowed(lama):
    image = np.full((128, 128, 3), 80, np.uint8)
    image[:, 64:] = 250
    hole = box(image.shape, 40, 90, 30, 60)
    allowed = box(image.shape, 0, 128, 0, 64)
    out = NetworkCompleter(lama)(image, hole, allowed)
    assert np.abs(out[hole] - 80).max() < 2
    assert (out[~hole] == image[~hole]).all()


def test_a_network_of_the_catalogue_is_found_by_its_name(lama, monkeypatch, tmp_path):
    content = lama.read_bytes()
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "stand-in.toml").write_text(
        'name = "stand-in"\ntask = "inpaint"\ntitle = "A test"\nlicence = "CC0"\n[[files]]\n'
        f'name = "net.onnx"\nsize = {len(content)}\n'
        f'sha256 = "{hashlib.sha256(content).hexdigest()}"\n'
    )
    kept = tmp_path / "models" / "stand-in"
    kept.mkdir(parents=True)
    (kept / "net.onnx").write_bytes(content)
    monkeypatch.setenv("CLEANPLATE_CATALOGUE", str(folder))
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "models"))
    image = np.full((60, 60, 3), 50, np.uint8)
    hole = box(image.shape, 20, 30, 20, 30)
    assert np.abs(NetworkCompleter("stand-in")(image, hole)[hole] - 50).max() < 1
    models.release()


def test_other_networks_and_missing_files_are_refused_in_words(tmp_path, picture):
    hole = box(picture.shape, 20, 41, 33, 70)
    other = save(
        tmp_path / "other.onnx", [("x", F, [1, 3, 8, 8])], [("y", F, [1, 3, 8, 8])],
        [node("Relu", "x", "y")],
    )  # fmt: skip
    with pytest.raises(ModelError, match=r"other\.onnx takes x .*LaMa or MI-GAN"):
        NetworkCompleter(other)(picture, hole)
    with pytest.raises(ModelError, match=r"nowhere\.onnx cannot be read.*lama"):
        NetworkCompleter(tmp_path / "nowhere.onnx")(picture, hole)


def test_onnx_runtime_is_loaded_only_when_a_network_runs(lama):
    script = (
        "import sys; from cleanplate.fill.network import NetworkCompleter\n"
        f"NetworkCompleter({str(lama)!r}); assert 'onnxruntime' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.fixture
def stripes(tmp_path) -> Path:
    """MI-GAN's signature; fills with upright stripes, 8 pixels wide."""
    sizes = ["h", "w"]
    return save(
        tmp_path / "stripes.onnx",
        [("image", U, [1, 3, *sizes]), ("mask", U, [1, 1, *sizes])],
        [("result", U, [1, 3, *sizes])],
        [
            node("Cast", "image", "numbers", to=TensorProto.INT32),
            node("Mul", "numbers zero", "zeros"),
            node("Add", "zeros one", "ones"),
            node("CumSum", "ones axis", "column"),
            node("Mod", "column sixteen", "phase"),
            node("Div", "phase eight", "side"),
            node("Mul", "side bright", "level"),
            node("Cast", "level", "pattern", to=TensorProto.UINT8),
            node("Equal", "mask full", "keep"),
            node("Where", "keep image pattern", "result"),
        ],
        [
            ("full", np.array(255, np.uint8)),
            ("axis", np.array(3, np.int64)),
            *(
                (name, np.array(value, np.int32))
                for name, value in (("zero", 0), ("one", 1), ("sixteen", 16), ("eight", 8))
            ),
            ("bright", np.array(200, np.int32)),
        ],
    )


def test_a_network_makes_up_what_no_frame_shows(stripes):
    still = np.full((14, 96, 160, 3), (90, 110, 130), np.uint8)
    hole = box(still.shape[1:], 20, 76, 40, 120)
    out = cleanplate.erase(still, mask=hole, inpaint=str(stripes))
    assert np.array_equal(out[:, ~hole], still[:, ~hole])
    inside = out[5, 40:56, 56:104].astype(float).mean(axis=(0, 2))
    assert inside.max() - inside.min() > 80  # the stripes are there
    plain = cleanplate.erase(still, mask=hole)
    assert np.ptp(plain[5, 40:56, 56:104].astype(float).mean(axis=(0, 2))) < 5


def test_a_network_that_does_not_exist_is_said_before_any_work(tmp_path):
    frames = np.zeros((3, 40, 60, 3), np.uint8)
    with pytest.raises(ModelError, match=r"nowhere\.onnx cannot be read"):
        cleanplate.erase(
            frames, mask=np.ones((40, 60), bool), inpaint=str(tmp_path / "nowhere.onnx")
        )
