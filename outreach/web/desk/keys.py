"""Keys for programs: made and shown once, listed with their last use, ended."""

from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Form, Response
from starlette.exceptions import HTTPException

from outreach.domain.api_key import SCOPE_WORDS, scopes_of
from outreach.domain.errors import FieldErrors
from outreach.services import api_keys
from outreach.services.api_keys import KeyRefused
from outreach.web.desk.access import FreshViewing, Number, Viewing, Visitor, desk_page
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

_DONE: Final = MappingProxyType(
    {"revoked": "The key is revoked. Programs that still use it are turned away."}
)
_LIVES: Final = MappingProxyType(
    {
        "90": ("90 days", timedelta(days=90)),
        "30": ("30 days", timedelta(days=30)),
        "365": ("A year", timedelta(days=365)),
        "": ("Until it is revoked", None),
    }
)
_FIRST_LIFE: Final = "90"


@looking(router, "/desk/keys")
def show_keys(site: CurrentSite, visitor: Viewing, done: str = "") -> Response:
    """An owner sees everybody's, the others their own."""
    with site.outreach.database.reading() as session:
        keys = api_keys.list_keys(
            session, coordinator_id=_whose(visitor), now=site.outreach.clock()
        )
    return desk_page(site, visitor, "keys.html", tab="keys", keys=keys, done=_DONE.get(done, ""))


@looking(router, "/desk/keys/new")
def show_form(site: CurrentSite, visitor: FreshViewing) -> Response:
    return _form_page(site, visitor)


@router.post("/desk/keys/new")
def make_key(
    site: CurrentSite,
    visitor: FreshViewing,
    name: Annotated[str, Form()] = "",
    scopes: Annotated[list[str] | None, Form()] = None,
    life: Annotated[str, Form()] = _FIRST_LIFE,
) -> Response:
    """The key stands on the page that answers, and nowhere else."""
    chosen = scopes or []
    known_life = life if life in _LIVES else _FIRST_LIFE
    try:
        with site.outreach.database.transaction() as session:
            key = api_keys.create_key(
                session,
                name=name,
                scopes=chosen,
                life=_LIVES[known_life][1],
                coordinator_id=visitor.coordinator_id,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except FieldErrors as refusal:
        return _form_page(
            site,
            visitor,
            name=name,
            chosen=chosen,
            life=known_life,
            errors=refusal.errors,
            status=422,
        )
    return desk_page(site, visitor, "key_made.html", tab="keys", key=key, name=name)


@router.post("/desk/keys/{key_id}/revoke")
def revoke_key(site: CurrentSite, visitor: Viewing, key_id: Number) -> Response:
    try:
        with site.outreach.database.transaction() as session:
            api_keys.revoke_key(
                session,
                key_id=key_id,
                coordinator_id=_whose(visitor),
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except KeyRefused:
        raise HTTPException(404) from None
    return site.lead_to("/desk/keys?done=revoked")


def _whose(visitor: Visitor) -> int | None:
    return None if visitor.role.may_own else visitor.coordinator_id


def _form_page(
    site: Site,
    visitor: Visitor,
    *,
    name: str = "",
    chosen: list[str] | None = None,
    life: str = _FIRST_LIFE,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    allowed = scopes_of(visitor.role)
    return desk_page(
        site,
        visitor,
        "key_new.html",
        tab="keys",
        status=status,
        scopes=[(scope.value, words) for scope, words in SCOPE_WORDS.items() if scope in allowed],
        lives=[(value, word) for value, (word, _) in _LIVES.items()],
        name=name,
        chosen=["read"] if chosen is None else chosen,
        life=life,
        errors=errors or {},
    )
