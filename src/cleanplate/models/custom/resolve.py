"""A manifest held against its network: what was left out is filled in, what is wrong is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cleanplate.models.custom.facts import Facts
from cleanplate.models.custom.manifest import (
    CustomManifest,
    Detect,
    Inpaint,
    Matte,
    PictureIn,
    Prompted,
    Segment,
    SsdOut,
)
from cleanplate.models.custom.reading import ManifestError

_FLOATS = {"tensor(float)", "tensor(float16)", "tensor(double)"}
_BYTES = "tensor(uint8)"
_TYPES = (_FLOATS, {_BYTES})

_IMAGENET = {"mean": [0.485, 0.456, 0.406], "deviation": [0.229, 0.224, 0.225]}
_SAM = {"mean": [123.675, 116.28, 103.53], "deviation": [58.395, 57.12, 57.375]}
_USUAL: dict[str, dict[str, Any]] = {
    "detect": {"range": (0.0, 1.0), "fit": "letterbox", "pad": 114.0, "size": 640},
    "segment": {"range": (0.0, 1.0), **_IMAGENET, "fit": "stretch"},
    "matte": {"range": (0.0, 1.0), "fit": "stretch"},
    "prompt": {"range": (0.0, 255.0), **_SAM, "fit": "corner", "size": 1024},
    "inpaint": {"range": (0.0, 1.0), "fit": "stretch"},
}
"""What the usual networks of each task take, where a manifest does not say."""


def resolve(manifest: CustomManifest, facts: Mapping[str, Facts]) -> CustomManifest:
    """The manifest with nothing left open, from what each part of the network takes and gives.

    Raises `ManifestError`, which names the field and what the network really takes and gives.
    """
    match manifest:
        case Detect():
            return _detect(manifest, facts["network"])
        case Segment():
            return _segment(manifest, facts["network"])
        case Matte():
            return _matte(manifest, facts["network"])
        case Prompted():
            return _prompted(manifest, facts["encoder"], facts["decoder"])
        case Inpaint():
            return _inpaint(manifest, facts["network"])


def _detect(manifest: Detect, facts: Facts) -> Detect:
    picture = _picture(manifest.input, facts, "detect", others=manifest.constants)
    _all_fed(facts, [picture.name], manifest.constants)
    out = manifest.outputs
    if isinstance(out, SsdOut):
        for field in ("boxes", "scores", "classes", "count"):
            if (name := getattr(out, field)) is not None:
                _known(f"outputs.{field}", name, facts)
        if len(facts.outputs[out.boxes]) not in (0, 2, 3):  # 0 where the network does not say
            raise ManifestError(
                "outputs.boxes",
                f"{out.boxes} is not of the form [1, n, 4] or [n, 4]",
                facts.describe(),
            )
        return manifest.model_copy(update={"input": picture})
    name = _only_output("outputs.boxes", out.boxes, facts, rank=3)
    if out.scores == "top" and out.objectness:
        raise ManifestError("outputs.objectness", "with scores: top there is none")
    wanted = 6 if out.scores == "top" else 4 + int(out.objectness) + len(manifest.labels)
    attributes = out.attributes or _attributes_of(facts.outputs[name], wanted)
    shape = facts.outputs[name]
    given = shape[1] if attributes == "first" else shape[2]
    if isinstance(given, int) and given != wanted:
        top = "; if these are a corner, another, a score and a label's number, say scores: top and "
        raise ManifestError(
            "outputs.scores" if out.scores == "top" else "labels",
            f"with {len(manifest.labels)} of them and outputs.objectness "
            f"{str(out.objectness).lower()} each box has {wanted} numbers, and {name} has {given}"
            + (f"{top}format: xyxy under outputs" if given == 6 else ""),
            facts.describe(),
        )
    chosen = out.model_copy(update={"boxes": name, "attributes": attributes})
    return manifest.model_copy(update={"input": picture, "outputs": chosen})


def _attributes_of(shape: tuple, wanted: int) -> str:
    if shape[2] == wanted and shape[1] != wanted:
        return "last"
    if shape[1] == wanted:
        return "first"
    numbers = [size if isinstance(size, int) else 10**9 for size in shape[1:]]
    return "first" if numbers[0] <= numbers[1] else "last"


def _segment(manifest: Segment, facts: Facts) -> Segment:
    picture = _picture(manifest.input, facts, "segment", others=manifest.constants)
    _all_fed(facts, [picture.name], manifest.constants)
    out = manifest.outputs
    name = _only_output("outputs.map", out.map, facts, rank=(3, 4))
    shape = facts.outputs[name]
    count = len(manifest.labels) + (out.background is not None)
    if out.kind == "indices":
        return manifest.model_copy(
            update={"input": picture, "outputs": out.model_copy(update={"map": name})}
        )
    if len(shape) != 4:
        raise ManifestError("outputs.map", f"{name} is no [1, labels, h, w]", facts.describe())
    layout = out.layout or ("nhwc" if shape[3] == count and shape[1] != count else "nchw")
    channels = shape[1] if layout == "nchw" else shape[3]
    if isinstance(channels, int) and channels != count:
        extra = "" if out.background is None else " and a background"
        raise ManifestError(
            "labels",
            f"{len(manifest.labels)} are named{extra}, and {name} has {channels} channels; name each, "
            "or say outputs.background for the one that is none",
            facts.describe(),
        )
    if out.background is not None and not 0 <= out.background < count:
        raise ManifestError(
            "outputs.background", f"there is no channel {out.background}", facts.describe()
        )
    chosen = out.model_copy(update={"map": name, "layout": layout})
    return manifest.model_copy(update={"input": picture, "outputs": chosen})


def _matte(manifest: Matte, facts: Facts) -> Matte:
    out = manifest.outputs
    fed = [name for _, name in out.states]
    if manifest.guide is not None:
        _known("guide.name", manifest.guide.name, facts, facts.inputs)
        fed.append(manifest.guide.name)
    picture = _picture(manifest.input, facts, "matte", others=[*fed, *manifest.constants])
    _all_fed(facts, [picture.name, *fed], manifest.constants)
    for given, taken in out.states:
        _known("outputs.states", given, facts)
        _known("outputs.states", taken, facts, facts.inputs)
    if out.foreground is not None:
        _known("outputs.foreground", out.foreground, facts)
    apart = [out.foreground, *(given for given, _ in out.states)]
    alpha = _only_output("outputs.alpha", out.alpha, facts, rank=4, apart=apart)
    chosen = out.model_copy(update={"alpha": alpha})
    return manifest.model_copy(update={"input": picture, "outputs": chosen})


def _prompted(manifest: Prompted, encoder: Facts, decoder: Facts) -> Prompted:
    picture = _picture(manifest.input, encoder, "prompt", others=())
    _all_fed(encoder, [picture.name], {})
    out = manifest.outputs
    features = dict(out.features) or _matching(encoder, decoder)
    for given, taken in features.items():
        _known("outputs.features", given, encoder)
        _known("outputs.features", taken, decoder, decoder.inputs)
    update: dict[str, Any] = {"features": features}
    for field in ("points", "labels", "mask", "has_mask", "size"):
        name = getattr(out, field)
        if field in out.model_fields_set and name is not None:
            _known(f"outputs.{field}", name, decoder, decoder.inputs)
        elif name not in decoder.inputs:
            if field in ("points", "labels"):
                _known(f"outputs.{field}", name, decoder, decoder.inputs)
            update[field] = None
    for field in ("logits", "masks", "scores"):
        name = getattr(out, field)
        if field in out.model_fields_set and name is not None:
            _known(f"outputs.{field}", name, decoder)
        elif name not in decoder.outputs:
            if field == "scores":
                _known("outputs.scores", name, decoder)
            update[field] = None
    chosen = out.model_copy(update=update)
    if chosen.logits is None and chosen.masks is None:
        raise ManifestError("outputs.masks", "it names no masks", decoder.describe())
    used = [*features.values(), chosen.points, chosen.labels, chosen.mask, chosen.has_mask]
    _all_fed(decoder, [*used, chosen.size], manifest.constants)
    return manifest.model_copy(update={"input": picture, "outputs": chosen})


def _matching(encoder: Facts, decoder: Facts) -> dict[str, str]:
    """The encoder's outputs by the decoder's input of the same name, or the one of four axes."""
    same = {name: name for name in encoder.outputs if name in decoder.inputs}
    if same:
        return same
    maps = [n for n, s in decoder.inputs.items() if len(s) == 4 and "mask" not in n.lower()]
    if len(encoder.outputs) == 1 and len(maps) == 1:
        return {next(iter(encoder.outputs)): maps[0]}
    raise ManifestError(
        "outputs.features",
        "say which output of the encoder is which input of the decoder",
        f"The encoder: {encoder.describe()} The decoder: {decoder.describe()}",
    )


def _inpaint(manifest: Inpaint, facts: Facts) -> Inpaint:
    hole = manifest.hole.name
    if hole is None:
        ones = [n for n, s in facts.inputs.items() if len(s) == 4 and 1 in (s[1], s[3])]
        if len(ones) != 1:
            raise ManifestError(
                "hole.name", "no input is plainly the mask; name it", facts.describe()
            )
        hole = ones[0]
    _known("hole.name", hole, facts, facts.inputs)
    picture = _picture(manifest.input, facts, "inpaint", others=[hole, *manifest.constants])
    _all_fed(facts, [picture.name, hole], manifest.constants)
    name = _only_output("outputs.name", manifest.outputs.name, facts, rank=4)
    of_bytes = facts.types[picture.name] == _BYTES
    # As LaMa and MI-GAN have it; see `cleanplate.fill.network`.
    fill = manifest.hole.fill or ("low" if of_bytes else "high")
    return manifest.model_copy(
        update={
            "input": picture,
            "hole": manifest.hole.model_copy(update={"name": hole, "fill": fill}),
            "outputs": manifest.outputs.model_copy(
                update={"name": name, "range": manifest.outputs.range or (0.0, 255.0)}
            ),
        }
    )


def _picture(given: PictureIn, facts: Facts, task: str, others: Iterable[str]) -> PictureIn:
    """The picture's input with its name, layout, range and size settled."""
    name = given.name
    if name is None:
        taken = set(others)
        maps = [n for n, s in facts.inputs.items() if len(s) in (3, 4) and n not in taken]
        if len(maps) != 1:
            raise ManifestError(
                "input.name", "no input is plainly the picture; name it", facts.describe()
            )
        name = maps[0]
    _known("input.name", name, facts, facts.inputs)
    shape = facts.inputs[name]
    wanted = 1 if given.colour == "grey" else 3
    if len(shape) != 4:
        raise ManifestError(
            "input.name", f"{name} is no picture of the form [1, 3, h, w]", facts.describe()
        )
    layout = given.layout or ("nhwc" if shape[3] == wanted and shape[1] != wanted else "nchw")
    channels, sides = (shape[1], shape[2:]) if layout == "nchw" else (shape[3], shape[1:3])
    other = shape[3] if layout == "nchw" else shape[1]
    if not isinstance(channels, int) and given.layout and other == wanted:
        channels = "an open number"  # and the other axis is plainly that of the colours
    if channels != wanted and (isinstance(channels, int) or channels == "an open number"):
        field = "input.layout" if given.layout else "input.colour"
        raise ManifestError(
            field,
            f"{getattr(given, field[6:])} pictures have {wanted} channels there, and {name} has "
            f"{channels}",
            facts.describe(),
        )
    kind = facts.types[name]
    if kind not in _FLOATS | {_BYTES}:
        raise ManifestError("input.name", f"{name} takes no picture's numbers", facts.describe())
    usual = _USUAL[task]
    update: dict[str, Any] = {"name": name, "layout": layout}
    update["size"] = _size(given, sides, usual, facts)
    update["fit"] = given.fit or usual["fit"]
    update["pad"] = given.pad if given.pad is not None else usual.get("pad", 0.0)
    plain = kind == _BYTES or given.range is not None or given.mean or given.deviation
    update["range"] = given.range or ((0.0, 255.0) if kind == _BYTES else usual["range"])
    for field, neutral in (("mean", 0.0), ("deviation", 1.0)):
        value = getattr(given, field) or ([neutral] if plain else usual.get(field, [neutral]))
        if len(value) not in (1, wanted):
            raise ManifestError(
                f"input.{field}", f"it has {len(value)} numbers for {wanted} channels"
            )
        if field == "deviation" and 0 in value:
            raise ManifestError("input.deviation", "nothing can be divided by 0")
        update[field] = [float(v) for v in value]
    return given.model_copy(update=update)


def _size(given: PictureIn, sides: tuple, usual: dict[str, Any], facts: Facts) -> Any:
    """[height, width] where it is fixed, else None."""
    said = (given.size, given.size) if isinstance(given.size, int) else given.size
    fixed = [side if isinstance(side, int) and side > 0 else None for side in sides]
    if said is not None:
        if any(f is not None and f != s for f, s in zip(fixed, said, strict=True)):
            raise ManifestError(
                "input.size", f"it is {said[0]} by {said[1]} (height, width)", facts.describe()
            )
        return tuple(said)
    if None not in fixed:
        return tuple(fixed)
    side = usual.get("size")
    return (side, side) if side else None


def _known(field: str, name: str, facts: Facts, among: Mapping[str, Any] | None = None) -> None:
    among = facts.outputs if among is None else among
    if name not in among:
        raise ManifestError(field, f"the network has no {name}", facts.describe())


def _only_output(
    field: str,
    name: str | None,
    facts: Facts,
    rank: int | tuple[int, ...],
    apart: Iterable[str | None] = (),
) -> str:
    """The output named, or the only one of the right number of axes."""
    ranks = (rank,) if isinstance(rank, int) else rank
    if name is None:
        left = set(apart)
        fitting = [
            n for n, s in facts.outputs.items() if (len(s) in ranks or not s) and n not in left
        ]
        if len(fitting) != 1:
            raise ManifestError(field, "say which output it is", facts.describe())
        return fitting[0]
    _known(field, name, facts)
    if facts.outputs[name] and len(facts.outputs[name]) not in ranks:
        raise ManifestError(
            field, f"{name} has not {' or '.join(map(str, ranks))} axes", facts.describe()
        )
    return name


def _all_fed(facts: Facts, used: Iterable[str | None], constants: Mapping[str, Any]) -> None:
    """Every input must be given something, and nothing may be given to what is no input."""
    for name in constants:
        _known(f"constants.{name}", name, facts, facts.inputs)
    missing = set(facts.inputs) - set(used) - set(constants)
    if missing:
        first = sorted(missing)[0]
        raise ManifestError(
            f"constants.{first}",
            f"the network also takes {facts.one(first)}, and nothing is given to it",
            facts.describe(),
        )
