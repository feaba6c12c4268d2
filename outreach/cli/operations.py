"""The commands beside the groups: preview, export, tick and db."""

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from outreach.cli.assembled import assembled, database_errors
from outreach.cli.status import status
from outreach.cli.wording import counted
from outreach.domain.errors import OutreachError, Refused

Slug = Annotated[str, typer.Argument(metavar="S", help="The campaign's short name.")]
AsJson = Annotated[bool, typer.Option("--json", help="For a script.")]

_FORMATS = ("markdown", "html", "csv", "json")


def register(app: typer.Typer) -> None:
    """Mounts the commands of this file, and status beside them."""
    app.command()(status)
    app.command()(preview)
    app.command()(export)
    app.command()(tick)
    app.add_typer(_database, name="db")


_database = typer.Typer(no_args_is_help=True, help="The database's tables.")


@_database.command()
def upgrade() -> None:
    """Bring the tables to what this version needs. Safe to repeat."""
    from outreach.settings import load_settings
    from outreach.store.migrate import upgrade_database
    from outreach.wiring import build

    outreach = build(load_settings())
    with database_errors("the database cannot be upgraded"):
        revision = upgrade_database(outreach.database)
    typer.echo(f"The database is at revision {revision}.")


def preview(
    slug: Slug,
    organization: Annotated[str, typer.Option(help="Its name, however it is spelled.")],
    kind: Annotated[str, typer.Option(help="invitation, reminder, receipt, …")] = "invitation",
    html: Annotated[
        bool, typer.Option("--html", help="The HTML part instead of the text.")
    ] = False,
) -> None:
    """Show a mail as one organization would get it; nothing is written or sent.

    The personal link in it is a stand-in that leads nowhere.
    """
    from outreach.services.preview_message import preview_message

    outreach = assembled()
    with outreach.database.reading() as session:
        shown = preview_message(
            session,
            outreach.composer,
            slug=slug,
            organization=organization,
            kind=kind,
            now=outreach.clock(),
        )
    if html:
        typer.echo(shown.html)
        return
    typer.echo(f"To: {shown.recipient}\nSubject: {shown.subject}\n\n{shown.text}")


def export(
    slug: Slug,
    format_: Annotated[str, typer.Option("--format", help="markdown, html, csv or json.")],
    output: Annotated[Path, typer.Option(help="The file to write; - for standard output.")],
) -> None:
    """Write the statement with its signatories, all formats from the same list."""
    from outreach.domain.campaign import CONCLUDED_STATES
    from outreach.services.publish_statement import require_snapshot
    from outreach.statement.export import EXPORTS

    if format_ not in EXPORTS:
        raise Refused(f"--format {format_} is not known; choose one of {', '.join(_FORMATS)}")
    outreach = assembled()
    with outreach.database.reading() as session:
        snapshot = require_snapshot(session, slug=slug, now=outreach.clock())
    text = EXPORTS[format_](snapshot)
    signatories = counted(len(snapshot.signatories), "signatory", "signatories")
    if str(output) == "-":
        typer.echo(text, nl=False)
    else:
        write_whole(output, text)
        typer.echo(f"Wrote {signatories} to {output}.", err=True)
    if snapshot.campaign.state not in CONCLUDED_STATES:
        state = snapshot.campaign.state.value
        typer.echo(f"The campaign is {state}: this list is not final.", err=True)


def write_whole(output: Path, text: str) -> None:
    """The whole file or none: a reader never sees half a list."""
    if not output.name or os.path.isdir(output):
        raise Refused(f"{output} is a folder; give a file's name")
    draft = output.with_name(f".{secrets.token_hex(4)}.part")
    try:
        draft.write_text(text, encoding="utf-8", newline="")
        draft.replace(output)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise Refused(f"{output} cannot be written: {error.strerror}") from None


def tick(as_json: AsJson = False) -> None:
    """Do one sweep in the foreground: close, plan reminders, deliver what is due.

    For cron, and where no worker runs. Two at once send nothing twice.
    """
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    outreach = assembled()
    swept = outreach.sweep()
    with outreach.database.reading() as session:
        from outreach.store.claims import count_due

        captured = outreach.settings.captures_mail
        due = count_due(session, captured=captured, now=outreach.clock())
    columns = (TextColumn("Delivering"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=due == 0) as bar:
        task = bar.add_task("deliver", total=due)
        report = outreach.delivery().deliver_due(progress=lambda many: bar.advance(task, many))
    outreach.webhook_caller().call_due()
    outreach.notice_sender().send_due()
    if as_json:
        typer.echo(json.dumps({**asdict(swept), **asdict(report)}, indent=2))
    else:
        typer.echo(
            f"Closed {swept.closed}, planned {counted(swept.reminders, 'reminder')}."
            f" Sent {report.sent}, deferred {report.deferred}, failed {report.failed},"
            f" cancelled {report.cancelled}, uncertain {report.uncertain}."
        )
    if report.unreachable and captured and outreach.captures_mail and not outreach.broker_url:
        raise OutreachError("what is due waits: SMTP_URL is not set; capture it with `outreach up`")
    if report.unreachable:
        raise OutreachError(f"what is due waits: {report.unreachable}; see outreach doctor")
