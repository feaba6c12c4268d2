"""The wizard's plan: until when, in whose name, and when to remind."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse

from outreach.domain.errors import FieldErrors, MoveRefused
from outreach.mail.headers import split_mailbox
from outreach.services import edit_plan
from outreach.services.edit_draft import local_parts
from outreach.services.edit_plan import DeadlineUnclear
from outreach.services.show_setup import Setup, reminder_moments
from outreach.web.desk.access import Editing, Viewing, Visitor
from outreach.web.desk.reminder_line import draw_reminders
from outreach.web.desk.setup_page import (
    KnownSlug,
    lead_back,
    lead_on,
    lead_out,
    load_setup,
    setup_page,
)
from outreach.web.desk.zones import zone_choices
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]
UNITS = (("d", "days"), ("h", "hours"), ("m", "minutes"))
_WORDS = {"d": "day", "h": "hour", "m": "minute", "s": "second"}


@looking(router, "/desk/c/{slug}/setup/deadline")
def show_deadline(site: CurrentSite, visitor: Viewing, slug: KnownSlug, done: str = "") -> Response:
    return _deadline_page(site, visitor, slug, done=done)


@router.post("/desk/c/{slug}/setup/deadline")
def change_deadline(
    site: CurrentSite,
    visitor: Editing,
    slug: KnownSlug,
    day: Text = "",
    time: Text = "",
    zone: Text = "",
    reading: Text = "",
) -> Response:
    typed = {"day": day, "time": time, "zone": zone}
    try:
        with site.outreach.database.transaction() as session:
            edit_plan.edit_deadline(
                session,
                slug=slug,
                **typed,
                reading=reading,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except DeadlineUnclear as unclear:
        return _deadline_page(
            site,
            visitor,
            slug,
            typed=typed,
            errors=unclear.errors,
            readings=unclear.readings,
            status=422,
        )
    except FieldErrors as refusal:
        return _deadline_page(site, visitor, slug, typed=typed, errors=refusal.errors, status=422)
    except MoveRefused:
        return lead_out(site, slug)
    return lead_on(site, slug, "deadline", done="deadline")


def _deadline_page(
    site: Site,
    visitor: Visitor,
    slug: str,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    readings: tuple[str, ...] = (),
    done: str = "",
    status: int = 200,
) -> HTMLResponse:
    setup = load_setup(site, slug)
    return setup_page(
        site,
        visitor,
        "deadline.html",
        setup=setup,
        step="deadline",
        status=status,
        done=done,
        typed=typed or _deadline_as_typed(setup),
        errors=errors or {},
        readings=readings,
        zones=zone_choices(),
        is_proposed=setup.step("deadline").state.value == "missing",
        elsewhere=_elsewhere(setup),
    )


def _deadline_as_typed(setup: Setup) -> dict[str, str]:
    day, time = local_parts(setup.campaign.deadline, zone=setup.campaign.zone)
    return {"day": day, "time": time, "zone": setup.campaign.zone}


def _elsewhere(setup: Setup) -> list[tuple[str, int]]:
    """The zones in which the deadline reads otherwise, and how many people are there."""
    deadline = setup.campaign.deadline
    here = deadline.astimezone(ZoneInfo(setup.campaign.zone)).utcoffset()
    return [
        (zone, many)
        for zone, many in setup.zones
        if deadline.astimezone(ZoneInfo(zone)).utcoffset() != here
    ]


@looking(router, "/desk/c/{slug}/setup/sender")
def show_sender(site: CurrentSite, visitor: Viewing, slug: KnownSlug, done: str = "") -> Response:
    return _sender_page(site, visitor, slug, done=done)


@router.post("/desk/c/{slug}/setup/sender")
def change_sender(
    site: CurrentSite,
    visitor: Editing,
    slug: KnownSlug,
    sender_name: Text = "",
    reply_to: Text = "",
    discreet: Text = "",
) -> Response:
    typed = {"sender_name": sender_name, "reply_to": reply_to, "discreet": discreet}
    try:
        with site.outreach.database.transaction() as session:
            edit_plan.edit_sender(
                session,
                slug=slug,
                sender_name=sender_name,
                reply_to=reply_to,
                discreet=discreet == "yes",
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except FieldErrors as refusal:
        return _sender_page(site, visitor, slug, typed=typed, errors=refusal.errors, status=422)
    except MoveRefused:
        return lead_out(site, slug)
    return lead_on(site, slug, "sender", done="sender")


def _sender_page(
    site: Site,
    visitor: Visitor,
    slug: str,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    done: str = "",
    status: int = 200,
) -> HTMLResponse:
    setup = load_setup(site, slug)
    own_name, address = split_mailbox(site.outreach.settings.sender, field="From")
    stored = {
        "sender_name": setup.sender_name,
        "reply_to": setup.campaign.reply_to,
        "discreet": "yes" if setup.discreet else "",
    }
    return setup_page(
        site,
        visitor,
        "sender.html",
        setup=setup,
        step="sender",
        status=status,
        done=done,
        typed=typed or stored,
        errors=errors or {},
        own_name=own_name,
        address=address,
    )


@looking(router, "/desk/c/{slug}/setup/reminders")
def show_reminders(
    site: CurrentSite, visitor: Viewing, slug: KnownSlug, done: str = ""
) -> Response:
    return _reminders_page(site, visitor, slug, done=done)


@router.post("/desk/c/{slug}/setup/reminders")
def keep_reminders(site: CurrentSite, visitor: Editing, slug: KnownSlug) -> Response:
    """As they stand: somebody has looked at them."""
    try:
        with site.outreach.database.transaction() as session:
            edit_plan.keep_reminders(
                session, slug=slug, by=visitor.actor, now=site.outreach.clock()
            )
    except MoveRefused:
        return lead_out(site, slug)
    return lead_on(site, slug, "reminders", done="reminders")


@router.post("/desk/c/{slug}/setup/reminders/add")
def add(
    site: CurrentSite, visitor: Editing, slug: KnownSlug, number: Text = "", unit: Text = "d"
) -> Response:
    try:
        with site.outreach.database.transaction() as session:
            edit_plan.add_reminder(
                session,
                slug=slug,
                number=number,
                unit=unit,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except FieldErrors as refusal:
        typed = {"number": number, "unit": unit}
        return _reminders_page(site, visitor, slug, typed=typed, errors=refusal.errors, status=422)
    except MoveRefused:
        return lead_out(site, slug)
    return lead_back(site, slug, "reminders", done="reminders")


@router.post("/desk/c/{slug}/setup/reminders/remove")
def remove(site: CurrentSite, visitor: Editing, slug: KnownSlug, label: Text = "") -> Response:
    try:
        with site.outreach.database.transaction() as session:
            edit_plan.remove_reminder(
                session, slug=slug, label=label, by=visitor.actor, now=site.outreach.clock()
            )
    except MoveRefused:
        return lead_out(site, slug)
    return lead_back(site, slug, "reminders", done="reminders")


def _reminders_page(
    site: Site,
    visitor: Visitor,
    slug: str,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    done: str = "",
    status: int = 200,
) -> HTMLResponse:
    setup = load_setup(site, slug)
    now = site.outreach.clock()
    moments = reminder_moments(setup, now=now)
    return setup_page(
        site,
        visitor,
        "reminders.html",
        setup=setup,
        step="reminders",
        status=status,
        done=done,
        typed=typed or {"number": "", "unit": "d"},
        errors=errors or {},
        units=UNITS,
        span_words={one.label: _span_words(one.label) for one in setup.reminder_steps},
        moments=moments,
        people_in=dict(setup.zones),
        line=draw_reminders(setup, moments, now=now),
    )


def _span_words(label: str) -> str:
    number, unit = int(label[:-1]), _WORDS[label[-1]]
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
