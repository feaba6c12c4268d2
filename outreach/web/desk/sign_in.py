"""The way in: password and second factor, or a passkey alone; and the way out."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response

from outreach.services import keep_session, passkeys, second_factor, sign_in
from outreach.services.passkeys import PasskeyRefused
from outreach.services.second_factor import CodeRefused
from outreach.services.sign_in import HalfWay, SignInRefused
from outreach.web.desk.access import (
    Entering,
    cookie_name,
    desk_page,
    find_session,
    own_path,
    set_session_cookie,
)
from outreach.web.desk.door import (
    SIGN_IN_TRIES,
    TooManyTries,
    count_code,
    count_passkey,
    count_try,
    device_of,
    doorstep,
    drop_half_way,
    keep_half_way,
    make_challenge,
    party,
    read_half_way,
    require_doorstep,
    take_challenge,
)
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]

_WRONG = "The e-mail address or the password is not right."
_WRONG_CODE = "This code does not fit. Codes change every half minute, and each counts once."
_WRONG_PASSKEY = "This passkey was not accepted. Please try once more, or use your password."
_TOO_MANY = "That was tried too often. Please wait a quarter of an hour."


@looking(router, "/desk/sign-in")
def show_sign_in(site: CurrentSite, request: Request, next: str = "") -> Response:  # noqa: A002 - the address's word
    if find_session(request):
        return site.lead_to(own_path(next))
    return _sign_in_page(site, request, wanted=own_path(next))


@router.post("/desk/sign-in")
def show_password(
    site: CurrentSite,
    request: Request,
    form_token: Text = "",
    email: Text = "",
    password: Text = "",
    next: Text = "",  # noqa: A002
) -> Response:
    """A plain def: what hashes runs in a thread."""
    require_doorstep(request, site, form_token=form_token)
    wanted, account = own_path(next), ("password", email.strip().casefold())
    try:
        count_try(site, request, SIGN_IN_TRIES, *account)
        half = sign_in.check_password(
            site.outreach.database, site.outreach.passwords, email=email, password=password
        )
    except TooManyTries:
        return _sign_in_page(site, request, wanted=wanted, email=email, error=_TOO_MANY, status=429)
    except SignInRefused:
        return _sign_in_page(site, request, wanted=wanted, email=email, error=_WRONG, status=422)
    site.outreach.attempts.forget(SIGN_IN_TRIES, *account)
    if not half.has_factor:
        return _let_in(site, request, half.coordinator_id, way="password", wanted=wanted)
    response = site.lead_to(f"/desk/sign-in/code?next={quote(wanted, safe='/')}")
    keep_half_way(response, site, half, now=site.outreach.clock())
    return response


@looking(router, "/desk/sign-in/code")
def show_second_step(site: CurrentSite, request: Request, next: str = "") -> Response:  # noqa: A002
    half = _half_way(site, request)
    if half is None:
        return site.lead_to("/desk/sign-in")
    return _code_page(site, request, half, wanted=own_path(next))


@router.post("/desk/sign-in/code")
def show_code(
    site: CurrentSite,
    request: Request,
    form_token: Text = "",
    code: Text = "",
    recovery: Text = "",
    next: Text = "",  # noqa: A002
) -> Response:
    require_doorstep(request, site, form_token=form_token)
    half = _half_way(site, request)
    if half is None:
        return site.lead_to("/desk/sign-in")
    wanted = own_path(next)
    try:
        count_code(site, request, coordinator_id=half.coordinator_id)
        return _let_in(
            site,
            request,
            half.coordinator_id,
            way="recovery code" if recovery.strip() else "password and code",
            wanted=wanted,
            code=code,
            recovery=recovery.strip(),
        )
    except TooManyTries:
        return _code_page(site, request, half, wanted=wanted, error=_TOO_MANY, status=429)
    except CodeRefused:
        return _code_page(site, request, half, wanted=wanted, error=_WRONG_CODE, status=422)


@router.post("/desk/sign-in/passkey")
def show_passkey(
    site: CurrentSite,
    request: Request,
    form_token: Text = "",
    answer: Text = "",
    challenge: Text = "",
    next: Text = "",  # noqa: A002
) -> Response:
    step = require_doorstep(request, site, form_token=form_token)
    now, for_whom = site.outreach.clock(), party(site)
    try:
        count_passkey(site, step)
        if for_whom is None:
            raise PasskeyRefused
        asked = take_challenge(site, challenge, holder=step.name, now=now)
        with site.outreach.database.transaction() as session:
            who = passkeys.use_passkey(session, for_whom, answer=answer, challenge=asked, now=now)
            token = sign_in.enter(
                session,
                coordinator_id=who,
                device=device_of(request),
                way="passkey",
                now=now,
            )
    except TooManyTries:
        return _sign_in_page(site, request, wanted=own_path(next), error=_TOO_MANY, status=429)
    except (PasskeyRefused, SignInRefused):
        return _sign_in_page(site, request, wanted=own_path(next), error=_WRONG_PASSKEY, status=422)
    return _welcome(site, request, token=token, wanted=own_path(next))


@router.post("/desk/sign-out")
def sign_out(site: CurrentSite, visitor: Entering) -> Response:
    with site.outreach.database.transaction() as session:
        keep_session.end_own(
            session, visitor.session_id, by=visitor.actor, now=site.outreach.clock()
        )
    response = site.lead_to("/desk/sign-in")
    response.delete_cookie(
        cookie_name(site), path="/", secure=site.origin.startswith("https:"), httponly=True
    )
    return response


def _let_in(
    site: Site,
    request: Request,
    coordinator_id: int,
    *,
    way: str,
    wanted: str,
    code: str = "",
    recovery: str = "",
) -> Response:
    """In one transaction: the code is used up and the session begins. Raises CodeRefused."""
    now, device = site.outreach.clock(), device_of(request)
    with site.outreach.database.transaction() as session:
        if recovery:
            second_factor.use_recovery_code(
                session, coordinator_id=coordinator_id, code=recovery, now=now
            )
        elif way != "password":
            second_factor.use_code(
                session, site.outreach.sealer, coordinator_id=coordinator_id, code=code, now=now
            )
        token = sign_in.enter(
            session, coordinator_id=coordinator_id, device=device, way=way, now=now
        )
    return _welcome(site, request, token=token, wanted=wanted)


def _welcome(site: Site, request: Request, *, token: str, wanted: str) -> Response:
    """A new id for the session; the one that this browser had before ends."""
    end_the_one_before(site, request)
    response = site.lead_to(wanted)
    set_session_cookie(response, site, token=token)
    drop_half_way(response, site)
    return response


def end_the_one_before(site: Site, request: Request) -> None:
    if found := find_session(request):
        with site.outreach.database.transaction() as session:
            keep_session.end_own(
                session, found.session_id, by=found.actor, now=site.outreach.clock()
            )


def _half_way(site: Site, request: Request) -> HalfWay | None:
    try:
        who, password = read_half_way(request, site, now=site.outreach.clock())
        with site.outreach.database.reading() as session:
            return sign_in.find_half_way(session, coordinator_id=who, password=password)
    except SignInRefused:
        return None


def _sign_in_page(
    site: Site,
    request: Request,
    *,
    wanted: str,
    email: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    return _door_page(
        site, request, "sign_in.html", wanted=wanted, email=email, error=error, status=status
    )


def _code_page(
    site: Site, request: Request, half: HalfWay, *, wanted: str, error: str = "", status: int = 200
) -> Response:
    return _door_page(
        site, request, "sign_in_code.html", wanted=wanted, half=half, error=error, status=status
    )


def _door_page(
    site: Site, request: Request, template: str, *, status: int, **context: Any
) -> Response:
    step, for_whom = doorstep(request, site), party(site)
    challenge = make_challenge(site, holder=step.name, now=site.outreach.clock())
    options = passkeys.request_options(for_whom, challenge=challenge.value) if for_whom else ""
    response = desk_page(
        site,
        None,
        template,
        status=status,
        door_token=step.form_token,
        options=options,
        challenge=challenge.sealed,
        **context,
    )
    step.keep(response, site)
    return response
