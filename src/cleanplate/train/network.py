"""A small segmentation network on EfficientNet-Lite0, in PyTorch (`cleanplate[train]`).

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019, in
its Lite0 form (no squeeze and excitation, ReLU6); a light top-down decoder in the manner of Lin et
al., "Feature Pyramid Networks for Object Detection", CVPR 2017, down to stride 2.
"""

from __future__ import annotations

import io
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.errors import ModelError

BACKBONE = "efficientnet-lite0"
MEAN, DEVIATION = 127.0, 128.0  # of pixels in 0..255, as the backbone was trained
MULTIPLE = 32  # pixels: both sides of the input are multiples of it

# Expansion, kernel, stride, output channels and repeats of each stage.
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
_TAPS = {0: 16, 2: 24, 4: 40, 10: 112, 15: 320}  # blocks and their channels, at strides 2 to 32
_FROZEN = 5  # blocks, down to stride 8
_WIDTHS = (24, 32, 48, 64, 96)  # of the decoder, at strides 2 to 32


class _Same(nn.Conv2d):
    """A convolution padded as TensorFlow does, which the weights were trained with."""

    def forward(self, x: Tensor) -> Tensor:
        if self.stride[0] == 1:
            k = self.kernel_size[0] // 2
            return functional.conv2d(x, self.weight, None, 1, k, 1, self.groups)
        # Sizes are multiples of 32, so what is missing never depends on them.
        whole = self.kernel_size[0] - self.stride[0]
        before = whole // 2
        after = whole - before
        x = functional.pad(x, (before, after, before, after))
        return functional.conv2d(x, self.weight, None, self.stride, 0, 1, self.groups)


class _Block(nn.Module):
    """An inverted residual."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        inner = inputs * expansion
        if expansion > 1:
            self._expand_conv = _Same(inputs, inner, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(inner, eps=1e-3)
        self._depthwise_conv = _Same(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = nn.BatchNorm2d(inner, eps=1e-3)
        self._project_conv = _Same(inner, outputs, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(outputs, eps=1e-3)
        self._residual = stride == 1 and inputs == outputs
        self._expands = expansion > 1

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self._expands else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self._residual else y


class Backbone(nn.Module):
    """EfficientNet-Lite0 without its classifier; gives features at strides 2, 4, 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _Same(3, 32, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(32, eps=1e-3)
        blocks, inputs = [], 32
        for expansion, kernel, stride, outputs, repeats in _STAGES:
            for i in range(repeats):
                first = stride if i == 0 else 1
                blocks.append(_Block(inputs, outputs, expansion, kernel, first))
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        found = []
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in _TAPS:
                found.append(x)
        return found

    def load(self, data: bytes) -> None:
        """Take the pretrained weights: a state dict, read without running anything in it."""
        try:
            state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
            own = {
                k: v for k, v in state.items() if not k.startswith(("_conv_head", "_bn1", "_fc"))
            }
            self.load_state_dict(own)
        except Exception as error:  # torch's loaders raise all kinds
            raise ModelError(
                f"The weights of {BACKBONE} do not fit the network ({error}). Fetch them again with: "
                f"cleanplate models pull {BACKBONE}"
            ) from error


class SmallNetwork(nn.Module):
    """Logits of one object, [n, 1, h / 2, w / 2], from pictures [n, 3, h, w] as `normalised` gives
    them; h and w are multiples of 32."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        channels = list(_TAPS.values())
        self.lateral = nn.ModuleList(
            nn.Conv2d(c, w, 1) for c, w in zip(channels, _WIDTHS, strict=True)
        )
        self.down = nn.ModuleList(nn.Conv2d(wide, narrow, 1) for narrow, wide in pairwise(_WIDTHS))
        self.refine = nn.ModuleList(_separable(w) for w in _WIDTHS)
        self.last = nn.Conv2d(_WIDTHS[0], 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.backbone(x)
        y = self.refine[-1](self.lateral[-1](maps[-1]))
        for level in range(len(maps) - 2, -1, -1):
            y = functional.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
            y = self.refine[level](self.lateral[level](maps[level]) + self.down[level](y))
        return self.last(y)

    def freeze_first(self) -> None:
        """Leave the first blocks as they are: edges and textures are the same for every object, and
        they, at the highest resolution, would cost half of the training's time."""
        for part in (
            self.backbone._conv_stem,
            self.backbone._bn0,
            *self.backbone._blocks[:_FROZEN],
        ):
            for parameter in part.parameters():
                parameter.requires_grad_(False)

    def freeze_statistics(self) -> None:
        """Keep the backbone's batch statistics: small batches of a few frames would spoil them."""
        self.backbone.eval()


def _separable(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ReLU6(),
        nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
        nn.Conv2d(width, width, 1, bias=False),
        nn.GroupNorm(8, width),
        nn.ReLU6(),
        nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
        nn.Conv2d(width, width, 1),
    )


def normalised(pictures: Tensor) -> Tensor:
    """Pictures [n, 3, h, w], RGB in 0..255, as the backbone takes them."""
    return (pictures - MEAN) / DEVIATION


class Exported(nn.Module):
    """The network as it is exported: RGB in 0..255, [1, 3, h, w], to probabilities of that size."""

    def __init__(self, network: SmallNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        logits = self.network(normalised(image))
        large = functional.interpolate(
            logits, scale_factor=2.0, mode="bilinear", align_corners=False
        )
        return torch.sigmoid(large)
