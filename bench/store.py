"""Results kept between runs, so that a peer that did not change is not computed again.

An entry is named by the hash of what it came from; the whole folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LIMIT = 2 * 1024**3  # bytes; the oldest entries go first


def key(*parts: str) -> str:
    """A name for what was made from `parts`.

    >>> key("a", "b") == key("a", "b"), key("a", "b") == key("ab")
    (True, False)
    """
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Store:
    folder: Path

    def load_scores(self, name: str) -> dict | None:
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text()) if path.is_file() else None

    def save_scores(self, name: str, scores: dict) -> None:
        self._commit(self.folder / f"{name}.json", json.dumps(scores).encode())

    def load_fill(self, name: str, given: list[np.ndarray], holes: list[np.ndarray]) -> list | None:
        """The filled frames, put together from `given` and the stored hole pixels."""
        path = self.folder / f"{name}.npy"
        if not path.is_file():
            return None
        pixels, start, images = np.load(path), 0, []
        for frame, hole in zip(given, holes, strict=True):
            image, count = frame.copy(), int(hole.sum())
            image[hole] = pixels[start : start + count]
            start += count
            images.append(image)
        return images

    def save_fill(self, name: str, images: list[np.ndarray], holes: list[np.ndarray]) -> None:
        pixels = np.concatenate([i[h] for i, h in zip(images, holes, strict=True)])
        header = Path(tempfile.mkstemp(suffix=".npy", dir=self._made())[1])
        np.save(header, pixels)
        os.replace(header, self.folder / f"{name}.npy")

    def trim(self) -> None:
        """Deletes the entries written longest ago until the folder is within its limit."""
        files = sorted(self._made().iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)
        total = 0
        for file in files:
            total += file.stat().st_size
            if total > LIMIT:
                file.unlink()

    def _made(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def _commit(self, path: Path, data: bytes) -> None:
        handle, temporary = tempfile.mkstemp(dir=self._made())
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
