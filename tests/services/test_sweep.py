"""One sweep: what dead senders held, what is over, what is to be reminded of. On both databases."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.message import MessageKind, MessageState
from outreach.services import sweep as module
from outreach.services import webhooks
from outreach.services.api_keys import require_caller
from outreach.services.do_once import KEPT
from outreach.services.mail_stock import LEASE
from outreach.services.sweep import SweepReport, sweep
from outreach.store.campaigns import require_campaign
from outreach.store.claims import claim_due
from outreach.store.database import Database
from outreach.store.desk_tables import ApiAnswer
from outreach.store.rounds import mark_data
from outreach.store.webhooks import claim_call
from tests.api_facts import SOMEBODY, a_key, a_webhook, the_calls
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_launched_campaign,
    send_what_is_due,
    sign,
    the_messages,
)
from tests.racing import race


def sweep_at(database: Database, moment: object) -> SweepReport:
    return sweep(database, mail_domain=DOMAIN, clock=lambda: moment)  # type: ignore[arg-type, return-value]


def launch(database: Database, *organizations: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *organizations)


def send(database: Database) -> None:
    with database.transaction() as session:
        send_what_is_due(session)


def test_a_sweep_over_nothing_does_nothing(database: Database) -> None:
    assert sweep_at(database, NOW) == SweepReport(0, 0, 0, 0)


def test_what_a_dead_sender_held_before_data_is_queued_again(database: Database) -> None:
    launch(database, "One", "Two")
    with database.transaction() as session:
        claim_due(session, owner="dead", many=1, lease=LEASE, now=NOW)
    assert sweep_at(database, NOW + LEASE - timedelta(seconds=1)).recovered == 0
    assert sweep_at(database, NOW + LEASE).recovered == 1
    with database.reading() as session:
        assert {message.state for message in the_messages(session)} == {MessageState.QUEUED}


def test_answers_kept_for_programs_go_after_their_day(database: Database) -> None:
    """They hold what a program was told of people."""
    with database.transaction() as session:
        key_id = require_caller(session, text=a_key(session), now=NOW).key_id
        for hours in (0, 1):
            answer = ApiAnswer(
                api_key_id=key_id,
                key=f"{hours}",
                fingerprint="f",
                body="ida@archive-watch.example",
                created_at=NOW + timedelta(hours=hours),
            )
            session.add(answer)
    sweep_at(database, NOW + KEPT - timedelta(seconds=1))
    assert _kept_answers(database) == ["0", "1"]
    sweep_at(database, NOW + KEPT)
    assert _kept_answers(database) == ["1"]


def _kept_answers(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.exec(select(ApiAnswer.key)))


def test_a_call_in_hand_of_a_webhook_that_was_switched_off_is_given_up(database: Database) -> None:
    with database.transaction() as session:
        webhook, _ = a_webhook(session)
        webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        assert claim_call(session, owner="dead", lease=LEASE, now=NOW)
        webhooks.disable_webhook(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
    sweep_at(database, NOW + LEASE)
    with database.reading() as session:
        assert [call.state for call in the_calls(session)] == ["failed"]


def test_what_a_dead_sender_held_after_data_is_repeated_once_then_waits_for_a_person(
    database: Database,
) -> None:
    launch(database, "One")
    now = NOW
    for repeated, lapsed in ((1, False), (0, True)):
        with database.transaction() as session:
            (claimed,) = claim_due(
                session, owner="dead", many=9, lease=LEASE, lapsed=lapsed, now=now
            )
            mark_data(session, [claimed.id], lease_until=now + LEASE, now=now)
        now += LEASE
        assert sweep_at(database, now).repeated == repeated
    with database.reading() as session:
        (message,) = the_messages(session)
        assert message.state == MessageState.UNCERTAIN
        assert message.repeats == 1


def test_at_its_deadline_a_campaign_is_closed_and_nobody_is_reminded_any_more(
    database: Database,
) -> None:
    launch(database, "One")
    send(database)
    assert sweep_at(database, DEADLINE - timedelta(seconds=1)) == SweepReport(0, 0, 0, 1)
    assert sweep_at(database, DEADLINE) == SweepReport(0, 0, 1, 0)
    assert sweep_at(database, DEADLINE) == SweepReport(0, 0, 0, 0)
    with database.reading() as session:
        assert require_campaign(session, "visit").state == "closed"
        (reminder,) = the_messages(session, kind=MessageKind.REMINDER)
        assert reminder.state == MessageState.CANCELLED


def test_only_who_has_not_answered_is_reminded_and_each_step_once(database: Database) -> None:
    launch(database, "One", "Two")
    send(database)
    with database.transaction() as session:
        sign(session, "Two")
    due = DEADLINE - timedelta(days=3) + timedelta(hours=1)
    assert sweep_at(database, due).reminders == 1
    assert sweep_at(database, due).reminders == 0


def test_sweeps_at_the_same_moment_do_each_thing_once(database: Database) -> None:
    launch(database, *[f"Organization {number}" for number in range(20)])
    send(database)
    due = DEADLINE - timedelta(days=3) + timedelta(hours=1)
    reports = race([lambda: sweep_at(database, due)] * 4)
    assert sorted(report.reminders for report in reports) == [0, 0, 0, 20]  # type: ignore[union-attr]
    reports = race([lambda: sweep_at(database, DEADLINE)] * 4)
    assert sorted(report.closed for report in reports) == [0, 0, 0, 1]  # type: ignore[union-attr]


@pytest.mark.parametrize("failing", ["close_if_due", "plan_reminders"])
def test_a_campaign_that_cannot_be_dealt_with_stops_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", slug="broken")
        a_launched_campaign(session, "Two", slug="sound")
        send_what_is_due(session)
        claim_due(session, owner="dead", many=1, lease=LEASE, now=NOW)
    real = getattr(module, failing)

    def breaks(session: Session, *, slug: str, **rest: object) -> int:
        if slug == "broken":
            raise RuntimeError("broken")
        done: int = real(session, slug=slug, **rest)
        return done

    monkeypatch.setattr(module, failing, breaks)
    if failing == "close_if_due":
        assert sweep_at(database, DEADLINE).closed == 1
    else:
        assert sweep_at(database, DEADLINE - timedelta(days=7)).reminders == 1
