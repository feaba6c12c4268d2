"""An erasure outlives a backup that is brought back, and a mail that is on its way."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session, select

from outreach.domain.message import MessageKind
from outreach.services.erase_again import erase_again, note_erasure
from outreach.services.keep_sent import SentKeeper
from outreach.services.launch_campaign import launch_campaign
from outreach.services.refuse_erased import address_hash as hash_of
from outreach.services.refuse_erased import erased_among
from outreach.store import claims, erasures, rounds
from outreach.store.campaigns import require_campaign
from outreach.store.database import ERASURE_SEED, Database
from outreach.store.tables import (
    Contact,
    DeliveryEvent,
)
from tests.factories import (
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    sign,
    the_messages,
)
from tests.keeping import leave
from tests.ledger.made import ANOTHER_KEY, KEY
from tests.racing import race
from tests.services.test_append_event import check, the_kinds
from tests.services.test_erase_person import EMAIL, LEASE, NAME, a_story, copies, erase, traces


@pytest.mark.parametrize(("role", "state"), [("signs", "cancelled"), ("colleague", "queued")])
def test_a_mail_in_a_senders_hands_is_taken_back_and_a_late_copy_forgotten(
    database: Database, tmp_path: Path, role: str, state: str
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization=NAME, email=EMAIL)
        a_contact(session, campaign, organization=NAME, email="colleague@watch.example")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        sign(session, NAME, signer_name="Grace Hopper")
        mine, colleagues = the_messages(session, NAME, kind=MessageKind.RECEIPT)
        held = mine if role == "signs" else colleagues
        claims.claim_due(session, owner="sender", many=9, lease=LEASE, now=NOW)
        body, leaving = leave(session, held)
        assert b"Grace" in body
        pk = held.id or 0
        erase(session)
        ours, looks = rounds.last_looks(session, [], [pk], owner="sender")
        assert (ours, looks) == (set(), {})
        (found,) = [one for one in the_messages(session, NAME) if one.id == pk]
        assert (found.state, found.owner) == (state, None)
        # Another's body was on its way at that moment: what is kept of it comes later.
        SentKeeper().keep(session, [leaving])
        session.add(DeliveryEvent(message_pk=pk, event="accepted", sent=leaving.sent, at=NOW))
    assert again(database, tmp_path) == 0
    with database.reading() as session:
        assert session.exec(copies()).all() == []


def test_a_restored_backup_is_erased_again(database: Database, tmp_path: Path) -> None:
    a_story(database)
    assert again(database, tmp_path) == 0
    note_erasure(tmp_path, EMAIL, seed=KEY.seed)  # by a database that is lost; this is its backup
    assert EMAIL not in (tmp_path / "erasures").read_text()
    assert again(database, tmp_path) == 1
    assert again(database, tmp_path) == 0
    with database.reading() as session:
        assert traces(session) == []
        assert len(session.exec(select(Contact)).all()) == 2
        check(session)


def test_under_another_key_nothing_counts_as_done(database: Database, tmp_path: Path) -> None:
    a_story(database)
    note_erasure(tmp_path, EMAIL, seed=KEY.seed)
    assert again(database, tmp_path, seed=ANOTHER_KEY.seed) == 0
    with database.reading() as session:
        assert erasures.remembered(session) == {}
    assert again(database, tmp_path) == 1  # once the old key is back


def test_who_is_not_in_the_backup_is_not_entered_again(database: Database, tmp_path: Path) -> None:
    note_erasure(tmp_path, EMAIL, seed=KEY.seed)
    assert again(database, tmp_path) == 0
    with database.reading() as session:
        session.info[ERASURE_SEED] = KEY.seed
        assert erased_among(session, [EMAIL, "another@watch.example"]) == {EMAIL}


def test_one_who_cannot_be_erased_again_stops_no_other(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_story(database)
    with database.transaction() as session:
        a_contact(session, require_campaign(session, "visit"), email="stuck@watch.example")
    for email in ("stuck@watch.example", EMAIL):
        note_erasure(tmp_path, email, seed=KEY.seed)
    remember = erasures.remember

    def refuse(session: Session, address_hash: str, *, now: datetime) -> None:
        if address_hash == hash_of("stuck@watch.example", seed=KEY.seed):
            raise Stuck
        remember(session, address_hash, now=now)

    monkeypatch.setattr(erasures, "remember", refuse)
    assert again(database, tmp_path) == 1
    with database.reading() as session:
        assert traces(session) == []
        assert erasures.find_contacts(session, "stuck@watch.example")


def test_two_sweeps_at_once_erase_a_person_once(database: Database, tmp_path: Path) -> None:
    a_story(database)
    note_erasure(tmp_path, EMAIL, seed=KEY.seed)
    assert sorted(race([lambda: again(database, tmp_path)] * 4)) == [0, 0, 0, 1]  # type: ignore[type-var]
    with database.reading() as session:
        assert the_kinds(session).count("erased") == 1


class Stuck(Exception):
    pass


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_stops_no_sweep(
    database: Database, tmp_path: Path, content: bytes | None
) -> None:
    if content is None:
        (tmp_path / "erasures").mkdir()
    else:
        (tmp_path / "erasures").write_bytes(content)
    assert again(database, tmp_path) == 0


def again(database: Database, home: Path, *, seed: bytes = KEY.seed) -> int:
    return erase_again(database, home, seed=seed, mail_domain=DOMAIN, clock=lambda: NOW)
