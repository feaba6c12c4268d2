"""Discreet mail: whoever reads over a shoulder learns that there is something to read, no more."""

from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import Actor
from outreach.domain.message import ASKING_KINDS, MessageKind
from outreach.links import ANSWER
from outreach.services.change_contact import ContactForm, change_contact
from outreach.services.edit_plan import edit_sender
from outreach.services.launch_campaign import launch_campaign
from outreach.services.pass_on import pass_on
from outreach.store.database import Database
from outreach.store.outgoing import Outgoing, load_outgoing
from outreach.store.tables import Contact
from outreach.store.wordings import OwnWording
from tests.factories import DOMAIN, NOW, a_campaign, a_contact, a_launched_campaign, the_link
from tests.mail.outgoing import an_outgoing
from tests.sending import LINKS, a_composer

# Of the matter, of the organization, of the coalition: nothing of it in any part of the mail.
TELLING = (
    "Joint statement",
    "visit",
    "Jane Doe",
    "Secretary",
    "Examplia",
    "political prisoners",
    "Hong Kong Watch",
    "Printed so",
    "Director",
    "the brave",
    "Brave words",
    "abababab",
)
WORDS = OwnWording(MessageKind.INVITATION, "en", "Brave words", "Brave words for all")


def _read(found: Outgoing) -> EmailMessage:
    composer = a_composer(sender="Coalition of the brave <sign@mail.example>")
    mail = message_from_bytes(composer.compose(found, now=NOW).body, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def _everything(mail: EmailMessage) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
    bodies = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    return "\n".join([headers, *bodies])


@pytest.mark.parametrize("kind", MessageKind)
def test_no_part_of_the_mail_says_what_it_is_about(kind: MessageKind) -> None:
    facts = {
        "credit_line": "Printed so",
        "decides_on": date(2026, 3, 10),
        "sender_name": "Coalition of the brave",
        "wordings": (WORDS,),
        "reply_to": "ada@mail.example",
    }
    usual = _everything(_read(an_outgoing(kind, **facts)))
    assert "Joint statement" in usual

    mail = _read(an_outgoing(kind, discreet=True, **facts))
    found = _everything(mail)
    assert [word for word in TELLING if word.lower() in found.lower()] == []
    assert mail["Subject"] == "A message for you"
    assert mail["From"] == "sign@mail.example"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    link = f"/a/{LINKS.token('l' * 24, purpose=ANSWER)}"
    assert found.count(link) >= 2 if kind in ASKING_KINDS else link in found
    assert mail["List-Unsubscribe"]
    assert mail["Reply-To"] == "ada@mail.example"


def test_a_copied_contact_gets_no_link_and_no_matter_either() -> None:
    found = _everything(_read(an_outgoing(MessageKind.RECEIPT, discreet=True, role="copied")))
    assert "/a/" not in found
    assert "Your answer is noted" in found
    assert "Joint statement" not in found


def _outgoing(session: Session) -> list[Outgoing]:
    return list(load_outgoing(session, range(1, 20)).values())


def test_a_campaign_is_discreet_to_all(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        edit_sender(
            session,
            slug="visit",
            sender_name="",
            reply_to="ada@mail.example",
            discreet=True,
            by=Actor("Nora"),
            now=NOW,
        )
        for name in ("Alpha", "Beta"):
            a_contact(session, campaign, organization=name)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
    with database.reading() as session:
        assert [one.discreet for one in _outgoing(session)] == [True, True]


def test_one_contact_is_and_the_colleague_that_they_name(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        contact = session.get_one(Contact, the_link(session, "Alpha").contact_id)
        form = ContactForm(contact.name, contact.email, "en", "Europe/Berlin", discreet=True)
        change_contact(
            session,
            slug="visit",
            organization_id=contact.organization_id,
            contact_id=contact.id or 0,
            form=form,
            mail_domain=DOMAIN,
            by=Actor("Nora"),
            now=NOW,
        )
        pass_on(
            session,
            link_id=the_link(session, "Alpha").id,
            name="Bea",
            email="bea@alpha.example",
            mail_domain=DOMAIN,
            now=NOW,
        )
    with database.reading() as session:
        found = {one.contact_email: one.discreet for one in _outgoing(session)}
        assert sorted(found.values()) == [False, True, True]
        assert found["bea@alpha.example"]
        assert {one.discreet for one in session.exec(select(Contact))} == {True, False}
