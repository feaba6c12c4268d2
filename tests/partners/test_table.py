import csv
import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.domain.errors import ImportRefused
from outreach.partners import xlsx_sheet
from outreach.partners.table import MAX_FILE_BYTES, Table, read_table

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


def read(text: str) -> Table:
    return read_table(text.encode(), filename="partners.csv")


def a_workbook(*rows: list[Any], more: tuple[list[Any], ...] = ()) -> bytes:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.worksheets[0].append(row)
    if more:
        for row in more:
            workbook.create_sheet("Second").append(row)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def saved(workbook: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def refusal(data: bytes, *, filename: str = "partners.xlsx") -> ImportRefused:
    with pytest.raises(ImportRefused) as caught:
        read_table(data, filename=filename)
    return caught.value


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    delimiter=st.sampled_from([",", ";", "\t"]),
    line_end=st.sampled_from(["\r\n", "\n"]),
    mark=st.booleans(),
    sep_line=st.booleans(),
)
@example([("a\r\nb", ";", '"')], ";", "\r\n", True, True)
def test_a_table_written_as_csv_is_read_back(
    rows: list[tuple[str, ...]], delimiter: str, line_end: str, mark: bool, sep_line: bool
) -> None:
    target = io.StringIO(newline="")
    target.write(f"sep={delimiter}{line_end}" if sep_line else "")
    writer = csv.writer(target, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([("E-Mail", "Organisation", "Notes"), *rows])
    data = target.getvalue().encode("utf-8-sig" if mark else "utf-8")
    expected = [
        (number, {"email": row[0], "organization": row[1], "notes": row[2]})
        for number, row in enumerate(rows, start=2)
        if any(cell.strip() for cell in row)
    ]
    if not expected:
        assert "no rows" in refusal(data, filename="partners.csv").what
        return
    table = read_table(data, filename="partners.csv")
    assert [(row.row, row.values) for row in table.rows] == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = "organization,email,notes\nOne,a@one.example,x\n".replace(",", delimiter)
    assert read(text).rows[0].values["email"] == "a@one.example"


def test_delimiters_inside_quoted_headers_and_cells_do_not_mislead() -> None:
    table = read('"organization";"email";"a, b, c, d"\n"One, two";a@one.example;x\n')
    assert table.rows[0].values == {"organization": "One, two", "email": "a@one.example"}


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"'])
def test_excels_sep_line_is_understood_and_not_counted(line: str) -> None:
    table = read(f"{line}\r\norganization;email\r\nOne;a@one.example\r\n")
    assert (table.rows[0].row, table.rows[0].values["organization"]) == (2, "One")


def test_a_quoted_line_break_stays_in_its_cell_and_counts_as_one_row() -> None:
    table = read('organization,email,notes\nOne,a@one.example,"x\r\ny"\nTwo,b@two.example,\n')
    assert [row.row for row in table.rows] == [2, 3]
    assert table.rows[0].values["notes"] == "x\r\ny"


def test_blank_rows_are_passed_over_and_counted() -> None:
    table = read("organization,email\n\nOne,a@one.example\n , \n,\nTwo,b@two.example\n")
    assert [row.row for row in table.rows] == [3, 6]


def test_old_mac_line_ends_are_read() -> None:
    assert len(read("organization,email\rOne,a@one.example\rTwo,b@two.example\r").rows) == 2


def test_unknown_columns_are_a_note_not_an_error() -> None:
    table = read("organization,Phone,email\nOne,1,a@one.example\n")
    assert not table.errors
    assert table.notes == ("columns not known and left alone: 'Phone'",)
    assert table.unknown == ("Phone",)


def test_a_column_without_a_header_is_a_note_where_it_holds_something() -> None:
    assert read("organization,email,\nOne,a@one.example,\n").notes == ()
    noted = read("organization,email,\nOne,a@one.example,x\n")
    assert noted.notes == ("columns without a header left alone: 3",)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"  ", b"\xef\xbb\xbf", b",,\n,,\n", b"sep=;\n"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    assert "is empty" in refusal(data, filename="p.csv").what


def test_a_header_alone_is_refused() -> None:
    assert "no rows" in refusal(b"organization,email\n", filename="p.csv").what


def test_a_header_twice_is_refused_with_the_files_name() -> None:
    refused = refusal(b"email,organization,E-Mail\na,b,c\n", filename="p.csv")
    assert refused.what.startswith("p.csv: the header has 'email' twice")


def test_rows_too_long_and_too_short_are_errors_of_their_row() -> None:
    table = read("organization,email,notes\nOne,a@one.example,x,y\nTwo\nThree,c@x.example,\n")
    assert [(error.row, error.value) for error in table.errors] == [(2, "y"), (3, "Two")]
    assert "4 cells and the header 3" in table.errors[0].remedy
    assert "1 cells and the header 3" in table.errors[1].remedy
    assert [row.row for row in table.rows] == [4]


def test_empty_cells_beyond_the_header_do_no_harm() -> None:
    assert not read("organization,email\nOne,a@one.example,,\n").errors


def test_nul_bytes_are_named_by_row_and_column() -> None:
    (error,) = read("organization,E-Mail\nOne,a@one\0.example\nTwo,b@two.example\n").errors
    assert (error.row, error.column) == (2, "email")
    assert "NUL" in error.remedy


def test_nul_bytes_in_the_header_are_refused() -> None:
    assert "NUL" in refusal(b"organization,email,x\0\nOne,a,b\n", filename="p.csv").what


@pytest.mark.parametrize("cell", ['"One', '"One" two', '"One"two'])
def test_broken_quotation_marks_are_refused_with_the_row_where_they_begin(cell: str) -> None:
    text = f"organization,email\nZero,z@zero.example\n{cell},a@one.example\nTwo,b@two.example\n"
    assert "quotation marks in row 3 " in refusal(text.encode(), filename="p.csv").what


def test_an_endless_cell_is_refused() -> None:
    data = b"organization,email\n" + b"x" * 200_000 + b",a@one.example\n"
    assert "row 2 has a cell of more than 131,072" in refusal(data, filename="p.csv").what


def test_a_file_that_is_too_large_is_refused() -> None:
    assert "larger than 20 MB" in refusal(b"x" * (MAX_FILE_BYTES + 1)).what


def test_too_many_rows_are_refused() -> None:
    data = b"organization,email\n" + b"O,a@o.example\n" * 100_000
    assert "more than 100,000 rows" in refusal(data, filename="p.csv").what


def test_a_workbook_is_read_as_a_person_sees_it() -> None:
    data = a_workbook(
        ["Organisation", "E-Mail", "Notes"],
        [19, "a@one.example", date(1989, 6, 4)],
        [64.5, "b@two.example", datetime(2026, 12, 1, 18, 30)],  # noqa: DTZ001 spreadsheets know no zone
        [None, None, None],
        ["Four", "d@four.example", True],
    )
    table = read_table(data, filename="partners.xlsx")
    assert [(row.row, *row.values.values()) for row in table.rows] == [
        (2, "19", "a@one.example", "1989-06-04"),
        (3, "64.5", "b@two.example", "2026-12-01 18:30:00"),
        (5, "Four", "d@four.example", "TRUE"),
    ]


def test_the_content_decides_what_a_file_is() -> None:
    data = a_workbook(["organization", "email"], ["One", "a@one.example"])
    assert len(read_table(data, filename="misnamed.csv").rows) == 1


def test_only_the_first_sheet_is_read_and_the_others_noted() -> None:
    first = (["organization", "email"], ["One", "a@one.example"])
    table = read_table(a_workbook(*first, more=(["other"],)), filename="p.xlsx")
    assert len(table.rows) == 1
    assert table.notes == ("only the sheet 'Sheet' was read; 1 more left alone",)


def test_a_hidden_first_sheet_is_passed_over() -> None:
    workbook = openpyxl.Workbook()
    workbook.worksheets[0].sheet_state = "hidden"
    shown = workbook.create_sheet("Shown")
    shown.append(["organization", "email"])
    shown.append(["One", "a@one.example"])
    target = io.BytesIO()
    workbook.save(target)
    assert len(read_table(target.getvalue(), filename="p.xlsx").rows) == 1


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (xlsx_sheet.MAX_UNPACKED_BYTES + 1))
    assert len(target.getvalue()) < 100_000
    assert "unpacks to more than 50 MB" in refusal(target.getvalue()).what


def test_a_workbook_that_lies_about_its_size_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 1_000_000)
    lied = target.getvalue().replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert "cannot be read as .xlsx" in refusal(lied).what


def test_a_workbook_with_too_many_rows_is_refused() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet["A1"], sheet["B1"], sheet["A100002"] = "organization", "email", "far"
    target = io.BytesIO()
    workbook.save(target)
    assert "more than 100,000 rows" in refusal(target.getvalue()).what


def test_two_cells_far_apart_cannot_fill_the_memory() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet["A1"], sheet["XFD90000"] = "organization", "far"
    target = io.BytesIO()
    workbook.save(target)
    assert "row 90,000 and column 16,384" in refusal(target.getvalue()).what


def test_damaged_and_foreign_files_are_refused_with_the_fix() -> None:
    whole = a_workbook(["organization", "email"], ["One", "a@one.example"])
    assert "cannot be read as .xlsx" in refusal(whole[: len(whole) // 2]).what
    assert "cannot be read as .xlsx" in refusal(b"PK\x03\x04 junk").what
    assert "old .xls" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 rest", filename="p.xls").what
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("content.xml", "<office/>")
    assert "no .xlsx workbook" in refusal(other.getvalue(), filename="p.ods").what


def test_where_the_first_sheet_is_not_the_list_the_refusal_names_all_sheets() -> None:
    workbook = openpyxl.Workbook()
    workbook.worksheets[0].title = "Read me"
    workbook.worksheets[0].append(["Partners of the coalition"])
    workbook.create_sheet("Partners").append(["organization", "email"])
    for number in range(6):
        workbook.create_sheet(f"More {number}")
    refused = refusal(saved(workbook))
    assert "partners.xlsx, sheet 'Read me': the header has no column org" in refused.what
    assert "('Partners', 'More 0', 'More 1', 'More 2', 'More 3' and 2 more)" in refused.remedy


def test_an_empty_first_sheet_is_named_too() -> None:
    workbook = openpyxl.Workbook()
    workbook.create_sheet("Partners").append(["organization", "email"])
    refused = refusal(saved(workbook))
    assert "sheet 'Sheet': the file is empty" in refused.what
    assert "('Partners')" in refused.remedy


def test_a_formula_that_was_never_calculated_says_so_instead_of_empty() -> None:
    data = a_workbook(
        ["organization", "email", "phone"],
        ["One", '="a@"&A2', "=1"],
        ["Two", "b@two.example", "=1"],
        ["=A3", "=B3", None],
    )
    table = read_table(data, filename="p.xlsx")
    assert [row.row for row in table.rows] == [3]
    assert [(error.row, error.column) for error in table.errors] == [
        (2, "email"),
        (4, "organization"),
        (4, "email"),
    ]
    assert "open it in Excel and save it" in table.errors[0].remedy
    everything = refusal(a_workbook(["=A1", "=B1"], ["=A2", "=B2"]))
    assert "never calculated" in everything.remedy
    header = refusal(a_workbook(["organization", '="em"&"ail"'], ["One", "a@one.example"]))
    assert "never calculated" in header.remedy


def test_a_calculated_formula_is_its_value_also_where_that_is_empty() -> None:
    whole = a_workbook(["organization", "email", "notes"], ["=A9", "=B9", "=C9"])
    source, target = zipfile.ZipFile(io.BytesIO(whole)), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            for cell, value in (("A2", b"One"), ("B2", b"a@one.example"), ("C2", b"")):
                before = b'<c r="%s"><f>%s9</f><v />' % (cell.encode(), cell[:1].encode())
                after = before.replace(b'"><f>', b'" t="str"><f>')
                content = content.replace(before, after.replace(b"<v />", b"<v>%s</v>" % value))
            archive.writestr(name, content)
    (row,) = read_table(target.getvalue(), filename="p.xlsx").rows
    assert row.values["organization"] == "One"
    assert (row.values["email"], row.values["notes"]) == ("a@one.example", "")


def test_a_formula_of_another_sheet_is_no_matter() -> None:
    data = a_workbook(["organization", "email"], ["One", "a@one.example"], more=(["=1", "=2"],))
    assert read_table(data, filename="p.xlsx").errors == ()
