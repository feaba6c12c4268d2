"""How long a browser stays signed in, and who ends it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from outreach.services import keep_session
from outreach.services.keep_session import (
    FRESH,
    IDLE,
    LIFE,
    begin_session,
    end_others,
    end_own,
    find_signed_in,
    list_sessions,
)
from outreach.store import coordinators
from outreach.store.database import Database
from outreach.store.desk_tables import Coordinator, DeskSession
from tests.coordinators import a_coordinator, actor
from tests.factories import NOW

MINUTE = timedelta(minutes=1)


def begin(database: Database, coordinator: Coordinator, *, proven: bool = True) -> str:
    assert coordinator.id
    with database.transaction() as session:
        return begin_session(
            session, coordinator_id=coordinator.id, device="Firefox", proven=proven, now=NOW
        )


@pytest.fixture
def nora(database: Database) -> Coordinator:
    with database.transaction() as session:
        return a_coordinator(session)


def test_the_cookie_says_whose_session_it_is(database: Database, nora: Coordinator) -> None:
    token = begin(database, nora)
    found = find_signed_in(database, token=token, now=NOW + MINUTE)
    assert found
    assert (found.coordinator_id, found.name, found.role) == (nora.id, "Nora Feld", "owner")
    assert found.has_factor
    assert find_signed_in(database, token=token + "x", now=NOW) is None
    assert find_signed_in(database, token="", now=NOW) is None


def test_only_a_hash_of_the_cookie_is_kept(database: Database, nora: Coordinator) -> None:
    token = begin(database, nora)
    with database.reading() as session:
        row = session.exec(select(DeskSession)).one()
    assert token not in str(row.model_dump())
    assert find_signed_in(database, token=row.id, now=NOW) is None, "the hash opens nothing"


def test_it_ends_after_twelve_idle_hours(database: Database, nora: Coordinator) -> None:
    token = begin(database, nora)
    assert find_signed_in(database, token=token, now=NOW + IDLE - MINUTE)
    later = NOW + IDLE - MINUTE + IDLE - MINUTE
    assert find_signed_in(database, token=token, now=later), "a look is a sign of life"
    assert find_signed_in(database, token=token, now=later + IDLE) is None


def test_it_ends_after_seven_days_however_busy(database: Database, nora: Coordinator) -> None:
    token, now = begin(database, nora), NOW
    while now < NOW + LIFE:
        assert find_signed_in(database, token=token, now=now)
        now += timedelta(hours=11)
    assert find_signed_in(database, token=token, now=NOW + LIFE) is None


def test_a_look_within_five_minutes_writes_nothing(database: Database, nora: Coordinator) -> None:
    token = begin(database, nora)
    find_signed_in(database, token=token, now=NOW + 4 * MINUTE)
    with database.reading() as session:
        assert session.exec(select(DeskSession)).one().seen_at == NOW
    find_signed_in(database, token=token, now=NOW + 5 * MINUTE)
    with database.reading() as session:
        assert session.exec(select(DeskSession)).one().seen_at == NOW + 5 * MINUTE


def test_the_proof_lasts_a_quarter_of_an_hour(database: Database, nora: Coordinator) -> None:
    token, unproven = begin(database, nora), begin(database, nora, proven=False)
    found = find_signed_in(database, token=token, now=NOW + FRESH - MINUTE)
    assert found
    assert found.is_proven
    late = find_signed_in(database, token=token, now=NOW + FRESH)
    assert late
    assert not late.is_proven
    with database.transaction() as session:
        keep_session.prove(session, late.session_id, now=NOW + FRESH)
    again = find_signed_in(database, token=token, now=NOW + FRESH + MINUTE)
    assert again
    assert again.is_proven
    other = find_signed_in(database, token=unproven, now=NOW)
    assert other
    assert not other.is_proven


def test_who_is_disabled_is_out_at_once(database: Database, nora: Coordinator) -> None:
    token = begin(database, nora)
    with database.transaction() as session:
        nora.disabled_at = NOW
        coordinators.save(session, nora)
    assert find_signed_in(database, token=token, now=NOW) is None


def test_one_ends_ones_own_and_nobody_elses(database: Database, nora: Coordinator) -> None:
    with database.transaction() as session:
        ben = a_coordinator(session, email="ben@coalition.example", name="Ben")
    hers, his = begin(database, nora), begin(database, ben)
    found = find_signed_in(database, token=hers, now=NOW)
    assert found
    with database.transaction() as session:
        end_own(session, found.session_id, by=actor(ben), now=NOW)
    assert find_signed_in(database, token=hers, now=NOW)
    with database.transaction() as session:
        end_own(session, found.session_id, by=actor(nora), now=NOW)
    assert find_signed_in(database, token=hers, now=NOW) is None
    assert find_signed_in(database, token=his, now=NOW)


def test_all_the_others_are_ended_and_this_one_stays(database: Database, nora: Coordinator) -> None:
    here, there = begin(database, nora), begin(database, nora)
    found = find_signed_in(database, token=here, now=NOW)
    assert found
    with database.transaction() as session:
        end_others(session, found.session_id, by=actor(nora), now=NOW)
        assert nora.id
        standing = list_sessions(session, nora.id, now=NOW)
    assert [one.id for one in standing] == [found.session_id]
    assert find_signed_in(database, token=there, now=NOW) is None


def test_what_was_over_a_month_ago_is_forgotten(database: Database, nora: Coordinator) -> None:
    begin(database, nora)
    assert nora.id
    later = NOW + LIFE + timedelta(days=31)
    with database.transaction() as session:
        begin_session(session, coordinator_id=nora.id, device="", proven=True, now=later)
    with database.reading() as session:
        assert len(session.exec(select(DeskSession)).all()) == 1
