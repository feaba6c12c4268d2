"""How an import's report reads on a terminal."""

from typing import TYPE_CHECKING

import typer

from outreach.cli.wording import counted, shown

if TYPE_CHECKING:
    from outreach.services.import_partners import ImportReport

_VALUE_WIDTH = 60


def print_refused(report: "ImportReport") -> None:
    """Every error, and what to do: nothing was imported."""
    _print_errors(report)
    _print_notes(report)
    typer.echo(
        f"Nothing was imported: {counted(len(report.errors), 'error')} in "
        f"{counted(report.refused_rows, 'row')}. Mend the file and import it again, or take the "
        "good rows with --accept-valid."
    )


def print_imported(report: "ImportReport", *, next_step: str) -> None:
    """What was written, or would be, and which command comes next."""
    if report.errors:
        _print_errors(report)
    _print_notes(report)
    verb = "Imported" if report.written else "Nothing written (dry run). It would import"
    typer.echo(f"{verb} {_counts(report)}.")
    if report.refused_rows:
        typer.echo(f"{counted(report.refused_rows, 'row')} left out: mend and import again.")
    if report.written:
        typer.echo(f"Next: {next_step}")


def _counts(report: "ImportReport") -> str:
    parts = [
        counted(report.created_organizations, "organization"),
        counted(report.created_contacts, "contact"),
    ]
    if report.updated_organizations:
        parts.append(f"{counted(report.updated_organizations, 'organization')} updated")
    if report.updated_contacts:
        parts.append(f"{counted(report.updated_contacts, 'contact')} updated")
    return f"{', '.join(parts)}, {report.unchanged:,} unchanged"


def _print_notes(report: "ImportReport") -> None:
    for note in report.notes:
        typer.echo(f"Note: {shown(note)}.")


def _print_errors(report: "ImportReport") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("Row", "Column", "Value", "What to do")
    for error in report.errors:
        cells = str(error.row), error.column or "(row)", _shortened(error.value), error.remedy
        table.add_row(*(Text(shown(cell), overflow="fold") for cell in cells))
    Console().print(table)


def _shortened(value: str) -> str:
    return value if len(value) <= _VALUE_WIDTH else f"{value[: _VALUE_WIDTH - 1]}…"
