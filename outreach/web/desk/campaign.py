"""One campaign watched: how it stands, how it came there, what goes out, what is next."""

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import MoveRefused
from outreach.domain.views import CampaignFacts
from outreach.localtime import format_left
from outreach.services.end_retention import keep_contacts, let_contacts_go
from outreach.services.list_consents import count_waiting
from outreach.services.show_campaign import (
    Course,
    Headline,
    Sending,
    show_course,
    show_headline,
    watch_sending,
)
from outreach.store import join_requests, reviews
from outreach.store.campaigns import campaign_facts, require_campaign
from outreach.web.desk.access import Owning, Viewing, desk_page
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.desk.chart import Chart, draw_chart
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

# The words that may come back in the address after something was done.
DONE: Final = MappingProxyType(
    {
        "launched": "Launched. The invitations are going out now.",
        "paused": "Paused. Nobody is asked until you resume; answers still count.",
        "resumed": "Resumed. What was waiting is going out now.",
        "extended": "The deadline is moved. Reminders go by the new one.",
        "closed": "Closed. The list stands, and the signers are told.",
        "cancelled": "Cancelled. Nobody is asked any more.",
        "published": "Published. Everybody can read the statement and its signatories.",
        "reminded": "The reminders are going out now.",
        "kept": "The contacts of this campaign are kept until you say otherwise.",
        "let-go": "The contacts of this campaign are erased when their time is over.",
    }
)
_MOST_CALLS: Final = 20
_SENDING_KEPT: Final = timedelta(seconds=1)
_COURSE_KEPT: Final = timedelta(seconds=5)


@looking(router, "/desk/c/{slug}")
def show_campaign(site: CurrentSite, visitor: Viewing, slug: Slug, done: str = "") -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        days = site.outreach.settings.retention_days
        headline = show_headline(session, slug=slug, retention_days=days, now=now)
        if headline.campaign.state is CampaignState.DRAFT:
            return _to_setup(site, slug)
        sending = _sending(site, session, headline.campaign, now=now)
        course, chart = _course(site, session, headline, visitor.zone, now=now)
        recorded = count_waiting(session, headline.id)
        asking = join_requests.count_waiting(session, headline.id)
        reviews_waiting = reviews.count_waiting(session, headline.id)
    return desk_page(
        site,
        visitor,
        "campaign.html",
        campaign=headline.campaign,
        tab="overview",
        headline=headline,
        answers=headline.answers,
        sending=sending,
        course=course,
        chart=chart,
        recorded=recorded,
        asking=asking,
        reviews_waiting=reviews_waiting,
        most_calls=_MOST_CALLS,
        left=format_left,
        done=DONE.get(done, ""),
    )


@router.post("/desk/c/{slug}/contacts/{choice}")
def decide_on_contacts(
    site: CurrentSite, visitor: Owning, slug: Slug, choice: Literal["keep", "let-go"]
) -> Response:
    """Of a published campaign: whether they stay longer than usual."""
    decide = keep_contacts if choice == "keep" else let_contacts_go
    done = "kept" if choice == "keep" else "let-go"
    with or_not_found(), site.outreach.database.transaction() as session:
        try:
            decide(session, slug=slug, by=visitor.actor, now=site.outreach.clock())
        except MoveRefused:  # they are gone: the page says so
            done = ""
    return site.lead_to(f"{campaign_path(slug)}?done={done}")


@looking(router, "/desk/c/{slug}/progress")
def show_progress(site: CurrentSite, visitor: Viewing, slug: Slug) -> Response:
    """The part of the page that changes while mail goes out."""
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        campaign = campaign_facts(require_campaign(session, slug))
        sending = _sending(site, session, campaign, now=now)
    return desk_page(site, visitor, "_progress.html", sending=sending, slug=slug, left=format_left)


def _sending(site: Site, session: Session, campaign: CampaignFacts, *, now: datetime) -> Sending:
    return site.kept_looks.find(
        ("sending", campaign.slug),
        lambda: watch_sending(session, slug=campaign.slug, now=now),
        of=campaign.state,
        kept_for=_SENDING_KEPT,
        now=now,
    )


def _course(
    site: Site, session: Session, headline: Headline, zone: str, *, now: datetime
) -> tuple[Course, Chart | None]:
    """The chart has the days of the coordinator's zone."""
    campaign = headline.campaign

    def look() -> tuple[Course, Chart | None]:
        course = show_course(session, slug=campaign.slug, zone=zone, now=now)
        return course, _chart(headline, course, zone, now=now)

    return site.kept_looks.find(
        (f"course {zone}", campaign.slug),
        look,
        of=(campaign.state, campaign.deadline),
        kept_for=_COURSE_KEPT,
        now=now,
    )


def _chart(headline: Headline, course: Course, zone: str, *, now: datetime) -> Chart | None:
    if headline.launched_at is None:
        return None
    deadline = headline.campaign.deadline
    return draw_chart(
        course,
        begins=headline.launched_at,
        deadline=min(deadline, headline.closed_at or deadline),
        zone=zone,
        now=now,
    )


def _to_setup(site: Site, slug: str) -> RedirectResponse:
    """A draft is what its wizard says."""
    return site.lead_to(campaign_path(slug, "setup"))
