"""One contact wants no more mail: for good, undone by the same link, never touching a yes."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.delivery import Verdict, last_look
from outreach.domain.errors import LinkRefused
from outreach.domain.message import MessageKind
from outreach.links import new_link_id
from outreach.services.launch_campaign import launch_campaign
from outreach.services.suppress_contact import find_suppression_page, lift, suppress
from outreach.store.database import Database
from outreach.store.tables import DeliveryEvent, Suppression
from tests.factories import (
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    send_what_is_due,
    sign,
    the_invitation,
    the_last_look,
    the_link,
    the_messages,
    the_signatures,
)
from tests.racing import race

LATER = NOW + timedelta(hours=1)


def _suppress(session: Session, organization: str = "Alpha") -> None:
    suppress(session, link_id=the_link(session, organization).id, now=NOW)


def test_what_waits_for_the_address_is_cancelled_and_nothing_else(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        _suppress(session)
        (message,) = the_messages(session, "Alpha")
        assert (message.state, message.last_reply) == ("cancelled", "unsubscribed")
        assert [one.state for one in the_messages(session, "Beta")] == ["queued"]


def test_a_colleague_at_the_same_organization_is_still_asked(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Alpha")
        a_contact(session, campaign, organization="Alpha")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        _suppress(session)
        assert [one.state for one in the_messages(session)] == ["cancelled", "queued"]


def test_it_never_touches_a_signature(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        sign(session, "Alpha")
        _suppress(session)
        assert the_invitation(session, "Alpha").state == "signed"
        assert the_signatures(session)[0].withdrawn_at is None


def test_the_last_look_stops_what_any_campaign_queues_for_the_address(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Alpha", email="Ada@Example.org")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        _suppress(session)
        other = a_campaign(session, slug="other")
        a_contact(session, other, organization="Beta", email="ada@example.org")
        launch_campaign(session, slug="other", mail_domain=DOMAIN, now=NOW)
        sign(session, "Alpha")
        (receipt,) = the_messages(session, "Alpha", kind=MessageKind.RECEIPT)
        for message in (receipt, the_messages(session, "Beta")[0]):
            verdict, reason = last_look(the_last_look(session, message), now=NOW)
            assert verdict is Verdict.CANCEL
            assert reason == "the address gets no mail: unsubscribed"


def test_who_pressed_it_by_mistake_undoes_it(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Alpha", email="ada@alpha.example")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        link = the_link(session, "Alpha").id
        assert not find_suppression_page(session, link_id=link, now=NOW).suppressed
        _suppress(session)
        page = find_suppression_page(session, link_id=link, now=NOW)
        assert (page.address, page.suppressed) == ("ada@alpha.example", True)
        lift(session, link_id=link, now=NOW)
        lift(session, link_id=link, now=NOW)
        assert not find_suppression_page(session, link_id=link, now=NOW).suppressed


def _lift(session: Session, organization: str = "Alpha", *, now: datetime = LATER) -> None:
    lift(session, link_id=the_link(session, organization).id, now=now)


def test_undone_the_invitation_that_it_held_back_goes_out_after_all(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        _suppress(session)
        _suppress(session, "Beta")
        _lift(session)
        (message,) = the_messages(session, "Alpha")
        assert (message.state, message.last_reply, message.due_at) == ("queued", "", LATER)
        events = session.exec(select(DeliveryEvent.message_pk, DeliveryEvent.event)).all()
        assert events == [(message.id, "requeue")]
        assert [one.state for one in the_messages(session, "Beta")] == ["cancelled"]
        assert send_what_is_due(session, now=LATER) == 1


def test_undone_it_gives_back_what_the_last_look_held_back_in_any_campaign(
    database: Database,
) -> None:
    with database.transaction() as session:
        for slug in ("visit", "other"):
            campaign = a_campaign(session, slug=slug)
            a_contact(session, campaign, organization=slug, email="Ada@Example.org")
            launch_campaign(session, slug=slug, mail_domain=DOMAIN, now=NOW)
        (message,) = the_messages(session, "other")
        suppress(session, link_id=the_link(session, "visit").id, now=NOW)
        verdict, reason = last_look(the_last_look(session, message), now=NOW)
        assert verdict is Verdict.CANCEL
        message.state, message.last_reply = "cancelled", reason
        session.add(message)
        session.flush()
        lift(session, link_id=the_link(session, "visit").id, now=LATER)
        assert [one.state for one in the_messages(session)] == ["queued", "queued"]


def test_undone_it_asks_nobody_whose_organization_has_answered(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        _suppress(session)
        sign(session, "Alpha")
        _lift(session)
        (message,) = the_messages(session, "Alpha", kind=MessageKind.INVITATION)
        assert (message.state, message.last_reply) == ("cancelled", "unsubscribed")


@pytest.mark.parametrize(
    ("kind", "state", "reason"),
    [
        ("invitation", "cancelled", "the contact is only copied"),
        ("invitation", "cancelled", "the address gets no mail: bounced"),
        ("invitation", "failed", "550 unsubscribed"),
        ("reminder", "cancelled", "unsubscribed"),
    ],
)
def test_undone_it_gives_back_nothing_else(
    database: Database, kind: str, state: str, reason: str
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        (message,) = the_messages(session, "Alpha")
        message.kind, message.state, message.last_reply = kind, state, reason
        session.add(message)
        session.flush()
        _suppress(session)
        _lift(session)
        assert [one.state for one in the_messages(session)] == [state]


def test_undone_where_nothing_was_held_back_nothing_is_sent_again(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        assert send_what_is_due(session) == 1
        _suppress(session)
        _lift(session)
        _lift(session)
        assert [one.state for one in the_messages(session)] == ["sent"]


def test_pressed_again_nothing_changes(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        _suppress(session)
        _suppress(session)
        assert len(session.exec(select(Suppression)).all()) == 1


def test_pressed_by_several_programs_at_once_it_counts_once(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")

    def press() -> None:
        with database.transaction() as session:
            _suppress(session)

    assert race([press] * 8) == [None] * 8
    with database.reading() as session:
        assert len(session.exec(select(Suppression)).all()) == 1


@pytest.mark.parametrize("revoked", [True, False])
def test_a_link_that_leads_nowhere_is_refused(database: Database, revoked: bool) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        link = the_link(session, "Alpha")
        if revoked:
            link.revoked_at = NOW
            session.add(link)
            session.flush()
        link_id = link.id if revoked else new_link_id()
        for act in (suppress, lift, find_suppression_page):
            with pytest.raises(LinkRefused):
                act(session, link_id=link_id, now=NOW)
        assert session.exec(select(Suppression)).first() is None
