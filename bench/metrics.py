"""How good a fill is, as pure functions of one clip's frames.

Everywhere: frames are `uint8` RGB `(h, w, 3)`, holes `bool (h, w)`, flow `float32 (h, w, 2)` in
pixels, x then y. Frames without a hole are left out of every mean.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

Frames = Sequence[np.ndarray]

PEAK = 255.0
STILL = 1.0  # squared grey levels; a truth that changes less along its motion gives no ratio
BEST_PSNR = 100.0  # dB given to identical pixels, so that means stay finite
SSIM_SIZE = 7  # pixels
SSIM_C1, SSIM_C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2


def psnr(truth: np.ndarray, image: np.ndarray, where: np.ndarray | None = None) -> float:
    """Peak signal-to-noise ratio in dB over RGB, of the pixels in `where` or of all.

    >>> import numpy as np
    >>> round(psnr(np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)), 3)
    0.0
    """
    difference = truth.astype(np.float64) - image
    if where is not None:
        difference = difference[where]
    error = float(np.mean(difference**2))
    if error == 0:
        return BEST_PSNR
    return min(BEST_PSNR, float(10 * np.log10(PEAK**2 / error)))


def ssim_map(truth: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Structural similarity of each pixel, `float32 (h, w)`, mean of the colour channels.

    Wang et al., "Image quality assessment: from error visibility to structural similarity" (2004),
    with scikit-image's defaults: a flat 7x7 window and the sample covariance.
    """
    x, y = truth.astype(np.float32), image.astype(np.float32)
    unbiased = SSIM_SIZE**2 / (SSIM_SIZE**2 - 1)

    def local_mean(values: np.ndarray) -> np.ndarray:
        return cv2.blur(values, (SSIM_SIZE, SSIM_SIZE))

    mx, my = local_mean(x), local_mean(y)
    vx = unbiased * (local_mean(x * x) - mx * mx)
    vy = unbiased * (local_mean(y * y) - my * my)
    cov = unbiased * (local_mean(x * y) - mx * my)
    similarity = ((2 * mx * my + SSIM_C1) * (2 * cov + SSIM_C2)) / (
        (mx * mx + my * my + SSIM_C1) * (vx + vy + SSIM_C2)
    )
    return similarity.mean(axis=2)


def ssim(truth: np.ndarray, image: np.ndarray, where: np.ndarray | None = None) -> float:
    """Mean of `ssim_map` in `where`, or over the frame less the border its window overhangs."""
    similarity = ssim_map(truth, image)
    if where is not None:
        return float(similarity[where].mean())
    edge = SSIM_SIZE // 2
    inner = similarity[edge:-edge, edge:-edge]
    return float((inner if inner.size else similarity).mean())


def laplacian_energy(image: np.ndarray, hole: np.ndarray) -> float:
    """Sum of the squared 3x3 Laplacian of luma where its footprint lies wholly in the hole."""
    inside = cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.sum(cv2.Laplacian(luma, cv2.CV_32F)[inside].astype(np.float64) ** 2))


def sharpness(truth: Frames, images: Frames, holes: Frames) -> float:
    """Laplacian energy in the holes over the truth's: 1 is right, 0 is a smear, over 1 is noise."""
    ours = sum(laplacian_energy(i, h) for i, h in zip(images, holes, strict=True))
    theirs = sum(laplacian_energy(i, h) for i, h in zip(truth, holes, strict=True))
    return ours / theirs if theirs > 0 else float("nan")


def gradient_dissimilarity(truth: np.ndarray, image: np.ndarray, hole: np.ndarray) -> float:
    """1 minus the mean gradient magnitude similarity in the hole; 0 is right.

    Xue et al., "Gradient magnitude similarity deviation" (2014), the map of OpenCV's
    `quality.QualityGMSD`, which is at half size. It punishes blur and misplacement alike.
    """
    _, similarity = cv2.quality.QualityGMSD_compute(truth, image)
    half = (similarity.shape[1], similarity.shape[0])
    inside = cv2.resize(hole.astype(np.uint8), half, interpolation=cv2.INTER_NEAREST) > 0
    if not inside.any():
        return float("nan")
    return float(1 - similarity[inside][:, :3].mean())


@dataclass(frozen=True)
class Motion:
    """From one frame to the next: `flow (h, w, 2)`, and `visible (h, w)` where it can be trusted."""

    flow: np.ndarray
    visible: np.ndarray


def warp(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """`image` sampled where `flow` leads from each pixel, `float32`, bilinear."""
    height, width = flow.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=2).astype(np.float32)
    return cv2.remap(
        image.astype(np.float32),
        grid + flow,
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def true_motion(truth: Frames) -> list[Motion]:
    """Motion between neighbours of the true video, by DIS flow both ways.

    A pixel is visible when it stays in the frame and the two flows agree, by the test of Sundaram,
    Brox and Keutzer, "Dense point trajectories by GPU-accelerated large displacement optical flow"
    (2010), eq. 5.
    """
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    lumas = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in truth]
    motions = []
    for here, there in itertools.pairwise(lumas):
        forward, backward = dis.calc(here, there, None), dis.calc(there, here, None)
        returned = warp(backward, forward)
        miss = np.sum((forward + returned) ** 2, axis=2)
        scale = np.sum(forward**2, axis=2) + np.sum(returned**2, axis=2)
        height, width = here.shape
        x = np.arange(width)[None] + forward[..., 0]
        y = np.arange(height)[:, None] + forward[..., 1]
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        motions.append(Motion(forward, inside & (miss < 0.01 * scale + 0.5)))
    return motions


def warping_error(images: Frames, holes: Frames, motions: Sequence[Motion]) -> float:
    """Mean squared change along the true motion in the holes, in squared grey levels of 255.

    Lai et al., "Learning blind video temporal consistency" (2018), eq. 1, kept to the holes.
    """
    total, count = 0.0, 0
    for t, motion in enumerate(motions):
        where = holes[t] & motion.visible
        change = warp(images[t + 1], motion.flow)[where] - images[t][where]
        total += float(np.sum(change.astype(np.float64) ** 2))
        count += change.size
    return total / count if count else float("nan")


def flicker(truth: Frames, images: Frames, holes: Frames, motions: Sequence[Motion]) -> float:
    """Mean change of the fill's error along the true motion, in grey levels of 255; 0 is right.

    A wrong fill that stays put costs nothing here; one that boils does.
    """
    total, count = 0.0, 0
    errors = [i.astype(np.float32) - t for i, t in zip(images, truth, strict=True)]
    for t, motion in enumerate(motions):
        where = holes[t] & motion.visible
        change = np.abs(warp(errors[t + 1], motion.flow)[where] - errors[t][where])
        total += float(change.sum(dtype=np.float64))
        count += change.size
    return total / count if count else float("nan")


def changed_outside(given: Frames, images: Frames, holes: Frames) -> int:
    """How many pixels outside the holes differ from what was given: must be none."""
    return sum(
        int(np.any(g != i, axis=2)[~h].sum()) for g, i, h in zip(given, images, holes, strict=True)
    )


def score(truth: Frames, images: Frames, holes: Frames) -> dict[str, float]:
    """Every measure of one filled clip. Per-frame values are averaged over frames with a hole."""
    touched = [t for t, hole in enumerate(holes) if hole.any()]

    def mean(measure, *wheres) -> float:
        values = [measure(truth[t], images[t], *(w[t] for w in wheres)) for t in touched]
        return float(np.nanmean(values)) if values else float("nan")

    motions = true_motion(truth)
    moved, moved_truth = (warping_error(f, holes, motions) for f in (images, truth))
    return {
        "psnr_hole": mean(psnr, holes),
        "psnr_frame": mean(psnr),
        "ssim_hole": mean(ssim, holes),
        "ssim_frame": mean(ssim),
        "sharpness": sharpness(truth, images, holes),
        "dissimilarity": mean(gradient_dissimilarity, holes),
        "warping": moved,
        "warping_truth": moved_truth,
        "warping_ratio": moved / moved_truth if moved_truth > STILL else float("nan"),
        "flicker": flicker(truth, images, holes, motions),
    }
