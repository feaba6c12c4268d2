"""List a campaign's mails: what needs a person, what waits, what went out."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.message import MessageKind, MessageState
from outreach.domain.state_words import PUT_OFF
from outreach.domain.views import CampaignFacts
from outreach.services.read_search import read_search
from outreach.store import campaigns, mail_lists
from outreach.store.mail_lists import ListedMail, Sort, Wanted

PAGE_SIZE = 50
STATES = (PUT_OFF, *MessageState)


@dataclass(frozen=True)
class MailList:
    """One page; ``total`` counts those on all ``pages``, ``counts`` all of the campaign's."""

    campaign: CampaignFacts
    mails: tuple[ListedMail, ...]
    counts: dict[Sort, int]
    total: int
    page: int
    pages: int


def wanted_mails(*, sort: str = "", state: str = "", kind: str = "", search: str = "") -> Wanted:
    """As somebody typed it into an address: what is not known is not asked for."""
    return Wanted(
        sort=Sort(sort) if sort in tuple(Sort) else Sort.ALL,
        state=state if state in STATES else "",
        kind=kind if kind in tuple(MessageKind) else "",
        search=read_search(search),
    )


def list_mails(
    session: Session, *, slug: str, wanted: Wanted, page: int = 1, now: datetime
) -> MailList:
    """Past the last page is the last page. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    total = mail_lists.count_wanted(session, campaign, wanted, now=now)
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(page, pages)
    mails = mail_lists.list_wanted(
        session, campaign, wanted, start=(page - 1) * PAGE_SIZE, many=PAGE_SIZE, now=now
    )
    return MailList(
        campaign=campaigns.campaign_facts(campaign),
        mails=tuple(mails),
        counts=mail_lists.count_sorts(session, campaign, now=now),
        total=total,
        page=page,
        pages=pages,
    )
