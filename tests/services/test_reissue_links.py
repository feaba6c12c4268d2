"""New links for old ones: who gets one by which mail, and that the old ones are dead. On both
databases."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.campaign import CampaignState
from outreach.domain.coordinator import Actor
from outreach.domain.errors import LinkRefused, MoveRefused
from outreach.domain.message import MessageEvent, MessageKind, answer_of
from outreach.services.apply_brake import UnexpectedNumber
from outreach.services.close_campaign import close_if_due
from outreach.services.launch_campaign import launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.services.reissue_links import NoLinks, count_new_links, reissue_links
from outreach.services.remind_by_hand import NobodyToRemind, count_to_remind, remind_by_hand
from outreach.services.revoke_links import count_links, revoke_links
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.services.view_invitation import find_answer_page
from outreach.store import claims, outgoing
from outreach.store.audience import Audience
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.suppressions import record_suppression
from outreach.store.tables import Contact, DeliveryEvent, Link, Message
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    send_what_is_due,
    sign,
    the_invitation,
    the_last_look,
    the_link,
    the_messages,
    withdraw,
)
from tests.noticing import a_coordinator

NORA = Actor("Nora Feld", 1)
LATER = NOW + timedelta(hours=2)
ALPHA, BETA, GAMMA = "Alpha", "Beta", "Gamma"


def invited(session: Session, *organizations: str) -> None:
    """Their invitations were sent."""
    a_coordinator(session)
    a_launched_campaign(session, *(organizations or (ALPHA,)))
    send_what_is_due(session)


def organization_of(session: Session, name: str) -> int:
    return the_invitation(session, name).organization_id


def reissue(
    session: Session,
    *,
    at: str = "",
    expected: int | None = None,
    now: datetime = LATER,
) -> Audience:
    return reissue_links(
        session,
        slug="visit",
        organization_id=organization_of(session, at) if at else None,
        expected=expected,
        mail_domain=DOMAIN,
        by=NORA,
        now=now,
    )


def revoke(session: Session, name: str) -> int:
    return revoke_links(
        session,
        slug="visit",
        organization_id=organization_of(session, name),
        by=NORA,
        now=LATER,
    )


def live_links(session: Session, name: str) -> list[str]:
    query = (
        select(Link.id)
        .join(Contact, col(Contact.id) == col(Link.contact_id))
        .where(
            col(Contact.organization_id) == organization_of(session, name),
            col(Link.revoked_at).is_(None),
        )
        .order_by(col(Contact.id))
    )
    return list(session.exec(query))


def mails(session: Session, name: str) -> list[tuple[str, str]]:
    return [(one.kind, one.state) for one in the_messages(session, name)]


def carried(session: Session, name: str) -> list[str]:
    """The link in each of the organization's mails that wait, as a sender finds it."""
    waiting = [one for one in the_messages(session, name) if one.state == "queued"]
    found = outgoing.load_outgoing(session, [one.id or 0 for one in waiting])
    assert len(found) == len(waiting)
    return [one.link_id for one in found.values()]


def works(session: Session, link_id: str, *, now: datetime = LATER) -> bool:
    try:
        find_answer_page(session.connection(), link_id=link_id, now=now)
    except LinkRefused:
        return False
    return True


def test_who_has_not_answered_is_asked_by_a_mail_with_the_new_link(database: Database) -> None:
    with database.transaction() as session:
        invited(session, ALPHA, BETA)
        old = the_link(session, ALPHA).id
        beta = live_links(session, BETA)
        assert reissue(session, at=ALPHA) == Audience(1, 1)
        (new,) = live_links(session, ALPHA)
        assert new != old
        assert not works(session, old)
        assert works(session, new)
        assert mails(session, ALPHA) == [("invitation", "sent"), ("reminder", "queued")]
        assert carried(session, ALPHA) == [new]
        assert (live_links(session, BETA), len(mails(session, BETA))) == (beta, 1)


def test_an_answer_by_the_old_link_is_refused_and_by_the_new_one_counts(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session)
        reissue(session)
    with pytest.raises(LinkRefused), database.transaction() as session:
        sign(session, ALPHA)  # by the first link that it had
    with database.transaction() as session:
        session.delete(the_link(session, ALPHA))
        session.flush()
        sign(session, ALPHA, now=LATER)
        assert the_invitation(session, ALPHA).state == "signed"


def test_a_mail_that_waits_carries_the_new_link_and_nobody_gets_two(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, ALPHA)
        assert reissue(session) == Audience(1, 1)
        assert mails(session, ALPHA) == [("invitation", "queued")]
        assert carried(session, ALPHA) == live_links(session, ALPHA)


def test_what_a_sender_has_in_hand_has_the_old_link_so_another_mail_follows(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, ALPHA)
        claims.claim_due(session, owner="s", many=1, lease=timedelta(minutes=5), now=NOW)
        reissue(session)
        assert mails(session, ALPHA) == [("invitation", "sending"), ("reminder", "queued")]


def test_one_after_another_the_last_link_works_and_each_mail_is_another(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session, ALPHA, BETA)
        sign(session, BETA)
        for minutes in (0, 5, 10):
            now = LATER + timedelta(minutes=minutes)
            send_what_is_due(session, now=now)
            assert reissue(session, now=now) == Audience(2, 2)
        kinds = [kind for kind, _ in mails(session, ALPHA)]
        assert kinds == ["invitation", "reminder", "reminder", "reminder"]
        assert [kind for kind, _ in mails(session, BETA)][1:] == ["receipt"] * 4
        links = session.exec(select(Link)).all()
        assert len(links) == 8
        assert sum(works(session, one.id, now=now) for one in links) == 2
        assert len({one.message_id for one in the_messages(session)}) == 9


def test_who_has_signed_gets_the_receipt_again_with_its_proof(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        sign(session, ALPHA)
        send_what_is_due(session)
        reissue(session)
        first, again = the_messages(session, ALPHA, kind=MessageKind.RECEIPT)
        assert (first.state, again.state) == ("sent", "queued")
        assert first.step != again.step
        assert answer_of(again.step) == answer_of(first.step)
        found = outgoing.load_outgoing(session, [first.id or 0, again.id or 0])
        assert found[again.id or 0].answer == found[first.id or 0].answer
        assert found[again.id or 0].logged == found[first.id or 0].logged is not None
        assert [found[again.id or 0].link_id] == live_links(session, ALPHA)
        assert not the_last_look(session, again).answered_later


def test_a_receipt_sent_anew_is_called_off_by_a_later_answer(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        sign(session, ALPHA)
        send_what_is_due(session)
        reissue(session)
        old = session.exec(select(Link).where(col(Link.revoked_at).is_not(None))).one()
        session.delete(old)
        session.flush()
        withdraw(session, ALPHA, now=LATER)
        (again,) = the_messages(session, ALPHA, kind=MessageKind.RECEIPT)[1:]
        assert the_last_look(session, again).answered_later


@pytest.mark.parametrize(
    ("answer", "kind"), [(decline, "decline_receipt"), (withdraw, "withdrawal_receipt")]
)
def test_who_said_no_gets_the_new_link_while_a_yes_still_counts(
    database: Database, answer: object, kind: str
) -> None:
    with database.transaction() as session:
        invited(session)
        if answer is withdraw:
            sign(session, ALPHA)
        answer(session, ALPHA)  # type: ignore[operator]
        send_what_is_due(session)
        assert reissue(session) == Audience(1, 1)
        assert mails(session, ALPHA)[-1] == (kind, "queued")
        send_what_is_due(session, now=LATER)
        close_if_due(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        late = reissue(session, now=DEADLINE)
        assert late == Audience(0, 0, skipped=1)


def test_after_the_close_who_has_signed_can_still_withdraw_by_the_new_link(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session, ALPHA, BETA)
        sign(session, ALPHA)
        close_if_due(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        send_what_is_due(session, now=DEADLINE)
        assert reissue(session, now=DEADLINE) == Audience(1, 1, skipped=1)
        assert carried(session, ALPHA) == live_links(session, ALPHA)
        assert mails(session, BETA) == [("invitation", "sent")]


def test_who_must_get_no_mail_loses_the_old_link_and_gets_none(database: Database) -> None:
    with database.transaction() as session:
        invited(session, ALPHA, BETA)
        key = session.exec(select(Contact.email_key).order_by(col(Contact.id))).first()
        record_suppression(session, key or "", reason="unsubscribed", now=NOW)
        old = the_link(session, ALPHA).id
        counted = count_new_links(session, slug="visit", now=LATER)
        assert counted == reissue(session) == Audience(1, 1, skipped=1)
        assert not works(session, old)
        assert len(mails(session, ALPHA)) == 1


def test_who_is_only_copied_keeps_what_they_have(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        campaign = a_campaign(session)
        a_contact(session, campaign, organization=ALPHA)
        a_contact(session, campaign, organization=ALPHA, role="copied")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        signs, copied = live_links(session, ALPHA)
        assert reissue(session) == Audience(1, 1)
        assert copied in live_links(session, ALPHA)
        assert signs not in live_links(session, ALPHA)


def test_another_number_than_was_agreed_to_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        invited(session, ALPHA, BETA)
        before = live_links(session, ALPHA)
    for expected in (0, 1, 3):
        with pytest.raises(UnexpectedNumber), database.transaction() as session:
            reissue(session, expected=expected)
    with database.transaction() as session:
        assert live_links(session, ALPHA) == before
        assert reissue(session, expected=2).people == 2


def test_it_is_refused_where_no_link_could_work(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session), organization=ALPHA)
    with pytest.raises(NoLinks), database.transaction() as session:
        reissue(session)
    with database.transaction() as session:
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        cancel_campaign(session, slug="visit")
    with pytest.raises(MoveRefused, match="cancelled"), database.transaction() as session:
        reissue(session)


def test_a_paused_campaign_holds_the_mails_until_it_goes_on(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        pause_campaign(session, slug="visit")
        reissue(session)
        (reminder,) = the_messages(session, ALPHA, kind=MessageKind.REMINDER)
        assert the_last_look(session, reminder).campaign_state is CampaignState.PAUSED


def test_a_revoked_link_is_dead_and_no_mail_brings_one(database: Database) -> None:
    with database.transaction() as session:
        invited(session, ALPHA, BETA)
        sign(session, BETA)
        old = the_link(session, ALPHA).id
        assert count_links(session, slug="visit", organization_id=1) == 1
        assert revoke(session, ALPHA) == 1
        assert count_links(session, slug="visit", organization_id=1) == 0
        assert not works(session, old)
        remind_by_hand_is_refused(session)
        plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE - timedelta(days=6))
        assert mails(session, ALPHA) == [("invitation", "sent")]
        assert the_invitation(session, ALPHA).state == "awaiting"
        assert works(session, live_links(session, BETA)[0])


def remind_by_hand_is_refused(session: Session) -> None:
    assert count_to_remind(session, slug="visit", again=True, now=LATER).people == 0
    with pytest.raises(NobodyToRemind):
        remind_by_hand(session, slug="visit", mail_domain=DOMAIN, again=True, now=LATER)


def test_what_waits_for_a_revoked_link_is_called_off_and_goes_out_with_a_new_one(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, ALPHA)
        revoke(session, ALPHA)
        (one,) = the_messages(session, ALPHA)
        assert (one.state, one.last_reply) == ("cancelled", "the link was revoked")
        assert reissue(session) == Audience(1, 1)
        assert mails(session, ALPHA) == [("invitation", "queued")]
        assert carried(session, ALPHA) == live_links(session, ALPHA)


def test_a_signature_stands_when_its_link_is_revoked(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        sign(session, ALPHA)
        revoke(session, ALPHA)
        assert the_invitation(session, ALPHA).state == "signed"
        reissue(session)
        assert [state for kind, state in mails(session, ALPHA) if kind == "receipt"] == [
            "cancelled",
            "queued",
        ]
    with database.transaction() as session:
        revoke(session, ALPHA)
    with pytest.raises(NoLinks), database.transaction() as session:
        revoke(session, ALPHA)


def test_the_activity_log_says_who_did_it(database: Database) -> None:
    with database.transaction() as session:
        invited(session, ALPHA, BETA)
        revoke(session, ALPHA)
        reissue(session, at=ALPHA)
        reissue(session)
        rows = session.exec(select(Activity).order_by(col(Activity.id))).all()
        assert [(one.actor, one.action, one.organization_id, one.detail) for one in rows] == [
            ("Nora Feld", "links.revoke", 1, "1 person"),
            ("Nora Feld", "links.reissue", 1, "1 in all, 1 by mail"),
            ("Nora Feld", "links.reissue", None, "2 in all, 2 by mail"),
        ]


def test_a_failed_invitation_goes_again_with_the_new_link(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        (message,) = session.exec(select(Message)).all()
        message.state = "failed"
        session.add(message)
        session.flush()
        reissue(session)
        assert mails(session, ALPHA) == [("invitation", "queued")]
        assert MessageEvent.REQUEUE in _events(session)


def _events(session: Session) -> list[str]:
    return list(session.exec(select(DeliveryEvent.event)))
