"""The list of a campaign's organizations: filters, search, pages, what is done to many at once."""

from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Response
from pydantic import BaseModel
from sqlmodel import Session

from outreach.domain.errors import MoveRefused, Refused
from outreach.domain.invitation import InvitationState
from outreach.domain.state_words import ANSWERS, NOT_INVITED, NOT_REACHED
from outreach.services import steer_by_hand
from outreach.services.apply_brake import TooManyMails, UnexpectedNumber
from outreach.services.launch_campaign import DeadlineOver
from outreach.services.list_organizations import (
    Narrowing,
    find_matching,
    list_choices,
    list_organizations,
)
from outreach.services.preview_steering import preview_steering
from outreach.services.remind_by_hand import NobodyToRemind, count_to_remind, why_skipped
from outreach.services.share_out import list_carers
from outreach.store.desk_lists import Show, Sort
from outreach.web.desk.access import Editing, Viewing, Visitor, desk_page
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

SHOWN: Final = {
    Show.ALL: "Everybody",
    Show.WAITING: ANSWERS[InvitationState.AWAITING],
    Show.SIGNED: ANSWERS[InvitationState.SIGNED],
    Show.DECLINED: ANSWERS[InvitationState.DECLINED],
    Show.DEFERRED: ANSWERS[InvitationState.DEFERRED],
    Show.WITHDRAWN: ANSWERS[InvitationState.WITHDRAWN],
    Show.NOT_REACHED: NOT_REACHED,
    Show.NOT_SEEN: "Nobody there has looked yet",
    Show.EXPIRED: ANSWERS[InvitationState.EXPIRED],
    Show.NOT_INVITED: ANSWERS[NOT_INVITED],
}
SORTS: Final = {
    Sort.NAME: "Name",
    Sort.STATE: "Answer",
    Sort.COUNTRY: "Country",
    Sort.ANSWERED: "Latest answer",
}
_CHOICES_KEPT: Final = timedelta(seconds=10)
_DONE: Final = {
    "reminded": "The reminders are going out now.",
    "given": "They are in these hands now.",
}
_REFUSED: Final = {"nobody": "Nothing was changed: choose organizations that were invited first."}


async def _narrowing(
    show: str = "", language: str = "", country: str = "", q: str = "", sort: str = ""
) -> Narrowing:
    return Narrowing.read(show=show, language=language, country=country, q=q, sort=sort)


Narrowed = Annotated[Narrowing, Depends(_narrowing)]


@looking(router, "/desk/c/{slug}/organizations")
def show_organizations(
    site: CurrentSite,
    visitor: Viewing,
    slug: Slug,
    narrowing: Narrowed,
    page: Annotated[str, Query()] = "1",
    done: str = "",
) -> Response:
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 9 else 1
    with or_not_found(), site.outreach.database.reading() as session:
        found = list_organizations(session, slug=slug, narrowing=narrowing, page=number)
        choices = site.kept_looks.find(
            ("choices", slug),
            lambda: list_choices(session, slug=slug),
            kept_for=_CHOICES_KEPT,
            now=site.outreach.clock(),
        )
        carers = site.kept_looks.find(
            ("carers", slug),
            lambda: list_carers(session),
            kept_for=_CHOICES_KEPT,
            now=site.outreach.clock(),
        )
    chosen = narrowing.fields()
    return desk_page(
        site,
        visitor,
        "organizations.html",
        campaign=found.campaign,
        tab="organizations",
        found=found,
        choices=choices,
        chosen=chosen,
        shown=SHOWN,
        sorts=SORTS,
        address=f"?{urlencode({**chosen, 'page': ''})}",
        done=_DONE.get(done, ""),
        refused=_REFUSED.get(done, ""),
        carers=carers,
    )


class RemindFields(BaseModel):
    """Whom to remind: the chosen ones, or with ``all`` everybody whom the filters find.

    ``expected`` is the number that was shown and agreed to; without it, it is shown first.
    """

    organization: list[int] = []
    all: str = ""
    show: str = ""
    language: str = ""
    country: str = ""
    q: str = ""
    again: str = ""
    expected: int | None = None

    def narrowing(self) -> Narrowing:
        return Narrowing.read(
            show=self.show, language=self.language, country=self.country, q=self.q
        )


@router.post("/desk/c/{slug}/organizations/remind")
def remind(
    site: CurrentSite, visitor: Editing, slug: Slug, fields: Annotated[RemindFields, Form()]
) -> Response:
    """First how many people it would reach, then, with that number, the reminder itself."""
    if fields.expected is None:
        return _confirm(site, visitor, slug, fields)
    now = site.outreach.clock()
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            steer_by_hand.remind(
                session,
                slug=slug,
                mail_domain=site.outreach.mail_domain,
                organizations=_chosen(session, slug, fields),
                expected=fields.expected,
                again=bool(fields.again),
                by=visitor.actor,
                now=now,
            )
    except (UnexpectedNumber, NobodyToRemind, TooManyMails, MoveRefused, DeadlineOver) as refusal:
        return _confirm(site, visitor, slug, fields, refusal=refusal)
    site.kept_looks.forget()
    site.outreach.ring_bell()
    return site.lead_to(f"{campaign_path(slug, 'organizations')}?done=reminded")


def _chosen(session: Session, slug: str, fields: RemindFields) -> list[int]:
    if fields.all:
        return find_matching(session, slug=slug, narrowing=fields.narrowing())
    return fields.organization


def _confirm(
    site: Site,
    visitor: Visitor,
    slug: str,
    fields: RemindFields,
    *,
    refusal: Refused | None = None,
) -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        steering = preview_steering(session, slug=slug)
        chosen = _chosen(session, slug, fields)
        counted = count_to_remind(
            session, slug=slug, organizations=chosen, again=bool(fields.again), now=now
        )
    return desk_page(
        site,
        visitor,
        "remind.html",
        campaign=steering.campaign,
        tab="organizations",
        status=409 if refusal else 200,
        fields=fields,
        narrowing=fields.narrowing().fields() if fields.all else {},
        chosen=len(set(chosen)),
        counted=counted,
        why_skipped=why_skipped(again=bool(fields.again)),
        refusal=refusal,
    )
