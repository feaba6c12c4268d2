"""In front of the desk's door: forms of people who are not signed in, tries that are counted, and
challenges that count once."""

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi import Request, Response

from outreach.domain.errors import Refused
from outreach.sealing import SealBroken
from outreach.services.passkeys import Party, PasskeyRefused, new_challenge
from outreach.services.sign_in import HalfWay, SignInRefused
from outreach.web.desk.access import check_token, cookie_name, issue_token, require_own_page
from outreach.web.site import Site
from outreach.web.whence import address_of

SIGN_IN_TRIES: Final = "10/15 minutes"
CODE_TRIES: Final = "6/5 minutes"
CODE_TRIES_A_DAY: Final = "60/day"
ADDRESS_TRIES: Final = "40/15 minutes"
PASSKEY_TRIES: Final = "60/15 minutes"

_CHALLENGE_LIFE: Final = timedelta(minutes=10)
_HALF_WAY_LIFE: Final = timedelta(minutes=10)
_DOOR_NAME: Final = re.compile(r"[A-Za-z0-9_-]{24}")
_CHALLENGE, _HALF_WAY = "passkey-challenge", "half-way"


class TooManyTries(Refused):
    def __init__(self) -> None:
        super().__init__("too many tries; wait a quarter of an hour")


@dataclass(frozen=True)
class Doorstep:
    """A browser that is not signed in: a random name, so that its forms are its own."""

    name: str
    form_token: str

    def keep(self, response: Response, site: Site) -> None:
        _set_cookie(response, site, "door", self.name)


def doorstep(request: Request, site: Site) -> Doorstep:
    name = request.cookies.get(_cookie(site, "door"), "")
    if not _DOOR_NAME.fullmatch(name):
        name = secrets.token_urlsafe(18)
    return Doorstep(name, issue_token(site, name))


def require_doorstep(request: Request, site: Site, *, form_token: str) -> Doorstep:
    """Raises FormRefused where the form is not one that this browser was shown."""
    require_own_page(request, site)
    step = doorstep(request, site)
    check_token(site, step.name, form_token)
    return step


def count_try(site: Site, request: Request, limit: str, *what: str) -> None:
    """Of this account, and of this address where it is known. Raises TooManyTries."""
    address = address_of(request)
    if address and not site.outreach.attempts.allow(ADDRESS_TRIES, "address", address):
        raise TooManyTries
    if not site.outreach.attempts.allow(limit, *what):
        raise TooManyTries


def count_passkey(site: Site, step: Doorstep) -> None:
    """Of this browser alone: a passkey cannot be guessed, and is the way in for a coordinator
    whose password others keep trying. Raises TooManyTries."""
    if not site.outreach.attempts.allow(PASSKEY_TRIES, "passkey", step.name):
        raise TooManyTries


def count_code(site: Site, request: Request, *, coordinator_id: int) -> None:
    """Raises TooManyTries."""
    who = ("code", str(coordinator_id))
    count_try(site, request, CODE_TRIES, *who)
    if not site.outreach.attempts.allow(CODE_TRIES_A_DAY, *who):
        raise TooManyTries


def party(site: Site) -> Party | None:
    return Party.of(site.outreach.public_url)


@dataclass(frozen=True)
class Challenge:
    """``sealed`` travels in the form and says for whom ``value`` was made, and when."""

    value: str
    sealed: str


def make_challenge(site: Site, *, holder: str, now: datetime) -> Challenge:
    value = new_challenge()
    text = json.dumps([holder, value])
    return Challenge(value, site.outreach.sealer.seal(text, purpose=_CHALLENGE, now=now))


def take_challenge(site: Site, sealed: str, *, holder: str, now: datetime) -> str:
    """Once. Raises PasskeyRefused."""
    try:
        text = site.outreach.sealer.open(
            sealed, purpose=_CHALLENGE, max_age=_CHALLENGE_LIFE, now=now
        )
    except SealBroken:
        raise PasskeyRefused from None
    made_for, value = json.loads(text)
    if made_for != holder or not site.outreach.attempts.allow("1/hour", "challenge", value):
        raise PasskeyRefused
    return str(value)


def keep_half_way(response: Response, site: Site, half: HalfWay, *, now: datetime) -> None:
    text = json.dumps([half.coordinator_id, half.password])
    sealed = site.outreach.sealer.seal(text, purpose=_HALF_WAY, now=now)
    _set_cookie(response, site, "half", sealed)


def read_half_way(request: Request, site: Site, *, now: datetime) -> tuple[int, str]:
    """Who has shown a password, and its mark. Raises SignInRefused."""
    try:
        text = site.outreach.sealer.open(
            request.cookies.get(_cookie(site, "half"), ""),
            purpose=_HALF_WAY,
            max_age=_HALF_WAY_LIFE,
            now=now,
        )
    except SealBroken:
        raise SignInRefused from None
    coordinator_id, password = json.loads(text)
    return int(coordinator_id), str(password)


def drop_half_way(response: Response, site: Site) -> None:
    response.delete_cookie(
        _cookie(site, "half"), path="/", secure=site.origin.startswith("https:"), httponly=True
    )


def device_of(request: Request) -> str:
    """What the list of sessions calls this browser."""
    agent = request.headers.get("user-agent", "")
    browser = next((name for mark, name in _BROWSERS if mark in agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser


# The first that is found: most browsers also say that they are another.
_BROWSERS: Final = (
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def _cookie(site: Site, part: str) -> str:
    return f"{cookie_name(site)}-{part}"


def _set_cookie(response: Response, site: Site, part: str, value: str) -> None:
    response.set_cookie(
        _cookie(site, part),
        value,
        path="/",
        secure=site.origin.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
