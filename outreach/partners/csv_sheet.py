"""CSV as spreadsheets write it: comma, semicolon or tab, and Excel's ``sep=`` line."""

import csv
import io
import re
from collections.abc import Iterator

from outreach.domain.errors import ImportRefused
from outreach.partners.columns import column_of
from outreach.partners.sheet import MAX_ROWS, Record, too_many_rows

_DELIMITERS = (",", ";", "\t")
_SEP_LINE = re.compile(r'"?sep=([^\w"\r\n])"?(?:\r\n|\r|\n|$)', re.IGNORECASE)


def read_csv(text: str) -> list[Record]:
    """Every record that is not blank, numbered as a spreadsheet shows it.

    Raises ImportRefused where quoting is broken: what follows could not be told apart.
    """
    declared = _SEP_LINE.match(text)
    body = text[declared.end() :] if declared else text
    delimiter = declared.group(1) if declared else _detect_delimiter(body)
    records: list[Record] = []
    number = 0
    try:
        for number, cells in enumerate(_reader(body, delimiter), start=1):
            if number > MAX_ROWS:
                raise too_many_rows()
            if any(cell.strip() for cell in cells):
                records.append(Record(row=number, cells=tuple(cells)))
    except csv.Error as error:
        raise _broken(row=number + 1, error=error) from None
    return records


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _detect_delimiter(text: str) -> str:
    """The delimiter under which most headers are ones that we know."""
    return max(_DELIMITERS, key=lambda delimiter: _known_headers(text, delimiter))


def _known_headers(text: str, delimiter: str) -> tuple[int, int]:
    try:
        for cells in _reader(text, delimiter):
            if any(cell.strip() for cell in cells):
                return sum(column_of(cell) is not None for cell in cells), len(cells)
    except csv.Error:
        return 0, 0
    return 0, len(text)  # nothing but this delimiter: the file is empty


def _broken(*, row: int, error: csv.Error) -> ImportRefused:
    if "field larger" in str(error):
        what = f"row {row} has a cell of more than 131,072 characters"
        return ImportRefused(what=what, remedy="look for a quotation mark that is never closed")
    return ImportRefused(
        what=f"the quotation marks in row {row} do not match, so the rest cannot be read",
        remedy='enclose the whole cell in quotation marks and double those inside: "the ""Now"" '
        'group"; or save the sheet as .xlsx',
    )
