"""The chase list: who has not answered, in the order of what to do next, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlmodel import Session

from outreach.domain.chase import ChaseFacts, Reason, in_order, reason_of
from outreach.domain.views import CampaignFacts
from outreach.store import campaigns, chase_rows, chases, notes
from outreach.store.chase_rows import LastMail, Person, Plan
from outreach.store.notes import Noted

PAGE = 50

Judged = tuple[ChaseFacts, Reason]


class Show(StrEnum):
    """Which of them are listed."""

    ALL = ""
    MINE = "mine"
    NOBODYS = "nobodys"
    DUE = "due"
    UNREACHED = "unreached"


@dataclass(frozen=True)
class ChaseRow:
    """One organization. ``days`` counts from today to the next step: below 0 it is overdue."""

    organization_id: int
    name: str
    country: str
    reason: Reason
    facts: ChaseFacts
    people: Sequence[Person]
    mail: LastMail | None
    touch: Noted | None
    note: Noted | None
    plan: Plan
    days: int | None
    is_mine: bool


@dataclass(frozen=True)
class ChaseList:
    """A page of it; ``counts`` of each filter, whichever is chosen."""

    campaign: CampaignFacts
    rows: Sequence[ChaseRow]
    counts: dict[Show, int]
    show: Show
    page: int
    pages: int


@dataclass(frozen=True)
class Looker:
    """Who looks: whose are theirs, and what day it is for them."""

    coordinator_id: int
    zone: str

    def today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.zone)).date()


def order_chases(session: Session, *, slug: str, today: date, now: datetime) -> Sequence[Judged]:
    """Everybody who owes an answer, in the order of what to do next. It reads all of a campaign's
    mails, and need not be of this very second. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return in_order(chases.list_owing(session, campaign_id=campaign.id), today=today, now=now)


def list_chases(
    session: Session,
    *,
    slug: str,
    by: Looker,
    show: Show,
    page: int,
    ordered: Sequence[Judged],
    now: datetime,
) -> ChaseList:
    """A page of what was ``ordered``, each of its rows as it is now. A page beyond the last one is
    the last one. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    today = by.today(now)
    sorted_out = _sort_out(ordered, by=by, today=today)
    shown = sorted_out[show]
    pages = max(1, -(-len(shown) // PAGE))
    page = min(max(page, 1), pages)
    chosen = [facts.organization_id for facts, _ in shown[(page - 1) * PAGE : page * PAGE]]
    fresh = {
        facts.organization_id: (facts, reason_of(facts, today=today, now=now))
        for facts in chases.list_owing(session, campaign_id=campaign.id, organization_ids=chosen)
    }
    rows = [fresh[one] for one in chosen if one in fresh]
    return ChaseList(
        campaign=campaigns.campaign_facts(campaign),
        rows=_rows(session, rows, by=by, today=today),
        counts={one: len(those) for one, those in sorted_out.items()},
        show=show,
        page=page,
        pages=pages,
    )


def find_row(
    session: Session, *, slug: str, organization_id: int, by: Looker, now: datetime
) -> tuple[CampaignFacts, ChaseRow | None]:
    """The organization's row as it is now; None once it has answered. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    today = by.today(now)
    found = chases.list_owing(session, campaign_id=campaign.id, organization_ids=[organization_id])
    rows = _rows(session, in_order(found, today=today, now=now), by=by, today=today)
    return campaigns.campaign_facts(campaign), next(iter(rows), None)


def _sort_out(
    ordered: Sequence[Judged], *, by: Looker, today: date
) -> dict[Show, Sequence[Judged]]:
    """What each filter shows."""
    found: dict[Show, list[Judged]] = {one: [] for one in Show}
    for each in ordered:
        facts, reason = each
        if facts.owner_id is None:
            found[Show.NOBODYS].append(each)
        elif facts.owner_id == by.coordinator_id:
            found[Show.MINE].append(each)
        if facts.next_on is not None and facts.next_on <= today:
            found[Show.DUE].append(each)
        if reason is Reason.UNREACHED:
            found[Show.UNREACHED].append(each)
    return {**found, Show.ALL: ordered}


def _rows(
    session: Session,
    ordered: Sequence[Judged],
    *,
    by: Looker,
    today: date,
) -> list[ChaseRow]:
    """What is shown of each, in a fixed number of queries."""
    ids = [facts.organization_id for facts, _ in ordered]
    if not ids:
        return []
    names = chase_rows.names_of(session, ids)
    people = chase_rows.people_of(session, ids)
    mails = chase_rows.last_mails_of(session, ids)
    plans = chase_rows.plans_of(session, ids)
    touches = notes.last_touches(session, ids)
    words = notes.last_words(session, ids)
    return [
        ChaseRow(
            organization_id=facts.organization_id,
            name=names[facts.organization_id].name,
            country=names[facts.organization_id].country,
            reason=reason,
            facts=facts,
            people=people.get(facts.organization_id, ()),
            mail=mails.get(facts.organization_id),
            touch=touches.get(facts.organization_id),
            note=words.get(facts.organization_id),
            plan=plans.get(facts.organization_id, Plan()),
            days=(facts.next_on - today).days if facts.next_on else None,
            is_mine=facts.owner_id == by.coordinator_id,
        )
        for facts, reason in ordered
    ]
