"""``outreach partners``: bring in who is asked to sign, and look at them."""

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.assembled import assembled
from outreach.cli.import_report import print_imported, print_refused
from outreach.cli.naming import require_organization
from outreach.cli.partner_list import partners_json, print_partners
from outreach.cli.wording import counted, shown
from outreach.domain.coordinator import COMMAND_LINE

if TYPE_CHECKING:
    from outreach.services.import_partners import ImportReport

app = typer.Typer(
    no_args_is_help=True, help="Import and list the organizations that are asked to sign."
)

Slug = Annotated[str, typer.Argument(metavar="S", help="The campaign's short name.")]
PartnerFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", exists=True, dir_okay=False, readable=True, help="A CSV or XLSX file."
    ),
]
AcceptValid = Annotated[
    bool, typer.Option("--accept-valid", help="Take the good rows, leave the others.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and count only; write nothing.")]
Update = Annotated[
    bool, typer.Option("--update", help="Let the file overwrite what the campaign has.")
]
State = Annotated[
    str,
    typer.Option(
        help="Only those: awaiting, signed, declined, withdrawn, expired or not-invited; or the"
        " state of their last message, as in failed, deferred, queued or sent."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="For a script.")]


@app.command("import")
def import_file(
    slug: Slug,
    file: PartnerFile,
    *,
    accept_valid: AcceptValid = False,
    dry_run: DryRun = False,
    update: Update = False,
    as_json: Json = False,
) -> None:
    """Import organizations and contacts from a CSV or XLSX file.

    The first row names the columns. organization and email are required; contact_name, language,
    country, timezone, role (signs or copied), sort_name, discreet (yes or no) and notes may be
    there.

    Any error stops the whole import, and all errors are shown at once. Importing the same file
    again changes nothing.
    """
    report = _import(slug, file, accept_valid=accept_valid, update=update, dry_run=dry_run)
    refused = bool(report.errors) and not accept_valid
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2))
    elif refused:
        print_refused(report)
    else:
        # Also on an open campaign: launching again invites those added since, and no one else.
        print_imported(report, next_step=f"outreach campaign launch {slug}")
    if refused:
        raise typer.Exit(2)


def _import(
    slug: str, file: Path, *, accept_valid: bool, update: bool, dry_run: bool
) -> "ImportReport":
    from outreach.services.import_partners import import_partners, note_import, read_partners
    from outreach.store.campaigns import require_campaign

    outreach = assembled()
    parsed = read_partners(_read(file), filename=file.name)
    now = outreach.clock()
    with outreach.database.transaction() as session:
        campaign = require_campaign(session, slug)
        report = import_partners(
            session,
            campaign=campaign,
            parsed=parsed,
            now=now,
            accept_valid=accept_valid,
            update=update,
            dry_run=dry_run,
        )
        note_import(session, report, campaign=campaign, by=COMMAND_LINE, now=now)
        return report


def _read(file: Path) -> bytes:
    """Never more than one byte over the limit, at which the file is refused."""
    from outreach.partners.table import MAX_FILE_BYTES

    with file.open("rb") as source:
        return source.read(MAX_FILE_BYTES + 1)


@app.command("list")
def list_partners(slug: Slug, *, state: State = "", as_json: Json = False) -> None:
    """List the organizations: who has answered what, and whom our mail has reached."""
    from outreach.services import list_partners as service

    with assembled().database.reading() as session:
        report = service.list_partners(session, slug=slug, state=state)
    if as_json:
        listed = partners_json(report)
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=2, default=_instant))
    elif report.organizations:
        print_partners(report)
    elif report.total:
        typer.echo(f"None of {counted(report.total, 'organization')} is {state}.")
    else:
        typer.echo(f"No organizations yet. Next: outreach partners import {slug} FILE")


def _instant(value: date) -> str:
    """Of a moment to the second, of a day as it is."""
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


@app.command("sort-name")
def sort_name(
    slug: Slug,
    organization: Annotated[
        str, typer.Argument(metavar="ORGANIZATION", help="Its name, in any case and spacing.")
    ],
    name: Annotated[
        str, typer.Argument(metavar="SORT_NAME", help="What it is listed by; '' for its own name.")
    ],
) -> None:
    """Set by what name an organization is listed, as in "Comité pour la liberté, Le"."""
    from outreach.partners.values import parse_name
    from outreach.services.note_activity import note_activity
    from outreach.store.partners import set_sort_name

    parsed = parse_name(name)
    outreach = assembled()
    with outreach.database.transaction() as session:
        found = require_organization(session, organization, slug=slug)
        set_sort_name(session, found, sort_name=parsed)
        note_activity(
            session,
            by=COMMAND_LINE,
            action="partners.change",
            campaign_id=found.campaign_id,
            organization_id=found.id,
            detail=f"listed as {parsed or found.name}",
            now=outreach.clock(),
        )
    typer.echo(f"{shown(found.name)} is now listed as '{shown(parsed or found.name)}'.")
