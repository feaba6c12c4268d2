"""The one transaction of a round: what became of the last mails, and which of the next may go.

All connections of a sender share its commit. So after any death at most one message of a
connection is in doubt, and yet a mail costs a part of a commit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from outreach.domain.delivery import LastLook, Verdict, last_look
from outreach.domain.message import MessageEvent
from outreach.services.alert_coordinators import alert_of_pause
from outreach.services.keep_sent import Leaving, SentKeeper
from outreach.store import claims, rounds
from outreach.store.rounds import Result

_log = structlog.get_logger(__name__)

# Longer than a body may take to leave and its reply to come.
BODY_LEASE = timedelta(minutes=15)


@dataclass
class Round:
    """What is to be written.

    ``offered`` are the messages whose envelopes were taken, with the deadline that their mails
    name; ``released`` those given back untouched, and when they are due again; ``stops`` the
    campaigns to pause, with the reason; ``kept`` what is kept of the results' bodies.
    """

    results: list[Result] = field(default_factory=list)
    released: dict[int, datetime] = field(default_factory=dict)
    offered: dict[int, datetime] = field(default_factory=dict)
    stops: dict[int, str] = field(default_factory=dict)
    kept: list[Leaving] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.results or self.released or self.offered or self.stops)


@dataclass(frozen=True)
class Settled:
    """What was written. An offered message without a verdict is another's by now."""

    results: Sequence[Result]
    verdicts: Mapping[int, Verdict]


def settle_round(
    session: Session, due: Round, *, owner: str, clock: Callable[[], datetime], keeper: SentKeeper
) -> Settled:
    """Writes only what is still ``owner``'s: a stalled worker that wakes up overwrites nothing."""
    for campaign_id, reason in due.stops.items():  # first, so that the looks see it
        if rounds.stop_campaign(session, campaign_id, reason=reason):
            alert_of_pause(session, campaign_id=campaign_id, now=clock())
    ours, looks = rounds.last_looks(
        session, [result.message_pk for result in due.results], due.offered, owner=owner
    )
    now = clock()  # after the wait for the lock: the deadline may have come meanwhile
    results = [result for result in due.results if result.message_pk in ours]
    verdicts: dict[int, Verdict] = {}
    for pk, names in due.offered.items():
        if (look := looks.get(pk)) is not None:
            verdicts[pk], reason, event = _judge(pk, look, names=names, now=now)
            if verdicts[pk] is Verdict.CANCEL:
                results.append(Result(pk, event, words=reason))
    keeper.keep(session, due.kept)
    rounds.record_results(session, results, now=now)
    held = {pk: now for pk, verdict in verdicts.items() if verdict is Verdict.HOLD}
    claims.release(session, due.released | held, owner=owner)
    going = [pk for pk, verdict in verdicts.items() if verdict is Verdict.SEND]
    rounds.mark_data(session, going, lease_until=now + BODY_LEASE, now=now)
    return Settled(results, verdicts)


def _judge(
    pk: int, look: LastLook, *, names: datetime, now: datetime
) -> tuple[Verdict, str, MessageEvent]:
    """A mail that names a deadline which was moved meanwhile is written anew."""
    try:
        verdict, reason = last_look(look, now=now)
    except Exception as error:  # one poisoned row must not stop the others
        _log.error("set_aside", message=pk, error=type(error).__name__)
        words = f"it could not be judged: {type(error).__name__}"
        return Verdict.CANCEL, words, MessageEvent.REJECTED
    if verdict is Verdict.SEND and look.deadline != names:
        verdict = Verdict.HOLD
    return verdict, reason, MessageEvent.CANCEL
