"""Rows of the table: how one is measured, and what came out of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

Readings = Mapping[str, float]


class NotRun(Exception):
    """A row that cannot be measured here, and why."""


@dataclass(frozen=True)
class Row:
    """``measure`` gives each of the ``units`` once; the first of them is the row's figure.

    Nothing is made or started before the first ``measure``.
    """

    key: str
    title: str
    how: str
    units: Mapping[str, str]
    measure: Callable[[], Readings]


@dataclass(frozen=True)
class Group:
    """Rows that are measured in turn."""

    name: str
    title: str
    rows: Sequence[Row]


@dataclass
class Outcome:
    """All that was read of one row. ``missing`` says why nothing was; ``broken``: it should have
    been."""

    row: Row
    group: str = ""
    values: dict[str, list[float]] = field(default_factory=dict)
    missing: str = ""
    broken: bool = False

    def add(self, readings: Readings) -> None:
        for name, value in readings.items():
            self.values.setdefault(name, []).append(value)


@dataclass
class Book:
    """Everything that was measured in this run, by the rows' keys."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def figure(self, key: str, reading: str = "") -> float | None:
        """The median of a row's reading, the first where none is named; None if there is none."""
        outcome = self.outcomes.get(key)
        if outcome is None or outcome.missing:
            return None
        values = outcome.values.get(reading or next(iter(outcome.row.units)))
        return median(values) if values else None

    def broken(self) -> Iterator[Outcome]:
        return (outcome for outcome in self.outcomes.values() if outcome.broken)


def in_turn(rows: Sequence[Row], *, turn: int) -> list[Row]:
    """All of them, each round beginning with another: none always runs on a tired machine."""
    first = turn % len(rows) if rows else 0
    return [*rows[first:], *rows[:first]]
