"""One look at everything that time alone brings about. Nothing here talks to a server."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from outreach.services.ask_again import ask_again
from outreach.services.close_campaign import close_if_due
from outreach.services.do_once import KEPT
from outreach.services.end_retention import erase_contacts_if_due
from outreach.services.plan_digests import plan_digests
from outreach.services.plan_reminders import plan_reminders
from outreach.services.reopen_invitation import expire_reopened
from outreach.services.stage_import import KEPT_FOR
from outreach.services.webhooks import give_up_abandoned
from outreach.store import api_keys, campaigns, claims, join_requests, notices, uploads
from outreach.store.database import Database

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SweepReport:
    recovered: int
    repeated: int
    closed: int
    reminders: int
    digests: int = 0


def sweep(
    database: Database,
    *,
    mail_domain: str,
    clock: Callable[[], datetime],
    retention_days: int = 0,
) -> SweepReport:
    """Takes back what dead senders held, closes what is over, then plans reminders and digests.

    Each campaign in a transaction of its own: one that cannot be dealt with stops no other.
    """
    now = clock()
    recovered, repeated = database.persist(partial(_take_back, now=now))
    with database.reading() as session:
        over = campaigns.due_to_close(session, now=now)
    closed = [
        _try(database, slug, partial(close_if_due, slug=slug, mail_domain=mail_domain, now=now))
        for slug in over
    ]
    with database.reading() as session:
        running = [campaign.slug for campaign in campaigns.open_campaigns(session, now=now)]
    reminders = [
        _try(database, slug, partial(work, slug=slug, mail_domain=mail_domain, now=now))
        for slug in running
        for work in (ask_again, plan_reminders)
    ]
    _end_retention(database, retention_days, mail_domain=mail_domain, now=now)
    digests = _try(database, "", partial(plan_digests, now=now))
    return SweepReport(recovered, repeated, sum(closed), sum(reminders), digests)


def _end_retention(database: Database, days: int, *, mail_domain: str, now: datetime) -> None:
    if not days:
        return
    with database.reading() as session:
        over = campaigns.retained(session, published_before=now - timedelta(days=days))
    for slug in over:
        work = partial(
            erase_contacts_if_due, slug=slug, days=days, mail_domain=mail_domain, now=now
        )
        _try(database, slug, work)


def _take_back(session: Session, *, now: datetime) -> tuple[int, int]:
    expire_reopened(session, now=now)
    notices.recover_lapsed(session, now=now)
    notices.repeat_uncertain(session, now=now)
    uploads.forget_old(session, before=now - KEPT_FOR)
    api_keys.forget_answers(session, before=now - KEPT)
    join_requests.forget_unproven(session, now=now)
    give_up_abandoned(session, now=now)
    return claims.recover_lapsed(session, now=now), claims.repeat_uncertain(session, now=now)


def _try(database: Database, slug: str, work: Callable[[Session], int]) -> int:
    try:
        return database.persist(work)
    except OperationalError:
        raise  # the database is away: nothing else would go better
    except Exception as error:
        _log.error("campaign_not_swept", campaign=slug, error=type(error).__name__)
        return 0
