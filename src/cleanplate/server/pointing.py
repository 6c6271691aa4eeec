"""The process that holds the promptable network. Run by `Pointer`, never imported by the server.

One thing at a time; what someone waits for goes before what is done in advance, and of that only
the latest counts: whoever has moved on to another frame will click there.
"""

from __future__ import annotations

import threading
import traceback
from collections import OrderedDict, deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from cleanplate.errors import CleanplateError
from cleanplate.server.jobs.channel import Channel, Message
from cleanplate.server.jobs.process import release

_PROJECTS = 3
"""Projects whose clips and embeddings are held."""


class _Inbox:
    """What is to be done."""

    def __init__(self) -> None:
        self._waited_for: deque[Message] = deque()
        self._ahead: Message | None = None
        self._held: list[int] = []
        self._changed = threading.Condition()

    def put(self, message: Message) -> None:
        with self._changed:
            self._held = message.get("held", self._held)
            if message["do"] in ("embed", "prepare"):
                self._ahead = message
            else:
                self._waited_for.append(message)
            self._changed.notify()

    def get(self) -> Message:
        with self._changed:
            self._changed.wait_for(lambda: self._waited_for or self._ahead)
            if self._waited_for:
                return self._waited_for.popleft()
            message, self._ahead = self._ahead, None
            return message

    def gone(self) -> None:
        """The server is: nobody else lets go on what it held while it waited for an answer."""
        for pid in self._held:
            release(pid)


class Desk:
    """Does what is asked, with networks that stay loaded."""

    def __init__(self) -> None:
        self._prompters: OrderedDict[str, Any] = OrderedDict()
        self._finder: Any = None
        self._mattes: Any = None

    def do(self, message: Message) -> Any:
        """The answer to one message."""
        return getattr(self, message["do"])(message)

    def prepare(self, message: Message) -> None:
        """Open a project's clip, so that the first click does not wait for it."""
        self._prompter(message["project"]).prepare()

    def embed(self, message: Message) -> None:
        self._prompter(message["project"]).embed(message["frame"])

    def mask(self, message: Message) -> list[dict[str, Any]]:
        """What may be meant, the likeliest first."""
        from cleanplate.project import Prompts
        from cleanplate.segment.rle import decode, encode

        prompts = Prompts.model_validate(message["prompts"])
        previous = message["previous"]
        prompter, frame = self._prompter(message["project"]), message["frame"]
        base = None if previous is None else decode(previous)
        if message["alternatives"]:
            found = prompter.candidates(frame, prompts, base)
        else:
            found = [prompter.mask(frame, prompts, base)]
        return [{"mask": encode(mask), "score": round(score, 3)} for mask, score in found]

    def matte(self, message: Message) -> None:
        """Make the pictures of a frame's matte."""
        from cleanplate.engine.store import open_store
        from cleanplate.project import Project
        from cleanplate.server.mattes import MatteRoom

        if self._mattes is None:
            self._mattes = MatteRoom()
        project = Project.open(message["project"])
        self._mattes.render(
            project, message["frame"], message["size"], open_store(), message["keys"],
            message["controls"],
        )  # fmt: skip

    def find(self, message: Message) -> list[dict[str, Any]]:
        """What is on a frame, by name."""
        from cleanplate.segment.find import Finder
        from cleanplate.segment.rle import encode

        if self._finder is None:
            self._finder = Finder()
        image = self._prompter(message["project"]).embed(message["frame"]).image
        return [
            {
                "label": item.kind,
                "score": round(float(item.score), 3),
                "box": [round(float(value), 1) for value in item.box],
                "mask": encode(item.mask),
            }
            for item in self._finder.find(image, message["kinds"])
        ]

    def _prompter(self, folder: str) -> Any:
        from cleanplate.engine.tracking import Prompter
        from cleanplate.project import Project

        if folder not in self._prompters or not Path(folder).exists():
            self._prompters[folder] = Prompter(Project.open(folder))
        self._prompters.move_to_end(folder)
        while len(self._prompters) > _PROJECTS:
            self._prompters.popitem(last=False)[1].close()
        return self._prompters[folder]


def _warm_up() -> None:
    """Load before the first question what takes a second or two, and answer one that nobody asked:
    of a small, blank frame, of which nothing has to be understood first."""
    import numpy as np

    from cleanplate import models
    from cleanplate.engine.prompter import SHAPE
    from cleanplate.segment import Embedding, Prompt, Segmenter
    from cleanplate.segment.refine import refine
    from cleanplate.segment.segmenter import NETWORK

    if not models.present(models.manifest(NETWORK)):
        return
    image = np.zeros((64, 64, 3), np.uint8)
    blank = Embedding(image=image, features=np.zeros(SHAPE, np.float32))
    with suppress(CleanplateError):  # a damaged network is said to whoever asks
        Segmenter().predict(Prompt(points=[(32, 32)]), blank)
    refine(image, np.tile(np.linspace(-3, 3, 64, dtype=np.float32), (64, 1)))


def main() -> None:
    """Answer until the server is gone."""
    channel, inbox, desk = Channel(), _Inbox(), Desk()
    channel.listen(inbox.put, inbox.gone)
    _warm_up()
    while True:
        message = inbox.get()
        answer: Message = {"id": message["id"]}
        try:
            answer["answer"] = desk.do(message)
        except CleanplateError as error:
            answer |= {"error": " ".join(str(error).split()), "status": 422}
        except Exception as error:
            traceback.print_exc()
            answer |= {"error": f"Unexpected {type(error).__name__}: {error}", "status": 500}
        channel.send(answer)


if __name__ == "__main__":
    main()
