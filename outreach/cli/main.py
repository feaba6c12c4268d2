"""The command line: one program, its groups in files of their own. Starts light."""

import sys
from typing import Annotated, NoReturn

import typer

from outreach.cli import (
    campaign,
    coordinator,
    doctor,
    ledger,
    links,
    messages,
    operations,
    partners,
    person,
    roles,
    stack,
)
from outreach.domain.campaign import CAMPAIGN_MOVES
from outreach.domain.errors import CampaignNotFound, MoveRefused, OutreachError, Refused

app = typer.Typer(
    name="outreach",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help=(
        "Invite organizations to sign a joint statement, remind those who have not answered, "
        "keep the deadline and publish the list.\n\n"
        "**See it run:** `outreach demo`\n\n"
        "**Your own campaign:** `outreach up` in one terminal, then in another "
        "`outreach campaign create`, `outreach partners import`, `outreach campaign launch`.\n\n"
        "Exit codes: 0 done, 1 failed, 2 refused input."
    ),
)
app.add_typer(campaign.app, name="campaign")
app.add_typer(partners.app, name="partners")
app.add_typer(messages.app, name="messages")
app.add_typer(links.app, name="links")
app.add_typer(coordinator.app, name="coordinator")
app.add_typer(ledger.app, name="ledger")
app.add_typer(ledger.receipts, name="receipt")
app.add_typer(person.app, name="person")
operations.register(app)
doctor.register(app)
roles.register(app)
stack.register(app)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is, and end.")
    ] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"outreach {installed('outreach-signon')}")
        raise typer.Exit


def main() -> None:
    """Runs a command; domain errors become one line and an exit code."""
    try:
        app(prog_name="outreach")
    except CampaignNotFound as error:
        _end(f"{error} (looked in {_home()})", code=2)
    except MoveRefused as error:
        _end(f"{error}; {_possible_moves(error.state)}", code=2)
    except Refused as error:
        _end(str(error), code=2)
    except OutreachError as error:
        _end(str(error), code=1)
    except Exception as error:
        if not _is_database_failure(error):
            raise
        _end(f"the database failed: {_database_words(error)}; see outreach doctor", code=1)


def _end(text: str, *, code: int) -> NoReturn:
    typer.secho(f"outreach: {text}", fg=typer.colors.RED, err=True)
    sys.exit(code)


def _home() -> str:
    from outreach.settings import load_settings

    return f"OUTREACH_HOME={load_settings().home}"


def _possible_moves(state: str) -> str:
    events = [event.value for before, event in CAMPAIGN_MOVES if before == state]
    return f"it can now only be moved by: {', '.join(events)}" if events else "that is final"


def _is_database_failure(error: Exception) -> bool:
    """Whether it comes from the database: a traceback would print what PostgreSQL quotes."""
    loaded = sys.modules.get("sqlalchemy.exc")  # not loaded, not its error
    return loaded is not None and isinstance(error, loaded.SQLAlchemyError)


def _database_words(error: Exception) -> str:
    """The database's own where they hold no value: it is away, locked or full, or a constraint
    stands in the way. Else the kind of failure alone."""
    from sqlalchemy.exc import IntegrityError, OperationalError

    from outreach.services.examine import database_reason

    if isinstance(error, IntegrityError | OperationalError):
        return database_reason(error)
    return type(getattr(error, "orig", None) or error).__name__
