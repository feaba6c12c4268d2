"""Formulas that no program has calculated yet: their cells read as if they were empty."""

import posixpath
import re
import zipfile

_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*["']([^"']*)["']""")
_CELL_WITH_FORMULA = re.compile(
    rb"<(?:\w+:)?c\s([^>]*[^>/])>\s*"
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v(?:\s[^>]*)?>([^<]*))?"
)
_REFERENCE = re.compile(rb"([A-Z]{1,3})([0-9]{1,7})")


def uncalculated_cells(archive: zipfile.ZipFile, *, sheet: int) -> dict[int, frozenset[int]]:
    """Row number to column positions (0 is A), of the workbook's ``sheet``-th sheet (0 is first).

    A formula whose outcome is an empty text was calculated: it has the type of a text.
    """
    found: dict[int, set[int]] = {}
    for cell, value in _CELL_WITH_FORMULA.findall(_content(archive, sheet=sheet)):
        facts = _attributes(cell)
        reference = _REFERENCE.fullmatch(facts.get("r", "").encode())
        if reference and not value and facts.get("t") != "str":
            found.setdefault(int(reference[2]), set()).add(column_number(reference[1]) - 1)
    return {row: frozenset(columns) for row, columns in found.items()}


def column_number(letters: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _content(archive: zipfile.ZipFile, *, sheet: int) -> bytes:
    """Empty where the workbook does not say which file holds the sheet."""
    names = set(archive.namelist())
    relations = "xl/_rels/workbook.xml.rels"
    sheets = _SHEET.findall(archive.read("xl/workbook.xml"))
    if relations not in names or sheet >= len(sheets):
        return b""
    keys = [text for name, text in _attributes(sheets[sheet]).items() if name.endswith(":id")]
    for relation in map(_attributes, _RELATION.findall(archive.read(relations))):
        path = posixpath.normpath(posixpath.join("/xl", relation.get("Target", ""))).lstrip("/")
        if relation.get("Id") in keys and path in names:
            return archive.read(path)
    return b""


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        name.decode("ascii", "replace"): value.decode("utf-8", "replace")
        for name, value in _ATTRIBUTE.findall(tag)
    }
