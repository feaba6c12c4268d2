"""No more mail to one address: a page for people, one POST for mail programs (RFC 8058)."""

from fastapi import APIRouter, Response

from outreach.links import UNSUBSCRIBE
from outreach.services import suppress_contact
from outreach.services.preview_wording import SAMPLE_TOKEN
from outreach.web.open_link import bare_token
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()


@looking(router, "/u/{token:path}")
def show_unsubscribe(site: CurrentSite, token: str) -> Response:
    bare = bare_token(token)
    if bare != token:
        return site.lead_to(f"/u/{bare}")
    if token == SAMPLE_TOKEN:
        return site.pages.render("sample_link.html")
    return _page(site, token)


# The link itself is the right to do it: a mail program sends no cookie and no Origin, and what
# it writes in the body is not needed. Pressed twice, nothing changes.
@router.post("/u/{token}")
def unsubscribe(site: CurrentSite, token: str) -> Response:
    link_id = site.outreach.links.read(token, purpose=UNSUBSCRIBE)
    now = site.outreach.clock()
    with site.outreach.database.transaction() as session:
        suppress_contact.suppress(session, link_id=link_id, now=now)
    return _page(site, token)


@router.post("/u/{token}/undo")
def resubscribe(site: CurrentSite, token: str) -> Response:
    link_id = site.outreach.links.read(token, purpose=UNSUBSCRIBE)
    now = site.outreach.clock()
    with site.outreach.database.transaction() as session:
        suppress_contact.lift(session, link_id=link_id, now=now)
    return site.lead_to(f"/u/{token}")


def _page(site: Site, token: str) -> Response:
    link_id = site.outreach.links.read(token, purpose=UNSUBSCRIBE)
    now = site.outreach.clock()
    with site.outreach.database.reading() as session:
        page = suppress_contact.find_suppression_page(session, link_id=link_id, now=now)
    return site.pages.render("unsubscribe.html", page=page, action=f"{site.base}/u/{token}")
