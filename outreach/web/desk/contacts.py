"""A contact of an organization: corrected, given another address, or added."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from outreach.domain.errors import FieldErrors, OrganizationNotFound
from outreach.domain.views import CampaignFacts
from outreach.services.change_contact import (
    ContactChange,
    ContactForm,
    ContactRefused,
    add_contact,
    change_contact,
)
from outreach.services.show_contact import ContactView, show_contact
from outreach.web.desk.access import Editing, Number, Visitor, desk_page
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.desk.chase import Place, lead_back
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()


class ContactFields(BaseModel):
    name: str = ""
    email: str = ""
    language: str = ""
    zone: str = ""
    role: str = "signs"
    discreet: str = ""

    def as_form(self) -> ContactForm:
        return ContactForm(
            self.name,
            self.email,
            self.language,
            self.zone,
            self.role,
            discreet=self.discreet == "yes",
        )


@dataclass(frozen=True)
class Sheet:
    """What stands in the form, and what is wrong with it."""

    typed: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    refusal: str = ""


@looking(router, "/desk/c/{slug}/organizations/{organization_id}/contacts/new")
def show_new(site: CurrentSite, visitor: Editing, slug: Slug, organization_id: Number) -> Response:
    return _page(site, visitor, slug, organization_id, None)


@looking(router, "/desk/c/{slug}/organizations/{organization_id}/contacts/{contact_id}")
def show_one(
    site: CurrentSite, visitor: Editing, slug: Slug, organization_id: Number, contact_id: Number
) -> Response:
    return _page(site, visitor, slug, organization_id, contact_id)


@router.post("/desk/c/{slug}/organizations/{organization_id}/contacts/new")
def add(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    organization_id: Number,
    fields: Annotated[ContactFields, Form()],
) -> Response:
    act = partial(add_contact, slug=slug, organization_id=organization_id)
    return _do(site, visitor, slug, organization_id, None, fields, act)


@router.post("/desk/c/{slug}/organizations/{organization_id}/contacts/{contact_id}")
def change(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    organization_id: Number,
    contact_id: Number,
    fields: Annotated[ContactFields, Form()],
) -> Response:
    act = partial(change_contact, slug=slug, organization_id=organization_id, contact_id=contact_id)
    return _do(site, visitor, slug, organization_id, contact_id, fields, act)


def _do(
    site: Site,
    visitor: Visitor,
    slug: str,
    organization_id: int,
    contact_id: int | None,
    fields: ContactFields,
    act: Callable[..., ContactChange],
) -> Response:
    sheet = Sheet(fields.model_dump())
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            done = act(
                session,
                form=fields.as_form(),
                mail_domain=site.outreach.mail_domain,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except OrganizationNotFound:
        raise HTTPException(404) from None
    except FieldErrors as refusal:
        sheet = Sheet(sheet.typed, errors=refusal.errors)
        return _page(site, visitor, slug, organization_id, contact_id, sheet, status=422)
    except ContactRefused as refusal:
        sheet = Sheet(sheet.typed, refusal=f"Not done: {refusal}.")
        return _page(site, visitor, slug, organization_id, contact_id, sheet, status=409)
    if done.is_invited or done.is_told:
        site.outreach.ring_bell()
    site.kept_looks.forget()
    word = _word(done, "changed" if contact_id else "added")
    return lead_back(site, slug, organization_id, Place(), done=word)


def _word(done: ContactChange, otherwise: str) -> str:
    if done.is_invited:
        return "invited"
    if done.is_told:
        return "told"
    return "cut_off" if done.is_cut_off else otherwise


def _page(
    site: Site,
    visitor: Visitor,
    slug: str,
    organization_id: int,
    contact_id: int | None,
    sheet: Sheet | None = None,
    *,
    status: int = 200,
) -> Response:
    campaign, found = _look(site, slug, organization_id, contact_id, gone_is_fine=sheet is not None)
    return desk_page(
        site,
        visitor,
        "contact.html",
        campaign=campaign,
        status=status,
        tab="chase",
        found=found,
        sheet=sheet or Sheet(found.offered),
        is_new=contact_id is None,
        chase=site.base + campaign_path(slug, "chase"),
        organization_path=site.base + campaign_path(slug, "organizations", organization_id),
    )


def _look(
    site: Site, slug: str, organization_id: int, contact_id: int | None, *, gone_is_fine: bool
) -> tuple[CampaignFacts, ContactView]:
    """``gone_is_fine``: the page says that the contact was changed meanwhile."""
    with or_not_found(), site.outreach.database.reading() as session:
        campaign, found = show_contact(
            session, slug=slug, organization_id=organization_id, contact_id=contact_id
        )
    if found is None or (found.is_gone and not gone_is_fine):
        raise HTTPException(404)
    return campaign, found
