"""The chase list: who is on it, in which order, what of them is shown. On both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session

from outreach.domain.chase import Reason
from outreach.domain.message import MessageEvent
from outreach.services.launch_campaign import launch_campaign
from outreach.services.list_chases import (
    PAGE,
    ChaseList,
    Looker,
    Show,
    find_row,
    list_chases,
    order_chases,
)
from outreach.services.plan_reminders import plan_reminders
from outreach.store import chases, claims, notes
from outreach.store.database import Database
from outreach.store.desk_tables import PageView
from outreach.store.rounds import Result
from outreach.store.suppressions import record_suppression
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    record_result,
    send_what_is_due,
    sign,
    the_invitation,
)
from tests.noticing import a_coordinator

NORA = Looker(1, "Europe/Berlin")
LATER = NOW + timedelta(hours=3)


def listed(
    session: Session, *, show: Show = Show.ALL, page: int = 1, now: datetime = LATER
) -> ChaseList:
    return listed_for(session, NORA, show=show, page=page, now=now)


def listed_for(
    session: Session, by: Looker, *, show: Show, page: int = 1, now: datetime
) -> ChaseList:
    ordered = order_chases(session, slug="visit", today=by.today(now), now=now)
    return list_chases(session, slug="visit", by=by, show=show, page=page, ordered=ordered, now=now)


def names(found: ChaseList) -> list[str]:
    return [row.name for row in found.rows]


def answer_next(session: Session, event: MessageEvent, **facts: object) -> None:
    """As the server does to the next that is due."""
    (one,) = claims.claim_due(session, owner="s", many=1, lease=timedelta(minutes=5), now=NOW)
    assert record_result(session, Result(one.id, event, **facts), owner="s")  # type: ignore[arg-type]


def view(session: Session, organization: str, *, at: datetime) -> None:
    invitation = the_invitation(session, organization)
    assert invitation.id is not None
    session.add(PageView(invitation_id=invitation.id, contact_id=1, at=at))
    session.flush()


def test_a_reminder_to_several_contacts_of_an_organization_is_one(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        campaign = a_campaign(session)
        for organization in ("Alpha", "Alpha", "Beta"):
            a_contact(session, campaign, organization=organization)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        send_what_is_due(session)
        for days, times in ((7, 1), (1, 2)):
            now = DEADLINE - timedelta(days=days)
            assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=now) == 3
            send_what_is_due(session, now=now)
            rows = listed(session, now=now + timedelta(hours=3)).rows
            assert {row.name: row.facts.asked.reminders for row in rows} == {
                "Alpha": times,
                "Beta": times,
            }


def plan(session: Session, organization: str, *, days: int, owner_id: int | None = None) -> None:
    invitation = the_invitation(session, organization)
    facts = {
        "organization_id": invitation.organization_id,
        "campaign_id": invitation.campaign_id,
        "now": NOW,
    }
    on = NOW.date() + timedelta(days=days)
    chases.set_next_step(session, next_step="call", next_on=on, **facts)  # type: ignore[arg-type]
    chases.set_owner(session, owner_id=owner_id, **facts)  # type: ignore[arg-type]


def a_mixed_campaign(session: Session) -> None:
    a_coordinator(session)
    organizations = ("Gone", "Off", "Signed", "No", "Due", "Viewed", "Planned", "Waiting")
    a_launched_campaign(session, *organizations)
    answer_next(session, MessageEvent.REJECTED, code=550, words="550 no such user")
    later = NOW + timedelta(days=1)
    answer_next(session, MessageEvent.DEFERRED, words="450 busy", due_at=later, attempts=1)
    send_what_is_due(session)
    sign(session, "Signed")
    decline(session, "No")
    plan(session, "Due", days=0, owner_id=1)
    view(session, "Viewed", at=NOW)
    plan(session, "Planned", days=1)


def test_who_has_not_answered_is_listed_in_the_order_of_what_to_do(database: Database) -> None:
    with database.transaction() as session:
        a_mixed_campaign(session)
        a_launched_campaign(session, "Elsewhere", slug="other")
        found = listed(session)
        assert [(row.name, row.reason) for row in found.rows] == [
            ("Gone", Reason.UNREACHED),
            ("Off", Reason.UNREACHED),
            ("Due", Reason.DUE),
            ("Viewed", Reason.VIEWED),
            ("Waiting", Reason.WAITING),
            ("Planned", Reason.PLANNED),
        ]


def test_the_filters_list_and_count_the_same(database: Database) -> None:
    with database.transaction() as session:
        a_mixed_campaign(session)
        expected = {
            Show.ALL: ["Gone", "Off", "Due", "Viewed", "Waiting", "Planned"],
            Show.MINE: ["Due"],
            Show.NOBODYS: ["Gone", "Off", "Viewed", "Waiting", "Planned"],
            Show.DUE: ["Due"],
            Show.UNREACHED: ["Gone", "Off"],
        }
        for show, organizations in expected.items():
            found = listed(session, show=show)
            assert names(found) == organizations
            assert found.counts == {one: len(those) for one, those in expected.items()}


def test_of_each_its_people_its_last_touches_and_its_plan_are_shown(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        campaign = a_campaign(session)
        a_contact(session, campaign, role="copied", email="copied@hkw.example")
        a_contact(session, campaign, email="ada@hkw.example", language="zh-Hant")
        from outreach.services.launch_campaign import launch_campaign

        launch_campaign(session, slug="visit", mail_domain="coalition.example", now=NOW)
        send_what_is_due(session)
        record_suppression(session, "ada@hkw.example", reason="unsubscribed", now=NOW)
        notes.add_note(
            session,
            campaign_id=1,
            organization_id=1,
            coordinator_id=1,
            channel="call",
            text="On leave",
            now=NOW,
        )
        plan(session, "Hong Kong Watch", days=-2, owner_id=1)
        (row,) = listed(session).rows
        assert [(one.email, one.role, one.suppressed) for one in row.people] == [
            ("ada@hkw.example", "signs", "unsubscribed"),
            ("copied@hkw.example", "copied", ""),
        ]
        assert row.people[0].language == "zh-Hant"
        assert row.mail is not None
        assert (row.mail.kind, row.mail.state, row.mail.at) == ("invitation", "sent", NOW)
        assert row.touch is not None
        assert row.note is not None
        assert (row.touch.channel, row.note.text, row.note.by) == ("call", "On leave", "Nora Feld")
        assert (row.plan.owner, row.plan.next_step, row.days) == ("Nora Feld", "call", -2)


def test_the_servers_words_stand_beside_what_did_not_arrive(database: Database) -> None:
    with database.transaction() as session:
        a_mixed_campaign(session)
        first, second, third, *_ = listed(session).rows
        assert first.mail is not None
        assert (first.mail.state, first.mail.words) == ("failed", "550 no such user")
        assert second.mail is not None
        assert (second.mail.state, second.mail.attempts) == ("queued", 1)
        assert third.mail is not None
        assert third.mail.words == ""


def test_what_day_it_is_depends_on_who_looks(database: Database) -> None:
    with database.transaction() as session:
        a_mixed_campaign(session)
        evening = NOW.replace(hour=18)
        assert listed(session, now=evening).counts[Show.DUE] == 1
        in_tokyo = Looker(1, "Asia/Tokyo")
        found = listed_for(session, in_tokyo, show=Show.DUE, now=evening)
        assert names(found) == ["Due", "Planned"]


def test_one_row_is_as_the_list_has_it_and_gone_once_there_is_an_answer(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_mixed_campaign(session)
        for row in listed(session).rows:
            _, found = find_row(
                session, slug="visit", organization_id=row.organization_id, by=NORA, now=LATER
            )
            assert found == row
        waiting = the_invitation(session, "Waiting").organization_id
        sign(session, "Waiting")
        campaign, gone = find_row(
            session, slug="visit", organization_id=waiting, by=NORA, now=LATER
        )
        assert (campaign.slug, gone) == ("visit", None)


@contextmanager
def counted_queries(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("many", [1, PAGE + 7])
def test_the_number_of_queries_is_fixed_and_a_page_has_fifty(database: Database, many: int) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, *[f"Organization {number:03}" for number in range(many)])
        send_what_is_due(session)
        for number in range(many):
            view(session, f"Organization {number:03}", at=NOW)
    with counted_queries(database) as seen, database.reading() as session:
        found = listed(session)
    assert len([one for one in seen if not one.startswith("BEGIN")]) == 10
    assert len(found.rows) == min(many, PAGE)
    with database.reading() as session:
        last = listed(session, page=99)
        assert (last.page, last.pages) == (-(-many // PAGE), -(-many // PAGE))
        assert names(last)[-1] == f"Organization {many - 1:03}"
        assert listed(session, page=0).page == 1


def test_where_all_have_answered_there_is_nobody(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        sign(session, "Alpha")
        found = listed(session)
        assert (found.rows, found.counts[Show.ALL], found.pages) == ([], 0, 1)


def test_an_order_that_was_kept_shows_each_row_as_it_is_now(database: Database) -> None:
    with database.transaction() as session:
        a_mixed_campaign(session)
        kept = order_chases(session, slug="visit", today=NORA.today(LATER), now=LATER)
        sign(session, "Waiting")
        plan(session, "Viewed", days=3, owner_id=1)
        found = list_chases(
            session, slug="visit", by=NORA, show=Show.ALL, page=1, ordered=kept, now=LATER
        )
    assert [(row.name, row.reason) for row in found.rows] == [
        ("Gone", Reason.UNREACHED),
        ("Off", Reason.UNREACHED),
        ("Due", Reason.DUE),
        ("Viewed", Reason.PLANNED),
        ("Planned", Reason.PLANNED),
    ]


def test_of_some_the_same_is_found_as_of_all(database: Database) -> None:
    with database.transaction() as session:
        a_mixed_campaign(session)
        everybody = chases.list_owing(session, campaign_id=1)
        for one in everybody:
            alone = chases.list_owing(
                session, campaign_id=1, organization_ids=[one.organization_id]
            )
            assert alone == [one]
        assert chases.list_owing(session, campaign_id=1, organization_ids=[]) == []
