"""A partner file as a table: its known columns, its records, and the rows that do not fit."""

from dataclasses import dataclass

from outreach.domain.errors import ImportRefused
from outreach.partners.changes import Changes, apply_changes
from outreach.partners.columns import COLUMNS, Columns, column_of, find_columns
from outreach.partners.csv_sheet import read_csv
from outreach.partners.encoding import decode
from outreach.partners.row_error import RowError
from outreach.partners.sheet import Record, Sheet
from outreach.partners.xlsx_sheet import read_xlsx

MAX_FILE_BYTES = 20_000_000

_NAMED_SHEETS = 5
_UNCALCULATED = (
    "the workbook holds a formula that was never calculated: open it in Excel and save it"
)

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class TableRow:
    """One record's cells by column name; a column that the file has not is empty."""

    row: int
    values: dict[str, str]


@dataclass(frozen=True)
class Table:
    """What a file holds. ``errors`` are rows that could not be laid under the header, ``unknown``
    headings that mean none of our columns."""

    rows: tuple[TableRow, ...]
    errors: tuple[RowError, ...]
    notes: tuple[str, ...]
    unknown: tuple[str, ...] = ()


_AS_IT_IS = Changes()


def read_table(data: bytes, *, filename: str, changes: Changes = _AS_IT_IS) -> Table:
    """The rows of a CSV or XLSX file; its content decides which it is, not its name.

    ``changes`` are laid over it first. Raises ImportRefused for a file that cannot be read at all.
    """
    sheet = None
    try:
        sheet = read_sheet(data)
        return _table(apply_changes(sheet, changes))
    except ImportRefused as refused:
        if sheet is None or not sheet.others:
            what = f"{filename}: {refused.what}"
            raise ImportRefused(what=what, remedy=refused.remedy) from None
        raise _wrong_sheet(refused, sheet, filename=filename) from None


def _table(sheet: Sheet) -> Table:
    if not sheet.records:
        raise _empty()
    header, *body = sheet.records
    columns = find_columns(_checked_header(header).cells)
    if not body:
        raise ImportRefused(
            what="the file has a header and no rows", remedy="put one contact in each row"
        )
    return _laid_out(columns, header, body, _passed_over(sheet))


def _passed_over(sheet: Sheet) -> list[str]:
    if not sheet.others:
        return []
    return [f"only the sheet '{sheet.name}' was read; {len(sheet.others)} more left alone"]


def _wrong_sheet(refused: ImportRefused, sheet: Sheet, *, filename: str) -> ImportRefused:
    """A workbook whose list may stand on another sheet than the one that was read."""
    named = ", ".join(f"'{name}'" for name in sheet.others[:_NAMED_SHEETS])
    more = len(sheet.others) - _NAMED_SHEETS
    return ImportRefused(
        what=f"{filename}, sheet '{sheet.name}': {refused.what}",
        remedy=f"{refused.remedy}. Only the first sheet is read: if the list is on another one"
        f" ({named}{f' and {more} more' if more > 0 else ''}), move that one to the front",
    )


def read_sheet(data: bytes) -> Sheet:
    """Every record, the header among them. Raises ImportRefused."""
    if len(data) > MAX_FILE_BYTES:
        raise ImportRefused(
            what=f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB",
            remedy="split it, or leave out columns that are not needed",
        )
    if not data.strip():
        raise _empty()
    if data.startswith(_ZIP):
        return read_xlsx(data)
    if data.startswith(_OLD_EXCEL):
        raise ImportRefused(
            what="the file is an old .xls workbook, or one protected by a password",
            remedy="save it as .xlsx without a password, or as 'CSV UTF-8'",
        )
    return Sheet(read_csv(decode(data)))


def _empty() -> ImportRefused:
    return ImportRefused(
        what="the file is empty",
        remedy=f"begin with a header row ({', '.join(COLUMNS)}), then one contact in each row",
    )


def _checked_header(header: Record) -> Record:
    if any("\0" in cell for cell in header.cells):
        raise ImportRefused(
            what="the header holds NUL bytes",
            remedy="the file is damaged or no text; save the sheet again as 'CSV UTF-8'",
        )
    if header.uncalculated:
        raise ImportRefused(what="the header holds a formula", remedy=_UNCALCULATED)
    return header


def _laid_out(columns: Columns, header: Record, body: list[Record], notes: list[str]) -> Table:
    errors = [error for record in body for error in _misfits(record, header=header)]
    misfit = {error.row for error in errors}
    rows = [
        TableRow(
            row=record.row,
            values={name: record.cells[at] for name, at in columns.positions.items()},
        )
        for record in body
        if record.row not in misfit
    ]
    left_alone = _left_alone(columns, header, body)
    return Table(
        rows=tuple(rows),
        errors=tuple(errors),
        notes=(*notes, *left_alone),
        unknown=tuple(columns.unknown.values()),
    )


def _left_alone(columns: Columns, header: Record, body: list[Record]) -> list[str]:
    notes = []
    if columns.unknown:
        named = ", ".join(f"'{name}'" for name in columns.unknown.values())
        notes.append(f"columns not known and left alone: {named}")
    nameless = [at for at, cell in enumerate(header.cells) if not cell.strip()]
    used = [at + 1 for at in nameless if any("".join(r.cells[at : at + 1]).strip() for r in body)]
    if used:
        notes.append(f"columns without a header left alone: {', '.join(map(str, used))}")
    return notes


def _misfits(record: Record, *, header: Record) -> list[RowError]:
    nul = "remove the NUL bytes: the cell is damaged"
    errors = [
        RowError(record.row, _column_name(header, at), cell, nul)
        for at, cell in enumerate(record.cells)
        if "\0" in cell
    ]
    errors += [
        RowError(record.row, _column_name(header, at), "", _UNCALCULATED)
        for at in sorted(record.uncalculated)
        if column_of(_column_name(header, at))
    ]
    sizes = f"the row has {len(record.cells)} cells and the header {len(header.cells)}"
    extra = [cell for cell in record.cells[len(header.cells) :] if cell.strip()]
    if extra:
        remedy = f"{sizes}; enclose a cell that holds a delimiter in quotation marks"
        errors.append(RowError(record.row, "", " | ".join(extra), remedy))
    if len(record.cells) < _named_width(header):
        remedy = f"{sizes}; fill it up to the last column, or save the sheet as .xlsx"
        errors.append(RowError(record.row, "", " | ".join(record.cells), remedy))
    return errors


def _named_width(header: Record) -> int:
    return max(at for at, cell in enumerate(header.cells, start=1) if cell.strip())


def _column_name(header: Record, at: int) -> str:
    name = header.cells[at].strip() if at < len(header.cells) else ""
    return column_of(name) or name
