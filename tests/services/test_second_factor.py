"""One-time codes and recovery codes: each counts once."""

from datetime import timedelta

import pytest
from sqlmodel import select

from outreach.sealing import Sealer
from outreach.services.second_factor import (
    RECOVERY_CODES,
    CodeRefused,
    app_address,
    confirm_app,
    new_recovery_codes,
    new_secret,
    remove_app,
    use_code,
    use_recovery_code,
)
from outreach.store.database import Database
from outreach.store.desk_tables import Coordinator, RecoveryCode
from tests.coordinators import APP_SECRET, KEYS, a_coordinator, actor, the_code
from tests.factories import NOW
from tests.racing import race

SEALER = Sealer(KEYS)
STEP = timedelta(seconds=30)


@pytest.fixture
def nora(database: Database) -> Coordinator:
    with database.transaction() as session:
        return a_coordinator(session)


def show(database: Database, nora: Coordinator, code: str, *, later: int = 0) -> bool:
    """Whether it was accepted, that many half minutes after NOW."""
    assert nora.id
    try:
        with database.transaction() as session:
            use_code(session, SEALER, coordinator_id=nora.id, code=code, now=NOW + later * STEP)
    except CodeRefused:
        return False
    return True


def test_the_code_of_this_moment_is_accepted_once(database: Database, nora: Coordinator) -> None:
    assert show(database, nora, the_code(NOW))
    assert not show(database, nora, the_code(NOW))
    assert show(database, nora, the_code(NOW, later=1), later=1)


def test_one_from_before_does_not_count_after_a_later_one(
    database: Database, nora: Coordinator
) -> None:
    assert show(database, nora, the_code(NOW, later=1))
    assert not show(database, nora, the_code(NOW))


@pytest.mark.parametrize(
    ("drift", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_half_a_minute_off(
    database: Database, nora: Coordinator, drift: int, fits: bool
) -> None:
    assert show(database, nora, the_code(NOW, later=drift)) is fits


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "٠١٢٣٤٥", "000 000 0"])
def test_what_is_no_code_is_refused(database: Database, nora: Coordinator, code: str) -> None:
    assert not show(database, nora, code)


def test_a_space_within_does_no_harm(database: Database, nora: Coordinator) -> None:
    code = the_code(NOW)
    assert show(database, nora, f" {code[:3]} {code[3:]} ")


def test_of_two_at_once_one_is_accepted(database: Database, nora: Coordinator) -> None:
    results = race([lambda: show(database, nora, the_code(NOW))] * 4)
    assert sorted(results, key=str) == [False, False, False, True]


def test_an_app_counts_once_it_has_shown_a_code(database: Database) -> None:
    with database.transaction() as session:
        ben = a_coordinator(session, email="ben@example.org", has_app=False)
    secret = new_secret()
    with database.transaction() as session, pytest.raises(CodeRefused):
        confirm_app(session, SEALER, by=actor(ben), secret=secret, code="000000", now=NOW)
    assert not show(database, ben, the_code(NOW, secret=secret))
    with database.transaction() as session:
        code = the_code(NOW, secret=secret)
        confirm_app(session, SEALER, by=actor(ben), secret=secret, code=code, now=NOW)
    assert not show(database, ben, code), "it has counted"
    assert show(database, ben, the_code(NOW, secret=secret, later=1), later=1)


def test_the_secret_is_kept_sealed(database: Database, nora: Coordinator) -> None:
    with database.reading() as session:
        assert APP_SECRET not in session.exec(select(Coordinator)).one().totp_secret
    assert nora.id
    other = Sealer(["z" * 40])
    with database.transaction() as session, pytest.raises(CodeRefused):
        use_code(session, other, coordinator_id=nora.id, code=the_code(NOW), now=NOW)


def test_a_removed_app_lets_nobody_in(database: Database, nora: Coordinator) -> None:
    with database.transaction() as session:
        remove_app(session, by=actor(nora), now=NOW)
    assert not show(database, nora, the_code(NOW))


def test_what_the_picture_holds_names_us_and_the_account() -> None:
    address = app_address(APP_SECRET, email="nora@example.org")
    assert address.startswith("otpauth://totp/Outreach:nora%40example.org?")
    assert APP_SECRET in address


def test_ten_recovery_codes_each_count_once(database: Database, nora: Coordinator) -> None:
    with database.transaction() as session:
        codes = new_recovery_codes(session, by=actor(nora), now=NOW)
    assert len(set(codes)) == RECOVERY_CODES
    assert nora.id
    with database.transaction() as session:
        use_recovery_code(
            session, coordinator_id=nora.id, code=codes[0].upper().replace("-", " "), now=NOW
        )
        with pytest.raises(CodeRefused):
            use_recovery_code(session, coordinator_id=nora.id, code=codes[0], now=NOW)
        use_recovery_code(session, coordinator_id=nora.id, code=codes[1], now=NOW)


def test_only_hashes_of_them_are_kept(database: Database, nora: Coordinator) -> None:
    with database.transaction() as session:
        codes = new_recovery_codes(session, by=actor(nora), now=NOW)
    with database.reading() as session:
        kept = str([row.model_dump() for row in session.exec(select(RecoveryCode))])
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_new_ones_end_the_earlier(database: Database, nora: Coordinator) -> None:
    assert nora.id
    with database.transaction() as session:
        earlier = new_recovery_codes(session, by=actor(nora), now=NOW)
        new_recovery_codes(session, by=actor(nora), now=NOW)
        with pytest.raises(CodeRefused):
            use_recovery_code(session, coordinator_id=nora.id, code=earlier[0], now=NOW)


def test_anothers_recovery_code_does_not_count(database: Database, nora: Coordinator) -> None:
    with database.transaction() as session:
        ben = a_coordinator(session, email="ben@example.org")
        codes = new_recovery_codes(session, by=actor(nora), now=NOW)
        assert ben.id
        with pytest.raises(CodeRefused):
            use_recovery_code(session, coordinator_id=ben.id, code=codes[0], now=NOW)
