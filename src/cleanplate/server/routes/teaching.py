"""``/training-sets``: what networks of the user's own learn from."""

from __future__ import annotations

from fastapi import APIRouter

from cleanplate.server.refusals import Refused
from cleanplate.server.routes.common import USUAL, ObjectPath, Serving, TheProject
from cleanplate.server.schema.jobs import Job
from cleanplate.server.schema.teaching import (
    AddExamples,
    ExamplesAdded,
    NetworkName,
    TrainingSet,
)

router = APIRouter(tags=["teaching"], responses=USUAL)


@router.get("/training-sets")
def list_training_sets() -> list[TrainingSet]:
    """What there are examples of."""
    from cleanplate.engine import teaching

    return [_described(name) for name in teaching.training_sets()]


@router.post("/training-sets/{name}/train", status_code=202)
def train(name: NetworkName, serving: Serving) -> Job:
    """Teach a network from the examples that there are, going on from what it learned before. Once
    it is done, it is found by its name on any clip."""
    from cleanplate.engine import teaching

    if name not in teaching.training_sets():
        raise Refused(404, f"There are no examples of {name!r}.", "Add some first.")
    known = _described(name)
    if known.examples < known.least:
        raise Refused(
            409,
            f"There are {known.examples} examples of {name}, and {known.least} are the least.",
            "Mark it on more frames, of other clips as well, and add those.",
        )
    return serving.jobs.add("train", None, {"name": name}, f"Teach {name}")


@router.post("/projects/{project}/objects/{number}/examples", status_code=201)
def add_examples(project: TheProject, number: ObjectPath, wanted: AddExamples) -> ExamplesAdded:
    """Add an object's key frames to a training set. What was added before is not added twice; a mask
    that was corrected since takes the old one's place."""
    from cleanplate.engine import teaching
    from cleanplate.models import custom

    project.object(number)
    called = project.now().state.objects[number].name
    name = custom.name_from(wanted.name or called or f"object {number}")
    added = teaching.add_corrections(name, project.folder, str(number))
    return ExamplesAdded(new=added.new, known=added.known, set=_described(name))


def _described(name: str) -> TrainingSet:
    from cleanplate.engine import teaching
    from cleanplate.models import custom
    from cleanplate.train import LEAST

    return TrainingSet(
        name=name,
        examples=len(teaching.TrainingSet(name)),
        least=LEAST,
        trained=name in custom.names(),
    )
