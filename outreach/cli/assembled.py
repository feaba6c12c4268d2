"""The assembled service for one command, its database looked at first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from outreach.domain.errors import OutreachError, Refused

if TYPE_CHECKING:
    from outreach.wiring import Outreach


class DatabaseNotReady(OutreachError):
    """The database cannot be reached, or its tables are older than this program."""


def assembled() -> "Outreach":
    """Built from the environment. An embedded SQLite file brings its tables up by itself.

    Raises SettingsRefused, DatabaseNotReady.
    """
    from outreach.logs import configure_logging
    from outreach.settings import load_settings
    from outreach.store.migrate import needs_upgrade, upgrade_database
    from outreach.wiring import build

    configure_logging()
    outreach = build(load_settings())
    with database_errors("the database cannot be used"):
        if needs_upgrade(outreach.database):
            if outreach.database.is_postgresql:
                raise DatabaseNotReady("the database lacks tables; run: outreach db upgrade")
            upgrade_database(outreach.database)
    return outreach


@contextmanager
def database_errors(what: str) -> Iterator[None]:
    """Inside it, a database that fails is one line: ``what``, and the first of its own words.

    Raises DatabaseNotReady.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from outreach.store.migrate import UnknownRevision

    try:
        yield
    except UnknownRevision as error:
        raise DatabaseNotReady(f"{what}: a newer Outreach made it ({error})") from None
    except (SQLAlchemyError, ImportError, ValueError) as error:
        from outreach.services.examine import database_reason

        raise DatabaseNotReady(f"{what}: {database_reason(error)}") from None


def require_the_stacks_way_out(outreach: "Outreach") -> None:
    """For what mails people: what is launched as captured is never sent for real, so a slip here
    could not be mended. Raises Refused."""
    if outreach.captures_mail == outreach.settings.captures_mail:
        return
    if outreach.captures_mail:
        raise Refused(
            "the stack that runs here captures mail, and SMTP_URL is set in this terminal:"
            " unset it, or start the stack with it"
        )
    raise Refused(
        "the stack that runs here sends through its SMTP_URL, which is not set in this terminal:"
        " set SMTP_URL and MAIL_FROM as they are there"
    )
