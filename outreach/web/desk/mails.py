"""A campaign's mails: the list, and one of them as it was sent."""

import re
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from outreach.domain.errors import CampaignNotFound
from outreach.services.list_mails import list_mails, wanted_mails
from outreach.services.settle_mails import MailNotFound
from outreach.services.show_mail import ShownMail, show_mail
from outreach.store.mail_lists import Wanted
from outreach.web.desk import mail_words as words
from outreach.web.desk.access import Viewing, Visitor, desk_page
from outreach.web.headers import LETTER_POLICY
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

_NUMBER = re.compile("[0-9]{1,9}")
_VIEWS: Final = ("desktop", "phone", "text", "source")
# A click on a link in the mail opens nothing: it would want a window of its own, and the frame may
# not open one.
_LINKS_LEAD_NOWHERE: Final = '<base target="_blank">'

DONE: Final = MappingProxyType(
    {
        "arrived": "Settled: it arrived.",
        "again": "It goes out again now, with the same Message-ID.",
        "now": "It is tried now.",
        "dismissed": "Set aside: seen, and nothing to do.",
        "many_arrived": "The mails you chose are settled: they arrived.",
        "many_again": "The mails you chose go out again now.",
        "many_now": "The mails you chose are tried now.",
        "many_dismissed": "The mails you chose are set aside.",
    }
)


@looking(router, "/desk/c/{slug}/mails")
def show_mails(
    site: CurrentSite,
    visitor: Viewing,
    slug: str,
    show: str = "",
    state: str = "",
    kind: str = "",
    q: str = "",
    page: str = "",
    done: str = "",
) -> Response:
    """``q`` is the search."""
    wanted = wanted_mails(sort=show, state=state, kind=kind, search=q)
    number = int(page) if _NUMBER.fullmatch(page) else 1
    with site.outreach.database.reading() as session:
        try:
            found = list_mails(
                session, slug=plain(slug), wanted=wanted, page=number or 1,
                now=site.outreach.clock(),
            )  # fmt: skip
        except CampaignNotFound:
            raise HTTPException(404) from None
    here = f"{site.base}/desk/c/{found.campaign.slug}/mails"
    return desk_page(
        site,
        visitor,
        "mails.html",
        campaign=found.campaign,
        tab="mails",
        found=found,
        wanted=wanted,
        words=words,
        here=here,
        address=address_of(here, {**filters(wanted), "page": ""}),
        filters=filters(wanted),
        done=DONE.get(done, ""),
    )


@looking(router, "/desk/c/{slug}/mails/{number:int}")
def show_one(
    site: CurrentSite,
    visitor: Viewing,
    slug: str,
    number: int,
    view: str = "",
    copy: str = "",
    done: str = "",
) -> Response:
    found = require_mail(site, slug, number)
    return mail_page(site, visitor, found, view=view, copy=copy, done=DONE.get(done, ""))


@looking(router, "/desk/c/{slug}/mails/{number:int}/html")
def show_html(
    site: CurrentSite, _visitor: Viewing, slug: str, number: int, copy: str = ""
) -> Response:
    """The HTML part alone, for the frame: nothing in it runs, loads or leads anywhere."""
    found = require_mail(site, slug, number)
    if not found.copies:
        raise HTTPException(404)
    html = found.copies[_which(found, copy)].mail.html
    head, tag, rest = html.partition("<head>")
    content = f"{head}{tag}{_LINKS_LEAD_NOWHERE}{rest}" if tag else _LINKS_LEAD_NOWHERE + html
    return HTMLResponse(content, headers={"content-security-policy": LETTER_POLICY})


def mail_page(
    site: Site,
    visitor: Visitor,
    found: ShownMail,
    *,
    view: str = "",
    copy: str = "",
    done: str = "",
    refusal: str = "",
    status: int = 200,
) -> Response:
    """``refusal``: why what was asked for of this mail was not done."""
    which = _which(found, copy)
    return desk_page(
        site,
        visitor,
        "mail.html",
        campaign=found.campaign,
        status=status,
        tab="mails",
        mail=found.facts,
        found=found,
        shown=found.copies[which] if found.copies else None,
        which=which,
        views=_VIEWS,
        view=view if view in _VIEWS else _VIEWS[0],
        words=words,
        here=f"{site.base}/desk/c/{found.campaign.slug}/mails/{found.facts.id}",
        done=done,
        refusal=refusal,
    )


def require_mail(site: Site, slug: str, number: int) -> ShownMail:
    """Answers 404 where there is none."""
    now = site.outreach.clock()
    if number >= 2**31:
        raise HTTPException(404)
    with site.outreach.database.reading() as session:
        try:
            return show_mail(
                session, site.outreach.mail_writer, slug=plain(slug), message_pk=number, now=now
            )
        except (CampaignNotFound, MailNotFound):
            raise HTTPException(404) from None


def filters(wanted: Wanted) -> dict[str, str]:
    """What an address says of them; nothing where nothing is asked for."""
    q = wanted.search.text
    asked = {
        "show": wanted.sort,
        "state": wanted.state,
        "kind": wanted.kind,
        "q": q,
    }
    return {name: str(value) for name, value in asked.items() if value}


def address_of(path: str, asked: dict[str, str]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path


def plain(slug: str) -> str:
    """PostgreSQL refuses to look for a NUL."""
    return slug if slug.isprintable() else "?"


def _which(found: ShownMail, typed: str) -> int:
    """Of several sendings the last, unless another is asked for."""
    last = max(0, len(found.copies) - 1)
    return min(int(typed), last) if _NUMBER.fullmatch(typed) else last
