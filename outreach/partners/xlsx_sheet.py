"""XLSX, after a look at what it would unpack to."""

import io
import re
import struct
import zipfile
import zlib
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from outreach.domain.errors import ImportRefused
from outreach.partners.sheet import MAX_ROWS, Record, Sheet, too_many_rows
from outreach.partners.xlsx_formulas import column_number, uncalculated_cells

MAX_UNPACKED_BYTES = 50_000_000
# The reader fills the whole rectangle from A1 to the last cell, however few cells are used.
MAX_CELLS = 5_000_000

_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,9})["']""")
_BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,  # encrypted, or compressed in a way that nobody knows
    ValueError,
    OSError,
)

Cell = int | float | str | bool | time | date | datetime | timedelta


def read_xlsx(data: bytes) -> Sheet:
    """The first visible sheet, and the names of the other visible ones.

    Raises ImportRefused for what is no workbook, or would unpack to too much.
    """
    _check_archive(data)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        first, *others = _visible_sheets(workbook)
        sheet = workbook.get_sheet_by_index(first)
        rows: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
    except CalamineError:
        raise _damaged() from None
    if len(rows) > MAX_ROWS:
        raise too_many_rows()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        pending = uncalculated_cells(archive, sheet=first)
    names = workbook.sheet_names
    return Sheet(_records(rows, pending), sheet.name, tuple(names[index] for index in others))


def _records(rows: list[list[Cell]], pending: dict[int, frozenset[int]]) -> list[Record]:
    """The reader leaves off the rows at the end in which nothing but such formulas stands."""
    records = [
        Record(number, tuple(map(cell_text, row)), pending.get(number, frozenset()))
        for number, row in enumerate(rows, start=1)
    ]
    blank = ("",) * (len(rows[0]) if rows else 0)
    left_off = sorted(number for number in pending if number > len(rows))
    records += [Record(number, blank, pending[number]) for number in left_off]
    return [one for one in records if one.uncalculated or "".join(one.cells).strip()]


def cell_text(value: Cell) -> str:
    """A cell as a person sees it: 12 rather than 12.0, days as 2026-12-01."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            midnight = value.time() == time()
            return value.date().isoformat() if midnight else value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _visible_sheets(workbook: CalamineWorkbook) -> list[int]:
    visible = [
        index
        for index, facts in enumerate(workbook.sheets_metadata)
        if facts.visible == SheetVisibleEnum.Visible
    ]
    if not visible:
        raise _damaged()
    return visible


def _check_archive(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
                raise _too_much_unpacked()
            if "xl/workbook.xml" not in archive.namelist():
                raise _other_archive()
            for member in members:
                # Reading also holds a member to the size and checksum that it declares.
                _check_extent(archive.read(member))
    except _BROKEN_ARCHIVE:
        raise _damaged() from None


def _check_extent(content: bytes) -> None:
    if b"sheetData" not in content:
        return
    last_row = last_column = 1
    for letters, digits in _REFERENCE.findall(content):
        last_row = max(last_row, int(digits))
        last_column = max(last_column, column_number(letters))
    if last_row > MAX_ROWS:
        raise too_many_rows()
    if last_row * last_column > MAX_CELLS:
        raise ImportRefused(
            what=f"a sheet reaches to row {last_row:,} and column {last_column:,}",
            remedy="copy the rows that matter to a new workbook and import that",
        )


def _damaged() -> ImportRefused:
    return ImportRefused(
        what="the file cannot be read as .xlsx; it may be damaged or protected by a password",
        remedy="open it in your spreadsheet program and save it again as .xlsx or as 'CSV UTF-8'",
    )


def _too_much_unpacked() -> ImportRefused:
    return ImportRefused(
        what=f"the workbook unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB",
        remedy="copy the partner sheet to a new workbook, without pictures, and import that",
    )


def _other_archive() -> ImportRefused:
    return ImportRefused(
        what="the file is an archive, but no .xlsx workbook",
        remedy="save the sheet as .xlsx or as 'CSV UTF-8' and import that",
    )
