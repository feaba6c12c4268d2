"""Settling mails: one at a press of a button, many after a second look at how many they are."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from starlette.exceptions import HTTPException

from outreach.domain.errors import CampaignNotFound
from outreach.domain.settlement import Decision
from outreach.services import settle_mails
from outreach.services.list_mails import wanted_mails
from outreach.services.settle_mails import (
    Chosen,
    MailNotFound,
    NothingToSettle,
    NotSettled,
    NumberChanged,
)
from outreach.store.mail_lists import Wanted
from outreach.web.desk import mail_words as words
from outreach.web.desk.access import Editing, Visitor, desk_page
from outreach.web.desk.mails import address_of, filters, mail_page, plain, require_mail
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

_Text = Annotated[str, Form()]
_Keys = Annotated[list[int], Query()]
_TypedKeys = Annotated[list[int], Form()]
_MOST_KEYS = 1_000


@dataclass(frozen=True)
class _Choice:
    """What somebody chose on the list ``like`` that, and for what."""

    decision: Decision
    chosen: Chosen
    like: Wanted


@looking(router, "/desk/c/{slug}/mails/settle")
def show_settling(
    site: CurrentSite,
    visitor: Editing,
    slug: str,
    decision: str = "",
    m: _Keys = [],  # noqa: B006 - FastAPI copies it
    everything: str = "",
    show: str = "",
    state: str = "",
    kind: str = "",
    q: str = "",
) -> Response:
    """How many it would be, before anything is done. ``m`` are the mails that were ticked."""
    like = wanted_mails(sort=show, state=state, kind=kind, search=q)
    return _page(site, visitor, slug, _choice(decision, m, everything, like))


@router.post("/desk/c/{slug}/mails/settle")
def settle_many(
    site: CurrentSite,
    visitor: Editing,
    slug: str,
    decision: _Text = "",
    m: _TypedKeys = [],  # noqa: B006 - FastAPI copies it
    everything: _Text = "",
    show: _Text = "",
    state: _Text = "",
    kind: _Text = "",
    q: _Text = "",
    expected: Annotated[int, Form()] = 0,
) -> Response:
    like = wanted_mails(sort=show, state=state, kind=kind, search=q)
    choice = _choice(decision, m, everything, like)
    try:
        with site.outreach.database.transaction() as session:
            settle_mails.settle_many(
                session,
                slug=plain(slug),
                chosen=choice.chosen,
                decision=choice.decision,
                expected=expected,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except CampaignNotFound:
        raise HTTPException(404) from None
    except (NumberChanged, NothingToSettle):
        return _page(site, visitor, slug, choice, changed=True, status=409)
    site.outreach.ring_bell()
    done = {"done": f"many_{choice.decision}"}
    return site.lead_to(address_of(f"/desk/c/{slug}/mails", filters(like) | done))


@router.post("/desk/c/{slug}/mails/{number:int}/settle")
def settle_one(
    site: CurrentSite, visitor: Editing, slug: str, number: int, decision: _Text = ""
) -> Response:
    chosen = _decision(decision)
    found = require_mail(site, slug, number)
    try:
        with site.outreach.database.transaction() as session:
            settle_mails.settle_one(
                session,
                slug=found.campaign.slug,
                message_pk=number,
                decision=chosen,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except MailNotFound:
        raise HTTPException(404) from None
    except NotSettled as refusal:
        changed = require_mail(site, slug, number)
        return mail_page(site, visitor, changed, refusal=str(refusal), status=409)
    site.outreach.ring_bell()
    return site.lead_to(f"/desk/c/{found.campaign.slug}/mails/{number}?done={chosen}")


def _page(
    site: Site,
    visitor: Visitor,
    slug: str,
    choice: _Choice,
    *,
    changed: bool = False,
    status: int = 200,
) -> Response:
    """``changed``: other mails than those that were agreed to could be settled by then."""
    with site.outreach.database.reading() as session:
        try:
            found = settle_mails.foresee(
                session,
                slug=plain(slug),
                chosen=choice.chosen,
                decision=choice.decision,
                now=site.outreach.clock(),
            )
        except CampaignNotFound:
            raise HTTPException(404) from None
    here = f"/desk/c/{found.campaign.slug}/mails"
    return desk_page(
        site,
        visitor,
        "mails_settle.html",
        campaign=found.campaign,
        status=status,
        tab="mails",
        found=found,
        choice=choice,
        filters=filters(choice.like),
        words=words,
        action=f"{site.base}{here}/settle",
        back=site.base + address_of(here, filters(choice.like)),
        changed=changed,
    )


def _choice(decision: str, keys: list[int], everything: str, like: Wanted) -> _Choice:
    fitting = tuple(sorted({key for key in keys if 0 < key < 2**31}))[:_MOST_KEYS]
    chosen = Chosen(like=like) if everything == "yes" else Chosen(fitting)
    return _Choice(_decision(decision), chosen, like)


def _decision(typed: str) -> Decision:
    """What is none leads nowhere: our own pages offer these only."""
    if typed not in tuple(Decision):
        raise HTTPException(404)
    return Decision(typed)
