"""What a person decided about a partner file after it was sent: laid over it, never into it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from outreach.partners.columns import column_of
from outreach.partners.sheet import Record, Sheet


@dataclass(frozen=True)
class Changes:
    """``columns``: ours by their position in the file; None where the headings say it.

    ``headless``: the first row is a partner already. ``cells`` are corrected values by row and
    column, ``left_out`` rows that are not to be taken, ``different`` pairs of names that look
    alike and are two organizations, ``update``: the file's values win over the campaign's.
    """

    columns: Mapping[str, int] | None = None
    headless: bool = False
    cells: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()
    different: frozenset[tuple[str, str]] = frozenset()
    update: bool = False

    def with_cells(self, corrected: Mapping[tuple[int, str], str]) -> "Changes":
        cells = {row: dict(values) for row, values in self.cells.items()}
        for (row, column), value in corrected.items():
            cells.setdefault(row, {})[column] = value
        return replace(self, cells=cells)

    def to_json(self) -> str:
        return json.dumps(
            {
                "columns": self.columns,
                "headless": self.headless,
                "cells": {str(row): values for row, values in self.cells.items()},
                "left_out": sorted(self.left_out),
                "different": sorted(self.different),
                "update": self.update,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> "Changes":
        if not text:
            return cls()
        kept = json.loads(text)
        return cls(
            columns=kept["columns"],
            headless=kept["headless"],
            cells={int(row): values for row, values in kept["cells"].items()},
            left_out=frozenset(kept["left_out"]),
            different=frozenset((one, other) for one, other in kept["different"]),
            update=kept["update"],
        )


def apply_changes(sheet: Sheet, changes: Changes) -> Sheet:
    """The sheet as it would be had its author made the changes."""
    records = sheet.records
    if changes.headless and records:
        width = max(len(record.cells) for record in records)
        records = [Record(0, ("",) * width), *records]
    if not records:
        return sheet
    header, *body = records
    if changes.columns is not None:
        header = replace(header, cells=_named(header.cells, changes.columns))
    positions = _positions(header.cells)
    kept = [
        _corrected(record, changes.cells.get(record.row), positions)
        for record in body
        if record.row not in changes.left_out
    ]
    return replace(sheet, records=[header, *kept])


def _named(cells: tuple[str, ...], columns: Mapping[str, int]) -> tuple[str, ...]:
    """Our names where somebody has said so, and elsewhere no heading that could be one of ours."""
    by_place = {place: name for name, place in columns.items()}
    return tuple(
        by_place.get(place, "" if column_of(cell) else cell) for place, cell in enumerate(cells)
    )


def _positions(header: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        if (name := column_of(cell)) is not None:
            found.setdefault(name, place)
    return found


def _corrected(
    record: Record, values: Mapping[str, str] | None, positions: Mapping[str, int]
) -> Record:
    if not values:
        return record
    cells = list(record.cells)
    mended = set()
    for column, value in values.items():
        place = positions.get(column)
        if place is None:
            continue
        cells += [""] * (place + 1 - len(cells))
        cells[place] = value
        mended.add(place)
    return Record(record.row, tuple(cells), record.uncalculated - mended)
