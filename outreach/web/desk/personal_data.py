"""What is kept of a person: shown, given to them as a file, erased. The address travels in forms
alone: one in a page's address would stand in histories and logs."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel

from outreach.partners.values import ValueRefused, parse_email
from outreach.services.erase_for_good import ContactsChanged, erase_for_good
from outreach.services.erase_person import ErasureReport, NobodyOfThisAddress
from outreach.services.export_person import take_out_person
from outreach.services.show_person import show_person
from outreach.web.desk.access import FreshOwning, Visitor, desk_page
from outreach.web.desk.steering import NotSure
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

_Email = Annotated[str, Form()]


class ErasureFields(BaseModel):
    """``expected`` is the number of contacts that was shown; without it, it is shown first."""

    email: str = ""
    expected: int | None = None
    sure: str = ""


@looking(router, "/desk/personal-data")
def show_field(site: CurrentSite, visitor: FreshOwning) -> Response:
    return _field_page(site, visitor)


@router.post("/desk/personal-data")
def look_up(site: CurrentSite, visitor: FreshOwning, email: _Email = "") -> Response:
    return _of_somebody(site, visitor, email, partial(_held, site, visitor))


@router.post("/desk/personal-data/export")
def take_out(site: CurrentSite, visitor: FreshOwning, email: _Email = "") -> Response:
    return _of_somebody(site, visitor, email, partial(_file, site, visitor))


@router.post("/desk/personal-data/erase")
def erase(
    site: CurrentSite, visitor: FreshOwning, fields: Annotated[ErasureFields, Form()]
) -> Response:
    """Asks first: the second form brings a tick and the number that was shown."""
    act = partial(_erase, site, visitor, fields)
    if fields.expected is None:
        act = partial(_question, site, visitor)
    elif fields.sure != "yes":
        act = partial(_question, site, visitor, error=str(NotSure()), status=422)
    return _of_somebody(site, visitor, fields.email, act)


def _of_somebody(
    site: Site, visitor: Visitor, typed: str, act: Callable[[str], Response]
) -> Response:
    """``act`` with the address, or the field once more, with why."""
    try:
        return act(parse_email(typed))
    except ValueRefused as refusal:
        error = f"{refusal.remedy[:1].upper()}{refusal.remedy[1:]}."
        return _field_page(site, visitor, email=typed, errors={"email": error}, status=422)
    except NobodyOfThisAddress:
        return _field_page(site, visitor, email=typed, is_unknown=True)


def _file(site: Site, visitor: Visitor, email: str) -> Response:
    """Its name tells nobody whose it is."""
    now = site.outreach.clock()
    with site.outreach.database.transaction() as session:
        told = take_out_person(session, email=email, by=visitor.actor, now=now)
    headers = {
        "content-disposition": 'attachment; filename="personal-data.json"',
        "cache-control": "no-store",
    }
    return Response(told, media_type="application/json", headers=headers)


def _erase(site: Site, visitor: Visitor, fields: ErasureFields, email: str) -> Response:
    outreach = site.outreach
    try:
        report = erase_for_good(
            outreach.database,
            outreach.settings.home,
            email=email,
            seed=outreach.erasure_seed,
            mail_domain=outreach.mail_domain,
            by=visitor.actor,
            now=outreach.clock(),
            expected=fields.expected,
        )
    except ContactsChanged:
        return _question(site, visitor, email, has_changed=True, status=409)
    site.kept_looks.forget()
    return _field_page(site, visitor, report=report)


def _held(site: Site, visitor: Visitor, email: str) -> Response:
    with site.outreach.database.reading() as session:
        person = show_person(session, email=email)
    return desk_page(
        site, visitor, "personal_data_held.html", tab="people", email=email, person=person
    )


def _question(
    site: Site,
    visitor: Visitor,
    email: str,
    *,
    error: str = "",
    has_changed: bool = False,
    status: int = 200,
) -> Response:
    """What goes and what stays, with the number that is agreed to."""
    with site.outreach.database.reading() as session:
        person = show_person(session, email=email)
    return desk_page(
        site,
        visitor,
        "personal_data_erase.html",
        tab="people",
        status=status,
        email=email,
        person=person,
        error=error,
        has_changed=has_changed,
    )


def _field_page(
    site: Site,
    visitor: Visitor,
    *,
    email: str = "",
    errors: dict[str, str] | None = None,
    is_unknown: bool = False,
    report: ErasureReport | None = None,
    status: int = 200,
) -> Response:
    """``report`` is of what was just erased."""
    return desk_page(
        site,
        visitor,
        "personal_data.html",
        tab="people",
        status=status,
        email=email,
        errors=errors or {},
        is_unknown=is_unknown,
        report=report,
    )
