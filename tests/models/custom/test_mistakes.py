"""A manifest that is wrong: the error names the field and says what the network really does."""

from __future__ import annotations

import custom_networks as made
import pytest

from cleanplate.errors import ModelError, UsageError
from cleanplate.models import custom
from cleanplate.models.custom.reading import check_values, read_values

RED = {"task": "segment", "labels": ["red"]}
REALLY = r"It takes image float32 .*\. It gives map float32"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"task": "segmnt", "labels": ["red"]}, "task"),
        ({"task": "segment"}, "labels"),
        ({"task": "segment", "labels": ["red", "blue"]}, "labels"),
        ({**RED, "input": {"layout": "nhwc"}}, "input.layout"),
        ({**RED, "input": {"layout": "chw"}}, "input.layout"),
        ({**RED, "input": {"rnage": [0, 1]}}, "input.rnage"),
        ({**RED, "input": {"range": "0..1"}}, "input.range"),
        ({**RED, "input": {"colour": "grey"}}, "input.colour"),
        ({**RED, "input": {"name": "pixels"}}, "input.name"),
        ({**RED, "input": {"mean": [0.5, 0.5]}}, "input.mean"),
        ({**RED, "input": {"deviation": [0]}}, "input.deviation"),
        ({**RED, "outputs": {"map": "mask"}}, "outputs.map"),
        ({**RED, "outputs": {"kind": "probabilities"}}, "outputs.kind"),
        ({**RED, "constants": {"alpha": 1.0}}, "constants.alpha"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_field_is_named_and_the_network_shown(add, values, field):
    with pytest.raises(custom.ManifestError, match=f"{field.replace('.', '[.]')} is wrong") as said:
        add(values, made.segmenter())
    assert said.value.field == field
    assert custom.names() == []
    if field not in ("input.mean", "input.deviation"):
        assert said.match(REALLY)


def test_a_size_that_the_network_does_not_take(add):
    with pytest.raises(custom.ManifestError, match=r"input.size.*\[1,3,64,64\]"):
        add({**RED, "input": {"size": 128}}, made.segmenter((1, 3, 64, 64)))


@pytest.mark.parametrize(
    ("values", "parts", "field"),
    [
        ({"task": "detect", "labels": ["red"]}, [made.yolo], "labels"),
        ({"task": "detect", "labels": ["red"]}, [made.chosen], "labels"),
        ({"task": "detect", "labels": ["a", "red"]}, [made.chosen], "outputs.scores"),
        (
            {"task": "detect", "labels": ["a", "b"], "outputs": {"style": "yolo", "format": "xy"}},
            [made.yolo],
            "outputs",
        ),
        (
            {"task": "detect", "labels": ["red"], "outputs": {"style": "ssd", "boxes": "boxes"}},
            [made.ssd],
            "outputs.ssd.scores",
        ),
        ({"task": "matte"}, [made.matte], "input.name"),
        (
            {"task": "prompt", "outputs": {"scores": "quality"}},
            [made.encoder, made.decoder],
            "outputs.scores",
        ),
        (
            {"task": "inpaint", "hole": {"fill": "low"}, "input": {"range": [-1, 1]}},
            [made.inpainter],
            "outputs.range",
        ),
    ],
)
def test_every_task_says_its_field(add, values, parts, field):
    with pytest.raises(custom.ManifestError, match="It takes") as said:
        add(values, *(part() for part in parts))
    assert said.value.field.startswith(field)


def test_a_promptable_network_needs_both_files(own_home, tmp_path):
    with pytest.raises(UsageError, match="a file for the encoder and a file for the decoder"):
        custom.add([made.write(tmp_path / "e.onnx", made.encoder())], {"task": "prompt"})


def test_manifests_are_yaml_or_toml(tmp_path):
    yaml = tmp_path / "m.yaml"
    yaml.write_text("task: segment\nlabels: [boom, rig]\ninput:\n  range: [0, 1]\n")
    toml = tmp_path / "m.toml"
    toml.write_text('task = "segment"\nlabels = ["boom", "rig"]\n[input]\nrange = [0, 1]\n')
    assert check_values(read_values(yaml)) == check_values(read_values(toml))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.yaml", "task: [segment"),
        ("m.yaml", "- a\n- b\n"),
        ("m.yaml", "a: &x [1, 1]\nb: [*x, *x]\n"),
        ("m.yaml", "!!python/object/apply:os.system [true]"),
        ("m.toml", "task = "),
        ("m.yaml", "a: " + "x" * 300_000),
        ("m.txt", "task: segment"),
    ],
)
def test_files_that_are_no_manifest_are_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises((ModelError, UsageError)):
        read_values(tmp_path / name)
