"""Another address for an organization: who gets what from then on. On both databases."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors, LinkRefused, OrganizationNotFound
from outreach.domain.message import MessageEvent
from outreach.services.change_contact import (
    ContactChange,
    ContactForm,
    ContactRefused,
    add_contact,
    change_contact,
)
from outreach.services.close_campaign import close_campaign
from outreach.services.launch_campaign import NobodyToInvite, launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.services.remind_by_hand import remind_by_hand
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.store import claims, invitations, outgoing
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.rounds import Result
from outreach.store.suppressions import record_suppression
from outreach.store.tables import Contact, Link, Message
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    record_result,
    send_what_is_due,
    sign,
    the_link,
    the_messages,
)
from tests.noticing import a_coordinator

NORA = Actor("Nora Feld", 1)
LATER = NOW + timedelta(days=1)
OLD, NEW = "old@alpha.example", "new@alpha.example"


def a_form(**changes: str) -> ContactForm:
    facts = {"name": "Bo Berg", "email": NEW, "language": "de", "zone": "Europe/Berlin"}
    return ContactForm(**facts | changes)  # type: ignore[arg-type]


def change(session: Session, *, at: int = 1, contact: int = 1, **form: str) -> ContactChange:
    return change_contact(
        session,
        slug="visit",
        organization_id=at,
        contact_id=contact,
        form=a_form(**form),
        mail_domain=DOMAIN,
        by=NORA,
        now=LATER,
    )


def add(session: Session, *, at: int = 1, now: datetime = LATER, **form: str) -> ContactChange:
    return add_contact(
        session,
        slug="visit",
        organization_id=at,
        form=a_form(**form),
        mail_domain=DOMAIN,
        by=NORA,
        now=now,
    )


def begun(session: Session) -> None:
    """Alpha, which is reached at OLD, and Beta; not launched."""
    a_coordinator(session)
    campaign = a_campaign(session)
    a_contact(session, campaign, organization="Alpha", email=OLD)
    a_contact(session, campaign, organization="Beta", email="it@beta.example")


def invited(session: Session) -> None:
    begun(session)
    launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)


def refuse_the_first(session: Session, *, now: datetime = NOW) -> None:
    (one,) = claims.claim_due(session, owner="s", many=1, lease=timedelta(minutes=5), now=now)
    refused = Result(one.id, MessageEvent.REJECTED, code=550, words="550 no such user")
    assert record_result(session, refused, owner="s")
    send_what_is_due(session)


def contacts_of(session: Session, organization_id: int = 1) -> list[tuple[str, str, bool]]:
    query = (
        select(Contact)
        .where(col(Contact.organization_id) == organization_id)
        .order_by(col(Contact.id))
        .execution_options(populate_existing=True)
    )
    return [(one.email, one.role, one.replaced_at is not None) for one in session.exec(query)]


def mails(session: Session) -> list[tuple[str, str, str]]:
    """(address, kind, state) of Alpha's."""
    query = (
        select(Contact.email, Message.kind, Message.state)
        .join(Message, col(Message.contact_id) == col(Contact.id))
        .where(col(Contact.organization_id) == 1)
        .order_by(col(Message.id))
    )
    return [tuple(row) for row in session.exec(query)]  # type: ignore[misc]


def live_link(session: Session, email: str) -> str:
    query = (
        select(Link.id)
        .join(Contact, col(Contact.id) == col(Link.contact_id))
        .where(col(Contact.email) == email, col(Link.revoked_at).is_(None))
    )
    return session.exec(query).first() or ""


def test_a_corrected_name_language_and_zone_are_the_same_contact(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        link = the_link(session, "Alpha").id
        done = change(session, email="OLD@alpha.example", language="zh_hant", zone="asia/taipei")
        assert done == ContactChange(1, is_new_address=False, is_invited=False)
        contact = session.get_one(Contact, 1, populate_existing=True)
        assert (contact.name, contact.language, contact.zone) == (
            "Bo Berg",
            "zh-Hant",
            "Asia/Taipei",
        )
        assert contact.email_key == OLD
        assert live_link(session, contact.email) == link
        assert mails(session) == [("OLD@alpha.example", "invitation", "sent")]


def test_a_new_address_is_invited_the_old_link_dies_and_what_was_sent_stays(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session)
        refuse_the_first(session)
        old_link = the_link(session, "Alpha").id
        done = change(session)
        assert (done.is_new_address, done.is_invited) == (True, True)
        assert contacts_of(session) == [(OLD, "copied", True), (NEW, "signs", False)]
        assert mails(session) == [(OLD, "invitation", "failed"), (NEW, "invitation", "queued")]
        with pytest.raises(LinkRefused):
            invitations.require_linked(session, old_link, now=LATER)
        linked = invitations.require_linked(session, live_link(session, NEW), now=LATER)
        assert (linked.contact.email, linked.organization.name) == (NEW, "Alpha")
        assert send_what_is_due(session, now=LATER) == 1
        found = session.exec(select(Activity)).one()
        assert (found.action, found.detail) == ("contact.change", "a new address, invited")


def test_what_still_waits_for_the_old_address_is_cancelled(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        change(session)
        (old, new) = the_messages(session, "Alpha")
        assert (old.state, old.last_reply) == ("cancelled", "the contact's address was changed")
        assert new.state == "queued"
        assert send_what_is_due(session, now=LATER) == 2  # Beta's, and the new one
        assert new.id is not None
        assert outgoing.load_outgoing(session, [new.id])[new.id].contact_email == NEW


def test_reminders_receipts_and_closing_notices_go_to_the_new_address_alone(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        change(session)
        send_what_is_due(session, now=LATER)
        soon = LATER + timedelta(days=2)
        assert remind_by_hand(session, slug="visit", mail_domain=DOMAIN, now=soon) == 2
        send_what_is_due(session, now=soon)
        late = DEADLINE - timedelta(days=3) + timedelta(hours=2)
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=late) == 2
        send_what_is_due(session, now=late)
        from outreach.services import answer_invitation
        from tests.factories import a_form as a_sign_form

        answer_invitation.sign(
            session,
            link_id=live_link(session, NEW),
            form=a_sign_form(),
            mail_domain=DOMAIN,
            now=late,
        )
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        assert [kind for email, kind, _ in mails(session) if email == OLD] == ["invitation"]
        assert [kind for email, kind, _ in mails(session) if email == NEW] == [
            *("invitation", "reminder", "reminder", "receipt", "closing_notice")
        ]


def test_before_anything_was_sent_the_address_is_simply_another(database: Database) -> None:
    with database.transaction() as session:
        begun(session)
        done = change(session)
        assert done == ContactChange(1, is_new_address=True, is_invited=False)
        assert contacts_of(session) == [(NEW, "signs", False)]
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=LATER)
        assert mails(session) == [(NEW, "invitation", "queued")]


@pytest.mark.parametrize(("answer", "brings"), [(sign, ["receipt"]), (decline, [])])
def test_of_an_organization_that_has_answered_nothing_is_asked_at_the_new_address(
    database: Database, answer: Any, brings: list[str]
) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        answer(session, "Alpha")
        done = change(session)
        assert not done.is_invited
        assert done.is_cut_off is not bool(brings)
        assert [kind for email, kind, _ in mails(session) if email == NEW] == brings
        assert live_link(session, NEW)


def test_in_a_paused_campaign_the_invitation_waits_and_in_a_closed_one_there_is_none(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        pause_campaign(session, slug="visit")
        assert change(session).is_invited
        assert send_what_is_due(session, now=LATER) == 0
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=LATER)
        assert not change(session, contact=3, email="third@alpha.example").is_invited
        assert [kind for email, kind, _ in mails(session) if email.startswith("third")] == []


def test_a_cancelled_campaign_changes_nobody(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        cancel_campaign(session, slug="visit")
        with pytest.raises(ContactRefused):
            change(session)
        with pytest.raises(ContactRefused):
            add(session)


def test_one_who_is_added_is_invited_beside_the_others(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        assert add(session).is_invited
        assert contacts_of(session) == [(OLD, "signs", False), (NEW, "signs", False)]
        assert mails(session) == [(OLD, "invitation", "sent"), (NEW, "invitation", "queued")]
        assert not add(session, email="copy@alpha.example", role="copied").is_invited
        assert live_link(session, "copy@alpha.example")
        assert len(mails(session)) == 2
        with pytest.raises(NobodyToInvite):
            launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=LATER)


def test_one_who_is_added_to_a_draft_is_invited_at_its_launch(database: Database) -> None:
    with database.transaction() as session:
        begun(session)
        assert not add(session).is_invited
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=LATER)
        assert [email for email, _, _ in mails(session)] == [OLD, NEW]


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"email": "it@beta.example"}, "email", "for “Beta”"),
        ({"email": "IT@Beta.example"}, "email", "for “Beta”"),
        ({"email": "gone@alpha.example"}, "email", "must not get mail from us: unsubscribed"),
        ({"email": "second@alpha.example"}, "email", "a contact of this organization already"),
        ({"email": "nobody"}, "email", "write one address"),
        ({"language": "klingon"}, "language", "language code"),
        ({"zone": "Middle Earth"}, "zone", "IANA name"),
        ({"name": "a\tb\u200bc"}, "name", "in one line"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason_and_nothing_is_changed(
    database: Database, form: dict[str, str], field: str, words: str
) -> None:
    with database.transaction() as session:
        invited(session)
        add(session, email="second@alpha.example")
        record_suppression(session, "gone@alpha.example", reason="unsubscribed", now=NOW)
        before = contacts_of(session), mails(session)
        for act in (change, add):
            with pytest.raises(FieldErrors) as refused:
                act(session, **form)  # type: ignore[arg-type]
            assert list(refused.value.errors) == [field]
            assert words in refused.value.errors[field]
        assert (contacts_of(session), mails(session)) == before


def test_all_that_is_wrong_is_said_at_once(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        with pytest.raises(FieldErrors) as refused:
            add(session, email="no", language="xx!", zone="", role="boss")
        assert sorted(refused.value.errors) == ["email", "language", "role", "zone"]


def test_who_is_elsewhere_is_out_of_reach(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        a_launched_campaign(session, "Elsewhere", slug="other")
        with pytest.raises(OrganizationNotFound):
            change(session, at=3, contact=3)
        for contact in (2, 3, 99):
            with pytest.raises(ContactRefused):
                change(session, contact=contact)
        change(session)
        with pytest.raises(ContactRefused):  # it was replaced meanwhile
            change(session, email="third@alpha.example")
