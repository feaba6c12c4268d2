"""What is new in a campaign, and what is to be done. On both databases."""

from datetime import timedelta

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.message import MessageEvent
from outreach.services.close_campaign import close_campaign, close_if_due
from outreach.services.publish_statement import publish_campaign
from outreach.services.read_news import MOST_NAMED, CampaignNews, Missed, NewsReader
from outreach.services.reopen_invitation import reopen_invitation
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.store import chases, claims
from outreach.store.database import Database
from outreach.store.rounds import Result
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_launched_campaign,
    decline,
    record_result,
    send_what_is_due,
    sign,
    the_invitation,
    withdraw,
)
from tests.joining import a_waiting_request, an_open_door
from tests.noticing import a_coordinator
from tests.reviewing import contradict

SINCE = NOW - timedelta(days=1)
UNTIL = NOW + timedelta(days=1)


def news(session: Session, **moments: object) -> list[CampaignNews]:
    facts = {"zone": "Europe/Berlin", "since": SINCE, "until": UNTIL, "now": UNTIL} | moments
    reader = NewsReader(session, now=facts.pop("now"))  # type: ignore[arg-type]
    return reader.read_all(**facts)  # type: ignore[arg-type]


def reject_the_first(session: Session, *, words: str = "550 5.1.1 no such user") -> None:
    (claimed,) = claims.claim_due(session, owner="s", many=1, lease=timedelta(minutes=5), now=NOW)
    refused = Result(claimed.id, MessageEvent.REJECTED, code=550, words=words)
    assert record_result(session, refused, owner="s")


def test_where_nothing_happened_and_nothing_is_to_be_done_there_is_no_news(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        send_what_is_due(session)
        assert news(session) == []


def test_each_organization_is_told_of_under_what_stands_now(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma", "Delta")
        send_what_is_due(session)
        decline(session, "Alpha")
        sign(session, "Alpha")
        sign(session, "Beta")
        withdraw(session, "Beta")
        decline(session, "Gamma")
        (found,) = news(session)
        assert found.signed.names == ("Alpha",)
        assert found.withdrawn.names == ("Beta",)
        assert found.declined.names == ("Gamma",)
        assert found.counts == {"awaiting": 1, "signed": 1, "declined": 1, "withdrawn": 1}


def test_only_what_happened_since_the_last_digest_is_new(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        send_what_is_due(session)
        sign(session, "Alpha", now=SINCE)
        sign(session, "Beta", now=UNTIL)
        decline(session, "Gamma", now=UNTIL + timedelta(seconds=1))
        (found,) = news(session)
        assert found.signed.names == ("Beta",)
        assert found.declined.total == 0


def test_of_many_names_the_first_are_named(database: Database) -> None:
    names = [f"Organization {number:02}" for number in range(MOST_NAMED + 3)]
    with database.transaction() as session:
        a_launched_campaign(session, *names)
        for name in names:
            sign(session, name)
        (found,) = news(session)
        assert found.signed.names == tuple(names[:MOST_NAMED])
        assert found.signed.total == MOST_NAMED + 3


def test_steps_due_today_or_overdue_are_told_with_whose_they_are(database: Database) -> None:
    with database.transaction() as session:
        nora = a_coordinator(session)
        campaign = a_launched_campaign(session, "Alpha", "Beta", "Gamma", "Delta")
        send_what_is_due(session)
        assert campaign.id is not None
        today = UNTIL.date()
        for name, on in (("Alpha", 0), ("Beta", -3), ("Gamma", 1), ("Delta", 0)):
            chases.set_next_step(
                session,
                organization_id=the_invitation(session, name).organization_id,
                campaign_id=campaign.id,
                next_step=f"call {name}",
                next_on=today + timedelta(days=on),
                now=NOW,
            )
        chases.set_owner(
            session,
            organization_id=the_invitation(session, "Beta").organization_id,
            campaign_id=campaign.id,
            owner_id=nora,
            now=NOW,
        )
        sign(session, "Delta", now=SINCE)
        (found,) = news(session)
        assert [(one.organization, one.next_step, one.owner) for one in found.due] == [
            ("Beta", "call Beta", "Nora Feld"),
            ("Alpha", "call Alpha", ""),
        ]


def test_today_is_the_readers(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha")
        send_what_is_due(session)
        assert campaign.id is not None
        chases.set_next_step(
            session,
            organization_id=1,
            campaign_id=campaign.id,
            next_step="call",
            next_on=NOW.date() + timedelta(days=1),
            now=NOW,
        )
        evening = NOW.replace(hour=20)
        assert news(session, now=evening) == []
        assert len(news(session, now=evening, zone="Asia/Tokyo")) == 1


def test_whom_no_mail_reaches_is_to_be_called_until_somebody_has(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", "Beta")
        reject_the_first(session)
        send_what_is_due(session)
        (found,) = news(session)
        assert found.missed == (Missed("Alpha", "550 5.1.1 no such user"),)
        assert (found.failed, found.uncertain) == (1, 0)
        later = UNTIL + timedelta(days=3)
        (found,) = news(session, since=UNTIL, until=later, now=later)
        assert (found.missed_total, found.failed) == (1, 0)
        assert campaign.id is not None
        chases.set_next_step(
            session,
            organization_id=1,
            campaign_id=campaign.id,
            next_step="they call back",
            next_on=later.date() + timedelta(days=1),
            now=later,
        )
        assert news(session, since=UNTIL, until=later, now=later) == []


def test_a_paused_campaign_is_told_of_and_a_cancelled_one_is_not(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        sign(session, "Alpha")
        pause_campaign(session, slug="visit")
        assert len(news(session)) == 1
        cancel_campaign(session, slug="visit")
        assert news(session) == []


def test_in_the_last_days_the_time_left_is_news_while_somebody_is_asked(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        send_what_is_due(session)
        near = DEADLINE - timedelta(hours=36)
        assert news(session, since=near, until=near, now=near - timedelta(seconds=1)) == []
        (found,) = news(session, since=near, until=near, now=near)
        assert found.is_ending
        sign(session, "Alpha", now=near)
        assert news(session, since=near, until=near + timedelta(days=1), now=near) == []


def test_the_last_days_answers_are_told_and_the_close_itself_once(database: Database) -> None:
    morning = DEADLINE - timedelta(hours=10)  # of a campaign that closes in the evening
    tomorrow = morning + timedelta(days=1)
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        send_what_is_due(session)
        sign(session, "Alpha", now=morning + timedelta(hours=1))
        (found,) = news(session, since=morning, until=DEADLINE, now=DEADLINE)  # not closed yet
        assert (found.signed.names, found.is_over, found.is_new_close) == (("Alpha",), True, False)
        closed_at = DEADLINE + timedelta(seconds=20)
        close_if_due(session, slug="visit", mail_domain=DOMAIN, now=closed_at)
        (found,) = news(session, since=morning, until=tomorrow, now=tomorrow)
        assert (found.signed.names, found.is_over, found.is_new_close) == (("Alpha",), True, True)
        assert found.counts == {"signed": 1, "expired": 2}
        assert news(session, since=tomorrow, until=UNTIL, now=UNTIL) == []
        (found,) = news(session, since=DEADLINE, until=closed_at, now=tomorrow)
        assert (found.signed.total, found.is_new_close) == (0, True)
        assert news(session, since=closed_at, until=tomorrow, now=tomorrow) == []


def test_a_late_signer_is_news_of_a_list_that_was_closed_long_ago(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        send_what_is_due(session)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        publish_campaign(session, slug="visit", now=NOW)
        late = NOW + timedelta(days=5)
        reopen_invitation(
            session,
            slug="visit",
            organization_id=1,
            until=late + timedelta(days=1),
            mail_domain=DOMAIN,
            by=Actor("Ada"),
            now=late,
        )
        session.expire_all()
        before, after = late - timedelta(hours=1), late + timedelta(hours=1)
        assert news(session, since=before, until=after, now=after) == []
        sign(session, "Alpha", now=late)
        (found,) = news(session, since=before, until=after, now=after)
        assert (found.signed.names, found.is_over, found.is_new_close) == (("Alpha",), True, False)


def test_who_asks_to_join_and_what_is_contradicted_waits_for_somebody(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session, "Alpha")
        send_what_is_due(session)
        assert news(session) == []
        a_waiting_request(session)
        (told,) = news(session)
        assert (told.asking, told.reviews) == (1, 0)
        sign(session, "Alpha")
        contradict(session, "Alpha")
        (told,) = news(session)
        assert (told.asking, told.reviews) == (1, 1)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        late = {"since": UNTIL, "until": UNTIL + timedelta(days=1)}
        assert [one.reviews for one in news(session, **late)] == [1]
