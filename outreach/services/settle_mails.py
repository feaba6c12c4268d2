"""A coordinator decides of mails: they arrived, they go again, they go now. One, or many at once.

Every decision is in the activity log, in the same transaction, and in each mail's own story.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import Refused
from outreach.domain.settlement import TELLING, Decision, why_not
from outreach.domain.views import CampaignFacts
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, mail_lists, prospects
from outreach.store.mail_lists import Wanted
from outreach.store.prospects import Prospect
from outreach.store.tables import Campaign


class MailNotFound(Refused):
    """The campaign has no such mail."""


class NotSettled(Refused):
    """This cannot be decided of this mail; ``str()`` says why."""


class NothingToSettle(Refused):
    """Of no mail that was chosen can this be decided."""


class NumberChanged(Refused):
    """What was agreed to is not what would be done now."""

    def __init__(self, *, mails: int, expected: int) -> None:
        super().__init__(f"it would be {mails:,} now, not {expected:,}")
        self.mails = mails
        self.expected = expected


@dataclass(frozen=True)
class Chosen:
    """Some mails by their keys, or all that are ``like`` that."""

    message_pks: tuple[int, ...] = ()
    like: Wanted | None = None


@dataclass(frozen=True)
class Settling:
    """What a decision would do: to so many ``mails`` to so many ``people``, and to which not, by
    the reason, most first."""

    campaign: CampaignFacts
    mails: int
    people: int
    refused: tuple[tuple[str, int], ...]


def foresee(
    session: Session, *, slug: str, chosen: Chosen, decision: Decision, now: datetime
) -> Settling:
    """What ``settle_many`` would do. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    found = _load(session, campaign, chosen, now=now)
    reasons = {one.id: why_not(one.standing, decision, now=now) for one in found}
    ready = [one for one in found if not reasons[one.id]]
    refused = Counter(reason for reason in reasons.values() if reason)
    people = len({one.contact_id for one in ready})
    facts = campaigns.campaign_facts(campaign)
    return Settling(facts, len(ready), people, tuple(refused.most_common()))


def settle_one(
    session: Session,
    *,
    slug: str,
    message_pk: int,
    decision: Decision,
    by: Actor,
    now: datetime,
) -> None:
    """Raises CampaignNotFound, MailNotFound, NotSettled."""
    campaign = campaigns.require_campaign(session, slug)
    held = _load(session, campaign, Chosen((message_pk,)), held=True, now=now)
    if not held:
        raise MailNotFound(f"'{slug}' has no mail {message_pk}")
    if reason := why_not(held[0].standing, decision, now=now):
        raise NotSettled(reason)
    prospects.decide(session, held, decision, by=by.name, now=now)
    note_activity(
        session,
        by=by,
        action="mail.settle",
        campaign_id=campaign.id,
        organization_id=held[0].organization_id,
        detail=f"mail {message_pk}: {TELLING[decision]}",
        now=now,
    )


def settle_many(
    session: Session,
    *,
    slug: str,
    chosen: Chosen,
    decision: Decision,
    expected: int,
    by: Actor,
    now: datetime,
) -> int:
    """Of those of which it can be decided; the others stay as they are. Returns how many.

    ``expected``: to how many somebody has agreed. Raises CampaignNotFound, NothingToSettle,
    NumberChanged; then nothing was done.
    """
    campaign = campaigns.require_campaign(session, slug)
    held = _load(session, campaign, chosen, held=True, now=now)
    ready = [one for one in held if not why_not(one.standing, decision, now=now)]
    if len(ready) != expected:
        raise NumberChanged(mails=len(ready), expected=expected)
    if not ready:
        raise NothingToSettle("none of these can be settled so")
    prospects.decide(session, ready, decision, by=by.name, now=now)
    note_activity(
        session,
        by=by,
        action="mail.settle",
        campaign_id=campaign.id,
        detail=f"{len(ready):,} mails: {TELLING[decision]}",
        now=now,
    )
    return len(ready)


def _load(
    session: Session, campaign: Campaign, chosen: Chosen, *, held: bool = False, now: datetime
) -> list[Prospect]:
    assert campaign.id is not None
    pks: Sequence[int] = chosen.message_pks
    if chosen.like is not None:
        pks = mail_lists.list_keys(session, campaign, chosen.like, now=now)
    return prospects.load_prospects(session, campaign.id, pks, held=held)
