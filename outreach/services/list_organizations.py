"""A campaign's organizations, narrowed, sorted and paged: what the desk lists and exports."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.domain.views import CampaignFacts
from outreach.partners.keys import name_key
from outreach.store import campaigns, desk_lists, desk_people
from outreach.store.desk_lists import Line, Show, Sort, Wanted
from outreach.store.desk_people import ListedPerson
from outreach.store.folding import fold

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
            language=_printable(language),
            country=_printable(country),
            search=_printable(q),
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
            name_key=name_key(self.search),
            words=fold(self.search),
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
    total = desk_lists.count_lines(session, campaign.id, wanted)
    pages = max(1, -(-total // PAGE_SIZE))
    page = max(1, min(page, pages))
    lines = desk_lists.list_lines(
        session, campaign.id, wanted, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE
    )
    return OrganizationPage(
        campaign=campaigns.campaign_facts(campaign),
        rows=_with_people(session, campaign.id, lines),
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


def list_all_organizations(
    session: Session, *, slug: str, narrowing: Narrowing
) -> tuple[ListedOrganization, ...]:
    """Everything that matches, for an export. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    lines = desk_lists.list_lines(session, campaign.id, narrowing.wanted(), limit=None)
    people = desk_people.list_people(session, campaign.id, None)
    return _joined(lines, people, {})


def find_matching(session: Session, *, slug: str, narrowing: Narrowing) -> list[int]:
    """The ids of all that match. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return desk_lists.list_ids(session, campaign.id, narrowing.wanted())


def _with_people(
    session: Session, campaign_id: int, lines: list[Line]
) -> tuple[ListedOrganization, ...]:
    people = desk_people.list_people(session, campaign_id, [line.id for line in lines])
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


def _printable(text: str) -> str:
    """One line without what no name holds: PostgreSQL refuses to look for a NUL."""
    kept = "".join(one for one in text if unicodedata.category(one) not in ("Cc", "Cs"))
    return " ".join(kept.split())[:200]
