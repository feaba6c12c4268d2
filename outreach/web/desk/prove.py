"""The second factor shown once more, before what would give an account away."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from outreach.services import keep_session, passkeys, second_factor, sign_in
from outreach.services.passkeys import PasskeyRefused
from outreach.services.second_factor import CodeRefused
from outreach.services.sign_in import SignInRefused
from outreach.web.desk.access import Entering, Visitor, desk_page, own_path
from outreach.web.desk.door import (
    SIGN_IN_TRIES,
    TooManyTries,
    count_code,
    count_try,
    make_challenge,
    party,
    take_challenge,
)
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]

_WRONG = "This does not fit. Please try once more."
_TOO_MANY = "That was tried too often. Please wait a quarter of an hour."


@looking(router, "/desk/prove")
def show_proof(site: CurrentSite, visitor: Entering, next: str = "") -> Response:  # noqa: A002
    return _page(site, visitor, wanted=own_path(next))


@router.post("/desk/prove")
def prove(
    site: CurrentSite,
    request: Request,
    visitor: Entering,
    code: Text = "",
    password: Text = "",
    next: Text = "",  # noqa: A002
) -> Response:
    """By a code; by the password where the account has no second factor."""
    wanted = own_path(next)
    try:
        if visitor.has_factor:
            count_code(site, request, coordinator_id=visitor.coordinator_id)
        else:
            _check_password(site, request, visitor, password)
        now = site.outreach.clock()
        with site.outreach.database.transaction() as session:
            if visitor.has_factor:
                second_factor.use_code(
                    session,
                    site.outreach.sealer,
                    coordinator_id=visitor.coordinator_id,
                    code=code,
                    now=now,
                )
            keep_session.prove(session, visitor.session_id, now=now)
    except TooManyTries:
        return _page(site, visitor, wanted=wanted, error=_TOO_MANY, status=429)
    except (CodeRefused, SignInRefused):
        return _page(site, visitor, wanted=wanted, error=_WRONG, status=422)
    return site.lead_to(wanted)


@router.post("/desk/prove/passkey")
def prove_by_passkey(
    site: CurrentSite,
    visitor: Entering,
    answer: Text = "",
    challenge: Text = "",
    next: Text = "",  # noqa: A002
) -> Response:
    now, for_whom, wanted = site.outreach.clock(), party(site), own_path(next)
    try:
        if for_whom is None:
            raise PasskeyRefused
        asked = take_challenge(site, challenge, holder=visitor.session_id, now=now)
        with site.outreach.database.transaction() as session:
            whose = passkeys.use_passkey(session, for_whom, answer=answer, challenge=asked, now=now)
            if whose != visitor.coordinator_id:
                raise PasskeyRefused
            keep_session.prove(session, visitor.session_id, now=now)
    except PasskeyRefused:
        return _page(site, visitor, wanted=wanted, error=_WRONG, status=422)
    return site.lead_to(wanted)


def _check_password(site: Site, request: Request, visitor: Visitor, password: str) -> None:
    """Raises SignInRefused, TooManyTries."""
    count_try(site, request, SIGN_IN_TRIES, "password", visitor.email.casefold())
    sign_in.check_password(
        site.outreach.database, site.outreach.passwords, email=visitor.email, password=password
    )


def _page(
    site: Site, visitor: Visitor, *, wanted: str, error: str = "", status: int = 200
) -> Response:
    for_whom = party(site)
    challenge = make_challenge(site, holder=visitor.session_id, now=site.outreach.clock())
    return desk_page(
        site,
        visitor,
        "prove.html",
        status=status,
        tab="account",
        wanted=wanted,
        error=error,
        options=passkeys.request_options(for_whom, challenge=challenge.value) if for_whom else "",
        challenge=challenge.sealed,
    )
