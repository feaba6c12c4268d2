"""The one transaction of a round: results, last looks and marks, all or nothing."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.delivery import LastLook, Verdict, last_look
from outreach.domain.message import MessageEvent
from outreach.mail import connection
from outreach.services import settle_round as settle_module
from outreach.services.keep_sent import SentKeeper
from outreach.services.mail_stock import LEASE
from outreach.services.settle_round import BODY_LEASE, Round, Settled, settle_round
from outreach.services.steer_campaign import extend_campaign, pause_campaign
from outreach.store import campaigns, claims, rounds
from outreach.store.database import Database
from outreach.store.rounds import Result
from outreach.store.tables import DeliveryEvent, Message
from tests.factories import DEADLINE, NOW, a_launched_campaign, decline, the_messages

SOON = NOW + timedelta(seconds=3)


def _won(session: Session, *organizations: str) -> list[int]:
    a_launched_campaign(session, *organizations)
    return [one.id for one in claims.claim_due(session, owner="me", many=99, lease=LEASE, now=NOW)]


def _settle(session: Session, due: Round, *, owner: str = "me") -> Settled:
    session.flush()
    settled = settle_round(session, due, owner=owner, clock=lambda: SOON, keeper=SentKeeper())
    session.expire_all()
    return settled


def _offered(*message_pks: int) -> Round:
    return Round(offered=dict.fromkeys(message_pks, DEADLINE))


def _states(session: Session) -> list[str]:
    return [message.state for message in the_messages(session)]


def test_a_round_with_nothing_in_it_is_none() -> None:
    assert not Round()
    result = Result(1, MessageEvent.ACCEPTED)
    for due in (
        Round(results=[result]),
        Round(released={1: NOW}),
        Round(offered={1: NOW}),
        Round(stops={1: "why"}),
    ):
        assert due


def test_it_writes_results_marks_and_releases_together(database: Database) -> None:
    with database.transaction() as session:
        one, two, three, four = _won(session, "One", "Two", "Three", "Four")
        due = _offered(two)
        due.results.append(Result(one, MessageEvent.ACCEPTED, code=250, words="250 ok"))
        due.released[three] = SOON + timedelta(seconds=30)
        settled = _settle(session, due)
        assert settled.verdicts == {two: Verdict.SEND}
        assert [result.message_pk for result in settled.results] == [one]
        assert _states(session) == ["sent", "sending", "queued", "sending"]
        rows = {message.id: message for message in the_messages(session)}
        assert rows[one].sent_at == SOON
        assert (rows[two].data_at, rows[two].lease_until) == (SOON, SOON + BODY_LEASE)
        assert rows[three].due_at == SOON + timedelta(seconds=30)
        assert (rows[four].data_at, rows[four].lease_until) == (None, NOW + LEASE)


def test_what_fails_on_the_way_leaves_nothing_of_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        one, two = _won(session, "One", "Two")
    due = _offered(two)
    due.results.append(Result(one, MessageEvent.ACCEPTED))

    def fails(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(rounds, "mark_data", fails)
    with pytest.raises(OSError), database.transaction() as session:  # noqa: PT011 - our own
        settle_round(session, due, owner="me", clock=lambda: SOON, keeper=SentKeeper())
    with database.reading() as session:
        assert _states(session) == ["sending", "sending"]
        assert session.exec(select(DeliveryEvent)).all() == []


def test_what_was_answered_or_is_over_is_cancelled_with_its_reason(database: Database) -> None:
    with database.transaction() as session:
        one, two = _won(session, "One", "Two")
        decline(session, "One")
        settled = _settle(session, _offered(one, two))
        assert settled.verdicts == {one: Verdict.CANCEL, two: Verdict.SEND}
        assert [(one.event, one.words) for one in settled.results] == [
            (MessageEvent.CANCEL, "the organization is declined")
        ]
        message = session.get_one(Message, one)
        assert (message.state, message.data_at) == ("cancelled", None)


def test_what_is_paused_is_given_back_and_not_marked(database: Database) -> None:
    with database.transaction() as session:
        (one,) = _won(session, "One")
        pause_campaign(session, slug="visit")
        settled = _settle(session, _offered(one))
        assert settled.verdicts == {one: Verdict.HOLD}
        assert settled.results == []
        message = session.get_one(Message, one)
        assert (message.state, message.owner, message.data_at) == ("queued", None, None)
        assert (message.due_at, message.lapses) == (SOON, 0)


def test_what_names_a_deadline_that_was_moved_is_given_back_to_be_written_anew(
    database: Database,
) -> None:
    with database.transaction() as session:
        (one,) = _won(session, "One")
        later = DEADLINE + timedelta(microseconds=1)
        extend_campaign(session, slug="visit", deadline=later, now=NOW)
        assert _settle(session, _offered(one)).verdicts == {one: Verdict.HOLD}
        (one,) = (
            won.id for won in claims.claim_due(session, owner="me", many=9, lease=LEASE, now=SOON)
        )
        assert _settle(session, Round(offered={one: later})).verdicts == {one: Verdict.SEND}


def test_what_is_anothers_by_now_is_neither_written_nor_sent(database: Database) -> None:
    with database.transaction() as session:
        one, two, three = _won(session, "One", "Two", "Three")
        due = _offered(two)
        due.results.append(Result(one, MessageEvent.ACCEPTED))
        due.released[three] = SOON
        settled = _settle(session, due, owner="a stalled one")
        assert settled == Settled([], {})
        assert _states(session) == ["sending"] * 3
        assert {message.data_at for message in the_messages(session)} == {None}


def test_a_row_that_cannot_be_judged_is_set_aside_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[LastLook] = []

    def broken_first(facts: LastLook, *, now: datetime) -> tuple[Verdict, str]:
        calls.append(facts)
        if len(calls) == 1:
            raise KeyError("what")
        return last_look(facts, now=now)

    monkeypatch.setattr(settle_module, "last_look", broken_first)
    with database.transaction() as session:
        one, two = _won(session, "One", "Two")
        settled = _settle(session, _offered(one, two))
        assert settled.verdicts == {one: Verdict.CANCEL, two: Verdict.SEND}
        message = session.get_one(Message, one)
        assert (message.state, message.last_reply) == (
            "failed",
            "it could not be judged: KeyError",
        )


def test_a_campaign_that_must_stop_stops_before_the_next_of_its_bodies(
    database: Database,
) -> None:
    with database.transaction() as session:
        one, two = _won(session, "One", "Two")
        campaign = campaigns.require_campaign(session, "visit")
        assert campaign.id is not None
        due = _offered(two)
        due.results.append(Result(one, MessageEvent.REJECTED, words="554 no"))
        due.stops[campaign.id] = "refused: 554 no"
        assert _settle(session, due).verdicts == {two: Verdict.HOLD}
        assert (campaign.state, campaign.pause_reason) == ("paused", "refused: 554 no")
        assert _states(session) == ["failed", "queued"]


def test_the_time_is_read_after_the_lock_was_waited_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, clock = rounds.last_looks, [NOW]

    def waits(*given: object, **facts: object) -> object:
        clock[0] = DEADLINE
        return look(*given, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(rounds, "last_looks", waits)
    with database.transaction() as session:
        (one,) = _won(session, "One")
        settled = settle_round(
            session, _offered(one), owner="me", clock=lambda: clock[0], keeper=SentKeeper()
        )
        assert settled.verdicts == {one: Verdict.CANCEL}
        event = session.exec(select(DeliveryEvent).order_by(col(DeliveryEvent.id))).one()
        assert (event.at, event.words) == (DEADLINE, "the deadline has passed")


def test_a_bodys_lease_is_longer_than_a_server_may_take_over_it() -> None:
    longest = connection.BODY_LIMIT + connection.FINAL_LIMIT
    assert timedelta(seconds=longest) < BODY_LEASE
