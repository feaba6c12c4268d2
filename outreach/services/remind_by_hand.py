"""Remind now, because a coordinator says so: those who were invited and have not answered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import MoveRefused, Refused
from outreach.domain.message import MessageKind
from outreach.domain.reminder import by_hand_step
from outreach.services.apply_brake import apply_brake, require_expected
from outreach.services.launch_campaign import DeadlineOver
from outreach.store import audience, campaigns, messages
from outreach.store.audience import Audience
from outreach.store.messages import Addressee
from outreach.store.tables import Campaign

# Who was asked within this is not reminded by hand, unless the coordinator insists.
_A_DAY = timedelta(days=1)
# However somebody insists: of two who press, or of one who presses twice, the second mails nobody.
_JUST_NOW = timedelta(minutes=10)


class NobodyToRemind(Refused):
    """All have answered, were asked within a day or, with ``again``, just now."""

    def __init__(self, *, slug: str, skipped: int, again: bool) -> None:
        recent = f"; {skipped:,} {why_skipped(again=again)}"
        if not again:
            recent += " (--again reminds them too)"
        super().__init__(
            f"nobody is left to remind in '{slug}'{recent if skipped else ''}:"
            f" see outreach partners list {slug}"
        )


def why_skipped(*, again: bool) -> str:
    """What is true of those who are left in peace."""
    if again:
        return "had a mail within the last ten minutes, or one that still waits"
    return "had a mail within the last day"


@dataclass(frozen=True)
class _Chosen:
    to: Sequence[Addressee]
    counted: Audience


def count_to_remind(
    session: Session,
    *,
    slug: str,
    organizations: Collection[int] | None = None,
    again: bool,
    now: datetime,
) -> Audience:
    """Whom a reminder would reach now; skipped is who was asked within a day, with ``again`` just
    now, or has a mail that asks waiting.

    ``organizations``: only those, by id; None for all. Raises CampaignNotFound.
    """
    campaign = campaigns.require_campaign(session, slug)
    return _choose(session, campaign, organizations, again=again, now=now).counted


def remind_by_hand(
    session: Session,
    *,
    slug: str,
    mail_domain: str,
    organizations: Collection[int] | None = None,
    expected: int | None = None,
    again: bool = False,
    now: datetime,
) -> int:
    """Queues a reminder to each of them, at most one a day where not ``again``, and never where a
    mail that asks is waiting or was sent just now. Returns how many.

    ``organizations``: only those, by id; None for all.
    ``expected``: how many people somebody has agreed to mail; None where nobody was asked.
    Raises MoveRefused, DeadlineOver, NobodyToRemind, UnexpectedNumber, TooManyMails.
    """
    campaign = campaigns.lock_campaign(session, slug)
    if campaign.state != CampaignState.OPEN:
        raise MoveRefused(state=campaign.state, event="remind")
    if now >= campaign.deadline:
        raise DeadlineOver(slug=slug)
    chosen = _choose(session, campaign, organizations, again=again, now=now)
    if not chosen.to:
        raise NobodyToRemind(slug=slug, skipped=chosen.counted.skipped, again=again)
    require_expected(chosen.counted.people, expected=expected)
    assert campaign.id is not None
    asked_before = _asked_before(again=again, now=now)
    pending = audience.count_unasked(session, campaign.id, asked_before=asked_before)
    apply_brake(slug, mails=len(chosen.to), pending=pending)
    return _queue(session, campaign, chosen.to, mail_domain=mail_domain, now=now)


def _asked_before(*, again: bool, now: datetime) -> datetime:
    """Who was asked later than this is left in peace."""
    return now - (_JUST_NOW if again else _A_DAY)


def _choose(
    session: Session,
    campaign: Campaign,
    organizations: Collection[int] | None,
    *,
    again: bool,
    now: datetime,
) -> _Chosen:
    assert campaign.id is not None
    pending = audience.pending_contacts(session, campaign.id)
    if organizations is not None:
        wanted = frozenset(organizations)
        pending = [(to, where) for to, where in pending if where in wanted]
    since = _asked_before(again=again, now=now)
    recent = audience.asked_or_waiting(session, campaign.id, since=since)
    left = [(to, where) for to, where in pending if to.contact_id not in recent]
    asked = len({where for _, where in left})
    counted = Audience(asked, len(left), skipped=len(pending) - len(left))
    return _Chosen([to for to, _ in left], counted)


def _queue(
    session: Session,
    campaign: Campaign,
    to: Sequence[Addressee],
    *,
    mail_domain: str,
    now: datetime,
) -> int:
    """A day's first has the day as its step: the unique key refuses what a fault doubles."""
    assert campaign.id is not None
    day = by_hand_step(now, earlier=0)
    earlier = audience.count_reminders_of(session, campaign.id, step=day)
    keyed = ((one, by_hand_step(now, earlier=earlier.get(one.contact_id, 0))) for one in to)
    return messages.queue_each(
        session, campaign, MessageKind.REMINDER, keyed, mail_domain=mail_domain, now=now
    )
