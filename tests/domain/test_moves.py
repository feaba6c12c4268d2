from enum import StrEnum

import pytest

from outreach.domain.errors import MoveRefused, Refused
from outreach.domain.moves import next_state


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


class Press(StrEnum):
    BUTTON = "button"


_MOVES = {(Light.RED, Press.BUTTON): Light.GREEN}


def test_a_row_of_the_table_leads_to_its_state() -> None:
    assert next_state(_MOVES, Light.RED, Press.BUTTON) is Light.GREEN


def test_what_the_table_does_not_have_is_refused_with_both_names() -> None:
    with pytest.raises(MoveRefused) as refusal:
        next_state(_MOVES, Light.GREEN, Press.BUTTON)
    assert (refusal.value.state, refusal.value.event) == ("green", "button")
    assert str(refusal.value) == "cannot button what is green"
    assert isinstance(refusal.value, Refused)
    assert refusal.value.__cause__ is None
