"""Teaching a kind of object: where examples come from, training, and what is said of the result.

from cleanplate.engine import teaching

teaching.add_corrections("boom", "a.cleanplate")        # the editor's one action
report = teaching.train("boom", [Source(Path("examples"), Path("masks"))])
"""

from cleanplate.engine.teaching.sources import Source, gather
from cleanplate.engine.teaching.training import TrainReport, TrainSettings, train
from cleanplate.engine.teaching.trainset import (
    Added,
    TrainingSet,
    add_corrections,
    training_sets,
)

__all__ = [
    "Added",
    "Source",
    "TrainReport",
    "TrainSettings",
    "TrainingSet",
    "add_corrections",
    "gather",
    "train",
    "training_sets",
]
