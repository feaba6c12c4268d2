"""How far the sending of a campaign is, how fast it goes, and when there is nothing to wait for."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.message import MessageState
from outreach.store import campaigns, progress

# What waits for less than this is waited for: a server that cannot be reached is tried again
# within a minute.
_SOON = timedelta(minutes=2)
_WINDOW = 10.0  # seconds over which the rate is taken

_ARRIVED = (MessageState.SENT, MessageState.BOUNCED, MessageState.COMPLAINED)


@dataclass(frozen=True)
class Progress:
    """One look at a campaign's mail. ``waiting`` is due or soon, ``deferred`` is due only later,
    at ``next_attempt`` the first of it; ``dismissed`` is what of ``failed`` was set aside."""

    slug: str
    zone: str
    state: CampaignState
    pause_reason: str
    captured: bool
    sent: int
    waiting: int
    sending: int
    deferred: int
    failed: int
    uncertain: int
    cancelled: int
    next_attempt: datetime | None
    as_of: datetime
    dismissed: int = 0

    @property
    def total(self) -> int:
        """Everything but what was cancelled."""
        return self.sent + self.open + self.deferred + self.failed + self.uncertain

    @property
    def open(self) -> int:
        """What is still to be sent now."""
        return self.waiting + self.sending

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to wait for: what was put off takes its time."""
        return self.open == 0


def look_at_progress(session: Session, *, slug: str, now: datetime) -> Progress:
    """Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    counts = progress.count_by_state(session, campaign.id)
    put_off = progress.count_put_off(session, campaign.id, after=now + _SOON)
    failed = counts.get(MessageState.FAILED, 0)
    return Progress(
        slug=slug,
        zone=campaign.zone,
        state=CampaignState(campaign.state),
        pause_reason=campaign.pause_reason,
        captured=campaign.captured,
        sent=sum(counts.get(state, 0) for state in _ARRIVED),
        waiting=counts.get(MessageState.QUEUED, 0) - put_off.count,
        sending=counts.get(MessageState.SENDING, 0),
        deferred=put_off.count,
        failed=failed,
        uncertain=counts.get(MessageState.UNCERTAIN, 0),
        cancelled=counts.get(MessageState.CANCELLED, 0),
        next_attempt=put_off.next_attempt,
        as_of=now,
        dismissed=progress.count_dismissed(session, campaign.id) if failed else 0,
    )


class Pace:
    """How fast mail leaves, over the last ten seconds. Each look is taken with its moment in
    seconds of a clock that never goes back."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, Progress]] = deque()
        self._moved_at = 0.0

    def take(self, look: Progress, *, at: float) -> None:
        if not self._looks or _dealt_with(look) != _dealt_with(self._looks[-1][1]):
            self._moved_at = at
        self._looks.append((at, look))
        while len(self._looks) > 2 and self._looks[1][0] <= at - _WINDOW:
            self._looks.popleft()

    @property
    def rate(self) -> float:
        """Messages accepted in a second; 0 before there are two looks."""
        if len(self._looks) < 2:
            return 0.0
        (began, first), (ended, last) = self._looks[0], self._looks[-1]
        return max(last.sent - first.sent, 0) / (ended - began) if ended > began else 0.0

    @property
    def left(self) -> timedelta | None:
        """How long what is open takes at this rate; None where nothing moves."""
        if not self._looks or not self.rate:
            return None
        return timedelta(seconds=self._looks[-1][1].open / self.rate)

    @property
    def still_for(self) -> float:
        """For how many seconds nothing has moved."""
        return self._looks[-1][0] - self._moved_at if self._looks else 0.0


def _dealt_with(look: Progress) -> tuple[int, ...]:
    return look.sent, look.deferred, look.failed, look.uncertain, look.cancelled
