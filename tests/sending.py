"""A Delivery over a test's database and SMTP server, with a clock that the test sets."""

from collections.abc import Callable
from datetime import datetime

import psycopg
from sqlalchemy.exc import OperationalError

from outreach.domain.delivery import Share
from outreach.domain.retry import DEFAULT_RETRY, RetrySchedule
from outreach.links import LinkSigner
from outreach.mail.target import SmtpTarget
from outreach.mail.templates import MailTemplates, email_template_folder
from outreach.services.compose_message import MessageComposer
from outreach.services.delivery import Delivery
from outreach.store.database import Database
from tests.factories import NOW, a_launched_campaign, the_messages
from tests.smtp_server import Server

LINKS = LinkSigner(["a-key-for-tests-of-32-characters-"])
PUBLIC_URL = "https://sign.coalition.example"


def a_composer(*, sender: str = "The Coalition <sign@coalition.example>") -> MessageComposer:
    return MessageComposer(
        MailTemplates(email_template_folder()),
        LINKS,
        sender=sender,
        public_url=PUBLIC_URL,
    )


def a_delivery(
    database: Database,
    server: Server | SmtpTarget,
    *,
    composer: MessageComposer | None = None,
    now: datetime = NOW,
    clock: Callable[[], datetime] | None = None,
    captured: bool = False,
    connections: int = 4,
    window: int = 1,
    share: Share = Share.ALL,
    should_stop: Callable[[], bool] = lambda: False,
) -> Delivery:
    return Delivery(
        database,
        composer or a_composer(),
        server if isinstance(server, SmtpTarget) else SmtpTarget.from_url(server.url),
        clock=clock or (lambda: now),
        retry=RetrySchedule.parse(DEFAULT_RETRY),
        connections=connections,
        window=window,
        captured=captured,
        share=share,
        should_stop=should_stop,
    )


def launch(database: Database, *organizations: str) -> None:
    """An open campaign, the organizations' invitations queued."""
    with database.transaction() as session:
        a_launched_campaign(session, *organizations)


def states(database: Database) -> list[str]:
    """Of every message, in order."""
    with database.reading() as session:
        return [message.state for message in the_messages(session)]


def a_lost_connection() -> OperationalError:
    """What a database that goes away in the middle raises."""
    return OperationalError("the connection was lost", {}, psycopg.OperationalError("gone"))
