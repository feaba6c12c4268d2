"""What both formats are read into: numbered records of text."""

from dataclasses import dataclass, field

from outreach.domain.errors import ImportRefused

MAX_ROWS = 100_000


@dataclass(frozen=True)
class Record:
    """One row; ``row`` counts as the spreadsheet shows it: the first is 1.

    ``uncalculated`` are the positions of cells with a formula that has no value yet.
    """

    row: int
    cells: tuple[str, ...]
    uncalculated: frozenset[int] = field(default=frozenset())


@dataclass(frozen=True)
class Sheet:
    """Every record that is not blank. A workbook's sheet has a name, and perhaps ``others``."""

    records: list[Record]
    name: str = ""
    others: tuple[str, ...] = ()


def too_many_rows() -> ImportRefused:
    return ImportRefused(
        what=f"the file has more than {MAX_ROWS:,} rows", remedy="split it into several files"
    )
