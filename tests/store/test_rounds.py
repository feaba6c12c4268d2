"""What a round reads and writes: of all its messages at once, and only while they are its own."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.campaign import CampaignState
from outreach.domain.delivery import LastLook
from outreach.domain.errors import MoveRefused
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageEvent, MessageKind
from outreach.services.steer_campaign import extend_campaign, pause_campaign
from outreach.services.suppress_contact import suppress
from outreach.store import claims, rounds
from outreach.store.database import Database
from outreach.store.rounds import Result
from outreach.store.tables import Campaign, Contact, DeliveryEvent, Message
from tests.factories import (
    DEADLINE,
    NOW,
    a_launched_campaign,
    record_result,
    sign,
    the_link,
    the_messages,
    withdraw,
)
from tests.racing import race

LEASE = timedelta(minutes=5)
LATER = NOW + LEASE


def _won(session: Session, *organizations: str) -> list[int]:
    a_launched_campaign(session, *organizations)
    return [one.id for one in claims.claim_due(session, owner="me", many=99, lease=LEASE, now=NOW)]


def _look(session: Session, message_pk: int) -> LastLook:
    return rounds.last_looks(session, [], [message_pk], owner="me")[1][message_pk]


def _row(session: Session, message_pk: int) -> Message:
    session.expire_all()
    return session.get_one(Message, message_pk)


def _events(session: Session) -> list[str]:
    return list(session.exec(select(DeliveryEvent.event).order_by(col(DeliveryEvent.id))))


def test_a_look_holds_what_is_true_at_this_moment(database: Database) -> None:
    with database.transaction() as session:
        (pk,) = _won(session, "One")
        assert _look(session, pk) == LastLook(
            kind=MessageKind.INVITATION,
            step="",
            campaign_state=CampaignState.OPEN,
            deadline=DEADLINE,
            deadline_round=0,
            reminder_steps="7d,3d,1d,4h",
            invitation_state=InvitationState.AWAITING,
            role="signs",
            suppressed="",
            answered_later=False,
        )


def test_a_look_sees_each_change_of_mind(database: Database) -> None:
    with database.transaction() as session:
        (pk,) = _won(session, "One")
        moved = DEADLINE + timedelta(days=1, microseconds=7)
        extend_campaign(session, slug="visit", deadline=moved, now=NOW)
        session.flush()
        assert (_look(session, pk).deadline, _look(session, pk).deadline_round) == (moved, 1)
        pause_campaign(session, slug="visit")
        session.flush()
        assert _look(session, pk).campaign_state is CampaignState.PAUSED
        sign(session, "One")
        assert _look(session, pk).invitation_state is InvitationState.SIGNED
        session.get_one(Contact, 1).role = "copied"
        suppress(session, link_id=the_link(session, "One").id, now=NOW)
        session.flush()
        look = _look(session, pk)
        assert (look.role, look.suppressed) == ("copied", "unsubscribed")


def test_only_the_receipt_whose_answer_was_followed_by_another_is_outdated(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two")
        for organization in ("One", "Two"):
            sign(session, organization)
        withdraw(session, "Two")
        for message in the_messages(session):  # as if nothing had been cancelled
            message.state = "queued"
            session.add(message)
        session.flush()
        claims.claim_due(session, owner="me", many=99, lease=LEASE, now=NOW)
        found = {
            (name, one.kind): _look(session, one.id or 0).answered_later
            for name in ("One", "Two")
            for one in the_messages(session, name)
        }
        assert found == {
            ("One", "invitation"): False,
            ("One", "receipt"): False,
            ("Two", "invitation"): False,
            ("Two", "receipt"): True,
            ("Two", "withdrawal_receipt"): False,
        }


def test_what_is_anothers_or_done_is_in_no_look(database: Database) -> None:
    with database.transaction() as session:
        one, two, three = _won(session, "One", "Two", "Three")
        session.get_one(Message, two).owner = "other"
        session.flush()
        assert record_result(session, Result(three, MessageEvent.ACCEPTED), owner="me")
        ours, looks = rounds.last_looks(session, [one, two, three], [two, 99], owner="me")
        assert (ours, looks) == ({one}, {})
        ours, looks = rounds.last_looks(session, [two], [one], owner="me")
        assert (ours, set(looks)) == ({one}, {one})
        assert rounds.last_looks(session, [], [], owner="me") == (set(), {})


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_was_looked_at_is_held_until_the_end(database: Database) -> None:
    """A sweep that finds its lease over must not take it back between the look and the mark."""
    with database.transaction() as session:
        (pk,) = _won(session, "One")
    with database.transaction() as sender:
        rounds.last_looks(sender, [], [pk], owner="me")
        with database.transaction() as sweeper:
            assert claims.recover_lapsed(sweeper, now=LATER) == 0


def test_a_result_is_written_once_by_its_owner(database: Database) -> None:
    with database.transaction() as session:
        (pk,) = _won(session, "One")
        result = Result(pk, MessageEvent.ACCEPTED, code=250, words="ok")
        assert not record_result(session, result, owner="other", now=NOW)
        assert record_result(session, result, owner="me", now=NOW)
        assert not record_result(session, result, owner="me", now=NOW)
        message = _row(session, pk)
        assert (message.state, message.sent_at, message.last_reply) == ("sent", NOW, "ok")
        assert (message.owner, message.lease_until) == (None, None)
        assert _events(session) == ["accepted"]


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (MessageEvent.ACCEPTED, "sent"),
        (MessageEvent.DEFERRED, "queued"),
        (MessageEvent.REJECTED, "failed"),
        (MessageEvent.CANCEL, "cancelled"),
        (MessageEvent.LAPSED_AFTER_DATA, "uncertain"),
    ],
)
def test_a_result_moves_the_row_as_the_table_says(
    database: Database, event: MessageEvent, state: str
) -> None:
    with database.transaction() as session:
        (pk,) = _won(session, "One")
        result = Result(pk, event, due_at=LATER, attempts=3)
        assert record_result(session, result, owner="me", now=NOW)
        message = _row(session, pk)
        assert (message.state, message.due_at, message.attempts) == (state, LATER, 3)
        assert (message.sent_at is not None) is (state == "sent")


@pytest.mark.parametrize("event", [MessageEvent.CLAIM, MessageEvent.REPEAT, MessageEvent.BOUNCED])
def test_what_is_no_result_is_refused(database: Database, event: MessageEvent) -> None:
    with database.transaction() as session, pytest.raises(MoveRefused):
        rounds.record_results(session, [Result(1, event)], now=NOW)


def test_the_results_of_a_round_are_written_each_to_its_row(database: Database) -> None:
    words = "550 5.1.1 'no' \"such\" user; {said} %s :words \\ 陳志明"
    with database.transaction() as session:
        one, two, three, four = _won(session, "One", "Two", "Three", "Four")
        session.get_one(Message, two).last_reply = "said before"
        session.flush()
        rounds.record_results(
            session,
            [
                Result(one, MessageEvent.REJECTED, code=550, words=words, attempts=1),
                Result(two, MessageEvent.ACCEPTED),
                Result(three, MessageEvent.DEFERRED, code=450, words="busy", due_at=LATER),
            ],
            now=NOW,
        )
        rounds.record_results(session, [], now=NOW)
        rows = [_row(session, pk) for pk in (one, two, three, four)]
        assert [row.state for row in rows] == ["failed", "sent", "queued", "sending"]
        assert [row.last_reply for row in rows] == [words, "said before", "busy", ""]
        assert [row.due_at for row in rows] == [NOW, NOW, LATER, NOW]
        assert [row.attempts for row in rows] == [1, 0, 0, 0]
        assert [row.sent_at for row in rows] == [None, NOW, None, None]
        assert [row.owner for row in rows] == [None, None, None, "me"]
        query = select(DeliveryEvent).order_by(col(DeliveryEvent.id))
        assert [
            (one.message_pk, one.event, one.code, one.words, one.at) for one in session.exec(query)
        ] == [
            (one, "rejected", 550, words, NOW),
            (two, "accepted", None, "", NOW),
            (three, "deferred", 450, "busy", NOW),
        ]


def test_one_result_is_counted_though_four_write_it_at_once(database: Database) -> None:
    with database.transaction() as session:
        (pk,) = _won(session, "One")

    def write() -> bool:
        with database.transaction() as session:
            return record_result(session, Result(pk, MessageEvent.ACCEPTED), owner="me", now=NOW)

    writes: list[Callable[[], bool]] = [write] * 4
    assert sorted(map(str, race(writes))) == ["False", "False", "False", "True"]


def test_a_mark_says_when_and_for_how_long(database: Database) -> None:
    with database.transaction() as session:
        one, two = _won(session, "One", "Two")
        rounds.mark_data(session, [one], lease_until=LATER + LEASE, now=LATER)
        rounds.mark_data(session, [], lease_until=LATER + LEASE, now=LATER)
        assert (_row(session, one).data_at, _row(session, one).lease_until) == (
            LATER,
            LATER + LEASE,
        )
        assert (_row(session, two).data_at, _row(session, two).lease_until) == (None, LATER)


@pytest.mark.parametrize("state", ["paused", "closed", "cancelled"])
def test_a_campaign_is_stopped_once_and_only_where_it_is_open(
    database: Database, state: str
) -> None:
    with database.transaction() as session:
        pk = a_launched_campaign(session, "One").id
        assert pk is not None
        assert rounds.stop_campaign(session, pk, reason="554 no")
        assert not rounds.stop_campaign(session, pk, reason="554 again")
        campaign = session.get_one(Campaign, pk)
        assert (campaign.state, campaign.pause_reason) == ("paused", "554 no")
        campaign.state, campaign.pause_reason = state, ""
        session.flush()
        assert not rounds.stop_campaign(session, pk, reason="554 no")
        assert (campaign.state, campaign.pause_reason) == (state, "")
