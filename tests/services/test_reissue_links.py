"""New links for old ones: who gets one by which mail, and that the old ones are dead. On both
databases."""

from datetime import date, timedelta
from functools import partial

import pytest
from sqlmodel import col, select

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import LinkRefused, MoveRefused
from outreach.domain.message import MessageKind, answer_of
from outreach.services.apply_brake import UnexpectedNumber
from outreach.services.close_campaign import close_if_due
from outreach.services.launch_campaign import launch_campaign
from outreach.services.reissue_links import NoLinks, count_new_links
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.store import outgoing
from outreach.store.audience import Audience
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.suppressions import record_suppression
from outreach.store.tables import Contact, Link
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    decline,
    defer,
    send_what_is_due,
    sign,
    the_invitation,
    the_last_look,
    the_link,
    the_messages,
    withdraw,
)
from tests.linking import (
    ALPHA,
    BETA,
    LATER,
    carried,
    invited,
    live_links,
    mails,
    reissue,
    revoke,
    works,
)
from tests.noticing import a_coordinator
from tests.recording import confirm, record


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


def test_what_was_recorded_by_hand_is_told_anew_as_recorded(database: Database) -> None:
    with database.transaction() as session:
        invited(session, ALPHA)
        record(session, ALPHA)
        confirm(session, ALPHA)
        send_what_is_due(session)
        assert reissue(session, at=ALPHA) == Audience(1, 1)
        assert mails(session, ALPHA)[1:] == [
            ("recorded_receipt", "sent"),
            ("recorded_receipt", "queued"),
        ]
        assert carried(session, ALPHA) == live_links(session, ALPHA)


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
    ("answer", "kind"),
    [
        (decline, "decline_receipt"),
        (withdraw, "withdrawal_receipt"),
        (partial(defer, decides_on=date(2026, 3, 13)), "deferral_receipt"),
    ],
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
