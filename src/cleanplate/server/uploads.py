"""Clips on their way in: streamed to disk, in pieces, gone on with where they were cut off.

.cleanplate/uploads/ID/about.json    name, size, fingerprint
.cleanplate/uploads/ID/data          what has come; its length is the offset
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator
from contextlib import contextmanager
from pathlib import Path

from starlette.requests import ClientDisconnect

from cleanplate.atomic import write_whole
from cleanplate.server.refusals import Refused
from cleanplate.server.schema.uploads import Upload
from cleanplate.server.settings import GIB, MIB, ServerSettings
from cleanplate.server.workspace import free_path, new_id, safe_name

ROOM = GIB
"""Bytes of disk that uploads leave free."""

_KEPT = 7 * 24 * 3600
"""Seconds after which an upload that nobody goes on with is forgotten."""

_FLUSH = 4 * MIB


class Uploads:
    """Uploads by id."""

    def __init__(self, settings: ServerSettings) -> None:
        self._folder = settings.hidden / "uploads"
        self._limit = settings.upload_limit
        self._chunk = settings.chunk
        self._lock = threading.Lock()
        self._receiving: set[str] = set()

    def limit(self) -> int:
        """Bytes of the largest file that would be taken in now."""
        return max(0, min(self._limit, self.free() - ROOM))

    def free(self) -> int:
        """Bytes that are free on the disk."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free

    def start(self, name: str, size: int, fingerprint: str | None = None) -> Upload:
        """Make room for a file, or find the upload of it that was cut off."""
        if size > self._limit:
            raise Refused(
                413,
                f"{_gigabytes(size)} is more than the {_gigabytes(self._limit)} that are taken in.",
                "Put the file into the workspace folder and open it from there.",
                field="size",
            )
        name = safe_name(name, "clip")
        if fingerprint is not None:
            for known in self._all():
                if (known["name"], known["size"], known["fingerprint"]) == (
                    name, size, fingerprint,
                ):  # fmt: skip
                    return self.find(known["id"])
        left = self.free() - ROOM
        if size > left:
            raise Refused(
                507,
                f"The disk has no room for {_gigabytes(size)}: "
                f"{_gigabytes(max(left, 0))} can be used.",
                "Make room, or put the workspace on another disk with --folder.",
                field="size",
            )
        id = new_id()
        folder = self._folder / id
        folder.mkdir(parents=True)
        (folder / "data").touch()
        about = {"id": id, "name": name, "size": size, "fingerprint": fingerprint}
        write_whole(folder / "about.json", json.dumps(about).encode())
        return self.find(id)

    def find(self, id: str) -> Upload:
        """An upload, and how much of it has come. 404 where there is none."""
        try:
            about = json.loads((self._folder / id / "about.json").read_bytes())
            offset = (self._folder / id / "data").stat().st_size
        except (OSError, ValueError) as error:
            raise Refused(404, "There is no such upload.", "Start it again.") from error
        return Upload(
            id=id,
            name=about["name"],
            offset=offset,
            size=about["size"],
            chunk=self._chunk,
            complete=offset == about["size"],
        )

    async def receive(self, id: str, offset: int, pieces: AsyncIterator[bytes]) -> Upload:
        """Write what comes behind `offset`. What came before a cut stays."""
        upload = await asyncio.to_thread(self.find, id)
        with self._alone(id):
            upload = await asyncio.to_thread(self.find, id)
            if offset != upload.offset:
                raise Refused(
                    409,
                    f"The upload stands at {upload.offset}, not at {offset}.",
                    "Ask for the upload and go on from its offset.",
                    field="Upload-Offset",
                    headers={"Upload-Offset": str(upload.offset)},
                )
            with (self._folder / id / "data").open("r+b", buffering=0) as target:
                target.seek(offset)
                await self._write(target, upload.size - offset, pieces)
        return await asyncio.to_thread(self.find, id)

    async def _write(self, target, left: int, pieces: AsyncIterator[bytes]) -> None:
        waiting = bytearray()

        async def flush() -> None:
            data, place = bytes(waiting), 0
            waiting.clear()
            while place < len(data):
                place += await asyncio.to_thread(target.write, memoryview(data)[place:])

        try:
            async for piece in _until_cut(pieces):
                left -= len(piece)
                if left < 0:
                    raise Refused(413, "More came than the upload's size.", "Start it again.")
                waiting += piece
                if len(waiting) >= _FLUSH:
                    await flush()
        finally:
            # Whatever ends this, what came is kept.
            await asyncio.shield(flush())
            await asyncio.to_thread(os.fsync, target.fileno())

    @contextmanager
    def _alone(self, id: str):
        with self._lock:
            if id in self._receiving:
                raise Refused(409, "Another piece of this upload is just coming.", "Try again.")
            self._receiving.add(id)
        try:
            yield
        finally:
            with self._lock:
                self._receiving.discard(id)

    def drop(self, id: str) -> None:
        """Forget an upload."""
        self.find(id)
        with self._alone(id):
            shutil.rmtree(self._folder / id, ignore_errors=True)

    def take(self, id: str, into: Path) -> Path:
        """Move a complete upload into a folder, under its own name or one like it."""
        upload = self.find(id)
        with self._alone(id):
            if not upload.complete:
                raise Refused(
                    409,
                    f"The upload is not complete: {upload.offset} of {upload.size} bytes are here.",
                    "Send the rest first.",
                    field="upload",
                )
            stem, dot, ending = upload.name.rpartition(".")
            with self._lock:
                place = free_path(into, stem if dot else upload.name, dot + ending if dot else "")
                os.rename(self._folder / id / "data", place)
            shutil.rmtree(self._folder / id, ignore_errors=True)
        return place

    def tidy(self) -> None:
        """Forget uploads that nobody has gone on with for a week."""
        for known in self._all():
            data = self._folder / known["id"] / "data"
            if not data.exists() or time.time() - data.stat().st_mtime > _KEPT:
                shutil.rmtree(data.parent, ignore_errors=True)

    def _all(self) -> list[dict]:
        found = []
        for path in self._folder.glob("*/about.json"):
            try:
                found.append(json.loads(path.read_bytes()))
            except (OSError, ValueError):  # removed meanwhile, or begun and never written whole
                continue
        return found


async def _until_cut(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces that come before the connection is cut off, if it is."""
    try:
        async for piece in pieces:
            yield piece
    except ClientDisconnect:
        return


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
