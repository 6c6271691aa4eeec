"""``/training-sets``: what networks of the user's own learn from."""

from __future__ import annotations

from fastapi import APIRouter

from cleanplate.server.routes.common import USUAL, ObjectPath, TheProject
from cleanplate.server.schema.teaching import AddExamples, ExamplesAdded, TrainingSet

router = APIRouter(tags=["teaching"], responses=USUAL)


@router.get("/training-sets")
def list_training_sets() -> list[TrainingSet]:
    """What there are examples of. Train with `cleanplate train NAME --continue`."""
    from cleanplate.engine import teaching

    return [_described(name) for name in teaching.training_sets()]


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
