"""Winning rows of the outbox: never two owners of one row, and no result of a stalled owner."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.delivery import Share
from outreach.domain.message import MAX_LAPSES, MessageEvent, MessageKind
from outreach.services.steer_campaign import pause_campaign, resume_campaign
from outreach.store import claims, rounds
from outreach.store.claims import Claimed
from outreach.store.database import Database
from outreach.store.messages import Addressee, queue_messages
from outreach.store.rounds import Result
from outreach.store.tables import DeliveryEvent, Message
from tests.factories import DOMAIN, NOW, a_launched_campaign, record_result, sign, the_messages
from tests.racing import race

LEASE = timedelta(minutes=5)
LATER = NOW + LEASE


def _claim(
    session: Session,
    owner: str = "me",
    *,
    many: int = 1000,
    lapsed: bool = False,
    now: datetime = NOW,
) -> list[Claimed]:
    return claims.claim_due(session, owner=owner, many=many, lease=LEASE, lapsed=lapsed, now=now)


def _one_claimed(session: Session, owner: str = "me") -> int:
    a_launched_campaign(session)
    (claimed,) = _claim(session, owner)
    return claimed.id


def _mark(session: Session, message_pk: int) -> None:
    rounds.mark_data(session, [message_pk], lease_until=LATER, now=NOW)
    session.expire_all()


def _row(session: Session, message_pk: int) -> Message:
    session.expire_all()
    return session.get_one(Message, message_pk)


def _events(session: Session) -> list[str]:
    return list(session.exec(select(DeliveryEvent.event).order_by(col(DeliveryEvent.id))))


def test_what_is_won_has_an_owner_and_a_lease(database: Database) -> None:
    with database.transaction() as session:
        message = _row(session, _one_claimed(session))
        assert (message.state, message.owner, message.lease_until) == ("sending", "me", LATER)
        assert message.data_at is None
        assert _claim(session, "other") == []


def test_what_is_not_due_yet_waits(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        assert _claim(session, now=NOW - timedelta(microseconds=1)) == []
        assert claims.count_due(session, captured=False, now=NOW - timedelta(microseconds=1)) == 0
        assert claims.count_due(session, captured=False, now=NOW) == 1
        assert len(_claim(session)) == 1
        assert claims.count_due(session, captured=False, now=NOW) == 0


def test_two_owners_never_win_the_same_row(database: Database) -> None:
    names = [f"Organization {number}" for number in range(60)]
    with database.transaction() as session:
        a_launched_campaign(session, *names)

    def take(owner: str) -> Callable[[], list[int]]:
        def take_some() -> list[int]:
            won: list[int] = []
            for _ in range(40):
                with database.transaction() as session:
                    batch = _claim(session, owner, many=7)
                won += [claimed.id for claimed in batch]
                if not batch and len(won) >= 1:
                    break
            return won

        return take_some

    results = race([take(f"owner {number}") for number in range(6)])
    shares = [share for share in results if not isinstance(share, Exception)]
    assert len(shares) == 6
    won = sorted(pk for share in shares for pk in share)
    assert len(won) == 60
    assert len(set(won)) == 60
    with database.reading() as session:
        owners = {message.id: message.owner for message in session.exec(select(Message)).all()}
    for number, share in enumerate(shares):
        assert {owners[pk] for pk in share} <= {f"owner {number}"}


def test_receipts_go_first_then_the_longest_waiting(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        alpha, beta, gamma = the_messages(session)
        alpha.due_at = NOW + timedelta(seconds=2)
        beta.due_at = NOW + timedelta(seconds=3)
        gamma.due_at = NOW + timedelta(seconds=1)
        session.add_all([alpha, beta, gamma])
        session.flush()
        sign(session, "Beta", now=NOW + timedelta(seconds=9))
        (receipt,) = the_messages(session, kind=MessageKind.RECEIPT)
        won = [claimed.id for claimed in _claim(session, now=LATER)]
        assert won == [receipt.id, gamma.id, alpha.id]


def test_a_small_claim_takes_the_first_of_them(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        sign(session, "Beta")
        (receipt,) = the_messages(session, kind=MessageKind.RECEIPT)
        assert [claimed.id for claimed in _claim(session, many=1)] == [receipt.id]


def test_a_paused_campaign_is_held_but_its_receipts_are_not(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        a_launched_campaign(session, "Gamma", slug="other")
        pause_campaign(session, slug="visit")
        sign(session, "Beta")
        won = {session.get_one(Message, claimed.id).kind for claimed in _claim(session)}
        assert won == {"receipt", "invitation"}
        assert [message.state for message in the_messages(session, "Alpha")] == ["queued"]
        assert [message.state for message in the_messages(session, "Gamma")] == ["sending"]
        resume_campaign(session, slug="visit")
        assert len(_claim(session)) == 1


def test_what_was_launched_into_the_mailbox_is_never_won_by_a_real_sender(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session)
        campaign.captured = True
        session.add(campaign)
        session.flush()
        sign(session, "Hong Kong Watch")
        assert _claim(session) == []
        won = claims.claim_due(session, owner="me", many=9, lease=LEASE, captured=True, now=NOW)
        assert len(won) == 1


def test_a_lease_that_runs_is_left_alone(database: Database) -> None:
    with database.transaction() as session:
        pk = _one_claimed(session)
        early = LATER - timedelta(microseconds=1)
        assert claims.recover_lapsed(session, now=early) == 0
        assert _row(session, pk).state == "sending"
        assert claims.recover_lapsed(session, now=LATER) == 1


def test_a_lapse_before_data_waits_again_and_is_sent_by_another(database: Database) -> None:
    with database.transaction() as session:
        pk = _one_claimed(session)
        claims.recover_lapsed(session, now=LATER)
        message = _row(session, pk)
        assert (message.state, message.owner, message.lapses) == ("queued", None, 1)
        assert _claim(session, "other", now=LATER) == []
        assert [one.id for one in _claim(session, "other", lapsed=True, now=LATER)] == [pk]
        assert _events(session) == ["lapsed_before_data"]


def test_a_lapse_after_data_is_uncertain_and_repeated_once(database: Database) -> None:
    with database.transaction() as session:
        pk = _one_claimed(session)
        message_id = _row(session, pk).message_id
        _mark(session, pk)
        claims.recover_lapsed(session, now=LATER)
        assert _row(session, pk).state == "uncertain"
        assert _claim(session, "other", now=LATER) == []
        assert claims.repeat_uncertain(session, now=LATER) == 1
        message = _row(session, pk)
        assert (message.state, message.repeats, message.message_id) == ("queued", 1, message_id)
        assert [one.id for one in _claim(session, "other", lapsed=True, now=LATER)] == [pk]
        assert _row(session, pk).data_at is None
        _mark(session, pk)
        claims.recover_lapsed(session, now=LATER + LEASE)
        assert claims.repeat_uncertain(session, now=LATER + LEASE) == 0
        assert _row(session, pk).state == "uncertain"
        assert _events(session) == ["lapsed_after_data", "repeat", "lapsed_after_data"]


def test_a_repeat_that_dies_before_data_still_goes_out(database: Database) -> None:
    with database.transaction() as session:
        pk = _one_claimed(session)
        _mark(session, pk)
        claims.recover_lapsed(session, now=LATER)
        claims.repeat_uncertain(session, now=LATER)
        assert len(_claim(session, "other", lapsed=True, now=LATER)) == 1
        claims.recover_lapsed(session, now=LATER + LEASE)
        assert _row(session, pk).state == "queued"


def test_a_row_that_takes_its_senders_down_is_set_aside(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Poisoned")
        poisoned = the_messages(session, "Poisoned")[0].id
        now = NOW
        for lapses in range(MAX_LAPSES):
            assert _row(session, poisoned or 0).state == "queued"
            assert len(_claim(session, many=1, lapsed=lapses > 0, now=now)) == 1
            now += LEASE
            claims.recover_lapsed(session, now=now)
        message = _row(session, poisoned or 0)
        assert (message.state, message.lapses) == ("failed", 5)
        assert message.last_reply == "set aside: its sender died 5 times"
        assert _events(session).count("rejected") == 1


def test_a_row_whose_sender_died_takes_no_other_with_it(database: Database) -> None:
    """Rows that were won together lapse together; from then on each is won only by who asks for
    such, one by one, and says of itself that it goes alone."""
    with database.transaction() as session:
        a_launched_campaign(session, *[f"Organization {number}" for number in range(4)])
        won = _claim(session, many=3, now=NOW)
        assert [one.alone for one in won] == [False] * 3
        claims.recover_lapsed(session, now=LATER)
        fresh = the_messages(session, "Organization 3")[0].id
        assert [one.id for one in _claim(session, "b", many=3, now=LATER)] == [fresh]
        for owner, before in zip("cde", won, strict=True):
            (alone,) = _claim(session, owner, many=1, lapsed=True, now=LATER)
            assert (alone.id, alone.alone) == (before.id, True)
        assert _claim(session, "f", many=3, lapsed=True, now=LATER) == []


def test_who_asks_for_answers_wins_no_bulk_and_who_asks_for_bulk_no_answers(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        sign(session, "Beta")
        (receipt,) = the_messages(session, kind=MessageKind.RECEIPT)
        invitations = the_messages(session, kind=MessageKind.INVITATION)

        def won(share: Share) -> list[int]:
            return [
                one.id
                for one in claims.claim_due(
                    session, owner="me", many=9, lease=LEASE, share=share, now=NOW
                )
            ]

        assert won(Share.BULK) == [one.id for one in invitations if one.state == "queued"]
        assert won(Share.BULK) == []
        assert won(Share.ANSWERS) == [receipt.id]


def test_what_is_won_tells_how_often_it_was_put_off_and_for_which_campaign(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session)
        (message,) = the_messages(session)
        message.attempts = 3
        session.add(message)
        session.flush()
        (won,) = _claim(session)
        assert (won.id, won.campaign_id, won.attempts) == (message.id, campaign.id, 3)


def test_a_stalled_owner_that_wakes_up_overwrites_nothing(database: Database) -> None:
    with database.transaction() as session:
        pk = _one_claimed(session, "stalled")
        claims.recover_lapsed(session, now=LATER)
        assert len(_claim(session, "other", lapsed=True, now=LATER)) == 1
    for event in (MessageEvent.ACCEPTED, MessageEvent.REJECTED, MessageEvent.CANCEL):
        with database.transaction() as session:
            assert rounds.last_looks(session, [], [pk], owner="stalled") == (set(), {})
            assert not record_result(session, Result(pk, event), owner="stalled", now=LATER)
            claims.release(session, {pk: LATER}, owner="stalled")
            claims.renew_lease(session, [pk], owner="stalled", lease_until=LATER + 9 * LEASE)
    with database.transaction() as session:
        message = _row(session, pk)
        assert (message.state, message.owner) == ("sending", "other")
        assert message.lease_until == LATER + LEASE
        result = Result(pk, MessageEvent.ACCEPTED)
        assert record_result(session, result, owner="other", now=LATER)
        assert not record_result(session, result, owner="stalled", now=LATER)
        assert _events(session) == ["lapsed_before_data", "accepted"]


def test_two_sweeps_at_once_take_a_row_back_once(database: Database) -> None:
    with database.transaction() as session:
        pk = _one_claimed(session)

    def recover() -> int:
        with database.transaction() as session:
            return claims.recover_lapsed(session, now=LATER)

    results = race([recover] * 4)
    assert sum(found for found in results if isinstance(found, int)) == 1
    with database.reading() as session:
        assert _row(session, pk).lapses == 1


def test_what_was_won_and_not_touched_is_given_back_each_due_when_said(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma", "Delta")
        alpha, beta, gamma, delta = (claimed.id for claimed in _claim(session))
        assert record_result(session, Result(delta, MessageEvent.ACCEPTED), owner="me")
        claims.release(session, {alpha: LATER, beta: NOW, delta: LATER}, owner="me")
        claims.release(session, {}, owner="me")
        states = [_row(session, pk).state for pk in (alpha, beta, gamma, delta)]
        assert states == ["queued", "queued", "sending", "sent"]
        assert (_row(session, alpha).due_at, _row(session, alpha).lapses) == (LATER, 0)
        assert (_row(session, beta).due_at, _row(session, beta).owner) == (NOW, None)


def test_given_back_before_its_body_left_a_row_is_not_marked_any_more(database: Database) -> None:
    """Its sender says that nothing went out: dying later, the next one leaves no doubt of it."""
    with database.transaction() as session:
        pk = _one_claimed(session)
        _mark(session, pk)
        claims.release(session, {pk: NOW}, owner="me")
        message = _row(session, pk)
        assert (message.state, message.data_at) == ("queued", None)


def test_a_lease_is_renewed_for_what_is_in_hand_and_for_nothing_else(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        alpha, beta = (claimed.id for claimed in _claim(session))
        claims.renew_lease(session, {alpha: None}.keys(), owner="me", lease_until=LATER + LEASE)
        leases = [_row(session, pk).lease_until for pk in (alpha, beta)]
        assert leases == [LATER + LEASE, LATER]


def test_the_same_message_cannot_be_queued_twice(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session)
        (message,) = the_messages(session)
        to = [Addressee(message.contact_id, message.invitation_id)]
        with pytest.raises(Exception, match=r"(?i)unique"):
            queue_messages(
                session, campaign, MessageKind.INVITATION, to, mail_domain=DOMAIN, now=NOW
            )
        session.rollback()
