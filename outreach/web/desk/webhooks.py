"""Webhooks: added with a secret shown once, tested, switched off and on, their calls seen."""

from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from outreach.domain.errors import FieldErrors
from outreach.domain.webhook import WebhookEvent
from outreach.services import webhooks
from outreach.services.webhooks import WebhookNotFound, WebhookRefused
from outreach.web.desk.access import Number, Owning, Visitor, desk_page
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

_DONE: Final = MappingProxyType(
    {
        "tested": "A test call is on its way. Look again in some seconds.",
        "retried": "The call is made once more, with the same id.",
        "disabled": "The webhook is off. What waited for it was given up.",
        "enabled": "The webhook is on again, and hears of what happens from now on.",
    }
)
_EVENT_WORDS: Final = MappingProxyType(
    {
        WebhookEvent.SIGNED: "An organization has signed.",
        WebhookEvent.DECLINED: "An organization has declined.",
        WebhookEvent.WITHDRAWN: "A signature was withdrawn.",
        WebhookEvent.CLOSED: "A list was closed, by its deadline or by somebody.",
        WebhookEvent.PUBLISHED: "A list was published.",
    }
)


@looking(router, "/desk/webhooks")
def show_webhooks(site: CurrentSite, visitor: Owning) -> Response:
    with site.outreach.database.reading() as session:
        found = webhooks.list_webhooks(session)
    return desk_page(site, visitor, "webhooks.html", tab="webhooks", webhooks=found)


@looking(router, "/desk/webhooks/new")
def show_form(site: CurrentSite, visitor: Owning) -> Response:
    return _form_page(site, visitor, chosen=[event.value for event in WebhookEvent])


@router.post("/desk/webhooks/new")
def add_webhook(
    site: CurrentSite,
    visitor: Owning,
    url: Annotated[str, Form()] = "",
    events: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """The secret stands on the page that answers, and nowhere else."""
    outreach, chosen = site.outreach, events or []
    try:
        with outreach.database.transaction() as session:
            webhook_id, secret = webhooks.add_webhook(
                session,
                outreach.sealer,
                url=url,
                events=chosen,
                private=outreach.settings.webhook_private_networks,
                coordinator_id=visitor.coordinator_id,
                by=visitor.actor,
                now=outreach.clock(),
            )
    except FieldErrors as refusal:
        return _form_page(site, visitor, url=url, chosen=chosen, errors=refusal.errors, status=422)
    return desk_page(
        site, visitor, "webhook_made.html", tab="webhooks", webhook_id=webhook_id, secret=secret
    )


@looking(router, "/desk/webhooks/{webhook_id}")
def show_webhook(
    site: CurrentSite, visitor: Owning, webhook_id: Number, done: str = ""
) -> Response:
    return _webhook_page(site, visitor, webhook_id, done=_DONE.get(done, ""))


@router.post("/desk/webhooks/{webhook_id}/test")
def test_webhook(site: CurrentSite, visitor: Owning, webhook_id: Number) -> Response:
    return _act(site, visitor, webhook_id, webhooks.call_for_test, done="tested")


@router.post("/desk/webhooks/{webhook_id}/disable")
def disable_webhook(site: CurrentSite, visitor: Owning, webhook_id: Number) -> Response:
    return _act(site, visitor, webhook_id, webhooks.disable_webhook, done="disabled")


@router.post("/desk/webhooks/{webhook_id}/enable")
def enable_webhook(site: CurrentSite, visitor: Owning, webhook_id: Number) -> Response:
    return _act(site, visitor, webhook_id, webhooks.enable_webhook, done="enabled")


@router.post("/desk/webhooks/{webhook_id}/calls/{call_id}/retry")
def retry_call(site: CurrentSite, visitor: Owning, webhook_id: Number, call_id: Number) -> Response:
    def retry(session: Session, **facts: Any) -> None:
        webhooks.retry_call(session, call_id=call_id, **facts)

    return _act(site, visitor, webhook_id, retry, done="retried")


def _act(site: Site, visitor: Visitor, webhook_id: int, act: Any, *, done: str) -> Response:
    """One transaction, then the bell: the call is made within a second where a worker listens."""
    try:
        with site.outreach.database.transaction() as session:
            act(session, webhook_id=webhook_id, by=visitor.actor, now=site.outreach.clock())
    except WebhookNotFound:
        raise HTTPException(404) from None
    except WebhookRefused as refused:
        return _webhook_page(site, visitor, webhook_id, refusal=str(refused), status=409)
    site.outreach.ring_bell()
    return site.lead_to(f"/desk/webhooks/{webhook_id}?done={done}")


def _webhook_page(
    site: Site,
    visitor: Visitor,
    webhook_id: int,
    *,
    done: str = "",
    refusal: str = "",
    status: int = 200,
) -> Response:
    try:
        with site.outreach.database.reading() as session:
            webhook, calls = webhooks.show_webhook(session, webhook_id=webhook_id)
    except WebhookNotFound:
        raise HTTPException(404) from None
    return desk_page(
        site,
        visitor,
        "webhook.html",
        tab="webhooks",
        status=status,
        webhook=webhook,
        calls=calls,
        done=done,
        refusal=refusal,
    )


def _form_page(
    site: Site,
    visitor: Visitor,
    *,
    chosen: list[str],
    url: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return desk_page(
        site,
        visitor,
        "webhook_new.html",
        tab="webhooks",
        status=status,
        url=url,
        events=[(event.value, words) for event, words in _EVENT_WORDS.items()],
        chosen=chosen,
        private=site.outreach.settings.webhook_private_networks,
        errors=errors or {},
    )
