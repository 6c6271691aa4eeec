"""What a network of the user's own wants its pictures like, and what its answers mean.

Written as YAML or TOML; strict, so that a misspelt field is an error and not a silent default.
What can be read off the network itself (names, layouts, sizes) may be left out: `resolve` fills it
in, and complains, naming the field, where the manifest says something that the network contradicts.
"""

from __future__ import annotations

from typing import Annotated, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Label = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^,:\n]+$")]
_Channels = Annotated[list[float], Field(min_length=1, max_length=3)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PictureIn(_Strict):
    """How a network takes its picture.

    A pixel of 0..255 becomes `range[0]`..`range[1]`, then (value - `mean`) / `deviation`, each one
    number or three, in the order of `colour`. Without them uint8 inputs get 0..255, and float inputs
    what the task's networks usually take (see `docs/models.md`).

    `size` is a side or [height, width] where the network leaves it open and wants one; else the
    frame's own size, its longest side brought down to `longest` if need be, and both sides to a
    multiple of `multiple`; with `enlarge` a smaller frame is brought up to `longest`. `fit` says how a frame of another shape gets in: "stretch", "letterbox" (centred,
    with `pad` around it) or "corner" (padded right and below); `pad` is a grey level of 0..255.
    """

    name: _Name | None = None
    layout: Literal["nchw", "nhwc"] | None = None
    colour: Literal["rgb", "bgr", "grey"] = "rgb"
    range: tuple[float, float] | None = None
    mean: _Channels | None = None
    deviation: _Channels | None = None
    size: Annotated[int, Field(ge=16, le=4096)] | tuple[int, int] | None = None
    longest: Annotated[int, Field(ge=32, le=4096)] = 1024
    enlarge: bool = False
    multiple: Annotated[int, Field(ge=1, le=256)] = 32
    fit: Literal["stretch", "letterbox", "corner"] | None = None
    pad: Annotated[float, Field(ge=0, le=255)] | None = None


class YoloOut(_Strict):
    """One tensor with everything: for each box four numbers, if `objectness` one more, and a score
    for each label. `attributes` says whether these come "first", as [1, 4 + n, boxes], or "last".

    With `scores` "top" a box has but one score, and behind it the number of its label, as networks
    give it that drop doubles themselves: [1, boxes, 6].
    """

    style: Literal["yolo"]
    boxes: _Name | None = None
    format: Literal["cxcywh", "xyxy", "xywh", "yxyx"] = "cxcywh"
    coordinates: Literal["pixels", "share"] = "pixels"
    objectness: bool = False
    attributes: Literal["first", "last"] | None = None
    scores: Literal["probabilities", "logits", "top"] = "probabilities"


class SsdOut(_Strict):
    """Boxes [1, n, 4], `scores` [1, n] with `classes` [1, n] beside them, or [1, n, labels] without;
    all of them without the first axis as well, as torchvision has them.

    `first_label` is the number that `classes` has for the first label; `background` the column of
    `scores` that is none; `count` names a tensor that says how many boxes there are. `kind` says
    what scores are: of logits with a background, one label is chosen, without one each stands alone.
    """

    style: Literal["ssd"]
    boxes: _Name
    scores: _Name
    classes: _Name | None = None
    count: _Name | None = None
    format: Literal["yxyx", "xyxy", "cxcywh", "xywh"] = "yxyx"
    coordinates: Literal["pixels", "share"] = "share"
    first_label: int = 0
    background: int | None = None
    kind: Literal["probabilities", "logits"] = "probabilities"


class SegmentOut(_Strict):
    """A map: scores [1, labels, h, w] ("logits" or "probabilities"), or "indices" [1, h, w].

    `background` is the channel that is no label; the labels name the others in order.
    """

    map: _Name | None = None
    kind: Literal["logits", "probabilities", "indices"] = "logits"
    layout: Literal["nchw", "nhwc"] | None = None
    background: int | None = None


class Guide(_Strict):
    """A rough mask that a matte network takes beside its picture: "mask" (0 or 1), or "trimap"
    (0 outside, 0.5 unknown, 1 inside)."""

    name: _Name
    kind: Literal["mask", "trimap"] = "trimap"


class MatteOut(_Strict):
    """`alpha` in 0..1, [1, 1, h, w]; perhaps the `foreground`'s colour, in 0..1, [1, 3, h, w]; and
    `states`, pairs of an output and the input that takes it at the next frame."""

    alpha: _Name | None = None
    foreground: _Name | None = None
    states: list[tuple[_Name, _Name]] = []


class PromptParts(_Strict):
    """Which tensors of a promptable network's decoder are what, as Segment Anything exports them.

    `features` maps the encoder's outputs to the decoder's inputs. A None is left out. `logits` are
    masks at a quarter of the picture's side, `masks` at any size; one of the two is enough.
    """

    features: dict[_Name, _Name] = {}
    points: _Name = "point_coords"
    labels: _Name = "point_labels"
    mask: _Name | None = "mask_input"
    has_mask: _Name | None = "has_mask_input"
    size: _Name | None = "orig_im_size"
    logits: _Name | None = "low_res_masks"
    masks: _Name | None = "masks"
    scores: _Name = "iou_predictions"


class HoleIn(_Strict):
    """How an inpainting network takes its mask: `fill` is the value where to fill, "high" (1, or 255
    for bytes) or "low" (0)."""

    name: _Name | None = None
    fill: Literal["high", "low"] | None = None


class InpaintOut(_Strict):
    """The filled picture, and the range of its values, [0, 1], [-1, 1] or [0, 255]."""

    name: _Name | None = None
    range: tuple[float, float] | None = None


class _Base(_Strict):
    title: Annotated[str, Field(max_length=200)] = ""
    licence: Annotated[str, Field(max_length=100)] = ""
    home: Annotated[str, Field(max_length=300)] = ""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    input: PictureIn = PictureIn()
    constants: dict[_Name, float | list[float]] = {}


class Detect(_Base):
    """A detector."""

    task: Literal["detect"] = "detect"
    labels: Annotated[list[_Label], Field(min_length=1, max_length=2000)]
    outputs: Annotated[YoloOut | SsdOut, Field(discriminator="style")] = YoloOut(style="yolo")


class Segment(_Base):
    """Semantic segmentation."""

    task: Literal["segment"] = "segment"
    labels: Annotated[list[_Label], Field(min_length=1, max_length=2000)]
    outputs: SegmentOut = SegmentOut()
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5


class Matte(_Base):
    """A matting network."""

    task: Literal["matte"] = "matte"
    labels: list[_Label] = []
    guide: Guide | None = None
    outputs: MatteOut = MatteOut()


class Prompted(_Base):
    """A promptable network of two files: an encoder, whose `input` is the picture, and a decoder."""

    task: Literal["prompt"] = "prompt"
    labels: list[_Label] = []
    outputs: PromptParts = PromptParts()


class Inpaint(_Base):
    """An inpainting network."""

    task: Literal["inpaint"] = "inpaint"
    labels: list[_Label] = []
    hole: HoleIn = HoleIn()
    outputs: InpaintOut = InpaintOut()


CustomManifest = Union[Detect, Segment, Matte, Prompted, Inpaint]  # noqa: UP007
MANIFEST: TypeAdapter[CustomManifest] = TypeAdapter(
    Annotated[CustomManifest, Field(discriminator="task")]
)
TASKS = ("detect", "segment", "matte", "prompt", "inpaint")

PARTS = {"prompt": ("encoder", "decoder")}
"""The files that a task's network consists of, where there is more than one."""


def parts_of(task: str) -> tuple[str, ...]:
    """The parts of a network of some task; one called "network" for all but the promptable."""
    return PARTS.get(task, ("network",))
