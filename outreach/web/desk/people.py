"""Who may come in, and as what: for everybody to see, for owners to change."""

from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Form, Response
from starlette.exceptions import HTTPException

from outreach.domain.coordinator import Role
from outreach.domain.errors import FieldErrors, Refused
from outreach.services import manage_coordinators
from outreach.services.manage_coordinators import CoordinatorNotFound, Person
from outreach.services.set_up_account import setup_address
from outreach.web.desk.access import FreshOwning, Number, Viewing, Visitor, desk_page
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]

_DONE = MappingProxyType(
    {
        "role": "The role is changed.",
        "disabled": "The account is disabled, and signed out everywhere.",
        "enabled": "The account may come in again.",
    }
)


@looking(router, "/desk/people")
def show_people(site: CurrentSite, visitor: Viewing, done: str = "") -> Response:
    with site.outreach.database.reading() as session:
        people = manage_coordinators.list_people(session, now=site.outreach.clock())
    return desk_page(
        site, visitor, "people.html", tab="people", people=people, done=_DONE.get(done, "")
    )


@looking(router, "/desk/people/invite")
def show_invite(site: CurrentSite, visitor: FreshOwning) -> Response:
    return _invite_page(site, visitor)


@router.post("/desk/people/invite")
def invite(site: CurrentSite, visitor: FreshOwning, email: Text = "", role: Text = "") -> Response:
    wanted = _role(role)
    try:
        with site.outreach.database.transaction() as session:
            link_id = manage_coordinators.invite(
                session, email=email, role=wanted, by=visitor.actor, now=site.outreach.clock()
            )
    except FieldErrors as refusal:
        return _invite_page(
            site, visitor, email=email, role=wanted, errors=refusal.errors, status=422
        )
    return _link_page(site, visitor, link_id, email=email)


@looking(router, "/desk/people/{person_id}")
def show_person(site: CurrentSite, visitor: FreshOwning, person_id: Number) -> Response:
    return _person_page(site, visitor, person_id)


@router.post("/desk/people/{person_id}/role")
def change_role(
    site: CurrentSite, visitor: FreshOwning, person_id: Number, role: Text = ""
) -> Response:
    now, wanted = site.outreach.clock(), _role(role)
    try:
        with site.outreach.database.transaction() as session:
            manage_coordinators.change_role(
                session, person_id, role=wanted, by=visitor.actor, now=now
            )
    except Refused as refusal:
        return _refused(site, visitor, person_id, refusal)
    return site.lead_to("/desk/people?done=role")


@router.post("/desk/people/{person_id}/disable")
def disable(site: CurrentSite, visitor: FreshOwning, person_id: Number) -> Response:
    now = site.outreach.clock()
    try:
        with site.outreach.database.transaction() as session:
            manage_coordinators.disable(session, person_id, by=visitor.actor, now=now)
    except Refused as refusal:
        return _refused(site, visitor, person_id, refusal)
    return site.lead_to("/desk/people?done=disabled")


@router.post("/desk/people/{person_id}/enable")
def enable(site: CurrentSite, visitor: FreshOwning, person_id: Number) -> Response:
    now = site.outreach.clock()
    try:
        with site.outreach.database.transaction() as session:
            manage_coordinators.enable(session, person_id, by=visitor.actor, now=now)
    except Refused as refusal:
        return _refused(site, visitor, person_id, refusal)
    return site.lead_to("/desk/people?done=enabled")


@router.post("/desk/people/{person_id}/reset")
def reset(site: CurrentSite, visitor: FreshOwning, person_id: Number) -> Response:
    now = site.outreach.clock()
    try:
        with site.outreach.database.transaction() as session:
            link_id = manage_coordinators.reset(session, person_id, by=visitor.actor, now=now)
            person = manage_coordinators.find_person(session, person_id, now=now)
    except Refused as refusal:
        return _refused(site, visitor, person_id, refusal)
    return _link_page(site, visitor, link_id, email=person.email)


def _role(typed: str) -> Role:
    """The least one where it is none."""
    return Role(typed) if typed in list(Role) else Role.VIEWER


def _refused(site: Site, visitor: Visitor, person_id: int, refusal: Refused) -> Response:
    if isinstance(refusal, CoordinatorNotFound):
        raise HTTPException(404) from None
    return _person_page(site, visitor, person_id, refusal=str(refusal), status=409)


def _invite_page(
    site: Site,
    visitor: Visitor,
    *,
    email: str = "",
    role: Role = Role.EDITOR,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return desk_page(
        site,
        visitor,
        "invite.html",
        status=status,
        tab="people",
        email=email,
        role=role,
        errors=errors or {},
    )


def _person_page(
    site: Site, visitor: Visitor, person_id: int, *, refusal: str = "", status: int = 200
) -> Response:
    return desk_page(
        site,
        visitor,
        "person.html",
        status=status,
        tab="people",
        person=_require(site, person_id),
        refusal=refusal,
    )


def _link_page(site: Site, visitor: Visitor, link_id: str, *, email: str) -> Response:
    """Shown in the answer itself, once: only its id is kept."""
    link = setup_address(site.outreach.links, link_id, public_url=site.outreach.public_url)
    return desk_page(site, visitor, "setup_link.html", tab="people", link=link, email=email)


def _require(site: Site, person_id: int) -> Person:
    try:
        with site.outreach.database.reading() as session:
            return manage_coordinators.find_person(session, person_id, now=site.outreach.clock())
    except CoordinatorNotFound:
        raise HTTPException(404) from None
