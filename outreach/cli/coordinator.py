"""``outreach coordinator``: who may come in to the desk."""

from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.assembled import assembled
from outreach.domain.coordinator import COMMAND_LINE, Role

if TYPE_CHECKING:
    from outreach.wiring import Outreach

app = typer.Typer(no_args_is_help=True, help="Who runs campaigns in the browser.")

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address they sign in with.")]


@app.command()
def add(
    email: Email,
    role: Annotated[
        Role | None,
        typer.Option(help="What they may do. [default: owner for the first, else editor]"),
    ] = None,
) -> None:
    """Let somebody in: prints a link with which they set up their account.

    It works once, and for three days. Whoever has it has the account.
    """
    from outreach.services.manage_coordinators import invite, is_first

    outreach = assembled()
    with outreach.database.transaction() as session:
        wanted = role or (Role.OWNER if is_first(session) else Role.EDITOR)
        link_id = invite(session, email=email, role=wanted, by=COMMAND_LINE, now=outreach.clock())
    _show_link(outreach, link_id)


@app.command("list")
def list_() -> None:
    """Say who may come in, as what, and who has not set up their account yet."""
    from outreach.cli.wording import shown
    from outreach.services.manage_coordinators import list_people

    outreach = assembled()
    with outreach.database.reading() as session:
        people = list_people(session, now=outreach.clock())
    for one in people:
        name = f"  {shown(one.name)}" if one.name else ""
        typer.echo(
            f"{one.role:<7} {one.standing:<13} {shown(one.email) or '(first account)'}{name}"
        )
    if not people:
        typer.echo("Nobody yet: outreach coordinator add EMAIL")


@app.command()
def disable(email: Email) -> None:
    """Keep somebody out, and sign them out everywhere at once."""
    from outreach.services import manage_coordinators

    outreach = assembled()
    with outreach.database.transaction() as session:
        who = manage_coordinators.require_by_email(session, email)
        manage_coordinators.disable(session, who, by=COMMAND_LINE, now=outreach.clock())
    typer.echo("Disabled. Who they are and what they did stays in the activity log.")


@app.command()
def enable(email: Email) -> None:
    """Let somebody in again who was disabled."""
    from outreach.services import manage_coordinators

    outreach = assembled()
    with outreach.database.transaction() as session:
        who = manage_coordinators.require_by_email(session, email)
        manage_coordinators.enable(session, who, by=COMMAND_LINE, now=outreach.clock())
    typer.echo("Enabled.")


@app.command()
def reset(email: Email) -> None:
    """For a lost telephone or password: prints a new set-up link.

    Until it is used, the old password and second factor work.
    """
    from outreach.services import manage_coordinators

    outreach = assembled()
    with outreach.database.transaction() as session:
        who = manage_coordinators.require_by_email(session, email)
        link_id = manage_coordinators.reset(session, who, by=COMMAND_LINE, now=outreach.clock())
    _show_link(outreach, link_id)


def _show_link(outreach: "Outreach", link_id: str) -> None:
    from outreach.services.set_up_account import setup_address

    typer.echo("Works once, within three days; whoever has it has the account:")
    typer.echo(setup_address(outreach.links, link_id, public_url=outreach.public_url))
