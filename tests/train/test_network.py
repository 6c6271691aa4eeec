"""The small network: it learns, can be left and gone on with, and is the same as ONNX."""

from __future__ import annotations

import numpy as np
import pytest
from train.ball_examples import examples

from cleanplate import models
from cleanplate.errors import ModelError
from cleanplate.models import Session, cache

torch = pytest.importorskip("torch", reason="training a network needs torch: cleanplate[train]")

from cleanplate.train.augment import Crops, Recipe  # noqa: E402
from cleanplate.train.fitting import Fit, FitSettings, infer  # noqa: E402
from cleanplate.train.graph import write_small_network  # noqa: E402

SMALL = FitSettings(
    steps=12, batch=4, minutes=5, threads=1, recipe=Recipe(side=96, longest=192, zoom=(0.8, 1.3))
)


@pytest.fixture(scope="module")
def backbone(network):
    found = models.manifest(network("efficientnet-lite0"))
    return cache.read(found, found.files[0])


@pytest.fixture(scope="module")
def trained(backbone, tmp_path_factory):
    """A run of a few steps, what it said, and its checkpoint."""
    fit = Fit(examples(6), examples(2, shift=9), backbone, SMALL)
    said = []
    path = tmp_path_factory.mktemp("run") / "checkpoint.npz"
    fit.run(said.append, path)
    return fit, said, path


def test_the_loss_falls_and_the_object_is_found(trained):
    _, said, _ = trained
    assert said[-1].step == 12 and said[-1].loss < 0.9 * said[0].loss
    assert said[-1].iou is not None and said[-1].best > 0


def test_a_checkpoint_is_plain_arrays_and_training_goes_on_from_it(trained, backbone):
    first, _, path = trained
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fiub" for name in arrays.files)
    again = Fit(examples(6), examples(2, shift=9), backbone, SMALL)
    again.resume(path)
    assert again.state.step == 12 and again.history == first.history
    more = Fit(examples(6), examples(2, shift=9), backbone, SMALL)
    more.resume(path, further=True)
    assert more.state.step == 0 and not more.state.finished


def test_a_run_that_was_left_comes_out_as_one_that_was_not(backbone, tmp_path):
    def run(stop: int | None) -> list[float]:
        losses = []
        path = tmp_path / f"{stop}.npz"
        for leg in range(1 if stop is None else 2):
            fit = Fit(examples(5), examples(1, shift=9), backbone, quick)
            if leg:
                fit.resume(path)
            halt = (lambda: False) if stop is None or leg else (lambda: fit.state.step >= stop)  # noqa: B023
            fit.run(lambda now: losses.append(now.loss), path, halt)
        return losses

    quick = FitSettings(steps=4, batch=2, minutes=9, threads=1, recipe=Recipe(side=64, longest=192))
    assert run(2)[-1] == pytest.approx(run(None)[-1], rel=0.02)


def test_a_file_that_is_no_checkpoint_is_refused(backbone, tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"no arrays")
    fit = Fit(examples(5), examples(1), backbone, SMALL)
    with pytest.raises(ModelError, match="without --continue"):
        fit.resume(tmp_path / "bad.npz")


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(ModelError, match="models pull"):
        Fit(examples(5), examples(1), b"no weights", SMALL)


def test_onnx_gives_what_torch_gives(trained):
    fit, _, _ = trained
    data = write_small_network({k: v.numpy() for k, v in fit.network.state_dict().items()})
    image = np.random.default_rng(0).integers(0, 255, (96, 160, 3), np.uint8)
    fed = image.transpose(2, 0, 1)[None].astype(np.float32)
    found = Session(data).run({"image": fed})["map"][0, 0]
    mine = 1 / (1 + np.exp(-infer(fit.network, image, 160)))
    assert np.abs(found - mine).max() < 1e-3


def test_crops_hold_the_object_and_their_masks_fit_it():
    images, shares = Crops(examples(6), SMALL.recipe, np.random.default_rng(1)).batch(24)
    assert images.shape == (24, 96, 96, 3) and shares.min() >= 0 and shares.max() <= 1
    assert (shares.sum((1, 2)) > 20).mean() > 0.6
    inside = images[shares > 0.9].mean(0)
    assert inside[0] > inside[1] + 20 and inside[0] > inside[2] + 20  # red, whatever the light
