"""Who takes care of the organizations that were chosen on their list."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel, Field

from outreach.services.list_organizations import Narrowing, NothingChosen, find_matching
from outreach.services.manage_coordinators import CoordinatorNotFound
from outreach.services.share_out import share_out
from outreach.web.desk.access import Editing
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.site import CurrentSite

router = APIRouter()

_Number = Annotated[int, Field(ge=0, le=2**31 - 1)]  # as the databases number rows


class OwnerFields(BaseModel):
    """Of which organizations: the chosen ones, or with ``all`` everybody whom the filters find."""

    owner: _Number = 0
    organization: list[_Number] = []
    all: str = ""
    show: str = ""
    language: str = ""
    country: str = ""
    q: str = ""
    sort: str = ""

    def narrowing(self) -> Narrowing:
        return Narrowing.read(
            show=self.show, language=self.language, country=self.country, q=self.q, sort=self.sort
        )


@router.post("/desk/c/{slug}/organizations/own")
def give(
    site: CurrentSite, visitor: Editing, slug: Slug, fields: Annotated[OwnerFields, Form()]
) -> Response:
    """Back to the list as it was narrowed, which says what was done."""
    narrowing, done = fields.narrowing(), "given"
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            chosen = fields.organization
            if fields.all:
                chosen = find_matching(session, slug=slug, narrowing=narrowing)
            share_out(
                session,
                slug=slug,
                organizations=chosen,
                owner_id=fields.owner,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except (NothingChosen, CoordinatorNotFound):
        done = "nobody"
    site.kept_looks.forget()
    query = urlencode({**narrowing.fields(), "done": done})
    return site.lead_to(f"{campaign_path(slug, 'organizations')}?{query}")
