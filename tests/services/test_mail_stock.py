"""What a sender has claimed: handed out in order, never too much of it, given back if unused."""

from datetime import datetime, timedelta
from unittest import mock

import pytest
from sqlmodel import Session, col, select

from outreach.domain.delivery import Share
from outreach.domain.message import MessageEvent
from outreach.services import mail_stock as stock_module
from outreach.services.compose_message import ComposedMail, MessageComposer
from outreach.services.mail_stock import LEASE, MailStock
from outreach.services.sweep import sweep
from outreach.store import claims
from outreach.store.database import Database
from outreach.store.outgoing import Outgoing
from outreach.store.tables import Contact, Message
from tests.factories import DEADLINE, DOMAIN, NOW, sign, the_link, the_messages
from tests.sending import a_composer, a_lost_connection, launch


def a_stock(
    database: Database,
    *,
    least: int = 4,
    share: Share = Share.ALL,
    clock: list[datetime] | None = None,
) -> MailStock:
    return MailStock(
        database,
        a_composer(),
        owner="me",
        clock=lambda: clock[0] if clock else NOW,
        least=least,
        captured=False,
        share=share,
    )


def _names(many: int) -> list[str]:
    return [f"Organization {number}" for number in range(many)]


def _owned(database: Database) -> set[int | None]:
    with database.reading() as session:
        return set(session.exec(select(Message.id).where(col(Message.owner) == "me")).all())


def _take_all(stock: MailStock) -> list[int]:
    taken = []
    while mail := stock.take():
        taken.append(mail.claimed.id)
    return taken


def test_what_is_due_is_handed_out_in_order_and_written(database: Database) -> None:
    launch(database, "One", "Two")
    stock = a_stock(database)
    stock.refill()
    assert len(stock) == 2
    mail = stock.take()
    assert mail is not None
    assert mail.envelope.recipient.endswith("@one.example")
    assert mail.envelope.sender == "sign@coalition.example"
    assert mail.body.startswith(b"Date: ")
    assert mail.deadline == DEADLINE
    assert len(stock) == 1
    assert _take_all(stock) == [2]
    assert stock.take() is None
    assert set(stock.in_hand) == {1, 2}


def test_it_claims_little_at_first_and_more_where_it_goes_fast(database: Database) -> None:
    launch(database, *_names(40))
    stock, sizes, many = a_stock(database, least=2), [], 0
    for _ in range(4):
        stock.refill()
        sizes.append(len(_owned(database)) - many)
        many += sizes[-1]
        taken = _take_all(stock)
        stock.let_go(taken)
    assert sizes[0] <= 4
    assert sizes == sorted(sizes)
    assert sum(sizes) <= 40


def test_where_it_goes_slowly_it_claims_no_more_than_it_must(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, *_names(40))
    now = [100.0]
    monkeypatch.setattr(stock_module, "monotonic", lambda: now[0])
    stock = a_stock(database, least=4)
    for many in (4, 8, 12):
        stock.refill()
        assert len(_owned(database)) == many
        _take_all(stock)
        now[0] += 60


def test_with_enough_in_stock_it_claims_nothing(database: Database) -> None:
    launch(database, *_names(9))
    stock = a_stock(database, least=4)
    stock.refill()
    many = len(stock)
    stock.refill()
    assert len(stock) == many


def test_with_nothing_due_it_does_not_ask_again_at_once_while_mails_are_under_way(
    database: Database,
) -> None:
    launch(database, "One")
    stock = a_stock(database)
    stock.refill()
    _take_all(stock)
    with mock.patch.object(database, "persist", wraps=database.persist) as persist:
        for _ in range(20):
            stock.refill()
        assert persist.call_count <= 2
        stock.let_go([1])
        stock.refill()
        assert persist.call_count <= 3


def test_answers_only_means_no_bulk(database: Database) -> None:
    launch(database, "One", "Two")
    with database.transaction() as session:
        sign(session, "Two")
    stock = a_stock(database, share=Share.ANSWERS)
    stock.refill()
    (claimed,) = stock.in_hand.values()
    assert claimed.priority == 0


def test_what_is_put_back_goes_next(database: Database) -> None:
    launch(database, "One", "Two", "Three")
    stock = a_stock(database)
    stock.refill()
    first = stock.take()
    assert first is not None
    stock.put_back(first)
    assert _take_all(stock) == [1, 2, 3]


def test_it_writes_ahead_only_as_many_as_are_asked_for(database: Database) -> None:
    launch(database, *_names(4))
    stock = a_stock(database)
    stock.refill()
    with mock.patch.object(MessageComposer, "compose") as compose:
        stock.write_ahead(0)
        assert compose.call_count == 0
    stock.write_ahead(2)
    with mock.patch.object(MessageComposer, "compose") as compose:
        assert stock.take() is not None
        assert stock.take() is not None
        assert compose.call_count == 0
    stock.write_ahead(99)
    assert len(stock) == 2


def test_what_cannot_be_written_is_no_mail_and_says_why(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, "One", "Two", "Three", "Four")
    with database.transaction() as session:
        contact = session.get_one(Contact, 1)
        contact.email = "a@one.example\r\nBcc: b@one.example"
        link = the_link(session, "Two")
        link.revoked_at = NOW
        session.add_all([contact, link])
    stock = a_stock(database)
    stock.refill()
    compose = MessageComposer.compose

    def broken_for_the_third(
        self: MessageComposer, found: Outgoing, *, now: datetime
    ) -> ComposedMail:
        if found.organization == "Three":
            raise ZeroDivisionError
        return compose(self, found, now=now)

    monkeypatch.setattr(MessageComposer, "compose", broken_for_the_third)
    assert _take_all(stock) == [4]
    unfit = stock.take_unfit()
    assert [(one.message_pk, one.event) for one in unfit] == [
        (pk, MessageEvent.REJECTED) for pk in (1, 2, 3)
    ]
    assert "line break" in unfit[0].words
    assert [one.words for one in unfit[1:]] == [
        "it could not be written: LookupError",
        "it could not be written: ZeroDivisionError",
    ]
    assert not [one.words for one in unfit if "@" in one.words]
    assert stock.take_unfit() == []
    assert set(stock.in_hand) == {1, 2, 3, 4}


def _lapse(database: Database, *, many: int) -> None:
    with database.transaction() as session:
        assert len(claims.claim_due(session, owner="x", many=many, lease=LEASE, now=NOW)) == many
    sweep(database, mail_domain=DOMAIN, clock=lambda: NOW + LEASE)
    with database.transaction() as session:
        for message in the_messages(session):
            message.due_at = NOW
            session.add(message)


def test_one_whose_sender_died_goes_alone_after_all_others(database: Database) -> None:
    launch(database, *_names(5))
    _lapse(database, many=2)
    stock = a_stock(database)
    stock.refill()
    assert set(stock.in_hand) == {3, 4, 5}
    _take_all(stock)
    stock.refill()
    assert set(stock.in_hand) == {3, 4, 5}
    stock.let_go([3, 4, 5])
    for pk in (1, 2):
        stock.refill()
        assert set(stock.in_hand) == {pk}
        assert stock.in_hand[pk].alone
        assert _take_all(stock) == [pk]
        stock.refill()
        assert set(stock.in_hand) == {pk}
        stock.let_go([pk])
    stock.refill()
    assert stock.in_hand == {}


def test_a_campaign_that_is_dropped_is_forgotten_written_or_not(database: Database) -> None:
    launch(database, *_names(4))
    stock = a_stock(database)
    stock.refill()
    first = stock.take()
    stock.write_ahead(1)
    assert first is not None
    assert stock.drop_campaign(first.claimed.campaign_id + 1) == []
    assert stock.drop_campaign(first.claimed.campaign_id) == [2, 3, 4]
    assert len(stock) == 0
    assert set(stock.in_hand) == {1, 2, 3, 4}  # until they are given back


def test_emptied_it_names_all_that_is_in_hand(database: Database) -> None:
    launch(database, *_names(4))
    stock = a_stock(database)
    stock.refill()
    stock.take()
    stock.let_go([3])
    assert stock.empty() == [1, 2, 4]
    assert (len(stock), stock.in_hand, stock.take()) == (0, {}, None)


def test_the_lease_of_what_is_in_hand_is_renewed_now_and_then(database: Database) -> None:
    launch(database, "One", "Two")
    clock: list[datetime] = [NOW]
    stock = a_stock(database, clock=clock)
    assert not stock.renewal_is_due
    stock.refill()
    with database.transaction() as session:
        stock.renew(session)
    assert not stock.renewal_is_due
    clock[0] = NOW + LEASE / 2
    assert stock.renewal_is_due
    stock.let_go([2])
    with database.transaction() as session:
        stock.renew(session)
    assert not stock.renewal_is_due
    with database.reading() as session:
        leases = [message.lease_until for message in the_messages(session)]
    assert leases == [NOW + LEASE / 2 + LEASE, NOW + LEASE]
    assert timedelta(minutes=1) < LEASE / 2


def test_a_claim_that_the_database_gives_up_on_is_made_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, "One")
    claim, failures = claims.claim_due, [a_lost_connection()]

    def fails_once(session: Session, **facts: object) -> object:
        if failures:
            raise failures.pop()
        return claim(session, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(claims, "claim_due", fails_once)
    stock = a_stock(database)
    stock.refill()
    assert len(stock) == 1


def test_what_is_held_for_a_moment_goes_first_when_it_is_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(stock_module, "monotonic", lambda: clock[0])
    launch(database, "One", "Two", "Three")
    stock = a_stock(database)
    stock.refill()
    first = stock.take()
    assert first is not None
    assert stock.hold(first, seconds=1.0)
    assert (len(stock), stock.left, stock.next_moment) == (2, 3, 101.0)
    second = stock.take()
    assert second is not None
    assert second.claimed.id != first.claimed.id
    clock[0] = 101.0
    assert stock.take() is first
    assert stock.next_moment == 0.0


def test_only_so_many_are_held(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_module, "_MOST_HELD", 1)
    launch(database, "One", "Two")
    stock = a_stock(database)
    stock.refill()
    mails = [stock.take(), stock.take()]
    assert [stock.hold(mail, seconds=9) for mail in mails if mail] == [True, False]


def test_what_is_held_is_dropped_and_forgotten_like_the_rest(database: Database) -> None:
    launch(database, "One", "Two")
    stock = a_stock(database)
    stock.refill()
    mail = stock.take()
    assert mail is not None
    stock.hold(mail, seconds=9)
    assert sorted(stock.drop_campaign(mail.claimed.campaign_id)) == sorted(stock.in_hand)
    assert stock.left == 0
