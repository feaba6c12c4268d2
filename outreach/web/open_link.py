"""The link in the mail: exchanged for a short session and a clean address. Changes nothing."""

import re

from fastapi import Request, Response

from outreach.domain.errors import LinkRefused
from outreach.links import ANSWER
from outreach.services.preview_wording import SAMPLE_TOKEN
from outreach.services.view_invitation import find_answer_page
from outreach.web.direct import glancing
from outreach.web.site import Site
from outreach.web.visit import begin_visit, visit_path

# Mail software, scanners and people leave much hanging on a link that they wrapped or quoted: a
# full stop, a bracket, a quote, "=3D", "&gt;". All of it begins with what is in no token,
# but for the full stop; a slash leads to another page unless it is the last.
_IN_NO_TOKEN = re.compile(r"[^\w./-]", re.ASCII)


@glancing("/a/{token:path}")
def open_link(site: Site, request: Request) -> Response:
    token = request.path_params["token"]
    bare = bare_token(token)
    if bare != token:
        return site.lead_to(f"/a/{bare}")
    if token == SAMPLE_TOKEN:
        return site.pages.render("sample_link.html")
    now = site.outreach.clock()
    link_id = site.outreach.links.read(token, purpose=ANSWER)
    with site.outreach.database.glance() as connection:
        find_answer_page(connection, link_id=link_id, now=now)
    response = site.lead_to(visit_path(site.outreach.links.session_name(link_id)))
    begin_visit(response, site, link_id=link_id, now=now)
    return response


def bare_token(token: str) -> str:
    """The token without what was left hanging on it, for whose address the browser is sent anew:
    the token itself must be exact. Raises LinkRefused where nothing remains."""
    bare = _IN_NO_TOKEN.split(token, maxsplit=1)[0].rstrip("./")
    if not bare:
        raise LinkRefused
    return bare
