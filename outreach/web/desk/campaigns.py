"""The desk itself: all campaigns, and which of them need a person."""

from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Response

from outreach.localtime import format_left
from outreach.services.show_desk import show_desk as show_all
from outreach.store.campaigns import list_campaigns
from outreach.web.desk.access import Viewing, desk_page
from outreach.web.site import CurrentSite, looking

router = APIRouter()

_KEPT: Final = timedelta(seconds=1)


@looking(router, "/desk")
def show_desk(site: CurrentSite, visitor: Viewing) -> Response:
    now = site.outreach.clock()
    with site.outreach.database.reading() as session:
        known = [(one.slug, one.state) for one in list_campaigns(session)]
        desk = site.kept_looks.find(
            ("desk", ""),
            lambda: show_all(session, now=now),
            of=known,
            kept_for=_KEPT,
            now=now,
        )
    return desk_page(site, visitor, "campaigns.html", tab="campaigns", desk=desk, left=format_left)
