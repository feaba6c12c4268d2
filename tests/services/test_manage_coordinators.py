"""Who may come in, and as what: there is always an owner who can."""

import pytest

from outreach.domain.coordinator import COMMAND_LINE, Role
from outreach.domain.errors import FieldErrors, Refused
from outreach.services.keep_session import begin_session, find_signed_in
from outreach.services.manage_coordinators import (
    CoordinatorNotFound,
    LastOwner,
    change_role,
    disable,
    enable,
    find_person,
    invite,
    is_first,
    list_people,
    require_by_email,
    reset,
)
from outreach.services.set_up_account import SETUP_LIFE, find_setup
from outreach.store.database import Database
from outreach.store.desk_tables import Coordinator
from tests.coordinators import a_coordinator
from tests.factories import NOW
from tests.racing import race


def number(coordinator: Coordinator) -> int:
    assert coordinator.id
    return coordinator.id


def test_who_is_invited_is_listed_as_such(database: Database) -> None:
    with database.transaction() as session:
        assert is_first(session)
        link_id = invite(
            session, email=" Ben@example.org", role=Role.EDITOR, by=COMMAND_LINE, now=NOW
        )
        assert not is_first(session)
        assert find_setup(session, link_id=link_id, now=NOW).email == "Ben@example.org"
        (ben,) = list_people(session, now=NOW)
        assert (ben.role, ben.is_set_up, ben.link_until) == (Role.EDITOR, False, NOW + SETUP_LIFE)
        assert ben.standing == "invited"
        (late,) = list_people(session, now=NOW + SETUP_LIFE)
        assert late.standing == "link expired"
        assert require_by_email(session, "ben@EXAMPLE.org") == ben.id


@pytest.mark.parametrize("email", ["", "ben", "nora@coalition.example", "NORA@coalition.example "])
def test_an_address_that_is_none_or_known_is_refused(database: Database, email: str) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        with pytest.raises(FieldErrors):
            invite(session, email=email, role=Role.EDITOR, by=COMMAND_LINE, now=NOW)


def test_the_last_owner_is_neither_demoted_nor_disabled(database: Database) -> None:
    with database.transaction() as session:
        nora = number(a_coordinator(session))
        number(a_coordinator(session, email="ed@example.org", role=Role.EDITOR))
        invite(session, email="new@example.org", role=Role.OWNER, by=COMMAND_LINE, now=NOW)
        for role in (Role.EDITOR, Role.VIEWER):
            with pytest.raises(LastOwner):
                change_role(session, nora, role=role, by=COMMAND_LINE, now=NOW)
        with pytest.raises(LastOwner):
            disable(session, nora, by=COMMAND_LINE, now=NOW)
        change_role(session, nora, role=Role.OWNER, by=COMMAND_LINE, now=NOW)
        assert find_person(session, nora, now=NOW).role is Role.OWNER


def test_with_another_owner_it_goes(database: Database) -> None:
    with database.transaction() as session:
        nora = number(a_coordinator(session))
        ben = number(a_coordinator(session, email="ben@example.org"))
        change_role(session, nora, role=Role.VIEWER, by=COMMAND_LINE, now=NOW)
        with pytest.raises(LastOwner):
            disable(session, ben, by=COMMAND_LINE, now=NOW)


def test_a_disabled_owner_is_no_other_owner(database: Database) -> None:
    with database.transaction() as session:
        nora = number(a_coordinator(session))
        ben = number(a_coordinator(session, email="ben@example.org"))
        disable(session, ben, by=COMMAND_LINE, now=NOW)
        with pytest.raises(LastOwner):
            disable(session, nora, by=COMMAND_LINE, now=NOW)
        enable(session, ben, by=COMMAND_LINE, now=NOW)
        disable(session, nora, by=COMMAND_LINE, now=NOW)


def test_two_who_demote_each_other_at_once_leave_one(database: Database) -> None:
    with database.transaction() as session:
        ids = [number(a_coordinator(session, email=f"{one}@example.org")) for one in "ab"]

    def demote(who: int) -> None:
        with database.transaction() as session:
            change_role(session, who, role=Role.EDITOR, by=COMMAND_LINE, now=NOW)

    results = race([lambda who=who: demote(who) for who in ids])  # type: ignore[misc]
    assert [type(one) for one in results if one] == [LastOwner]


def test_who_is_disabled_is_out_and_the_link_works_no_more(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        ben = number(a_coordinator(session, email="ben@example.org", role=Role.VIEWER))
        token = begin_session(session, coordinator_id=ben, device="", proven=True, now=NOW)
        link_id = reset(session, ben, by=COMMAND_LINE, now=NOW)
    with database.transaction() as session:
        disable(session, ben, by=COMMAND_LINE, now=NOW)
        enable(session, ben, by=COMMAND_LINE, now=NOW)
        with pytest.raises(Refused):
            find_setup(session, link_id=link_id, now=NOW)
    assert find_signed_in(database, token=token, now=NOW) is None


def test_a_disabled_account_gets_no_new_link(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        ben = number(a_coordinator(session, email="ben@example.org"))
        disable(session, ben, by=COMMAND_LINE, now=NOW)
        with pytest.raises(Refused, match="enable it first"):
            reset(session, ben, by=COMMAND_LINE, now=NOW)


def test_nobody_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(CoordinatorNotFound):
            require_by_email(session, "nobody@example.org")
        with pytest.raises(CoordinatorNotFound):
            change_role(session, 99, role=Role.OWNER, by=COMMAND_LINE, now=NOW)
