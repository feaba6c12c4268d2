"""One key, one act: its answer is kept with it, or neither. On both databases."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.services.api_keys import require_caller
from outreach.services.do_once import KEPT, Answered, KeyReused, do_once
from outreach.store.database import Database
from tests.api_facts import a_key, a_webhook, the_calls
from tests.factories import NOW


def _key_id(session: Session) -> int:
    return require_caller(session, text=a_key(session), now=NOW).key_id


def _ask(session: Session, key_id: int, done: list[int], **changes: object) -> Answered:
    def act() -> Answered:
        done.append(1)
        return Answered(201, f"answer {len(done)}", location="/there")

    facts: dict[str, object] = {"key": "one", "fingerprint": "f", "act": act, "now": NOW}
    return do_once(session, api_key_id=key_id, **(facts | changes))  # type: ignore[arg-type]


def test_the_second_time_nothing_is_done_and_the_first_answer_comes(database: Database) -> None:
    done: list[int] = []
    with database.transaction() as session:
        key_id = _key_id(session)
        first = _ask(session, key_id, done)
    with database.transaction() as session:
        second = _ask(session, key_id, done)
    assert (first.repeated, second.repeated) == (False, True)
    assert (second.status, second.body, second.location) == (201, "answer 1", "/there")
    assert done == [1]


def test_another_key_or_another_program_is_another_act(database: Database) -> None:
    done: list[int] = []
    with database.transaction() as session:
        first, second = _key_id(session), _key_id(session)
        _ask(session, first, done)
        _ask(session, first, done, key="two")
        _ask(session, second, done)
    assert len(done) == 3


def test_another_request_with_the_key_is_refused(database: Database) -> None:
    with database.transaction() as session:
        key_id = _key_id(session)
        _ask(session, key_id, [])
        with pytest.raises(KeyReused):
            _ask(session, key_id, [], fingerprint="g")


def test_after_a_day_the_key_is_free(database: Database) -> None:
    done: list[int] = []
    with database.transaction() as session:
        key_id = _key_id(session)
        _ask(session, key_id, done)
    with database.transaction() as session:
        just_before = NOW + KEPT - timedelta(seconds=1)
        assert _ask(session, key_id, done, now=just_before).repeated
    with database.transaction() as session:
        assert not _ask(session, key_id, done, now=NOW + KEPT, fingerprint="g").repeated


def test_what_is_refused_leaves_nothing_behind(database: Database) -> None:
    with database.transaction() as session:
        key_id = _key_id(session)

    def fail() -> Answered:
        raise Refused("no")

    def ask_in_vain() -> None:
        with database.transaction() as session:
            a_webhook(session)
            _ask(session, key_id, [], act=fail)

    with pytest.raises(Refused):
        ask_in_vain()
    with database.transaction() as session:
        assert the_calls(session) == []
        assert not _ask(session, key_id, []).repeated
