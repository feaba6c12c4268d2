"""What coordinators change of their own account."""

import pytest

from outreach.domain.errors import FieldErrors
from outreach.services.keep_session import begin_session, find_signed_in
from outreach.services.manage_account import change_details, change_password, find_account
from outreach.services.second_factor import RECOVERY_CODES, new_recovery_codes
from outreach.store.database import Database
from tests.coordinators import a_coordinator, actor
from tests.factories import NOW


def test_name_zone_and_digest_are_changed(database: Database) -> None:
    with database.transaction() as session:
        nora = a_coordinator(session)
        assert nora.id
        change_details(
            session, by=actor(nora), name="次仁", zone="Asia/Taipei", wants_digest=False, now=NOW
        )
        account = find_account(session, nora.id, now=NOW)
    assert (account.name, account.zone, account.wants_digest) == ("次仁", "Asia/Taipei", False)


@pytest.mark.parametrize(
    ("name", "zone", "field"), [("", "UTC", "name"), ("Nora", "Mars/Olympus", "zone")]
)
def test_a_wrong_field_is_named(database: Database, name: str, zone: str, field: str) -> None:
    with database.transaction() as session:
        nora = a_coordinator(session)
        with pytest.raises(FieldErrors) as refused:
            change_details(
                session, by=actor(nora), name=name, zone=zone, wants_digest=True, now=NOW
            )
    assert set(refused.value.errors) == {field}


def test_a_new_password_signs_every_other_browser_out(database: Database) -> None:
    with database.transaction() as session:
        nora = a_coordinator(session)
        assert nora.id
        here, there = (
            begin_session(session, coordinator_id=nora.id, device=one, proven=True, now=NOW)
            for one in ("here", "there")
        )
    found = find_signed_in(database, token=here, now=NOW)
    assert found
    with database.transaction() as session:
        change_password(session, by=actor(nora), password_hash="new", but=found.session_id, now=NOW)
    assert find_signed_in(database, token=here, now=NOW)
    assert find_signed_in(database, token=there, now=NOW) is None


def test_the_page_says_how_many_codes_are_left_and_where_one_is_signed_in(
    database: Database,
) -> None:
    with database.transaction() as session:
        nora = a_coordinator(session)
        assert nora.id
        new_recovery_codes(session, by=actor(nora), now=NOW)
        begin_session(session, coordinator_id=nora.id, device="Firefox", proven=True, now=NOW)
        account = find_account(session, nora.id, now=NOW)
    assert account.codes_left == RECOVERY_CODES
    assert [one.device for one in account.sessions] == ["Firefox"]
    assert account.has_app
