"""The stages of a run as a graph: what each takes and gives, over what, and where it is done.

A `Graph` is only words. A `Flow` is a graph at work: it has a function for every stage, calls each
with the products that the graph says it takes, once, and runs in threads what the graph says runs in
threads. So the picture of a graph in the documentation, drawn from the same words, can't be wrong
about who gets what.

`python -m cleanplate.engine.graph docs/how-it-works.md` draws it again.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cleanplate.engine.store import code_version, key_of

Over = Literal["clip", "shot", "window", "frame"]
Place = Literal["here", "thread", "workers", "networks"]


@dataclass(frozen=True)
class Stage:
    """One step of a run.

    Attributes:
        name: what progress, reports and logs call it.
        does: a few words for people.
        takes: the products that it is made of.
        gives: its own product.
        over: what it works on at a time; a stage over frames or windows streams.
        place: "here" in the calling thread, or in a "thread" of its own beside the others;
            "workers" can do its parts on other machines, "networks" those that have a GPU first.
        code: the parts of Cleanplate that decide the product, where it is kept in the store.
    """

    name: str
    does: str
    takes: tuple[str, ...]
    gives: str
    over: Over
    place: Place = "here"
    code: tuple[str, ...] = ()

    def key(self, *parts: Any, clip: str = "") -> str:
        """The store's name for (a part of) the product, made of `parts` of `clip`, a fingerprint, by
        this code."""
        if not self.code:
            raise ValueError(f"what {self.name} gives is not kept")
        return key_of(self.name, code_version(*self.code), *parts, clip=clip)


@dataclass(frozen=True)
class Graph:
    """Stages in an order in which they can be done; `given` is what there is at the start."""

    name: str
    given: tuple[str, ...]
    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        known = set(self.given)
        for stage in self.stages:
            if missing := set(stage.takes) - known:
                raise ValueError(f"{stage.name} takes {missing}, which nothing before it gives")
            if stage.gives in known:
                raise ValueError(f"{stage.gives} is given twice")
            known.add(stage.gives)

    def __getitem__(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)

    def maker(self, product: str) -> Stage:
        """The stage that gives a product."""
        return next(stage for stage in self.stages if stage.gives == product)

    def mermaid(self) -> str:
        """The graph as a Mermaid flow chart."""
        lines = ["flowchart TD"]
        lines += [f"    {_id(product)}([{product}])" for product in self.given]
        for stage in self.stages:
            kept = "; kept in the store" if stage.code else ""
            where = _WHERE[stage.place]
            words = (
                f"<b>{stage.name}</b><br/>{stage.does}<br/><i>{_OVER[stage.over]}{where}{kept}</i>"
            )
            lines.append(f'    {_id(stage.name)}["{words}"]')
        for stage in self.stages:
            for product in stage.takes:
                source = product if product in self.given else self.maker(product).name
                label = "" if product in self.given else f"|{product}|"
                lines.append(f"    {_id(source)} -->{label} {_id(stage.name)}")
        last = self.stages[-1]
        lines.append(f"    {_id(last.name)} --> {_id(last.gives)}([{last.gives}])")
        return "\n".join(lines) + "\n"


_OVER = {"clip": "once", "shot": "by shot", "window": "by window of frames", "frame": "by frame"}
_WHERE = {
    "here": "",
    "thread": ", in a thread of its own",
    "workers": ", here or on a cluster's workers",
    "networks": ", here or on a cluster's GPUs",
}


def _id(name: str) -> str:
    return name.replace(" ", "_")


EXPORT = Graph(
    "export",
    ("clip", "project"),
    (
        Stage("probe", "the clip's facts from its header", ("clip",), "facts", "clip"),
        Stage(
            "shots",
            "cuts, which nothing crosses",
            ("facts",),
            "cuts",
            "clip",
            code=("media",),
        ),
        Stage(
            "masks",
            "every object's mask on every frame, tracked from the key frames by motion and "
            "appearance",
            ("project", "facts", "cuts"),
            "holes",
            "shot",
            "networks",
            code=("track", "segment", "media", "engine/shot_tracker.py"),
        ),
        Stage(
            "windows",
            "names every frame's fill by all that decides it; which of them the store lacks",
            ("project", "facts", "cuts", "holes"),
            "work",
            "clip",
        ),
        Stage(
            "fill",
            "motion, candidates from other frames, judging them, making up what none shows",
            ("facts", "holes", "work"),
            "patches",
            "window",
            "workers",
            code=(
                "fill",
                "media",
                "segment/edges.py",
                "engine/holes.py",
                "engine/project_holes.py",
                "engine/pieces.py",
            ),
        ),
        Stage(
            "compose",
            "the clip's own frames, decoded once more, with the patches blended in",
            ("facts", "holes", "work", "patches"),
            "plates",
            "frame",
            "thread",
        ),
        Stage(
            "encode",
            "pictures, sound and all else into a file that appears when it is whole",
            ("plates",),
            "output",
            "frame",
            "thread",
        ),
    ),
)
"""What `cleanplate export` runs."""

GRAPHS = (EXPORT,)


class Flow:
    """A graph at work: ask it for a product, and what that needs is done, each stage once."""

    def __init__(
        self,
        graph: Graph,
        given: Mapping[str, Any],
        work: Mapping[str, Callable[..., Any]],
        thread: Callable[[str, Iterator], Iterator],
    ) -> None:
        """`work` has a function for each stage, its parameters the products that the stage takes;
        `thread` runs what an iterator gives ahead, in a thread of that name.

        Raises `ValueError` where the functions are not those of the graph.
        """
        self._graph = graph
        self._work = work
        self._thread = thread
        self._products = dict(given)
        if set(given) != set(graph.given) or set(work) != {s.name for s in graph.stages}:
            raise ValueError(f"{graph.name}: what is given or done is not what the graph says")
        for stage in graph.stages:
            names = tuple(inspect.signature(work[stage.name]).parameters)
            if names != stage.takes:
                raise ValueError(f"{stage.name} takes {stage.takes} and not {names}")

    def __call__(self, product: str) -> Any:
        """A product; a stream can be read once."""
        if product not in self._products:
            stage = self._graph.maker(product)
            made = self._work[stage.name](*map(self, stage.takes))
            if stage.place == "thread":
                made = self._thread(stage.name, made)
            self._products[product] = made
        return self._products[product]


def redraw(page: Path) -> bool:
    """Put the graphs into a page, between the marks of each; whether that changed it."""
    text = before = page.read_text(encoding="utf-8")
    for graph in GRAPHS:
        begin, end = f"<!-- stages of {graph.name} -->\n", "<!-- end of stages -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = f"{head}{begin}```mermaid\n{graph.mermaid()}```\n{end}{tail}"
    if text != before:
        page.write_text(text, encoding="utf-8")
    return text != before


if __name__ == "__main__":
    for name in sys.argv[1:]:
        redraw(Path(name))
