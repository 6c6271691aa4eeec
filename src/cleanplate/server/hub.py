"""Events, from the threads where things happen to the browsers that listen.

WHATWG, "HTML: Server-sent events": each event has an id, and a browser that was cut off says which
it saw last. Ids are the run's own name and a number, so that those of an earlier run of the server
are told apart.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

KEPT = 8000
"""Events that can still be asked for after a cut."""

_BEAT = 15.0
"""Seconds between signs of life, which keep middlemen from closing a quiet connection."""

_BEHIND = 2000
"""Events that a listener may be behind before it is told to get everything again."""

_RESET = '{"type":"reset"}'


@dataclass(frozen=True)
class _Item:
    number: int
    channels: frozenset[str]
    text: str


class _Listener:
    def __init__(self, channels: frozenset[str]) -> None:
        self.channels = channels
        self.loop = asyncio.get_running_loop()
        self.queue: asyncio.Queue[_Item | None] = asyncio.Queue()

    def tell(self, item: _Item | None) -> None:
        try:
            self.loop.call_soon_threadsafe(self.queue.put_nowait, item)
        except RuntimeError:  # the loop is closed: nobody listens any more
            return


class Hub:
    """Events on channels: "jobs", "job ID", or a project's id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[_Item] = deque(maxlen=KEPT)
        self._listeners: set[_Listener] = set()
        self._run = secrets.token_hex(4)
        self._number = 0
        self._closed = False

    def publish(self, event: dict[str, Any], *channels: str) -> None:
        """Tell everyone who listens to one of `channels`; from any thread."""
        text = json.dumps(event, separators=(",", ":"))
        with self._lock:
            self._number += 1
            item = _Item(self._number, frozenset(channels), text)
            self._kept.append(item)
            for listener in self._listeners:
                if listener.channels & item.channels:
                    listener.tell(item)

    def finish(self, channel: str) -> None:
        """Nothing more will come of a channel: the streams that listen to it alone end."""
        with self._lock:
            for listener in self._listeners:
                if listener.channels == {channel}:
                    listener.tell(None)

    def close(self) -> None:
        """End all streams; from any thread."""
        with self._lock:
            self._closed = True
            for listener in self._listeners:
                listener.tell(None)

    async def stream(
        self,
        channels: Iterable[str],
        last: str | None,
        first: dict[str, Any] | None = None,
        ended: bool = False,
    ) -> AsyncIterator[str]:
        """The text of an event stream, from behind event `last` on; `first` is told before all.

        With `ended` nothing is waited for.
        """
        listener = _Listener(frozenset(channels))
        with self._lock:
            missed, reset = self._missed(listener.channels, last)
            self._listeners.add(listener)
            closed, at = self._closed or ended, self._number
        try:
            yield "retry: 1000\n: the first line opens the stream at once\n\n"
            if first is not None:
                yield self._text(at, json.dumps(first, separators=(",", ":")))
            if reset:
                yield self._text(at, _RESET)
            for item in missed:
                yield self._text(item.number, item.text)
            while not closed:
                try:
                    item = await asyncio.wait_for(listener.queue.get(), _BEAT)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if item is None:
                    return
                if listener.queue.qsize() > _BEHIND:
                    item = _drain(listener.queue, item)
                    yield self._text(item.number, _RESET)
                else:
                    yield self._text(item.number, item.text)
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def _text(self, number: int, data: str) -> str:
        return f"id: {self._run}-{number}\ndata: {data}\n\n"

    def _missed(self, channels: frozenset[str], last: str | None) -> tuple[list[_Item], bool]:
        """The events behind `last`, and whether some of them are gone."""
        if not last:
            return [], False
        run, _, number = last.partition("-")
        if run != self._run or not number.isdecimal():
            return [], True
        seen = int(number)
        if len(self._kept) == KEPT and self._kept[0].number > seen + 1:
            return [], True
        return [i for i in self._kept if i.number > seen and i.channels & channels], False


def _drain(queue: asyncio.Queue[_Item | None], item: _Item) -> _Item:
    """The last event that waits."""
    while not queue.empty():
        item = queue.get_nowait() or item
    return item
