"""A test mail to oneself: sent at once, its links samples."""

from sqlmodel import select

from outreach.domain.coordinator import Actor
from outreach.domain.message import MessageKind
from outreach.mail.target import SmtpTarget
from outreach.services.send_test import compose_test, send_test
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Message
from tests.factories import DOMAIN, NOW, a_campaign, a_contact
from tests.services.test_preview_wording import COMPOSER
from tests.smtp_server import running_smtp_server


def test_it_goes_to_the_coordinator_and_answers_nothing(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session))
        mail = compose_test(
            session,
            COMPOSER,
            slug="visit",
            kind=MessageKind.INVITATION,
            locale="en",
            contact_id=None,
            to="nora@coalition.example",
            mail_domain=DOMAIN,
            by=Actor("Nora Feld"),
            now=NOW,
        )
        assert session.exec(select(Message)).all() == []
        assert [one.action for one in session.exec(select(Activity))] == ["mail.test"]
    with running_smtp_server() as server:
        assert send_test(mail, SmtpTarget.from_url(server.url)).arrived
    (received,) = server.received
    assert received.recipients == ["nora@coalition.example"]
    text = str(received.message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "Hong Kong Watch" in text
    assert "/a/sample" in text
    assert "ada" not in str(received.message["To"])


def test_why_it_was_not_taken_is_said(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session)
        mail = compose_test(
            session, COMPOSER, slug="visit", kind=MessageKind.REMINDER, locale="en",
            contact_id=None,
            to="nora@coalition.example", mail_domain=DOMAIN, by=Actor("N"), now=NOW,
        )  # fmt: skip
    sent = send_test(mail, SmtpTarget("smtp", "127.0.0.1", 9))
    assert not sent.arrived
    assert "refused the connection" in sent.words
