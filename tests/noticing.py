"""Coordinators, the notices that wait for them, and a sender whose clock the test sets."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from outreach.domain.coordinator import Role
from outreach.domain.retry import DEFAULT_RETRY, RetrySchedule
from outreach.mail.target import SmtpTarget
from outreach.mail.templates import MailTemplates, email_template_folder
from outreach.services.compose_notice import NoticeComposer
from outreach.services.send_notices import NoticeSender
from outreach.store.coordinators import add_coordinator
from outreach.store.database import Database
from outreach.store.desk_tables import Coordinator, Notice
from tests.factories import DOMAIN, NOW
from tests.sending import LINKS, PUBLIC_URL
from tests.smtp_server import Server


def a_coordinator(
    session: Session,
    *,
    email: str = "nora@coalition.example",
    name: str = "Nora Feld",
    zone: str = "Europe/Berlin",
    role: Role = Role.OWNER,
    joined: datetime = NOW - timedelta(days=30),
    wants_digest: bool = True,
    is_set_up: bool = True,
) -> int:
    coordinator = add_coordinator(session, email=email, role=role, name=name, zone=zone, now=joined)
    coordinator.wants_digest = wants_digest
    coordinator.password_hash = "set" if is_set_up else ""
    session.add(coordinator)
    session.flush()
    assert coordinator.id is not None
    return coordinator.id


def change_coordinator(session: Session, coordinator_id: int, **facts: object) -> None:
    coordinator = session.get_one(Coordinator, coordinator_id)
    for name, value in facts.items():
        setattr(coordinator, name, value)
    session.add(coordinator)
    session.flush()


def the_notices(session: Session) -> list[Notice]:
    query = select(Notice).order_by(col(Notice.id)).execution_options(populate_existing=True)
    return list(session.exec(query))


def notice_states(database: Database) -> list[str]:
    with database.reading() as session:
        return [notice.state for notice in the_notices(session)]


def a_notice_composer() -> NoticeComposer:
    return NoticeComposer(
        MailTemplates(email_template_folder()),
        LINKS,
        sender="The Coalition <sign@coalition.example>",
        public_url=PUBLIC_URL,
        mail_domain=DOMAIN,
    )


def a_notice_sender(
    database: Database,
    server: Server | SmtpTarget,
    *,
    now: datetime = NOW,
    should_stop: Callable[[], bool] = lambda: False,
) -> NoticeSender:
    return NoticeSender(
        database,
        a_notice_composer(),
        server if isinstance(server, SmtpTarget) else SmtpTarget.from_url(server.url),
        clock=lambda: now,
        retry=RetrySchedule.parse(DEFAULT_RETRY),
        should_stop=should_stop,
    )
