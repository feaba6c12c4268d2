"""``outreach person``: what is kept of somebody, and its erasure."""

from typing import Annotated

import typer

from outreach.cli.asking import require_yes
from outreach.cli.assembled import assembled
from outreach.cli.wording import counted
from outreach.domain.coordinator import COMMAND_LINE

app = typer.Typer(no_args_is_help=True, help="A person's data: show all of it, or erase it.")

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's address.")]


@app.command()
def export(email: Email) -> None:
    """Print all that is kept of a person, as JSON."""
    from outreach.services.export_person import as_json, export_person

    outreach = assembled()
    with outreach.database.reading() as session:
        typer.echo(as_json(export_person(session, email=email)), nl=False)


@app.command()
def erase(
    email: Email,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
) -> None:
    """Erase a person from every campaign. There is no way back.

    The organization's signature, its name on the list and the ledger stay and still verify; the
    person's name, address, position and words are gone, and their link no longer works.
    """
    from outreach.services.erase_for_good import erase_for_good

    outreach = assembled()
    if not yes:
        require_yes("Erase this person from every campaign for good?")
    report = erase_for_good(
        outreach.database,
        outreach.settings.home,
        email=email,
        seed=outreach.erasure_seed,
        mail_domain=outreach.mail_domain,
        by=COMMAND_LINE,
        now=outreach.clock(),
    )
    mentions = counted(report.mentions, "other mention")
    typer.echo(f"Erased {counted(report.contacts, 'contact')} and {mentions}.")
