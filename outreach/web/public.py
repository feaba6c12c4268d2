"""The published statement, for everybody, and its downloads from the same snapshot."""

from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from outreach.domain.views import PublishedStatement
from outreach.services.publish_statement import find_published
from outreach.statement.export import EXPORTS
from outreach.web.direct import direct
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

# Short, because a withdrawal shows on the list within a minute.
_CACHE: Final = {"cache-control": "public, max-age=30"}
_DOWNLOADS: Final = {
    "md": ("markdown", "text/markdown"),
    "html": ("html", "text/html"),
    "csv": ("csv", "text/csv"),
    "json": ("json", "application/json"),
}


@direct("/s/{slug}")
async def show_statement(site: Site, request: Request) -> Response:
    slug = request.path_params["slug"]
    content = site.kept_pages.find(slug, now=site.outreach.clock())
    if content is None:
        content = await site.kept_pages.rendered(slug, partial(_render, site, slug))
    return HTMLResponse(content, headers=_CACHE)


def _render(site: Site, slug: str) -> bytes:
    published = _require(site, slug)
    content = site.pages.fill(
        "statement.html", published=published, campaign=published.campaign, formats=[*_DOWNLOADS]
    ).encode()
    site.kept_pages.keep(slug, content, now=published.as_of)
    return content


@looking(router, "/s/{slug}/statement.{extension}")
def download_statement(site: CurrentSite, slug: str, extension: str) -> Response:
    if extension not in _DOWNLOADS:
        raise HTTPException(404)
    published = _require(site, slug)
    name, media_type = _DOWNLOADS[extension]
    filename = f"{published.campaign.slug}.{extension}"
    return Response(
        EXPORTS[name](published),
        media_type=f"{media_type}; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{filename}"', **_CACHE},
    )


def _require(site: Site, slug: str) -> PublishedStatement:
    if not slug.isprintable():  # PostgreSQL refuses to look for a NUL
        raise HTTPException(404)
    with site.outreach.database.reading() as session:
        published = find_published(session, slug=slug, now=site.outreach.clock())
    if published is None:
        raise HTTPException(404)
    return published
