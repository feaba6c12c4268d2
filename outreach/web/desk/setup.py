"""Setting up an account by its one-time link, and the second factor after it."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from outreach.domain.errors import FieldErrors, LinkRefused
from outreach.sealing import SealBroken
from outreach.services import passkeys, second_factor, set_up_account, sign_in
from outreach.services.passkeys import PasskeyRefused
from outreach.services.second_factor import CodeRefused
from outreach.services.set_up_account import SETUP, AccountForm, SetupPage, SetupRefused
from outreach.web.desk.access import (
    FreshEntering,
    Visitor,
    check_token,
    desk_page,
    issue_token,
    require_own_page,
    set_session_cookie,
)
from outreach.web.desk.door import (
    TooManyTries,
    count_code,
    device_of,
    make_challenge,
    party,
    take_challenge,
)
from outreach.web.desk.qr import qr_picture
from outreach.web.desk.sign_in import end_the_one_before
from outreach.web.desk.zones import zone_choices
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]

_PENDING = "pending-app"
_PENDING_LIFE = timedelta(hours=1)
_WRONG_CODE = "This code does not fit. Is the clock of your telephone right?"
_TOO_MANY = "That was tried too often. Please wait five minutes."
_TOO_LATE = "This page was open for too long. Please scan the picture once more."
_WRONG_PASSKEY = "The passkey could not be made. Please try once more."


@looking(router, "/desk/setup/{token:path}")
def show_setup(site: CurrentSite, token: str) -> Response:
    """Changes nothing: whoever fetches the link uses nothing up."""
    try:
        link_id, page = _find(site, token)
    except SetupRefused:
        return _no_setup(site)
    form = AccountForm(email=page.email, name=page.name, password="", zone=page.zone)
    return _setup_page(site, link_id, page, form=form)


@router.post("/desk/setup/{token:path}")
def set_up(
    site: CurrentSite,
    request: Request,
    token: str,
    form_token: Text = "",
    email: Text = "",
    name: Text = "",
    password: Text = "",
    zone: Text = "",
) -> Response:
    require_own_page(request, site)
    form = AccountForm(email=email, name=name, password=password, zone=zone)
    try:
        link_id, page = _find(site, token)
        check_token(site, link_id, form_token)
        return _begin(site, request, link_id, set_up_account.checked_form(form, email=page.email))
    except SetupRefused:
        return _no_setup(site)
    except FieldErrors as refusal:
        return _setup_page(site, link_id, page, form=form, errors=refusal.errors, status=422)


def _begin(site: Site, request: Request, link_id: str, form: AccountForm) -> Response:
    """Hashed before the transaction: while it lasts, nobody else could write."""
    now, password_hash = site.outreach.clock(), site.outreach.passwords.hash(form.password)
    with site.outreach.database.transaction() as session:
        who = set_up_account.set_up(
            session, link_id=link_id, form=form, password_hash=password_hash, now=now
        )
        token = sign_in.enter(
            session, coordinator_id=who, device=device_of(request), way="set-up link", now=now
        )
    end_the_one_before(site, request)
    response = site.lead_to("/desk/second-factor")
    set_session_cookie(response, site, token=token)
    return response


def _find(site: Site, token: str) -> tuple[str, SetupPage]:
    try:
        link_id = site.outreach.links.read(token, purpose=SETUP)
    except LinkRefused:
        raise SetupRefused from None
    with site.outreach.database.reading() as session:
        return link_id, set_up_account.find_setup(
            session, link_id=link_id, now=site.outreach.clock()
        )


def _setup_page(
    site: Site,
    link_id: str,
    page: SetupPage,
    *,
    form: AccountForm,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return desk_page(
        site,
        None,
        "setup.html",
        status=status,
        door_token=issue_token(site, link_id),
        page=page,
        form=form,
        errors=errors or {},
        zones=zone_choices(),
    )


def _no_setup(site: Site) -> Response:
    return desk_page(site, None, "refused.html", status=404, kind="setup", needs="")


@looking(router, "/desk/second-factor")
def show_second_factor(site: CurrentSite, visitor: FreshEntering) -> Response:
    return _factor_page(site, visitor)


@router.post("/desk/second-factor/app")
def confirm_app(
    site: CurrentSite,
    request: Request,
    visitor: FreshEntering,
    code: Text = "",
    sealed: Text = "",
) -> Response:
    now = site.outreach.clock()
    try:
        secret = _pending_secret(site, visitor, sealed)
        count_code(site, request, coordinator_id=visitor.coordinator_id)
        with site.outreach.database.transaction() as session:
            second_factor.confirm_app(
                session,
                site.outreach.sealer,
                by=visitor.actor,
                secret=secret,
                code=code,
                now=now,
            )
            codes = _first_codes(session, visitor, now=now)
    except SealBroken:
        return _factor_page(site, visitor, app_error=_TOO_LATE, status=422)
    except TooManyTries:
        return _factor_page(site, visitor, secret=secret, app_error=_TOO_MANY, status=429)
    except CodeRefused:
        return _factor_page(site, visitor, secret=secret, app_error=_WRONG_CODE, status=422)
    return _shown_codes(site, visitor, codes)


@router.post("/desk/second-factor/passkey")
def add_passkey(
    site: CurrentSite,
    request: Request,
    visitor: FreshEntering,
    answer: Text = "",
    challenge: Text = "",
) -> Response:
    now, for_whom = site.outreach.clock(), party(site)
    try:
        if for_whom is None:
            raise PasskeyRefused
        asked = take_challenge(site, challenge, holder=visitor.session_id, now=now)
        with site.outreach.database.transaction() as session:
            passkeys.add_passkey(
                session,
                for_whom,
                by=visitor.actor,
                answer=answer,
                challenge=asked,
                name=device_of(request),
                now=now,
            )
            codes = _first_codes(session, visitor, now=now)
    except PasskeyRefused:
        return _factor_page(site, visitor, passkey_error=_WRONG_PASSKEY, status=422)
    return _shown_codes(site, visitor, codes)


def _first_codes(session: Session, visitor: Visitor, *, now: datetime) -> list[str]:
    """With the first second factor; later ones leave those that were written down."""
    if visitor.has_factor:
        return []
    return second_factor.new_recovery_codes(session, by=visitor.actor, now=now)


def _shown_codes(site: Site, visitor: Visitor, codes: list[str]) -> Response:
    """Shown in the answer itself: nowhere are they kept to be shown again."""
    if not codes:
        return site.lead_to("/desk/account?done=factor_added")
    return desk_page(site, visitor, "recovery_codes.html", codes=codes, tab="account")


def _factor_page(
    site: Site,
    visitor: Visitor,
    *,
    secret: str = "",
    app_error: str = "",
    passkey_error: str = "",
    status: int = 200,
) -> Response:
    now, for_whom = site.outreach.clock(), party(site)
    secret = secret or second_factor.new_secret()
    sealed = site.outreach.sealer.seal(
        f"{visitor.coordinator_id}:{secret}", purpose=_PENDING, now=now
    )
    challenge = make_challenge(site, holder=visitor.session_id, now=now)
    options = ""
    if for_whom:
        with site.outreach.database.reading() as session:
            options = passkeys.creation_options(
                session, for_whom, by=visitor.actor, email=visitor.email, challenge=challenge.value
            )
    return desk_page(
        site,
        visitor,
        "second_factor.html",
        status=status,
        tab="account",
        picture=qr_picture(second_factor.app_address(secret, email=visitor.email)),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        sealed=sealed,
        options=options,
        challenge=challenge.sealed,
        app_error=app_error,
        passkey_error=passkey_error,
        may_skip=not site.outreach.settings.needs_second_factor,
    )


def _pending_secret(site: Site, visitor: Visitor, sealed: str) -> str:
    """The one of the picture on this coordinator's page. Raises SealBroken."""
    opened = site.outreach.sealer.open(
        sealed, purpose=_PENDING, max_age=_PENDING_LIFE, now=site.outreach.clock()
    )
    who, _, secret = opened.partition(":")
    if who != str(visitor.coordinator_id):
        raise SealBroken
    return secret
