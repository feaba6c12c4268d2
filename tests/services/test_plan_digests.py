"""When a digest is queued, and when a day has none. On both databases."""

from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from outreach.services.plan_digests import plan_digests
from outreach.services.steer_campaign import cancel_campaign
from outreach.services.sweep import sweep
from outreach.store.database import Database
from tests.counting import counting
from tests.factories import DOMAIN, a_launched_campaign, decline, sign
from tests.noticing import a_coordinator, change_coordinator, the_notices
from tests.racing import race

# 08:00 in Berlin, the day after the factories' launch.
MORNING = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)
EVENING = MORNING - timedelta(hours=13)


def digests(session: Session) -> list[tuple[str, str]]:
    return [(one.key, one.state) for one in the_notices(session) if one.kind == "digest"]


def a_day(session: Session, **coordinator: object) -> int:
    """A campaign that somebody signed in the evening, and a coordinator."""
    a_launched_campaign(session, "Alpha", "Beta")
    sign(session, "Alpha", now=EVENING)
    return a_coordinator(session, **coordinator)  # type: ignore[arg-type]


def test_at_eight_in_the_coordinators_zone_what_is_new_is_queued_once(database: Database) -> None:
    with database.transaction() as session:
        who = a_day(session)
        assert plan_digests(session, now=MORNING - timedelta(seconds=1)) == 0
        assert plan_digests(session, now=MORNING) == 1
        assert plan_digests(session, now=MORNING + timedelta(hours=5)) == 0
        assert digests(session) == [("2026-03-05", "queued")]
        (notice,) = the_notices(session)
        assert (notice.coordinator_id, notice.due_at, notice.campaign_id) == (who, MORNING, None)


def test_each_coordinator_has_a_morning_of_their_own(database: Database) -> None:
    with database.transaction() as session:
        a_day(session)
        taipei = a_coordinator(session, email="lin@coalition.example", zone="Asia/Taipei")
        assert plan_digests(session, now=MORNING - timedelta(hours=7)) == 1
        assert [one.coordinator_id for one in the_notices(session)] == [taipei]
        assert plan_digests(session, now=MORNING) == 1


def test_a_day_without_news_has_no_mail_and_what_comes_later_is_the_next_days(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        a_coordinator(session)
        assert plan_digests(session, now=MORNING) == 0
        assert digests(session) == [("2026-03-05", "cancelled")]
        sign(session, "Alpha", now=MORNING + timedelta(hours=1))
        assert plan_digests(session, now=MORNING + timedelta(hours=2)) == 0
        assert plan_digests(session, now=MORNING + timedelta(days=1)) == 1
        assert digests(session)[1] == ("2026-03-06", "queued")


def test_what_was_told_is_not_told_again(database: Database) -> None:
    with database.transaction() as session:
        a_day(session)
        plan_digests(session, now=MORNING)
        assert plan_digests(session, now=MORNING + timedelta(days=1)) == 0
        assert digests(session)[1] == ("2026-03-06", "cancelled")


def test_after_days_away_one_digest_tells_of_all_of_them(database: Database) -> None:
    with database.transaction() as session:
        a_day(session)
        plan_digests(session, now=MORNING)
        decline(session, "Beta", now=MORNING + timedelta(days=1))
        assert plan_digests(session, now=MORNING + timedelta(days=4, hours=3)) == 1
        assert digests(session)[1:] == [("2026-03-09", "queued")]


def test_who_wants_none_gets_none(database: Database) -> None:
    with database.transaction() as session:
        who = a_day(session, wants_digest=False)
        a_coordinator(session, email="new@coalition.example", is_set_up=False)
        assert plan_digests(session, now=MORNING) == 0
        change_coordinator(session, who, wants_digest=True, disabled_at=MORNING)
        assert plan_digests(session, now=MORNING) == 0
        assert digests(session) == []


def test_campaigns_that_are_over_are_no_news(database: Database) -> None:
    with database.transaction() as session:
        a_day(session)
        cancel_campaign(session, slug="visit")
        assert plan_digests(session, now=MORNING) == 0


def test_sweeps_at_the_same_moment_plan_each_once(database: Database) -> None:
    with database.transaction() as session:
        a_day(session)
        a_coordinator(session, email="lin@coalition.example", zone="Asia/Taipei")
    reports = race([lambda: sweep(database, mail_domain=DOMAIN, clock=lambda: MORNING)] * 4)
    assert sorted(report.digests for report in reports) == [0, 0, 0, 2]  # type: ignore[union-attr]
    with database.reading() as session:
        assert len(digests(session)) == 2


def test_who_owes_an_answer_is_read_once_however_many_coordinators_there_are(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_day(session)
        for number in range(5):
            a_coordinator(session, email=f"c{number}@coalition.example")
    with counting(database) as asked, database.transaction() as session:
        assert plan_digests(session, now=MORNING) == 6
    assert sum("page_view" in statement for statement in asked.statements) == 1


def test_the_morning_after_the_deadline_tells_of_the_last_day(database: Database) -> None:
    deadline = MORNING + timedelta(hours=10)
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", deadline=deadline)
        a_coordinator(session)

    def digests_at(now: datetime) -> int:
        return sweep(database, mail_domain=DOMAIN, clock=lambda: now).digests

    assert digests_at(MORNING) == 1  # a day's notice of the deadline
    with database.transaction() as session:
        sign(session, "Alpha", now=deadline - timedelta(hours=1))
    assert digests_at(deadline) == 0
    assert [digests_at(MORNING + timedelta(days=days)) for days in (1, 2)] == [1, 0]
