"""What is sealed can be opened by us alone, for its purpose, in its time."""

from datetime import UTC, datetime, timedelta

import pytest

from outreach.sealing import SealBroken, Sealer

NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
OLD, NEW = "a" * 40, "b" * 40


def test_what_was_sealed_is_opened_again() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal("ein Geheimnis", purpose="totp")
    assert "Geheimnis" not in sealed
    assert sealer.open(sealed, purpose="totp") == "ein Geheimnis"


def test_another_purpose_opens_nothing() -> None:
    sealer = Sealer([OLD])
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal("secret", purpose="totp"), purpose="webhook")


def test_a_key_added_at_the_end_seals_and_the_earlier_still_opens() -> None:
    sealed = Sealer([OLD]).seal("secret", purpose="totp")
    rotated = Sealer([OLD, NEW])
    assert rotated.open(sealed, purpose="totp") == "secret"
    assert Sealer([NEW]).open(rotated.seal("later", purpose="totp"), purpose="totp") == "later"


def test_without_its_key_it_stays_closed() -> None:
    with pytest.raises(SealBroken):
        Sealer([NEW]).open(Sealer([OLD]).seal("secret", purpose="totp"), purpose="totp")


@pytest.mark.parametrize("junk", ["", "gAAAA", "é", "x" * 200])
def test_junk_is_refused(junk: str) -> None:
    with pytest.raises(SealBroken):
        Sealer([OLD]).open(junk, purpose="totp")


def test_every_altered_byte_breaks_it() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal("secret", purpose="totp")
    for place in range(0, len(sealed) - 2, 7):
        other = "A" if sealed[place] != "A" else "B"
        with pytest.raises(SealBroken):
            sealer.open(sealed[:place] + other + sealed[place + 1 :], purpose="totp")


def test_its_age_counts_where_it_is_asked_for() -> None:
    sealer, life = Sealer([OLD]), timedelta(minutes=10)
    sealed = sealer.seal("secret", purpose="half", now=NOW)
    opened = sealer.open(sealed, purpose="half", max_age=life, now=NOW + life)
    assert opened == "secret"
    late = NOW + life + timedelta(seconds=1)
    with pytest.raises(SealBroken):
        sealer.open(sealed, purpose="half", max_age=life, now=late)
