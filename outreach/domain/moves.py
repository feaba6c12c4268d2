"""States are data: a table of moves, and the one function that reads it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from outreach.domain.errors import MoveRefused

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def next_state(moves: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """The state that ``event`` leads to from ``state``.

    Raises MoveRefused with both names where the table has no such row.
    """
    try:
        return moves[state, event]
    except KeyError:
        raise MoveRefused(state=state.value, event=event.value) from None
