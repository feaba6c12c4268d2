"""One thing wrong in a partner file, as its author needs to hear it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RowError:
    """``row`` as the spreadsheet shows it, ``column`` by its name (empty: the whole row),
    ``value`` as found, ``remedy`` saying what is wrong and what to do."""

    row: int
    column: str
    value: str
    remedy: str
