"""Between a frame's pixels, the cells of a look, and the grid that masks are decided on."""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate.track.network import LOGITS, Look

_CELL = 16  # network pixels for one cell
_PIXEL = 4  # network pixels for one point of the mask grid


def to_grid(look: Look, soft: np.ndarray) -> np.ndarray:
    """A map over the frame, float32 (h, w), on the look's mask grid (256, 256); 0 outside it."""
    step = _PIXEL / look.scale  # pixels of the frame for one point of the grid
    if step > 1.2:  # several pixels fall on one point: average them
        soft = cv2.GaussianBlur(soft, (0, 0), step / 2.5)
    matrix = _frame_to_grid(look)
    grid = cv2.warpAffine(soft, matrix, (LOGITS, LOGITS), flags=cv2.INTER_LINEAR)
    return grid * inside(look)


def to_frame(look: Look, grid: np.ndarray, shape: tuple[int, int], outside: float) -> np.ndarray:
    """A map on the mask grid as float32 (h, w) over a frame; `outside` beyond the window."""
    full = np.full(shape, outside, np.float32)
    window = look.window
    matrix = _frame_to_grid(look)
    matrix[:, 2] += matrix[:, :2] @ [window.x, window.y]
    full[window.rows, window.columns] = cv2.warpAffine(
        np.ascontiguousarray(grid, np.float32),
        matrix,
        (window.width, window.height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return full


def cells_to_grid(look: Look, values: np.ndarray) -> np.ndarray:
    """Values of the cells that the window fills, (rows, columns), smoothly on the mask grid."""
    ratio = _CELL / _PIXEL
    matrix = np.array([[1 / ratio, 0, 0.5 / ratio - 0.5], [0, 1 / ratio, 0.5 / ratio - 0.5]])
    grid = cv2.warpAffine(
        np.ascontiguousarray(values, np.float32),
        matrix,
        (LOGITS, LOGITS),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return grid * inside(look)


def to_cells(look: Look, soft: np.ndarray) -> np.ndarray:
    """The share of each of the window's cells that a map over the frame covers, float32."""
    rows, columns = whole_cells(look)
    matrix = np.array([[1.0, 0, -look.window.x], [0, 1.0, -look.window.y]])
    matrix = matrix * look.scale / _PIXEL
    matrix[:, 2] += 0.5 * look.scale / _PIXEL - 0.5
    step = _PIXEL / look.scale
    if step > 1.2:
        soft = cv2.GaussianBlur(soft, (0, 0), step / 2.5)
    size = (columns * _CELL // _PIXEL, rows * _CELL // _PIXEL)
    fine = cv2.warpAffine(
        soft, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return fine.reshape(rows, 4, columns, 4).mean(axis=(1, 3))


def whole_cells(look: Look) -> tuple[int, int]:
    """Rows and columns of cells that lie inside the window altogether."""
    return max(1, int(look.span[0] + 0.25)), max(1, int(look.span[1] + 0.25))


def inside(look: Look) -> np.ndarray:
    """The points of the mask grid that lie on the window and not on padding, bool (256, 256)."""
    ratio = _CELL / _PIXEL
    rows, columns = (round(span * ratio) for span in look.span)
    on = np.zeros((LOGITS, LOGITS), bool)
    on[:rows, :columns] = True
    return on


def grid_to_frame_points(look: Look, points: np.ndarray) -> np.ndarray:
    """Points (n, 2) of the mask grid, x then y, in pixels of the frame."""
    origin = np.array([look.window.x, look.window.y])
    return (np.asarray(points, np.float64).reshape(-1, 2) + 0.5) * (_PIXEL / look.scale) + (
        origin - 0.5
    )


def _frame_to_grid(look: Look) -> np.ndarray:
    scale = look.scale / _PIXEL
    shift = 0.5 * scale - 0.5
    return np.array(
        [
            [scale, 0, shift - scale * look.window.x],
            [0, scale, shift - scale * look.window.y],
        ]
    )
