"""Invitations are logged once their 250 is there, checkpoints signed when they are due."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.message import MessageState
from outreach.ledger.checkpoint import open_checkpoint
from outreach.ledger.export import check_ledger, write_ledger
from outreach.ledger.note import VerifierKey
from outreach.services import keep_ledgers as module
from outreach.services.close_campaign import close_campaign
from outreach.services.export_ledger import read_ledger_file
from outreach.services.keep_ledgers import LedgerReport, keep_ledgers
from outreach.services.publish_statement import publish_campaign
from outreach.store import ledger
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.ledger_tables import LedgerCheckpoint
from outreach.store.tables import Message
from tests.factories import DEADLINE, DOMAIN, NOW, a_launched_campaign, send_what_is_due, sign
from tests.ledger.made import ANOTHER_KEY, KEY
from tests.racing import race
from tests.services.test_append_event import check, the_events, the_kinds

SOON = NOW + timedelta(seconds=5)
DAY = timedelta(days=1)


def keep(database: Database, *, now: datetime = SOON) -> LedgerReport:
    return keep_ledgers(database, key=KEY, mail_domain=DOMAIN, clock=lambda: now)


def the_checkpoints(session: Session) -> list[LedgerCheckpoint]:
    campaign = require_campaign(session, "visit")
    assert campaign.id is not None
    return ledger.read_checkpoints(session, campaign.id)


def launched(database: Database, *organizations: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *organizations)


def test_nobody_is_logged_as_invited_before_the_server_has_accepted_the_mail(
    database: Database,
) -> None:
    launched(database, "One", "Two")
    assert keep(database) == LedgerReport(0, 0)
    with database.transaction() as session:
        send_what_is_due(session)
    assert keep(database) == LedgerReport(2, 1)
    assert keep(database) == LedgerReport(0, 0)
    with database.reading() as session:
        events = the_events(session)
        assert [event["kind"] for event in events] == ["invited", "invited"]
        assert {event["opened"]["organization"] for event in events} == {"One", "Two"}
        assert events[0]["opened"].keys() == {"organization", "person", "email"}
        assert events[0]["at"] == "2026-03-04T14:00:00Z"
        assert events[0]["method"] == "service"
        check(session)


@pytest.mark.parametrize(
    "state", [MessageState.FAILED, MessageState.UNCERTAIN, MessageState.SENDING]
)
def test_what_did_not_arrive_for_sure_is_no_invitation(
    database: Database, state: MessageState
) -> None:
    launched(database, "One")
    with database.transaction() as session:
        message = session.exec(select(Message)).one()
        message.state, message.owner, message.lease_until = state.value, "x", DEADLINE
        session.add(message)
    assert keep(database).invited == 0


def test_a_bounce_later_does_not_undo_that_it_was_sent(database: Database) -> None:
    launched(database, "One")
    with database.transaction() as session:
        send_what_is_due(session)
        message = session.exec(select(Message)).one()
        message.state = MessageState.BOUNCED.value
        session.add(message)
    assert keep(database).invited == 1


def test_many_invitations_are_logged_in_batches(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", 4)
    monkeypatch.setattr(module, "_MOST_BATCHES", 3)
    launched(database, *(f"Organization {number}" for number in range(30)))
    with database.transaction() as session:
        send_what_is_due(session)
    assert [keep(database).invited for _ in range(4)] == [12, 12, 6, 0]
    with database.reading() as session:
        assert len(the_kinds(session)) == 30
        check(session)


def test_two_sweeps_at_once_log_each_invitation_once(database: Database) -> None:
    names = [f"Organization {number}" for number in range(20)]
    launched(database, *names)
    with database.transaction() as session:
        send_what_is_due(session)

    def answer() -> LedgerReport:
        with database.transaction() as session:
            sign(session, names[0])
        return LedgerReport(0, 0)

    reports = race([*[lambda: keep(database)] * 4, answer])
    with database.reading() as session:
        kinds = the_kinds(session)
        assert (kinds.count("invited"), kinds.count("signed")) == (20, 1), reports
        check(session)


def test_a_checkpoint_is_signed_daily_where_something_was_added(database: Database) -> None:
    launched(database, "One", "Two")
    with database.transaction() as session:
        sign(session, "One")
    assert keep(database).checkpoints == 1
    assert keep(database, now=SOON + DAY).checkpoints == 0
    with database.transaction() as session:
        sign(session, "Two")
    assert keep(database, now=SOON + DAY / 2).checkpoints == 0
    assert keep(database, now=SOON + DAY).checkpoints == 1
    with database.reading() as session:
        first, second = the_checkpoints(session)
        key = KEY.verifier(the_events(session)[0]["log"])
        assert [open_checkpoint(one.note, [key]).size for one in (first, second)] == [1, 2]
        assert VerifierKey.parse(first.key) == key
        check(session)


def test_close_and_publication_are_stamped_by_the_next_sweep(database: Database) -> None:
    launched(database, "One")
    with database.transaction() as session:
        sign(session, "One")
    assert keep(database).checkpoints == 1
    with database.transaction() as session:
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=SOON)
    assert keep(database).checkpoints == 1
    with database.transaction() as session:
        publish_campaign(session, slug="visit", now=SOON)
    assert keep(database).checkpoints == 1
    assert keep(database).checkpoints == 0
    with database.reading() as session:
        assert [one.size for one in the_checkpoints(session)] == [1, 2, 3]


def test_a_longer_ledger_beside_it_keeps_no_close_from_being_stamped(database: Database) -> None:
    launched(database, "One", "Two", "Three")
    with database.transaction() as session:
        for name in ("One", "Two", "Three"):
            sign(session, name)
        a_launched_campaign(session, "Four", slug="other")
        sign(session, "Four")
    assert keep(database).checkpoints == 2
    with database.transaction() as session:
        close_campaign(session, slug="other", mail_domain=DOMAIN, now=SOON)
    assert keep(database).checkpoints == 1


def test_after_a_change_of_keys_the_file_brings_both(database: Database) -> None:
    launched(database, "One", "Two")
    with database.transaction() as session:
        sign(session, "One")
    keep_ledgers(database, key=ANOTHER_KEY, mail_domain=DOMAIN, clock=lambda: SOON)
    with database.transaction() as session:
        sign(session, "Two")
    keep(database, now=SOON + DAY)
    with database.reading() as session:
        file = read_ledger_file(session, slug="visit", key=KEY, with_openings=False)
        assert len(file.keys) == 2
        checked = check_ledger(write_ledger(file))
        assert (checked.size, checked.opened, checked.checkpoints) == (2, 0, 2)


def test_one_campaign_that_fails_stops_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        for slug in ("one", "two"):
            a_launched_campaign(session, "One", slug=slug)
        send_what_is_due(session)
    write = module.write_checkpoint

    def fails_once(session: Session, *, campaign_id: int, **rest: object) -> bool:
        if campaign_id == 1:
            raise RuntimeError
        return write(session, campaign_id=campaign_id, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "write_checkpoint", fails_once)
    assert keep(database) == LedgerReport(2, 1)
    with database.reading() as session:
        query = select(LedgerCheckpoint.campaign_id).order_by(col(LedgerCheckpoint.campaign_id))
        assert list(session.exec(query)) == [2]
