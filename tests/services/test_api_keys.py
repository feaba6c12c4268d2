"""Keys: made once, known again by nothing but themselves, ended for good. On both databases."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.api_key import Scope
from outreach.domain.coordinator import Role
from outreach.domain.errors import FieldErrors
from outreach.services.api_keys import (
    Caller,
    KeyRefused,
    list_keys,
    note_use,
    require_caller,
    revoke_key,
)
from outreach.store.database import Database
from outreach.store.desk_tables import ApiKey, Coordinator
from tests.api_facts import SOMEBODY, a_coordinator, a_key, the_actions
from tests.factories import NOW


def _caller(session: Session, text: str, *, days: int = 0) -> Caller:
    return require_caller(session, text=text, now=NOW + timedelta(days=days))


def test_a_key_is_known_again_with_its_name_and_scopes(database: Database) -> None:
    with database.transaction() as session:
        text = a_key(session, "read", "send", name="  Our   Newsletter ")
        caller = _caller(session, text)
        assert (caller.name, caller.actor.name) == ("Our Newsletter", "api:Our Newsletter")
        assert caller.scopes == {Scope.READ, Scope.SEND}
        assert ("Clara Example", "key.create", "Our Newsletter") in the_actions(session)


def test_the_key_itself_is_not_stored(database: Database) -> None:
    with database.transaction() as session:
        text = a_key(session)
        stored = session.exec(select(ApiKey)).one().model_dump_json()
        assert text.split("_", 2)[2] not in stored


def test_a_thousand_altered_keys_are_all_refused(database: Database) -> None:
    with database.transaction() as session:
        text = a_key(session)
        altered = {text[:place] + "x" + text[place + 1 :] for place in range(len(text))}
        altered |= {text[:place] + text[place + 1 :] for place in range(len(text))}
        altered |= {text[:end] for end in range(len(text))}
        altered |= {f"{text}=", f"{text} ", f" {text}", f"{text}\0", text.upper(), text.swapcase()}
        altered |= {text.replace(text[-1], chr(code)) for code in range(1, 700)}
        altered.discard(text)
        assert len(altered) > 800
        for one in altered:
            with pytest.raises(KeyRefused):
                _caller(session, one)
        assert _caller(session, text).name == "Newsletter"


def test_one_keys_prefix_does_not_open_for_anothers_secret(database: Database) -> None:
    with database.transaction() as session:
        first, second = a_key(session), a_key(session)
        mixed = "_".join([*first.split("_", 2)[:2], second.split("_", 2)[2]])
        with pytest.raises(KeyRefused):
            _caller(session, mixed)


def test_a_key_ends_when_its_time_is_over(database: Database) -> None:
    with database.transaction() as session:
        text = a_key(session, life=timedelta(days=30))
        _caller(session, text, days=29)
        with pytest.raises(KeyRefused):
            _caller(session, text, days=30)
        (shown,) = list_keys(session, now=NOW + timedelta(days=30))
        assert shown.state == "expired"


def test_a_revoked_key_ends_at_once_and_is_noted_once(database: Database) -> None:
    with database.transaction() as session:
        text = a_key(session)
        key_id = _caller(session, text).key_id
        for _ in range(2):
            revoke_key(session, key_id=key_id, by=SOMEBODY, now=NOW)
        with pytest.raises(KeyRefused):
            _caller(session, text)
        assert [one.state for one in list_keys(session, now=NOW)] == ["revoked"]
        assert [action for _, action, _ in the_actions(session)].count("key.revoke") == 1


def test_the_keys_of_a_coordinator_who_was_disabled_stop(database: Database) -> None:
    with database.transaction() as session:
        text = a_key(session)
        a_coordinator(session).disabled_at = NOW
        session.flush()
        with pytest.raises(KeyRefused):
            _caller(session, text)
        assert [one.state for one in list_keys(session, now=NOW)] == ["stopped"]


@pytest.mark.parametrize(
    ("role", "left"),
    [
        (Role.OWNER, {"read", "write", "send", "export"}),
        (Role.EDITOR, {"read", "write", "send", "export"}),
        (Role.VIEWER, {"read", "export"}),
    ],
)
def test_a_key_loses_what_its_coordinator_loses(
    database: Database, role: Role, left: set[str]
) -> None:
    with database.transaction() as session:
        text = a_key(session)
        session.exec(select(Coordinator)).one().role = role
        session.flush()
        assert _caller(session, text).scopes == left


@pytest.mark.parametrize("scope", ["write", "send"])
def test_a_viewer_cannot_make_a_key_that_does_more_than_look(
    database: Database, scope: str
) -> None:
    with database.transaction() as session, pytest.raises(FieldErrors, match="viewer"):
        a_key(session, "read", scope, role=Role.VIEWER)


@pytest.mark.parametrize(
    ("name", "scopes", "field"),
    [
        ("", ["read"], "name"),
        ("  ", ["read"], "name"),
        ("x" * 81, ["read"], "name"),
        ("a\u202eb", ["read"], "name"),
        ("a\0b", ["read"], "name"),
        ("Newsletter", ["everything"], "scopes"),
        ("Newsletter", ["read", "everything"], "scopes"),
    ],
)
def test_a_key_without_a_plain_name_or_known_scopes_is_refused(
    database: Database, name: str, scopes: list[str], field: str
) -> None:
    with database.transaction() as session, pytest.raises(FieldErrors) as refused:
        a_key(session, *scopes, name=name)
    assert list(refused.value.errors) == [field]


def test_the_last_use_is_shown_and_noted_once_a_minute(database: Database) -> None:
    with database.transaction() as session:
        text = a_key(session)
        caller = _caller(session, text)
        assert caller.wants_use_noted
        note_use(session, key_id=caller.key_id, now=NOW)
        session.expire_all()
        assert list_keys(session, now=NOW)[0].last_used_at == NOW
        assert not _caller(session, text).wants_use_noted
        later = require_caller(session, text=text, now=NOW + timedelta(minutes=1))
        assert later.wants_use_noted


def test_a_coordinator_sees_and_ends_their_own_keys_only(database: Database) -> None:
    with database.transaction() as session:
        a_key(session, name="Hers")
        his = a_key(session, name="His", email="carl@coalition.example")
        carl = a_coordinator(session, email="carl@coalition.example").id
        assert [one.name for one in list_keys(session, coordinator_id=carl, now=NOW)] == ["His"]
        assert {one.name for one in list_keys(session, now=NOW)} == {"Hers", "His"}
        clara = a_coordinator(session).id
        key_id = _caller(session, his).key_id
        with pytest.raises(KeyRefused):
            revoke_key(session, key_id=key_id, coordinator_id=clara, by=SOMEBODY, now=NOW)
        _caller(session, his)
