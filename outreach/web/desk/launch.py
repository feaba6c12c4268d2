"""The wizard's end: a look over everything, and the launch with its second confirmation."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse

from outreach.domain.errors import MoveRefused
from outreach.services.apply_brake import TooManyMails, UnexpectedNumber
from outreach.services.check_campaign import (
    Level,
    Line,
    Outside,
    check_inside,
    check_outside,
)
from outreach.services.launch_campaign import DeadlineNotChosen, DeadlineOver, NobodyToInvite
from outreach.services.launch_draft import StepsMissing, launch_draft, whom_to_launch_to
from outreach.web.desk.access import Editing, Viewing, Visitor, desk_page
from outreach.web.desk.setup_page import KnownSlug, load_setup, setup_page
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]


@looking(router, "/desk/c/{slug}/setup/check")
def show_check(
    site: CurrentSite, visitor: Viewing, slug: KnownSlug, outside: str = "", done: str = ""
) -> Response:
    """What the campaign says at once; the outside is asked where that was wished for."""
    inside = _inside(site, slug)
    beyond = check_outside(_outside(site)) if outside else None
    return setup_page(
        site,
        visitor,
        "check.html",
        setup=load_setup(site, slug),
        step="check",
        done=done,
        inside=inside,
        outside=beyond,
        verdict=_verdict([*inside, *(beyond or [])]),
    )


@looking(router, "/desk/c/{slug}/setup/check/outside")
def show_outside(site: CurrentSite, visitor: Viewing, slug: KnownSlug) -> Response:
    """The part of the page that takes some seconds, for htmx."""
    return desk_page(
        site,
        visitor,
        "setup/_outside.html",
        outside=check_outside(_outside(site)),
        path=f"{site.base}/desk/c/{slug}/setup",
    )


@looking(router, "/desk/c/{slug}/setup/launch")
def show_launch(site: CurrentSite, visitor: Viewing, slug: KnownSlug) -> Response:
    return _launch_page(site, visitor, slug)


@router.post("/desk/c/{slug}/setup/launch")
def launch(
    site: CurrentSite,
    visitor: Editing,
    slug: KnownSlug,
    expected: Text = "",
    sure: Text = "",
) -> Response:
    """Only with the tick, and only to as many people as stood beside it."""
    if sure != "yes" or not (expected.isascii() and expected.isdecimal()):
        error = "Please tick this first, so that we know you mean it."
        return _launch_page(site, visitor, slug, error=error, status=422)
    outreach = site.outreach
    try:
        with outreach.database.transaction() as session:
            launch_draft(
                session,
                slug=slug,
                expected=int(expected[:9]),
                mail_domain=outreach.mail_domain,
                captured=outreach.captures_mail,
                by=visitor.actor,
                now=outreach.clock(),
            )
    except UnexpectedNumber as changed:
        problem = (
            f"The list has changed: {changed.people:,} people would be mailed now, not"
            f" {changed.expected:,}. Nobody was mailed. Please look again."
        )
        return _launch_page(site, visitor, slug, problem=problem, status=409)
    except (StepsMissing, DeadlineNotChosen, DeadlineOver, NobodyToInvite):
        return _launch_page(site, visitor, slug, status=409)
    except (MoveRefused, TooManyMails) as refused:
        return _launch_page(site, visitor, slug, problem=_sentence(str(refused)), status=409)
    outreach.ring_bell()
    site.kept_pages.forget()
    return site.lead_to(f"/desk/c/{slug}?done=launched")


def _launch_page(
    site: Site,
    visitor: Visitor,
    slug: str,
    *,
    error: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    with site.outreach.database.reading() as session:
        audience = whom_to_launch_to(session, slug=slug)
    return setup_page(
        site,
        visitor,
        "launch.html",
        setup=load_setup(site, slug),
        step="launch",
        status=status,
        audience=audience,
        error=error,
        problem=problem,
        captured=site.outreach.captures_mail,
        troubles=[line for line in _inside(site, slug) if line.level is Level.MEND],
    )


def _inside(site: Site, slug: str) -> list[Line]:
    with site.outreach.database.reading() as session:
        return check_inside(
            session,
            slug=slug,
            locale_of=site.outreach.composer.locale_of,
            now=site.outreach.clock(),
        )


def _outside(site: Site) -> Outside:
    outreach = site.outreach
    return Outside(
        public_url=outreach.public_url,
        smtp_target=outreach.smtp_target,
        captured=outreach.captures_mail,
        sender_domain=outreach.mail_domain,
    )


def _verdict(lines: list[Line]) -> str:
    levels = {line.level for line in lines}
    return next((level.value for level in (Level.MEND, Level.LOOK) if level in levels), "fine")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
