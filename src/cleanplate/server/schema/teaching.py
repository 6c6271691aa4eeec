"""Examples that networks of the user's own learn from."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from cleanplate.server.schema.base import Shape

NetworkName = Annotated[str, Field(min_length=1, max_length=120, examples=["boom"])]


class TrainingSet(Shape):
    """What there are examples of: how many, how many it takes at the least, and whether a network
    was trained from them, which is then found by this name."""

    name: NetworkName
    examples: int = Field(ge=0)
    least: int = Field(ge=1)
    trained: bool


class AddExamples(Shape):
    """Add the frames on which an object was marked or corrected to what is learned from."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "boom"}]})

    name: NetworkName | None = Field(
        default=None, description="What is to be taught; default: what the object is called."
    )


class ExamplesAdded(Shape):
    """What came of it: frames that are new, and frames that were known already."""

    new: int = Field(ge=0)
    known: int = Field(ge=0)
    set: TrainingSet
