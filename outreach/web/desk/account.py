"""One's own account: name and zone, password, second factors, recovery codes, sessions."""

from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Form, Response
from starlette.exceptions import HTTPException

from outreach.domain.errors import FieldErrors
from outreach.passwords import why_refused
from outreach.services import keep_session, manage_account, passkeys, second_factor
from outreach.web.desk.access import FreshViewing, Number, Viewing, Visitor, desk_page
from outreach.web.desk.zones import zone_choices
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]

_DONE = MappingProxyType(
    {
        "saved": "Saved.",
        "password": "Your password is changed. Every other browser was signed out, and"
        " your API keys are revoked.",
        "factor_added": "From now on you can sign in with it.",
        "factor_removed": "It lets nobody in any more.",
        "session_ended": "That browser was signed out.",
        "sessions_ended": "Every other browser was signed out.",
    }
)
_LAST_FACTOR = "This is your only second factor. Add another one first."


@looking(router, "/desk/account")
def show_account(site: CurrentSite, visitor: Viewing, done: str = "") -> Response:
    return _page(site, visitor, done=_DONE.get(done, ""))


@router.post("/desk/account")
def change_details(
    site: CurrentSite, visitor: Viewing, name: Text = "", zone: Text = "", wants_digest: Text = ""
) -> Response:
    try:
        with site.outreach.database.transaction() as session:
            manage_account.change_details(
                session,
                by=visitor.actor,
                name=name,
                zone=zone,
                wants_digest=wants_digest == "yes",
                now=site.outreach.clock(),
            )
    except FieldErrors as refusal:
        return _page(site, visitor, errors=refusal.errors, status=422)
    return site.lead_to("/desk/account?done=saved")


@looking(router, "/desk/account/password")
def show_password(site: CurrentSite, visitor: FreshViewing) -> Response:
    return desk_page(site, visitor, "password.html", tab="account", error="")


@router.post("/desk/account/password")
def change_password(site: CurrentSite, visitor: FreshViewing, password: Text = "") -> Response:
    if error := why_refused(password, email=visitor.email):
        return desk_page(site, visitor, "password.html", tab="account", error=error, status=422)
    password_hash = site.outreach.passwords.hash(password)
    with site.outreach.database.transaction() as session:
        manage_account.change_password(
            session,
            by=visitor.actor,
            password_hash=password_hash,
            but=visitor.session_id,
            now=site.outreach.clock(),
        )
    return site.lead_to("/desk/account?done=password")


@router.post("/desk/account/codes")
def make_codes(site: CurrentSite, visitor: FreshViewing) -> Response:
    """Shown in the answer itself: nowhere are they kept to be shown again."""
    with site.outreach.database.transaction() as session:
        codes = second_factor.new_recovery_codes(
            session, by=visitor.actor, now=site.outreach.clock()
        )
    return desk_page(site, visitor, "recovery_codes.html", tab="account", codes=codes)


@router.post("/desk/account/app/remove")
def remove_app(site: CurrentSite, visitor: FreshViewing) -> Response:
    with site.outreach.database.transaction() as session:
        account = manage_account.find_account(
            session, visitor.coordinator_id, now=site.outreach.clock()
        )
        may_go = bool(account.passkeys) or not site.outreach.settings.needs_second_factor
        if may_go:
            second_factor.remove_app(session, by=visitor.actor, now=site.outreach.clock())
    return _removed(site, visitor, is_gone=may_go)


@router.post("/desk/account/passkeys/{passkey_id}/remove")
def remove_passkey(site: CurrentSite, visitor: FreshViewing, passkey_id: Number) -> Response:
    with site.outreach.database.transaction() as session:
        account = manage_account.find_account(
            session, visitor.coordinator_id, now=site.outreach.clock()
        )
        others = len(account.passkeys) - 1 + account.has_app
        may_go = others > 0 or not site.outreach.settings.needs_second_factor
        if may_go:
            passkeys.remove_passkey(
                session, passkey_id, by=visitor.actor, now=site.outreach.clock()
            )
    return _removed(site, visitor, is_gone=may_go)


@router.post("/desk/account/sessions/end")
def end_session(site: CurrentSite, visitor: Viewing, session_id: Text = "") -> Response:
    if not session_id.isprintable():  # PostgreSQL refuses to look for a NUL
        raise HTTPException(404)
    with site.outreach.database.transaction() as session:
        keep_session.end_own(session, session_id, by=visitor.actor, now=site.outreach.clock())
    return site.lead_to("/desk/account?done=session_ended")


@router.post("/desk/account/sessions/end-others")
def end_other_sessions(site: CurrentSite, visitor: Viewing) -> Response:
    with site.outreach.database.transaction() as session:
        keep_session.end_others(
            session, visitor.session_id, by=visitor.actor, now=site.outreach.clock()
        )
    return site.lead_to("/desk/account?done=sessions_ended")


def _removed(site: Site, visitor: Visitor, *, is_gone: bool) -> Response:
    if is_gone:
        return site.lead_to("/desk/account?done=factor_removed")
    return _page(site, visitor, refusal=_LAST_FACTOR, status=409)


def _page(
    site: Site,
    visitor: Visitor,
    *,
    done: str = "",
    refusal: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    with site.outreach.database.reading() as session:
        account = manage_account.find_account(
            session, visitor.coordinator_id, now=site.outreach.clock()
        )
    return desk_page(
        site,
        visitor,
        "account.html",
        status=status,
        tab="account",
        account=account,
        done=done,
        refusal=refusal,
        errors=errors or {},
        zones=zone_choices(),
    )
