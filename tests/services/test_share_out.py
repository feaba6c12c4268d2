"""Many organizations are given to one coordinator. On both databases."""

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import CampaignNotFound
from outreach.services.list_organizations import NothingChosen
from outreach.services.manage_coordinators import CoordinatorNotFound
from outreach.services.share_out import list_carers, share_out
from outreach.store.database import Database
from outreach.store.desk_tables import Activity, Chase, Coordinator
from tests.factories import NOW, a_launched_campaign
from tests.noticing import a_coordinator
from tests.services.test_work_chase import work

NORA = Actor("Nora Feld", 1)


def begun(session: Session) -> None:
    for name in ("Nora Feld", "Lin", "Viewer", "Gone"):
        a_coordinator(session, email=f"{name[:3].lower()}@coalition.example", name=name)
    session.get_one(Coordinator, 3).role = "viewer"
    session.get_one(Coordinator, 4).disabled_at = NOW
    a_launched_campaign(session, "Alpha", "Beta", "Gamma")
    a_launched_campaign(session, "Elsewhere", slug="other")


def give(session: Session, *organizations: int, to: int = 2, slug: str = "visit") -> int:
    return share_out(session, slug=slug, organizations=organizations, owner_id=to, by=NORA, now=NOW)


def owners(session: Session) -> dict[int, int | None]:
    query = select(Chase).execution_options(populate_existing=True)
    return {one.organization_id: one.owner_id for one in session.exec(query)}


def test_those_who_may_edit_can_be_given_organizations(database: Database) -> None:
    with database.transaction() as session:
        begun(session)
        assert list_carers(session) == ((1, "Nora Feld"), (2, "Lin"))


def test_they_are_in_the_new_hands_and_keep_their_plans(database: Database) -> None:
    with database.transaction() as session:
        begun(session)
        work("take", session)
        work("plan", session, next_step="call", next_on="")
        assert give(session, 1, 2, 2) == 2
        assert owners(session) == {1: 2, 2: 2}
        assert session.get_one(Chase, 1).next_step == "call"
        last = session.exec(select(Activity)).all()[-1]
        assert (last.action, last.detail) == ("chase.give", "2 to Lin")


def test_another_campaigns_are_left_alone(database: Database) -> None:
    with database.transaction() as session:
        begun(session)
        assert give(session, 1, 4, 99) == 1
        assert owners(session) == {1: 2}


@pytest.mark.parametrize("to", [3, 4, 99])
def test_who_cannot_work_on_them_is_given_none(database: Database, to: int) -> None:
    with database.transaction() as session:
        begun(session)
        with pytest.raises(CoordinatorNotFound):
            give(session, 1, to=to)
        with pytest.raises(NothingChosen):
            give(session)
        with pytest.raises(NothingChosen):
            give(session, 4)
        with pytest.raises(CampaignNotFound):
            give(session, 1, slug="nowhere")
        assert owners(session) == {}
