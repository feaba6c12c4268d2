"""A contact names a colleague, who gets an invitation of their own. On both databases."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.errors import AlreadyAnswered, FieldErrors, LinkRefused
from outreach.domain.message import MessageKind
from outreach.services.pass_on import MOST_PASSED, pass_on
from outreach.services.refuse_erased import address_hash
from outreach.services.suppress_contact import suppress
from outreach.services.tell_story import tell_story
from outreach.store import erasures
from outreach.store.database import ERASURE_SEED, Database
from outreach.store.outgoing import load_outgoing
from outreach.store.tables import Contact, Link
from tests.factories import (
    DOMAIN,
    NOW,
    a_launched_campaign,
    send_what_is_due,
    sign,
    the_invitation,
    the_link,
    the_messages,
)
from tests.ledger.made import KEY
from tests.racing import race

LATER = NOW + timedelta(hours=1)


def _pass(
    session: Session,
    organization: str = "Alpha",
    *,
    name: str = "Bea",
    email: str = "bea@a.example",
) -> None:
    link = the_link(session, organization).id
    pass_on(session, link_id=link, name=name, email=email, mail_domain=DOMAIN, now=LATER)


def _contact(session: Session, email: str) -> Contact:
    return session.exec(select(Contact).where(col(Contact.email) == email)).one()


def _errors(session: Session, **typed: str) -> dict[str, str]:
    with pytest.raises(FieldErrors) as refused:
        _pass(session, **typed)
    return dict(refused.value.errors)


def test_the_colleague_is_invited_by_a_link_of_their_own(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        send_what_is_due(session)
        first = the_link(session, "Alpha").id
        _pass(session)
        bea = _contact(session, "bea@a.example")
        own = session.exec(select(Link).where(col(Link.contact_id) == bea.id)).one()
        assert own.id != first
        assert own.revoked_at is None
        mail = the_messages(session, "Alpha", kind=MessageKind.INVITATION)[-1]
        assert (mail.contact_id, mail.state) == (bea.id, "queued")
        assert load_outgoing(session, [mail.id or 0])[mail.id or 0].passed_by == "Ada Example"
        assert the_link(session, "Alpha").revoked_at is None
        assert the_invitation(session, "Alpha").state == "awaiting"


def test_either_may_answer_and_the_first_answer_stands(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        _pass(session)
        sign(session, "Alpha", now=LATER)
        assert {one.state for one in the_messages(session, kind=MessageKind.INVITATION)} == {
            "cancelled"
        }
        receipts = the_messages(session, kind=MessageKind.RECEIPT)
        assert len({one.contact_id for one in receipts}) == 2
        with pytest.raises(AlreadyAnswered):
            _pass(session, email="cleo@a.example")


def test_the_coordinator_sees_who_passed_it_on_to_whom(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        _pass(session)
        organization = the_invitation(session, "Alpha").organization_id
        story = tell_story(session, slug="visit", organization_id=organization, now=LATER)
        assert [(one.at, one.person, one.passed_to) for one in story.entries if one.passed_to] == [
            (LATER, "Ada Example", "Bea")
        ]


def test_what_is_wrong_is_said_of_both_fields(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        assert set(_errors(session, name="x" * 500, email="nobody")) == {"name", "email"}
        assert set(_errors(session, name=" ")) == {"name"}
        assert set(_errors(session, email="bea@a.example\nbcc: all@b.example")) == {"email"}
        assert len(the_messages(session)) == 1


def test_it_tells_nothing_of_who_else_is_asked_or_has_unsubscribed(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gone")
        beta = the_link(session, "Beta").contact_id
        address = session.get_one(Contact, beta).email
        gone = the_link(session, "Gone")
        suppress(session, link_id=gone.id, now=NOW)
        unsubscribed = session.get_one(Contact, gone.contact_id).email
        assert _errors(session, email=address.upper()) == _errors(session, email=unsubscribed)
        session.info[ERASURE_SEED] = KEY.seed
        erasures.remember(session, address_hash("cleo@c.example", seed=KEY.seed), now=NOW)
        assert _errors(session, email="cleo@c.example") == _errors(session, email=unsubscribed)
        ours = session.get_one(Contact, the_link(session, "Alpha").contact_id).email
        assert "already" in _errors(session, email=ours)["email"]


def test_a_link_writes_to_a_few_addresses_and_no_more(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        for number in range(MOST_PASSED):
            _pass(session, email=f"colleague{number}@a.example")
        assert f"{MOST_PASSED} times" in _errors(session, email="one-more@a.example")["email"]
        _pass(session, "Beta", email="bea@b.example")  # each organization has its own number


def test_not_even_at_once(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")

    def one(number: int) -> bool:
        with database.transaction() as session:
            _pass(session, email=f"colleague{number}@a.example")
        return True

    done = race([lambda number=number: one(number) for number in range(6)])  # type: ignore[misc]
    assert done.count(True) == MOST_PASSED, done
    with database.reading() as session:
        assert len(the_messages(session)) == 1 + MOST_PASSED


def test_a_dead_link_passes_nothing_on(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        link = the_link(session, "Alpha")
        link.revoked_at = NOW
        session.add(link)
        session.flush()
        with pytest.raises(LinkRefused):
            _pass(session)
        assert len(the_messages(session)) == 1
