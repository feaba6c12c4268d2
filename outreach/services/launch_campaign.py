"""Launch a campaign: invite every organization that has not been invited."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignEvent, CampaignState
from outreach.domain.delivery import ONLY_COPIED
from outreach.domain.errors import Refused
from outreach.domain.message import MessageKind
from outreach.links import new_link_id
from outreach.services.apply_brake import apply_brake, require_expected
from outreach.store import audience, campaigns, invitations, messages, requeue
from outreach.store.audience import Audience
from outreach.store.tables import Campaign


class DeadlineOver(Refused):
    """Whom it would invite could not answer any more."""

    def __init__(self, *, slug: str) -> None:
        super().__init__(
            "the deadline has passed; give it a later one:"
            f" outreach campaign extend {slug} --deadline-in 3d"
        )


class DeadlineNotChosen(Refused):
    """The draft's deadline is a proposal of ours, which nobody has looked at."""

    def __init__(self, *, slug: str) -> None:
        super().__init__(
            f"nobody has chosen the deadline of '{slug}' yet; choose it at the desk, under Setup"
        )


class NobodyToInvite(Refused):
    """Nobody was imported, or all are invited already."""

    def __init__(self, *, slug: str) -> None:
        super().__init__(f"nobody is left to invite; first: outreach partners import {slug} FILE")


@dataclass(frozen=True)
class LaunchReport:
    """``people``: how many are mailed. ``linked`` counts the contacts who got a link, those who
    are only copied among them."""

    people: int
    invited: int
    linked: int
    messages: int


def launch_campaign(
    session: Session,
    *,
    slug: str,
    mail_domain: str,
    captured: bool = False,
    expected: int | None = None,
    now: datetime,
) -> LaunchReport:
    """Opens a draft; on an open campaign it invites only those added since.

    ``captured``: into the embedded mailbox. That stays so, whatever is configured later.
    ``expected``: how many people somebody has agreed to mail; None where nobody was asked.

    The invitations, their links and their messages are written together or not at all.
    Raises MoveRefused, DeadlineNotChosen, DeadlineOver, NobodyToInvite, UnexpectedNumber,
    TooManyMails.
    """
    campaign = campaigns.lock_campaign(session, slug)
    if "deadline" in campaign.open_steps.split():
        raise DeadlineNotChosen(slug=slug)
    if campaign.state != CampaignState.OPEN:
        campaigns.move_campaign(session, campaign, CampaignEvent.LAUNCH)
        campaign.launched_at = now
        campaign.captured = captured
    if now >= campaign.deadline:
        raise DeadlineOver(slug=slug)
    assert campaign.id is not None
    pending = audience.count_to_invite(session, campaign.id)
    require_expected(pending.people, expected=expected)
    report = _invite_the_rest(session, campaign, pending, mail_domain=mail_domain, now=now)
    apply_brake(slug, mails=report.messages, pending=pending.people + pending.skipped)
    if not report.linked and not report.messages:
        raise NobodyToInvite(slug=slug)
    return report


def _invite_the_rest(
    session: Session, campaign: Campaign, pending: Audience, *, mail_domain: str, now: datetime
) -> LaunchReport:
    assert campaign.id is not None
    invited = invitations.create_missing_invitations(session, campaign.id, now=now)
    newcomers = invitations.contacts_without_link(session, campaign.id)
    links = [(new_link_id(), contact, invitation) for contact, invitation in newcomers]
    invitations.create_links(session, links, now=now)
    queued = messages.queue_messages(
        session,
        campaign,
        MessageKind.INVITATION,
        [
            messages.Addressee(contact, invitation)
            for contact, invitation in messages.contacts_to_invite(session, campaign.id)
        ],
        mail_domain=mail_domain,
        now=now,
    )
    queued += requeue.requeue_promoted(session, campaign.id, reason=ONLY_COPIED, now=now)
    return LaunchReport(pending.people, invited=invited, linked=len(links), messages=queued)
