"""What every page of the wizard has in common: the steps, what is missing, and the way on."""

from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from outreach.services.show_setup import Setup, show_setup
from outreach.store.campaigns import find_campaign
from outreach.web.desk.access import Viewing, Visitor, desk_page
from outreach.web.site import CurrentSite, Site

STEPS: Final = MappingProxyType(
    {
        "statement": "Statement",
        "deadline": "Deadline",
        "sender": "Sender",
        "reminders": "Reminders",
        "partners": "Partners",
        "wording": "Wording",
        "check": "Check",
        "launch": "Launch",
    }
)
_NAMES: Final = tuple(STEPS)

# The words that may come back in the address after something was done.
_DONE: Final = MappingProxyType(
    {
        "created": "The draft is made. It is kept at each step: you can leave and come back.",
        "statement": "The statement is saved.",
        "deadline": "The deadline is saved.",
        "sender": "The sender is saved.",
        "reminders": "The reminders are saved.",
        "imported": "The partners are on the list.",
        "added": "The partner is on the list.",
        "changed": "The partner is changed.",
        "removed": "The partner is off the list.",
        "discarded": "The list was put aside; nothing of it was taken.",
        "wording": "Your words are saved.",
        "ours": "This mail has our words again.",
        "started": "This campaign is no draft any more: what you wanted to change is settled.",
    }
)


def _known_slug(site: CurrentSite, visitor: Viewing, slug: str) -> str:
    """Looked up after the door: nobody outside learns which campaigns there are."""
    del visitor
    with site.outreach.database.reading() as session:
        # PostgreSQL refuses to look for a NUL.
        if not slug.isprintable() or find_campaign(session, slug) is None:
            raise HTTPException(404)
    return slug


KnownSlug = Annotated[str, Depends(_known_slug)]
# What stood there when a form was shown, so that an old form takes nothing newer away.
Was = Annotated[str | None, Form()]


def load_setup(site: Site, slug: str) -> Setup:
    with site.outreach.database.reading() as session:
        return show_setup(session, slug=slug, now=site.outreach.clock())


def setup_page(
    site: Site,
    visitor: Visitor,
    template: str,
    *,
    setup: Setup,
    step: str,
    status: int = 200,
    done: str = "",
    **context: Any,
) -> HTMLResponse:
    """Renders ``templates/pages/desk/setup/<template>``; ``done`` is a word of the fixed list."""
    return desk_page(
        site,
        visitor,
        f"setup/{template}",
        status=status,
        campaign=setup.campaign,
        tab="setup",
        setup=setup,
        step=step,
        steps=STEPS,
        next_step=_after(step),
        may_edit=visitor.role.may_edit,
        said=_DONE.get(done, ""),
        path=f"{site.base}/desk/c/{setup.campaign.slug}/setup",
        **context,
    )


def setup_path(slug: str, step: str, *, done: str = "") -> str:
    where = f"/desk/c/{slug}/setup" + (f"/{step}" if step else "")
    return f"{where}?done={done}" if done else where


def lead_on(site: Site, slug: str, step: str, *, done: str) -> RedirectResponse:
    """To the step after ``step``."""
    return site.lead_to(setup_path(slug, _after(step), done=done))


def lead_back(site: Site, slug: str, step: str, *, done: str) -> RedirectResponse:
    return site.lead_to(setup_path(slug, step, done=done))


def lead_out(site: Site, slug: str) -> RedirectResponse:
    """It was launched meanwhile: the draft's pages change nothing any more."""
    return site.lead_to(setup_path(slug, "", done="started"))


def _after(step: str) -> str:
    if step not in _NAMES or step == _NAMES[-1]:
        return ""
    return _NAMES[_NAMES.index(step) + 1]
