"""Signing in by password: one answer for all who may not."""

import pytest

from outreach.passwords import Passwords
from outreach.services import manage_account, sign_in
from outreach.services.keep_session import find_signed_in
from outreach.services.sign_in import HalfWay, SignInRefused
from outreach.store import coordinators
from outreach.store.database import Database
from outreach.store.desk_tables import Coordinator
from tests.coordinators import a_coordinator, actor
from tests.factories import NOW

PASSWORD = "seven quiet herons at dawn"


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords()


@pytest.fixture
def nora(database: Database, passwords: Passwords) -> Coordinator:
    with database.transaction() as session:
        return a_coordinator(session, password_hash=passwords.hash(PASSWORD))


def check(
    database: Database, passwords: Passwords, *, email: str, password: str = PASSWORD
) -> HalfWay:
    return sign_in.check_password(database, passwords, email=email, password=password)


def test_the_right_password_leads_half_way(
    database: Database, passwords: Passwords, nora: Coordinator
) -> None:
    half = check(database, passwords, email=" Nora@Coalition.Example ")
    assert (half.coordinator_id, half.has_app, half.has_passkey) == (nora.id, True, False)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("nora@coalition.example", "another password"),
        ("nobody@coalition.example", PASSWORD),
        ("", PASSWORD),
        ("nora\0@coalition.example", PASSWORD),
        ("nora\ud800@coalition.example", PASSWORD),
        ("nora@coalition.example", ""),
    ],
)
def test_all_others_get_the_same_answer(
    database: Database, passwords: Passwords, nora: Coordinator, email: str, password: str
) -> None:
    with pytest.raises(SignInRefused):
        check(database, passwords, email=email, password=password)


def test_the_first_account_without_an_address_is_nobodys(
    database: Database, passwords: Passwords
) -> None:
    with database.transaction() as session:
        a_coordinator(session, email="", password_hash=passwords.hash(PASSWORD))
    with pytest.raises(SignInRefused):
        check(database, passwords, email="")


def test_who_is_disabled_gets_it_too(
    database: Database, passwords: Passwords, nora: Coordinator
) -> None:
    half = check(database, passwords, email=nora.email)
    with database.transaction() as session:
        nora.disabled_at = NOW
        coordinators.save(session, nora)
    with pytest.raises(SignInRefused):
        check(database, passwords, email=nora.email)
    with database.transaction() as session:
        with pytest.raises(SignInRefused):
            sign_in.find_half_way(
                session, coordinator_id=half.coordinator_id, password=half.password
            )
        with pytest.raises(SignInRefused):
            sign_in.enter(
                session, coordinator_id=half.coordinator_id, device="", way="password", now=NOW
            )


def test_a_changed_password_ends_the_half_way(
    database: Database, passwords: Passwords, nora: Coordinator
) -> None:
    half = check(database, passwords, email=nora.email)
    with database.transaction() as session:
        found = sign_in.find_half_way(
            session, coordinator_id=half.coordinator_id, password=half.password
        )
        assert found == half
        manage_account.change_password(
            session, by=actor(nora), password_hash="other", but="", now=NOW
        )
        with pytest.raises(SignInRefused):
            sign_in.find_half_way(
                session, coordinator_id=half.coordinator_id, password=half.password
            )


def test_who_enters_has_a_session_just_proven(database: Database, nora: Coordinator) -> None:
    assert nora.id
    with database.transaction() as session:
        token = sign_in.enter(
            session, coordinator_id=nora.id, device="Firefox", way="password", now=NOW
        )
    found = find_signed_in(database, token=token, now=NOW)
    assert found
    assert found.is_proven
