"""The wizard's list of partners: page by page, one added, changed or removed by hand."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated, Protocol
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.exceptions import HTTPException

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors, ImportRefused
from outreach.services import edit_partners
from outreach.services.edit_partners import PartnerForm, PartnerGone, PartnerInvited
from outreach.services.import_partners import IMPORTING_STATES
from outreach.services.show_setup import Setup
from outreach.store import uploads
from outreach.store.campaigns import require_campaign
from outreach.web.desk.access import Editing, Viewing, Visitor
from outreach.web.desk.setup_page import KnownSlug, lead_back, load_setup, setup_page
from outreach.web.desk.setup_statement import language_choices
from outreach.web.desk.zones import zone_choices
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]


def _typed(
    organization: Text = "",
    contact_name: Text = "",
    email: Text = "",
    language: Text = "",
    country: Text = "",
    timezone: Text = "",
    role: Text = "signs",
    sort_name: Text = "",
    discreet: Text = "",
    notes: Text = "",
) -> PartnerForm:
    return PartnerForm(
        organization=organization,
        contact_name=contact_name,
        email=email,
        language=language,
        country=country,
        timezone=timezone,
        role=role,
        sort_name=sort_name,
        discreet=discreet,
        notes=notes,
    )


Typed = Annotated[PartnerForm, Depends(_typed)]


async def _known(contact_id: int) -> int:
    if contact_id >= 2**31:  # PostgreSQL's integer
        raise HTTPException(404)
    return contact_id


Number = Annotated[int, Depends(_known)]


class Work(Protocol):
    """A change to one partner."""

    def __call__(
        self, session: Session, *, slug: str, contact_id: int, by: Actor, now: datetime
    ) -> None: ...


@looking(router, "/desk/c/{slug}/setup/partners")
def show_partners(
    site: CurrentSite,
    visitor: Viewing,
    slug: KnownSlug,
    q: str = "",
    page: str = "",
    done: str = "",
) -> Response:
    setup = load_setup(site, slug)
    with site.outreach.database.reading() as session:
        found = edit_partners.show_partners(
            session, slug=slug, search=q.strip(), page=_number(page)
        )
        waiting = _waiting(session, visitor, slug)
    return setup_page(
        site,
        visitor,
        "partners.html",
        setup=setup,
        step="partners",
        done=done,
        found=found,
        query=q.strip(),
        pages_at=f"{site.base}/desk/c/{slug}/setup/partners?q={quote(q.strip())}&page=",
        takes_more=setup.campaign.state in IMPORTING_STATES,
        waiting=waiting,
        error="",
    )


@looking(router, "/desk/c/{slug}/setup/partners/add")
def show_add(site: CurrentSite, visitor: Editing, slug: KnownSlug) -> Response:
    setup = load_setup(site, slug)
    return _form_page(site, visitor, setup, _blank(setup))


@router.post("/desk/c/{slug}/setup/partners/add")
def add(site: CurrentSite, visitor: Editing, slug: KnownSlug, form: Typed) -> Response:
    try:
        with site.outreach.database.transaction() as session:
            edit_partners.add_partner(
                session, slug=slug, form=form, by=visitor.actor, now=site.outreach.clock()
            )
    except FieldErrors as refusal:
        setup = load_setup(site, slug)
        return _form_page(site, visitor, setup, form, errors=refusal.errors, status=422)
    except ImportRefused:
        return lead_back(site, slug, "partners", done="started")
    return lead_back(site, slug, "partners", done="added")


@looking(router, "/desk/c/{slug}/setup/partners/{contact_id:int}")
def show_partner(
    site: CurrentSite, visitor: Editing, slug: KnownSlug, contact_id: Number
) -> Response:
    try:
        with site.outreach.database.reading() as session:
            found = edit_partners.find_partner(session, slug=slug, contact_id=contact_id)
    except PartnerGone:
        return lead_back(site, slug, "partners", done="")
    form = edit_partners.form_of(*found)
    return _form_page(site, visitor, load_setup(site, slug), form, contact_id=contact_id)


@router.post("/desk/c/{slug}/setup/partners/{contact_id:int}")
def change(
    site: CurrentSite, visitor: Editing, slug: KnownSlug, contact_id: Number, form: Typed
) -> Response:
    work = partial(edit_partners.change_partner, form=form)
    return _do(site, visitor, slug, contact_id, work, form=form, done="changed")


@router.post("/desk/c/{slug}/setup/partners/{contact_id:int}/remove")
def remove(site: CurrentSite, visitor: Editing, slug: KnownSlug, contact_id: Number) -> Response:
    return _do(
        site, visitor, slug, contact_id, edit_partners.remove_partner, form=None, done="removed"
    )


def _do(
    site: Site,
    visitor: Visitor,
    slug: str,
    contact_id: int,
    work: Work,
    *,
    form: PartnerForm | None,
    done: str,
) -> Response:
    try:
        with site.outreach.database.transaction() as session:
            work(
                session,
                slug=slug,
                contact_id=contact_id,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except FieldErrors as refusal:
        with site.outreach.database.reading() as session:
            found = edit_partners.find_partner(session, slug=slug, contact_id=contact_id)
        return _form_page(
            site,
            visitor,
            load_setup(site, slug),
            form or edit_partners.form_of(*found),
            contact_id=contact_id,
            errors=refusal.errors,
            status=422,
        )
    except PartnerGone:
        return lead_back(site, slug, "partners", done="")
    except PartnerInvited:
        return lead_back(site, slug, "partners", done="started")
    return lead_back(site, slug, "partners", done=done)


def _form_page(
    site: Site,
    visitor: Visitor,
    setup: Setup,
    form: PartnerForm,
    *,
    contact_id: int | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    return setup_page(
        site,
        visitor,
        "partner.html",
        setup=setup,
        step="partners",
        status=status,
        typed=asdict(form),
        errors=errors or {},
        contact_id=contact_id,
        languages=_with(language_choices(), form.language),
        zones=_with(zone_choices(), form.timezone),
        roles=(("signs", "gets the link and can sign"), ("copied", "gets the receipts only")),
    )


def _blank(setup: Setup) -> PartnerForm:
    return PartnerForm(language=setup.campaign.language, timezone=setup.campaign.zone)


def _with(choices: tuple[tuple[str, str], ...], value: str) -> tuple[tuple[str, str], ...]:
    """What stands there already can be chosen, whatever it is."""
    if not value or value in dict(choices):
        return choices
    return ((value, value), *choices)


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else 1


def _waiting(session: Session, visitor: Visitor, slug: str) -> str:
    """The list that this coordinator has sent and not yet taken over."""
    campaign = require_campaign(session, slug)
    assert campaign.id is not None
    found = uploads.find_latest(
        session, campaign_id=campaign.id, coordinator_id=visitor.coordinator_id
    )
    return found or ""
