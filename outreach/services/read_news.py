"""What is new in a campaign, as a coordinator is told in the morning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from zoneinfo import ZoneInfo

from sqlmodel import Session

from outreach.domain.campaign import ANSWERING_STATES, CONCLUDED_STATES
from outreach.domain.chase import Reason, in_order
from outreach.store import (
    campaigns,
    chase_rows,
    chases,
    digests,
    invitations,
    join_requests,
    reviews,
)
from outreach.store.digests import DueStep
from outreach.store.tables import Campaign

# Of more names than these the mail gives the number: the list is at the desk.
MOST_NAMED = 12
_TOLD_STATES = ANSWERING_STATES | CONCLUDED_STATES
_LAST_DAYS = timedelta(hours=36)


@dataclass(frozen=True)
class Some:
    """The first few of many."""

    names: tuple[str, ...] = ()
    total: int = 0

    @classmethod
    def of(cls, names: Sequence[str]) -> "Some":
        return cls(tuple(names[:MOST_NAMED]), len(names))


@dataclass(frozen=True)
class Missed:
    """Whom no mail has reached, and the server's last words."""

    organization: str
    words: str


@dataclass(frozen=True)
class CampaignNews:
    """``counts`` are of organizations, by the state of their invitation. ``is_over``: nobody is
    asked any more, but for late signers; ``is_new_close``: the list was closed since the last
    digest; ``asking``: how many organizations ask to join;
    ``reviews``: how many contradicting answers wait."""

    campaign: Campaign
    counts: dict[str, int]
    signed: Some
    declined: Some
    withdrawn: Some
    due: tuple[DueStep, ...]
    due_total: int
    missed: tuple[Missed, ...]
    missed_total: int
    failed: int
    uncertain: int
    is_ending: bool
    is_over: bool
    is_new_close: bool
    asking: int = 0
    reviews: int = 0

    @property
    def is_news(self) -> bool:
        """Whether there is something to know or to do; once it is over, only what happened."""
        answered = self.signed.total or self.declined.total or self.withdrawn.total
        if self.is_over:
            return bool(answered or self.is_new_close or self.reviews)
        to_do = self.due_total or self.missed_total or self.uncertain
        to_do = to_do or self.asking or self.reviews
        return bool(answered or self.failed or to_do or self.is_ending)


class NewsReader:
    """Reads the news of one moment, for one coordinator after another: who owes an answer, which
    takes longest, is read once for a campaign."""

    def __init__(self, session: Session, *, now: datetime) -> None:
        self._session = session
        self._now = now
        self._unreached = cache(partial(_unreached, session, now=now))

    def read_all(self, *, zone: str, since: datetime, until: datetime) -> list[CampaignNews]:
        """Of every campaign that was launched and has something to tell, the next deadline first.

        ``zone`` is the reader's: it says what day is today.
        """
        today = self._now.astimezone(ZoneInfo(zone)).date()
        news = [
            _read(
                self._session,
                campaign,
                self._unreached,
                today=today,
                since=since,
                until=until,
                now=self._now,
            )
            for campaign in campaigns.list_campaigns(self._session)
            if campaign.state in _TOLD_STATES
        ]
        return [one for one in news if one.is_news]


def _read(
    session: Session,
    campaign: Campaign,
    find_unreached: Callable[[int, date], Sequence[int]],
    *,
    today: date,
    since: datetime,
    until: datetime,
    now: datetime,
) -> CampaignNews:
    assert campaign.id is not None
    answered = digests.answers_between(session, campaign.id, since=since, until=until)
    due = digests.due_steps(session, campaign.id, today=today)
    failed, uncertain = digests.count_troubles(session, campaign.id, since=since, until=until)
    counts = invitations.count_by_state(session, campaign.id)
    # Of a list that was closed long ago nobody owes an answer, and it stays listed for years.
    unreached = find_unreached(campaign.id, today) if counts.keys() & chases.OWING_STATES else ()
    return CampaignNews(
        campaign=campaign,
        counts=counts,
        signed=Some.of(answered["sign"]),
        declined=Some.of(answered["decline"]),
        withdrawn=Some.of(answered["withdraw"]),
        due=tuple(due[:MOST_NAMED]),
        due_total=len(due),
        missed=_missed(session, unreached[:MOST_NAMED]),
        missed_total=len(unreached),
        failed=failed,
        uncertain=uncertain,
        is_ending=campaign.deadline - now <= _LAST_DAYS and bool(counts.get("awaiting")),
        is_over=campaign.state in CONCLUDED_STATES or campaign.deadline <= now,
        is_new_close=campaign.closed_at is not None and since < campaign.closed_at <= until,
        asking=join_requests.count_waiting(session, campaign.id),
        reviews=reviews.count_waiting(session, campaign.id),
    )


def _unreached(session: Session, campaign_id: int, today: date, *, now: datetime) -> list[int]:
    """As the chase list has them: whom somebody has seen to is not among them."""
    everybody = chases.list_owing(session, campaign_id=campaign_id)
    ordered = in_order(everybody, today=today, now=now)
    return [facts.organization_id for facts, reason in ordered if reason is Reason.UNREACHED]


def _missed(session: Session, organization_ids: Sequence[int]) -> tuple[Missed, ...]:
    if not organization_ids:
        return ()
    names = chase_rows.names_of(session, organization_ids)
    mails = chase_rows.last_mails_of(session, organization_ids)
    return tuple(
        Missed(names[one].name, mails[one].words if one in mails else "")
        for one in organization_ids
    )
