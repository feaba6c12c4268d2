"""A campaign's place in the desk's addresses, and what is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException

from outreach.domain.errors import CampaignNotFound, InvitationNotFound
from outreach.web.desk.access import Viewing


async def _slug(slug: str, visitor: Viewing) -> str:
    """After the door: nobody outside learns which campaigns there are."""
    del visitor
    if not slug.isprintable():  # PostgreSQL refuses to look for a NUL
        raise HTTPException(404)
    return slug


Slug = Annotated[str, Depends(_slug)]


@contextmanager
def or_not_found() -> Iterator[None]:
    """Who asks for what is not there gets the page that says so."""
    try:
        yield
    except (CampaignNotFound, InvitationNotFound):
        raise HTTPException(404) from None


def campaign_path(slug: str, *parts: object) -> str:
    return "/".join(["/desk/c", slug, *map(str, parts)])
