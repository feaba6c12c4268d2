"""The demo's mailbox: each captured mail as a person would see it, its links live."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from outreach.mailbox import CapturedMail, MailNotFound, count_mails, list_mails, read_mail
from outreach.web.headers import MAIL_POLICY
from outreach.web.site import CurrentSite, Site, looking

_HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def _on_this_machine(request: Request) -> None:
    """Every personal link is there: neither a foreign name that points at this machine, nor a
    proxy in front of it, may let others read."""
    client = request.client.host if request.client else ""
    forwarded = {"forwarded", "x-forwarded-for", "x-real-ip"}.intersection(request.headers)
    if forwarded or not {client, request.url.hostname} <= _HERE:
        raise HTTPException(404)


router = APIRouter(dependencies=[Depends(_on_this_machine)])

PAGE_SIZE = 100
_SEARCHED = 5_000
_NUMBER = re.compile("[0-9]{1,9}")

# Links in the mail open in the whole window, as in a mail program, not inside the frame.
_LINKS_LEAVE_THE_FRAME: Final = '<base target="_top">'


@looking(router, "/mailbox")
def show_mailbox(site: CurrentSite, q: str = "", page: str = "", live: str = "") -> Response:
    found = _find(_folder(site), query=q.strip(), page=_page_number(page))
    return site.pages.render("mailbox.html", found=found, query=q.strip(), live=bool(live))


@looking(router, "/mailbox/{name}")
def show_mail(site: CurrentSite, name: str, view: str = "") -> Response:
    mail = _require(site, name)
    kinds = [kind for kind, content in (("html", mail.html), ("text", mail.text)) if content]
    kinds.append("source")
    return site.pages.render(
        "mail.html",
        mail=mail,
        kinds=kinds,
        kind=view if view in kinds else kinds[0],
        source=mail.raw.decode("utf-8", errors="replace").replace("\r\n", "\n"),
    )


@looking(router, "/mailbox/{name}/html")
def show_mail_html(site: CurrentSite, name: str) -> Response:
    """The HTML part alone, for the frame."""
    mail = _require(site, name)
    headers = {"content-security-policy": MAIL_POLICY}
    return HTMLResponse(_with_leaving_links(mail.html), headers=headers)


@looking(router, "/mailbox/{name}/source")
def show_mail_source(site: CurrentSite, name: str) -> Response:
    """The mail byte for byte, as it was sent."""
    mail = _require(site, name)
    headers = {"content-disposition": f'attachment; filename="{mail.name}"'}
    return Response(mail.raw, media_type="message/rfc822", headers=headers)


@dataclass(frozen=True)
class _Found:
    """One page of the mails, newest first; ``total`` counts those on all ``pages``."""

    mails: list[CapturedMail]
    total: int
    page: int
    pages: int


def _find(folder: Path, *, query: str, page: int) -> _Found:
    """Past the last page is the last page."""
    matching = _search(folder, query=query) if query else None
    total = count_mails(folder) if matching is None else len(matching)
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(page, pages)
    start, end = (page - 1) * PAGE_SIZE, page * PAGE_SIZE
    mails = list_mails(folder, limit=end) if matching is None else matching
    return _Found(mails[start:end], total, page, pages)


def _search(folder: Path, *, query: str) -> list[CapturedMail]:
    wanted = query.casefold()
    return [
        mail
        for mail in list_mails(folder, limit=_SEARCHED)
        if wanted in f"{' '.join(mail.to)} {mail.subject} {_recipient(mail)}".casefold()
    ]


def _page_number(typed: str) -> int:
    """What cannot be read as a page is the first one."""
    return max(1, int(typed)) if _NUMBER.fullmatch(typed) else 1


def _recipient(mail: CapturedMail) -> str:
    return dict(mail.headers).get("To", "")


def _require(site: Site, name: str) -> CapturedMail:
    try:
        return read_mail(_folder(site), name)
    except MailNotFound:
        raise HTTPException(404) from None


def _folder(site: Site) -> Path:
    return site.outreach.settings.home / "mailbox"


def _with_leaving_links(html: str) -> str:
    head, tag, rest = html.partition("<head>")
    return head + tag + _LINKS_LEAVE_THE_FRAME + rest if tag else _LINKS_LEAVE_THE_FRAME + html
