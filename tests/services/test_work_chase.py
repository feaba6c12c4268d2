"""What coordinators do about an organization without an answer. On both databases."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import (
    CampaignNotFound,
    ChangedMeanwhile,
    FieldErrors,
    InvitationNotFound,
)
from outreach.services import work_chase
from outreach.services.list_chases import ChaseRow, Looker, find_row
from outreach.store.database import Database
from outreach.store.desk_tables import Activity, Chase
from outreach.store.tables import Answer
from tests.factories import (
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    send_what_is_due,
    the_invitation,
)
from tests.noticing import a_coordinator
from tests.racing import race

NORA = Actor("Nora Feld", 1)
LIN = Actor("Lin", 2)


def begun(session: Session) -> None:
    a_coordinator(session)
    a_coordinator(session, email="lin@coalition.example", name="Lin")
    a_launched_campaign(session, "Alpha", "Beta")
    send_what_is_due(session)


def the_row(session: Session, organization_id: int = 1) -> ChaseRow:
    _, row = find_row(
        session,
        slug="visit",
        organization_id=organization_id,
        by=Looker(1, "Europe/Berlin"),
        now=NOW,
    )
    assert row is not None
    return row


def work(act: str, session: Session, *, by: Actor = NORA, at: int = 1, **facts: object) -> None:
    getattr(work_chase, act)(session, slug="visit", organization_id=at, by=by, now=NOW, **facts)


def actions(session: Session) -> list[tuple[str, str, str, int | None]]:
    query = select(
        Activity.action, Activity.detail, Activity.actor, Activity.organization_id
    ).order_by(col(Activity.id))
    return [tuple(row) for row in session.exec(query)]  # type: ignore[misc]


def test_who_takes_an_organization_has_it_until_another_does_or_it_is_let_go(
    database: Database,
) -> None:
    with database.transaction() as session:
        begun(session)
        assert the_row(session).plan.owner_id is None
        work("take", session)
        row = the_row(session)
        assert (row.plan.owner, row.is_mine, row.facts.owner_id) == ("Nora Feld", True, 1)
        work("take", session, by=LIN)
        row = the_row(session)
        assert (row.plan.owner, row.is_mine) == ("Lin", False)
        work("let_go", session)
        assert the_row(session).plan.owner_id is None
        assert the_row(session, 2).plan.owner_id is None
        assert actions(session) == [
            ("chase.own", "", "Nora Feld", 1),
            ("chase.own", "", "Lin", 1),
            ("chase.release", "", "Nora Feld", 1),
        ]


def test_a_plan_is_a_step_and_a_day_and_can_be_taken_away(database: Database) -> None:
    with database.transaction() as session:
        begun(session)
        work("take", session)
        work("plan", session, next_step="  call\tthe director ", next_on="2026-03-06")
        row = the_row(session)
        assert (row.plan.next_step, row.plan.next_on) == ("call the director", date(2026, 3, 6))
        assert (row.days, row.is_mine) == (2, True)
        work("plan", session, next_step="", next_on="")
        assert (the_row(session).plan.next_step, the_row(session).plan.next_on) == ("", None)
        assert actions(session)[1:] == [
            ("chase.plan", "call the director · 2026-03-06", "Nora Feld", 1),
            ("chase.plan", "", "Nora Feld", 1),
        ]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"next_step": "x" * 201, "next_on": ""}, "next_step"),
        ({"next_step": "a\u200bb", "next_on": ""}, "next_step"),
        ({"next_step": "", "next_on": "tomorrow"}, "next_on"),
        ({"next_step": "", "next_on": "2026-02-30"}, "next_on"),
    ],
)
def test_a_plan_that_cannot_be_read_changes_nothing(
    database: Database, facts: dict[str, str], field: str
) -> None:
    with database.transaction() as session:
        begun(session)
        with pytest.raises(FieldErrors) as refused:
            work("plan", session, **facts)  # type: ignore[arg-type]
        assert list(refused.value.errors) == [field]
        assert session.exec(select(Chase)).all() == []
        assert actions(session) == []


def test_a_call_is_a_touch_that_needs_no_words_and_answers_nothing(database: Database) -> None:
    with database.transaction() as session:
        begun(session)
        work("note", session, channel="call", text="")
        row = the_row(session)
        assert row.touch is not None
        assert (row.touch.channel, row.touch.at, row.touch.by) == ("call", NOW, "Nora Feld")
        assert row.note is None
        assert row.facts.touched_at == NOW
        assert session.exec(select(Answer)).all() == []
        assert the_invitation(session, "Alpha").state == "awaiting"
        assert actions(session) == [("note.add", "call", "Nora Feld", 1)]


def test_a_note_is_no_touch_and_the_newest_is_shown(database: Database) -> None:
    with database.transaction() as session:
        begun(session)
        work("note", session, channel="", text="The director is on leave.\r\nBack on Monday.")
        work("note", session, channel="meeting", text="")
        work("note", session, channel="", text="<b>Met her.</b>", by=LIN)
        row = the_row(session)
        assert row.note is not None
        assert (row.note.text, row.note.by) == ("<b>Met her.</b>", "Lin")
        assert row.touch is not None
        assert row.touch.channel == "meeting"


@pytest.mark.parametrize(
    ("channel", "text", "field"),
    [("", "  ", "text"), ("carrier pigeon", "hello", "channel"), ("", "x" * 2001, "text")],
)
def test_a_note_that_says_nothing_is_refused(
    database: Database, channel: str, text: str, field: str
) -> None:
    with database.transaction() as session:
        begun(session)
        with pytest.raises(FieldErrors) as refused:
            work("note", session, channel=channel, text=text)
        assert list(refused.value.errors) == [field]


@pytest.mark.parametrize(
    ("act", "facts"),
    [
        ("take", {}),
        ("let_go", {}),
        ("plan", {"next_step": "", "next_on": ""}),
        ("note", {"channel": "call", "text": ""}),
    ],
)
def test_another_campaigns_organization_and_one_that_was_not_invited_are_out_of_reach(
    database: Database, act: str, facts: dict[str, str]
) -> None:
    with database.transaction() as session:
        begun(session)
        a_launched_campaign(session, "Elsewhere", slug="other")
        late = a_contact(session, a_campaign(session, slug="draft"), organization="Late")
        for organization_id in (3, late.organization_id, 99):
            with pytest.raises(InvitationNotFound):
                work(act, session, at=organization_id, **facts)  # type: ignore[arg-type]
        with pytest.raises(CampaignNotFound):
            getattr(work_chase, act)(
                session, slug="nowhere", organization_id=1, by=NORA, now=NOW, **facts
            )


def test_two_who_take_and_plan_at_the_same_moment_both_find_their_part(
    database: Database,
) -> None:
    with database.transaction() as session:
        begun(session)

    def takes() -> None:
        with database.transaction() as session:
            work("take", session)

    def plans() -> None:
        with database.transaction() as session:
            work("plan", session, by=LIN, next_step="call", next_on="2026-03-05")

    assert race([takes, plans] * 3) == [None] * 6
    with database.reading() as session:
        plan = the_row(session).plan
        assert (plan.owner_id, plan.next_step) == (1, "call")
        assert session.exec(select(Chase)).one().updated_at >= NOW - timedelta(seconds=1)


STALE = ["none", "2026-03-04T13:59:59+00:00", "2026-03-04T14:00:00", "nonsense"]


@pytest.mark.parametrize("was", STALE)
@pytest.mark.parametrize(
    ("act", "facts"),
    [("take", {}), ("let_go", {}), ("plan", {"next_step": "write", "next_on": ""})],
)
def test_an_old_page_takes_nothing_newer_away(
    database: Database, act: str, facts: dict[str, Any], was: str
) -> None:
    with database.transaction() as session:
        begun(session)
        work("take", session, by=LIN)
        work("plan", session, by=LIN, next_step="call", next_on="")
    with pytest.raises(ChangedMeanwhile), database.transaction() as session:
        work(act, session, was=was, **facts)
    with database.transaction() as session:
        plan = the_row(session).plan
        assert (plan.owner, plan.next_step) == ("Lin", "call")
        work(act, session, was=plan.stamp, **facts)
        assert len(actions(session)) == 3


def test_of_two_who_take_what_was_nobodys_the_second_is_told(database: Database) -> None:
    with database.transaction() as session:
        begun(session)
        assert the_row(session).plan.stamp == "none"

    def takes(by: Actor) -> None:
        with database.transaction() as session:
            work("take", session, by=by, was="none")

    outcomes = race([lambda: takes(NORA), lambda: takes(LIN)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "ChangedMeanwhile",
        "NoneType",
    ]
