"""The words that people use for things, and what they stand for."""

from __future__ import annotations

import pytest

from cleanplate.errors import UsageError
from cleanplate.segment.kinds import ANIMALS, KINDS, VEHICLES, kinds_named


def test_there_are_eighty_kinds():
    assert len(KINDS) == len(set(KINDS)) == 80


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_known_by_its_own_name_and_with_hyphens(kind):
    assert kinds_named([kind]) == kinds_named([kind.upper().replace(" ", "-")]) == (kind,)


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("people", ("person",)),
        ("Women", ("person",)),
        ("cars", ("car",)),
        ("buses", ("bus",)),
        ("knives", ("knife",)),
        ("cell phones", ("cell phone",)),
        ("sofa", ("couch",)),
        ("something", ("anything",)),
    ],
)
def test_plurals_and_other_names_are_understood(word, kinds):
    assert kinds_named([word]) == kinds


def test_groups_stand_for_all_their_kinds():
    assert kinds_named(["animals"]) == ANIMALS
    assert kinds_named(["vehicle"]) == VEHICLES
    assert ANIMALS[0] == "bird" and ANIMALS[-1] == "giraffe"
    assert VEHICLES[0] == "bicycle" and VEHICLES[-1] == "boat"


def test_words_are_joined_without_doubles_in_the_order_of_the_kinds():
    assert kinds_named(["anything", "dog", "person", "pet"]) == ("person", "cat", "dog", "anything")


def test_an_unknown_word_is_answered_with_near_ones():
    with pytest.raises(UsageError, match=r"persn.*person"):
        kinds_named(["persn"])
