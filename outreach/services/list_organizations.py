"""A campaign's organizations, narrowed, sorted and paged: what the desk lists and exports."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.domain.views import CampaignFacts
from outreach.services.read_search import printable, read_search
from outreach.store import campaigns, desk_lists, desk_people
from outreach.store.desk_lists import Line, Show, Sort, Wanted
from outreach.store.desk_people import ListedPerson

PAGE_SIZE = 50


class NothingChosen(Refused):
    """A bulk action without an organization."""


@dataclass(frozen=True)
class Narrowing:
    """A list's filters as a person chose them. What is not known is as if it were not said."""

    show: Show = Show.ALL
    language: str = ""
    country: str = ""
    search: str = ""
    sort: Sort = Sort.NAME

    @classmethod
    def read(
        cls,
        *,
        show: str = "",
        language: str = "",
        country: str = "",
        q: str = "",
        sort: str = "",
    ) -> "Narrowing":
        return cls(
            show=Show(show) if show in set(Show) else Show.ALL,
            language=printable(language),
            country=printable(country),
            search=printable(q),
            sort=Sort(sort) if sort in set(Sort) else Sort.NAME,
        )

    def fields(self) -> dict[str, str]:
        """As the address has them; what was not chosen is left out."""
        chosen = {
            "show": "" if self.show is Show.ALL else self.show.value,
            "language": self.language,
            "country": self.country,
            "q": self.search,
            "sort": "" if self.sort is Sort.NAME else self.sort.value,
        }
        return {name: value for name, value in chosen.items() if value}

    @property
    def is_narrow(self) -> bool:
        return bool(self.fields().keys() - {"sort"})

    def wanted(self) -> Wanted:
        return Wanted(
            show=self.show,
            language=self.language,
            country=self.country,
            search=read_search(self.search),
            sort=self.sort,
        )


@dataclass(frozen=True)
class ListedOrganization:
    """One row: the organization, its contacts, and when a person was last at its page."""

    line: Line
    people: tuple[ListedPerson, ...]
    seen_at: datetime | None = None


@dataclass(frozen=True)
class OrganizationPage:
    """``total`` counts what matches, on all ``pages``."""

    campaign: CampaignFacts
    rows: tuple[ListedOrganization, ...]
    total: int
    page: int
    pages: int
    narrowing: Narrowing = field(default_factory=Narrowing)


def list_organizations(
    session: Session, *, slug: str, narrowing: Narrowing, page: int = 1
) -> OrganizationPage:
    """Fifty of them; past the last page is the last page. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    wanted = narrowing.wanted()
    chosen, total = desk_lists.page_of_ids(session, campaign.id, wanted, page=page, size=PAGE_SIZE)
    pages = max(1, -(-total // PAGE_SIZE))
    page = max(1, min(page, pages))
    return OrganizationPage(
        campaign=campaigns.campaign_facts(campaign),
        rows=_with_people(session, campaign.id, chosen),
        total=total,
        page=page,
        pages=pages,
        narrowing=narrowing,
    )


@dataclass(frozen=True)
class Choices:
    """What a list can be narrowed to."""

    languages: tuple[str, ...]
    countries: tuple[str, ...]


def list_choices(session: Session, *, slug: str) -> Choices:
    """Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return Choices(
        languages=tuple(desk_lists.list_languages(session, campaign.id)),
        countries=tuple(desk_lists.list_countries(session, campaign.id)),
    )


def list_chosen(
    session: Session, *, campaign_id: int, organizations: Sequence[int]
) -> tuple[ListedOrganization, ...]:
    """The campaign's of these, in this order, without when a person was at their pages."""
    lines = desk_lists.lines_of(session, campaign_id, organizations)
    return _joined(lines, desk_people.list_people(session, organizations), {})


def find_matching(session: Session, *, slug: str, narrowing: Narrowing) -> list[int]:
    """The ids of all that match, in the wanted order. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return desk_lists.list_ids(session, campaign.id, narrowing.wanted())


def _with_people(
    session: Session, campaign_id: int, chosen: Sequence[int]
) -> tuple[ListedOrganization, ...]:
    lines = desk_lists.lines_of(session, campaign_id, chosen)
    people = desk_people.list_people(session, chosen)
    asked = [line.invitation_id for line in lines if line.invitation_id is not None]
    return _joined(lines, people, desk_lists.last_views(session, asked))


def _joined(
    lines: list[Line], people: list[ListedPerson], seen: dict[int, datetime]
) -> tuple[ListedOrganization, ...]:
    by_organization: dict[int, list[ListedPerson]] = {}
    for one in people:
        by_organization.setdefault(one.organization_id, []).append(one)
    return tuple(
        ListedOrganization(
            line, tuple(by_organization.get(line.id, ())), seen.get(line.invitation_id or 0)
        )
        for line in lines
    )
