"""What the ledgers need as time goes by: sent invitations logged, checkpoints signed.

Beside the sweep, in transactions of its own. An invitation is logged some seconds after the
server's 250, never before, and never by its sender.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from outreach.domain.evidence import EventKind, Method
from outreach.ledger.checkpoint import Checkpoint
from outreach.ledger.note import LogKey
from outreach.services.append_event import Fact, append_events, grown
from outreach.store import campaigns, ledger, unlogged
from outreach.store.database import Database
from outreach.store.ledger_tables import LedgerCheckpoint
from outreach.store.unlogged import Invited

_log = structlog.get_logger(__name__)

# "At least daily", whatever a sweep is late by.
CHECKPOINT_EVERY = timedelta(hours=23)
# An answer waits for a batch that is being logged: half a second of work at most.
_BATCH = 500
_MOST_BATCHES = 20
_ASKED_STILL = timedelta(days=7)


@dataclass(frozen=True)
class LedgerReport:
    invited: int
    checkpoints: int


def keep_ledgers(
    database: Database, *, key: LogKey, mail_domain: str, clock: Callable[[], datetime]
) -> LedgerReport:
    """Logs the invitations that have gone out, then signs the checkpoints that are due.

    One campaign that cannot be dealt with stops no other.
    """
    now = clock()
    with database.reading() as session:
        behind = unlogged.unlogged_campaigns(session, deadline_after=now - _ASKED_STILL)
    invited = sum(
        _try(one, partial(_log_all, database, one, mail_domain=mail_domain, now=now))
        for one in behind
    )
    with database.reading() as session:
        due = ledger.due_checkpoints(session, every=CHECKPOINT_EVERY, now=now)
    signed = sum(_try(one, partial(_sign, database, one, key=key, now=now)) for one in due)
    return LedgerReport(invited, signed)


def write_checkpoint(session: Session, *, campaign_id: int, key: LogKey, now: datetime) -> bool:
    """Signs the ledger as it stands. False where that was done already, or it is empty."""
    log = ledger.hold_log(session, campaign_id)
    peaks = grown(ledger.find_tip(session, campaign_id))
    last = ledger.find_last_checkpoint(session, campaign_id)
    if log is None or peaks.size <= (last.size if last else 0):
        return False
    ledger.record_checkpoint(
        session,
        LedgerCheckpoint(
            campaign_id=campaign_id,
            size=peaks.size,
            note=Checkpoint(log.origin, peaks.size, peaks.root()).signed(key),
            key=str(key.verifier(log.origin)),
            at=now,
        ),
    )
    return True


def log_invited(
    session: Session, *, campaign_id: int, mail_domain: str, many: int, now: datetime
) -> int:
    """Logs at most so many of the invitations that have gone out. Returns how many."""
    campaign = campaigns.hold_campaign(session, campaign_id)
    found = unlogged.unlogged_invitations(session, campaign_id, many=many)
    if not found:
        return 0
    statement = campaigns.current_version(session, campaign_id)

    def fact(one: Invited) -> Fact:
        return Fact(
            kind=EventKind.INVITED,
            at=one.sent_at,
            statement=statement,
            method=Method.SERVICE,
            personal={
                "organization": one.organization,
                "person": one.person,
                "email": one.email,
            },
            contact_id=one.contact_id,
            message_pk=one.message_pk,
        )

    facts = [fact(one) for one in found]
    append_events(session, campaign, facts, mail_domain=mail_domain, now=now)
    return len(facts)


def _log_all(database: Database, campaign_id: int, *, mail_domain: str, now: datetime) -> int:
    logged = 0
    for _ in range(_MOST_BATCHES):
        batch = database.persist(
            partial(
                log_invited, campaign_id=campaign_id, mail_domain=mail_domain, many=_BATCH, now=now
            )
        )
        logged += batch
        if batch < _BATCH:
            break
    return logged


def _sign(database: Database, campaign_id: int, *, key: LogKey, now: datetime) -> bool:
    return database.persist(partial(write_checkpoint, campaign_id=campaign_id, key=key, now=now))


def _try(campaign_id: int, work: Callable[[], int]) -> int:
    try:
        return work()
    except OperationalError:
        raise  # the database is away: nothing else would go better
    except Exception as error:
        _log.error("ledger_not_kept", campaign=campaign_id, error=type(error).__name__)
        return 0
