"""Steering: each step has a page that says what it does and whom it mails, then asks once more."""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel
from sqlmodel import Session
from starlette.exceptions import HTTPException

from outreach.domain.campaign import CampaignEvent
from outreach.domain.errors import MoveRefused, Refused
from outreach.localtime import DeadlineRefused, UnclearTime, parse_deadline
from outreach.services import steer_by_hand
from outreach.services.apply_brake import TooManyMails, UnexpectedNumber
from outreach.services.count_released import count_released
from outreach.services.launch_campaign import DeadlineOver
from outreach.services.preview_steering import Extension, preview_extension, preview_steering
from outreach.services.remind_by_hand import NobodyToRemind, count_to_remind, why_skipped
from outreach.store.campaigns import require_campaign
from outreach.web.desk.access import Editing, Visitor, desk_page
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

_REMIND: Final = "remind"
# What each step's page is called, and the word that comes back in the address.
_DONE: Final = MappingProxyType(
    {
        CampaignEvent.PAUSE.value: "paused",
        CampaignEvent.RESUME.value: "resumed",
        CampaignEvent.EXTEND.value: "extended",
        CampaignEvent.CLOSE.value: "closed",
        CampaignEvent.CANCEL.value: "cancelled",
        CampaignEvent.PUBLISH.value: "published",
        _REMIND: "reminded",
    }
)
_REFUSALS: Final = (
    MoveRefused,
    DeadlineRefused,
    DeadlineOver,
    NobodyToRemind,
    TooManyMails,
    UnexpectedNumber,
)


class StepFields(BaseModel):
    """``expected`` is the number of people that was shown and agreed to; ``reading`` which moment
    is meant where the clocks change."""

    reason: str = ""
    deadline: str = ""
    reading: str = ""
    again: str = ""
    sure: str = ""
    expected: int | None = None


class NotSure(Refused):
    """What cannot be taken back needs a tick."""

    def __init__(self) -> None:
        super().__init__("Tick the box first: this cannot be taken back.")


class NumberMissing(Refused):
    """What mails people needs the number that was agreed to."""

    def __init__(self) -> None:
        super().__init__("Look at the number of people first.")


@looking(router, "/desk/c/{slug}/steer/{step}")
def show_step(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    step: str,
    deadline: str = "",
    reading: str = "",
    again: str = "",
) -> Response:
    fields = StepFields(deadline=deadline, reading=reading, again=again)
    return _page(site, visitor, slug, _known(step), fields)


@router.post("/desk/c/{slug}/steer/{step}")
def take_step(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    step: str,
    fields: Annotated[StepFields, Form()],
) -> Response:
    step = _known(step)
    now = site.outreach.clock()
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            _STEPS[step](session, site, visitor, slug, fields, now)
    except (NotSure, NumberMissing, *_REFUSALS) as refusal:
        return _page(site, visitor, slug, step, fields, refusal=refusal)
    site.kept_looks.forget()
    site.kept_pages.forget()
    site.outreach.ring_bell()
    return site.lead_to(f"{campaign_path(slug)}?done={_DONE[step]}")


def _known(step: str) -> str:
    if step not in _DONE:
        raise HTTPException(404)
    return step


Take = Callable[[Session, Site, Visitor, str, StepFields, datetime], object]


def _pause(
    session: Session, _site: Site, visitor: Visitor, slug: str, fields: StepFields, now: datetime
) -> None:
    steer_by_hand.pause(session, slug=slug, reason=fields.reason, by=visitor.actor, now=now)


def _resume(
    session: Session, _site: Site, visitor: Visitor, slug: str, fields: StepFields, now: datetime
) -> None:
    expected = _agreed(fields)
    steer_by_hand.resume(session, slug=slug, expected=expected, by=visitor.actor, now=now)


def _extend(
    session: Session, _site: Site, visitor: Visitor, slug: str, fields: StepFields, now: datetime
) -> None:
    zone = require_campaign(session, slug).zone
    deadline = parse_deadline(fields.deadline, zone=zone, reading=fields.reading)
    steer_by_hand.extend(session, slug=slug, deadline=deadline, by=visitor.actor, now=now)


def _close(
    session: Session, site: Site, visitor: Visitor, slug: str, fields: StepFields, now: datetime
) -> None:
    _require_sure(fields)
    steer_by_hand.close(
        session,
        slug=slug,
        mail_domain=site.outreach.mail_domain,
        expected=_agreed(fields),
        by=visitor.actor,
        now=now,
    )


def _cancel(
    session: Session, _site: Site, visitor: Visitor, slug: str, fields: StepFields, now: datetime
) -> None:
    _require_sure(fields)
    steer_by_hand.cancel(session, slug=slug, by=visitor.actor, now=now)


def _publish(
    session: Session, _site: Site, visitor: Visitor, slug: str, _fields: StepFields, now: datetime
) -> None:
    steer_by_hand.publish(session, slug=slug, by=visitor.actor, now=now)


def _remind(
    session: Session, site: Site, visitor: Visitor, slug: str, fields: StepFields, now: datetime
) -> None:
    steer_by_hand.remind(
        session,
        slug=slug,
        mail_domain=site.outreach.mail_domain,
        expected=_agreed(fields),
        again=bool(fields.again),
        by=visitor.actor,
        now=now,
    )


_STEPS: Final = MappingProxyType[str, Take](
    {
        CampaignEvent.PAUSE.value: _pause,
        CampaignEvent.RESUME.value: _resume,
        CampaignEvent.EXTEND.value: _extend,
        CampaignEvent.CLOSE.value: _close,
        CampaignEvent.CANCEL.value: _cancel,
        CampaignEvent.PUBLISH.value: _publish,
        _REMIND: _remind,
    }
)


def _agreed(fields: StepFields) -> int:
    if fields.expected is None:
        raise NumberMissing
    return fields.expected


def _require_sure(fields: StepFields) -> None:
    if fields.sure != "yes":
        raise NotSure


def _page(
    site: Site,
    visitor: Visitor,
    slug: str,
    step: str,
    fields: StepFields,
    *,
    refusal: Refused | None = None,
) -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        steering = preview_steering(session, slug=slug)
        counted = _counted(session, slug, step, fields, now=now)
        extension: Extension | None = None
        if step == CampaignEvent.EXTEND and fields.deadline:
            try:
                deadline = parse_deadline(
                    fields.deadline, zone=steering.campaign.zone, reading=fields.reading
                )
                extension = preview_extension(session, slug=slug, deadline=deadline, now=now)
            except (DeadlineRefused, MoveRefused) as refused:
                refusal = refusal or refused
    allowed = {event.value for event in steering.may}
    runs = CampaignEvent.PAUSE in steering.may and now < steering.campaign.deadline
    return desk_page(
        site,
        visitor,
        "steer.html",
        campaign=steering.campaign,
        tab="overview",
        status=_status(refusal),
        step=step,
        may=runs if step == _REMIND else step in allowed,
        steering=steering,
        extension=extension,
        fields=fields,
        refusal=refusal,
        readings=refusal.choices if isinstance(refusal, UnclearTime) else (),
        **counted,
    )


def _counted(
    session: Session, slug: str, step: str, fields: StepFields, *, now: datetime
) -> dict[str, object]:
    """Whom the step mails, where that is to be counted person by person."""
    if step == _REMIND:
        again = bool(fields.again)
        return {
            "counted": count_to_remind(session, slug=slug, again=again, now=now),
            "why_skipped": why_skipped(again=again),
        }
    if step == CampaignEvent.RESUME:
        campaign = require_campaign(session, slug)
        return {"released": count_released(session, campaign, now=now)}
    return {}


def _status(refusal: Refused | None) -> int:
    if refusal is None:
        return 200
    return 422 if isinstance(refusal, NotSure | NumberMissing | DeadlineRefused) else 409
