"""Passkeys: made, and shown to come in. The device is played by ``tests.authenticator``."""

import json
import random

import cbor2
import pytest
from sqlmodel import select
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from outreach.services.passkeys import (
    Party,
    PasskeyRefused,
    add_passkey,
    creation_options,
    new_challenge,
    remove_passkey,
    request_options,
    use_passkey,
)
from outreach.store import coordinators
from outreach.store.database import Database
from outreach.store.desk_tables import Coordinator, Passkey
from tests.authenticator import Authenticator
from tests.coordinators import a_coordinator, actor
from tests.factories import NOW

PARTY = Party(rp_id="sign.example.org", origin="https://sign.example.org")


@pytest.fixture
def nora(database: Database) -> Coordinator:
    with database.transaction() as session:
        return a_coordinator(session)


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(PARTY.origin)


def make(database: Database, nora: Coordinator, device: Authenticator) -> None:
    challenge, by = new_challenge(), actor(nora)
    with database.transaction() as session:
        options = creation_options(session, PARTY, by=by, email=nora.email, challenge=challenge)
        add_passkey(
            session,
            PARTY,
            by=by,
            answer=device.create(options),
            challenge=challenge,
            name="Firefox on Linux",
            now=NOW,
        )


def show(database: Database, answer: str, challenge: str) -> int:
    with database.transaction() as session:
        return use_passkey(session, PARTY, answer=answer, challenge=challenge, now=NOW)


def test_a_passkey_comes_in_alone(
    database: Database, nora: Coordinator, device: Authenticator
) -> None:
    make(database, nora, device)
    for _ in range(2):
        challenge = new_challenge()
        answer = device.get(request_options(PARTY, challenge=challenge))
        assert show(database, answer, challenge) == nora.id
    with database.reading() as session:
        kept = session.exec(select(Passkey)).one()
    assert (kept.sign_count, kept.last_used_at, kept.name) == (2, NOW, "Firefox on Linux")


def test_the_options_name_nobody(database: Database, nora: Coordinator) -> None:
    options = request_options(PARTY, challenge=new_challenge())
    assert "nora" not in options
    assert '"allowCredentials": []' in options or "allowCredentials" not in options


def test_an_answer_to_another_challenge_is_refused(
    database: Database, nora: Coordinator, device: Authenticator
) -> None:
    make(database, nora, device)
    answer = device.get(request_options(PARTY, challenge=new_challenge()))
    with pytest.raises(PasskeyRefused):
        show(database, answer, new_challenge())


def test_one_from_another_site_is_refused(
    database: Database, nora: Coordinator, device: Authenticator
) -> None:
    make(database, nora, device)
    device.origin = "https://sign.example.com"
    challenge = new_challenge()
    with pytest.raises(PasskeyRefused):
        show(database, device.get(request_options(PARTY, challenge=challenge)), challenge)


def test_one_that_was_not_unlocked_is_refused(
    database: Database, nora: Coordinator, device: Authenticator
) -> None:
    make(database, nora, device)
    device.verifies = False
    challenge = new_challenge()
    with pytest.raises(PasskeyRefused):
        show(database, device.get(request_options(PARTY, challenge=challenge)), challenge)
    with pytest.raises(PasskeyRefused):
        make(database, nora, Authenticator(PARTY.origin, verifies=False))


def test_a_copy_that_lags_behind_is_refused(
    database: Database, nora: Coordinator, device: Authenticator
) -> None:
    make(database, nora, device)
    challenge = new_challenge()
    show(database, device.get(request_options(PARTY, challenge=challenge)), challenge)
    device.counter = 0
    challenge = new_challenge()
    with pytest.raises(PasskeyRefused):
        show(database, device.get(request_options(PARTY, challenge=challenge)), challenge)


def test_another_key_under_its_name_is_refused(
    database: Database, nora: Coordinator, device: Authenticator
) -> None:
    make(database, nora, device)
    forged = Authenticator(PARTY.origin, credential_id=device.credential_id)
    challenge = new_challenge()
    with pytest.raises(PasskeyRefused):
        show(database, forged.get(request_options(PARTY, challenge=challenge)), challenge)
    with pytest.raises(PasskeyRefused):
        make(database, nora, forged)


def test_a_counter_beyond_what_a_column_holds_still_comes_in(
    database: Database, nora: Coordinator, device: Authenticator
) -> None:
    device.counter = 2**32 - 4
    make(database, nora, device)
    for _ in range(2):
        challenge = new_challenge()
        answer = device.get(request_options(PARTY, challenge=challenge))
        assert show(database, answer, challenge) == nora.id


@pytest.mark.parametrize(
    "junk",
    [
        *("", "[]", "{}", '{"id": 1}', "null", '{"id": "x", "response": 7}'),
        *("[" * 100_000, r'{"id": "\ud800"}', r'{"id": "\u0000"}', '{"id": "é"}', '{"id": ""}'),
        f'{{"id": "{"x" * 100_000}"}}',
    ],
    ids=lambda junk: junk[:20],
)
def test_junk_is_refused(database: Database, nora: Coordinator, junk: str) -> None:
    with pytest.raises(PasskeyRefused):
        show(database, junk, new_challenge())


def test_junk_under_a_known_name_is_refused(
    database: Database, nora: Coordinator, device: Authenticator
) -> None:
    make(database, nora, device)
    with database.reading() as session:
        known = session.exec(select(Passkey)).one().credential_id
    for junk in (
        f'{{"id": "{known}"}}',
        f'{{"id": "{known}", "rawId": "{known}", "response": {{}}}}',
    ):
        with pytest.raises(PasskeyRefused):
            show(database, junk, new_challenge())


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("attestationObject", b"\x81" * 50_000),
        ("attestationObject", b""),
        ("attestationObject", cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": b""})),
        ("attestationObject", cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": bytes(37)})),
        ("attestationObject", cbor2.dumps({"fmt": "packed", "attStmt": 5, "authData": None})),
        ("attestationObject", cbor2.dumps([])),
        ("clientDataJSON", b"[" * 90_000),
        ("clientDataJSON", b"[]"),
        ("clientDataJSON", b"7"),
    ],
    ids=lambda content: str(content)[:20],
)
def test_what_no_authenticator_makes_is_refused(
    database: Database, nora: Coordinator, device: Authenticator, part: str, content: bytes
) -> None:
    challenge, by = new_challenge(), actor(nora)
    with database.transaction() as session:
        options = creation_options(session, PARTY, by=by, email=nora.email, challenge=challenge)
        answer = json.loads(device.create(options))
        answer["response"][part] = bytes_to_base64url(content)
        with pytest.raises(PasskeyRefused):
            add_passkey(
                session,
                PARTY,
                by=by,
                answer=json.dumps(answer),
                challenge=challenge,
                name="Firefox on Linux",
                now=NOW,
            )


def test_a_thousand_altered_attestations_are_refused_or_taken(
    database: Database, nora: Coordinator, device: Authenticator
) -> None:
    """Nothing but a refusal comes out of them."""
    challenge, by, chance = new_challenge(), actor(nora), random.Random(7)  # noqa: S311 - a test's own chance
    with database.reading() as session:
        options = creation_options(session, PARTY, by=by, email=nora.email, challenge=challenge)
    made = json.loads(device.create(options))
    whole = base64url_to_bytes(made["response"]["attestationObject"])
    refused = 0
    for _ in range(1_000):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(raw))
            raw[place : place + chance.randint(0, 4)] = chance.randbytes(chance.randint(0, 4))
        made["response"]["attestationObject"] = bytes_to_base64url(bytes(raw))
        with database.transaction() as session:
            try:
                add_passkey(
                    session,
                    PARTY,
                    by=by,
                    answer=json.dumps(made),
                    challenge=challenge,
                    name="Firefox on Linux",
                    now=NOW,
                )
            except PasskeyRefused:
                refused += 1
    assert refused > 900


def test_who_is_disabled_or_has_removed_it_does_not_come_in(
    database: Database, nora: Coordinator, device: Authenticator
) -> None:
    make(database, nora, device)
    with database.transaction() as session:
        ben = a_coordinator(session, email="ben@example.org")
        remove_passkey(session, 1, by=actor(ben), now=NOW)
        assert session.exec(select(Passkey)).all(), "only one's own"
        nora.disabled_at = NOW
        coordinators.save(session, nora)
    challenge = new_challenge()
    answer = device.get(request_options(PARTY, challenge=challenge))
    with pytest.raises(PasskeyRefused):
        show(database, answer, challenge)
    with database.transaction() as session:
        kept = session.exec(select(Passkey)).one()
        assert kept.id
        remove_passkey(session, kept.id, by=actor(nora), now=NOW)
        assert session.exec(select(Passkey)).first() is None


@pytest.mark.parametrize(
    ("public_url", "party"),
    [
        ("https://sign.example.org", PARTY),
        (
            "https://sign.example.org:8443/outreach",
            Party("sign.example.org", "https://sign.example.org:8443"),
        ),
        ("http://localhost:8000", Party("localhost", "http://localhost:8000")),
        ("http://127.0.0.1:8000", None),
        ("https://[::1]:8000", None),
        ("http://sign.example.org", None),
    ],
)
def test_browsers_make_passkeys_for_names_over_https(public_url: str, party: Party | None) -> None:
    assert Party.of(public_url) == party
