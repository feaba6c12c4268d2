"""From a one-time link to an account."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import COMMAND_LINE, Role
from outreach.domain.errors import FieldErrors
from outreach.links import ANSWER, LinkSigner
from outreach.sealing import Sealer
from outreach.services import api_keys, manage_coordinators, second_factor
from outreach.services.keep_session import begin_session, find_signed_in
from outreach.services.set_up_account import (
    SETUP,
    SETUP_LIFE,
    AccountForm,
    SetupRefused,
    checked_form,
    find_setup,
    issue_setup_link,
    offer_first_account,
    set_up,
    setup_address,
)
from outreach.store.database import Database
from outreach.store.desk_tables import Coordinator
from tests.api_facts import the_actions
from tests.coordinators import KEYS, a_coordinator, actor, the_code
from tests.factories import NOW

FORM = AccountForm(
    email="nora@example.org", name=" Nora\tFeld ", password="seven quiet herons", zone="Asia/Taipei"
)


def the_first_link(session: Session) -> str:
    link_id = offer_first_account(session, now=NOW)
    assert link_id
    return link_id


def use(session: Session, link_id: str, form: AccountForm = FORM) -> int:
    checked = checked_form(form, email="")
    return set_up(session, link_id=link_id, form=checked, password_hash="kept", now=NOW)


def test_the_first_account_is_an_owner_with_the_address_that_it_chose(database: Database) -> None:
    with database.transaction() as session:
        use(session, the_first_link(session))
    with database.reading() as session:
        made = session.exec(select(Coordinator)).one()
    assert (made.email, made.email_key, made.name) == (
        "nora@example.org",
        "nora@example.org",
        "Nora Feld",
    )
    assert (made.role, made.zone, made.password_hash) == (Role.OWNER, "Asia/Taipei", "kept")


def test_it_is_offered_until_somebody_was_asked_in(database: Database) -> None:
    with database.transaction() as session:
        first = the_first_link(session)
        second = the_first_link(session)
        assert first != second
        with pytest.raises(SetupRefused):
            find_setup(session, link_id=first, now=NOW)
        use(session, second)
        assert offer_first_account(session, now=NOW) is None


def test_who_was_invited_by_name_is_no_stranger_to_make_way_for(database: Database) -> None:
    with database.transaction() as session:
        manage_coordinators.invite(
            session, email="ben@example.org", role=Role.OWNER, by=COMMAND_LINE, now=NOW
        )
        assert offer_first_account(session, now=NOW) is None


def test_a_link_works_once(database: Database) -> None:
    with database.transaction() as session:
        link_id = the_first_link(session)
        assert find_setup(session, link_id=link_id, now=NOW).email == ""
        use(session, link_id)
    with database.transaction() as session, pytest.raises(SetupRefused):
        use(session, link_id)


def test_a_link_works_for_three_days(database: Database) -> None:
    with database.transaction() as session:
        link_id = the_first_link(session)
        almost = NOW + SETUP_LIFE - timedelta(seconds=1)
        find_setup(session, link_id=link_id, now=almost)
        with pytest.raises(SetupRefused):
            find_setup(session, link_id=link_id, now=NOW + SETUP_LIFE)


def test_a_disabled_account_is_not_set_up(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        ben = a_coordinator(session, email="ben@example.org")
        assert ben.id
        link_id = issue_setup_link(session, ben.id, now=NOW)
        manage_coordinators.disable(session, ben.id, by=COMMAND_LINE, now=NOW)
        with pytest.raises(SetupRefused):
            find_setup(session, link_id=link_id, now=NOW)


def test_what_let_somebody_in_before_is_gone(database: Database) -> None:
    sealer = Sealer(KEYS)
    with database.transaction() as session:
        nora = a_coordinator(session)
        assert nora.id
        api_keys.create_key(
            session,
            name="Newsletter",
            scopes=["read"],
            life=None,
            coordinator_id=nora.id,
            by=actor(nora),
            now=NOW,
        )
        token = begin_session(session, coordinator_id=nora.id, device="", proven=True, now=NOW)
        codes = second_factor.new_recovery_codes(session, by=actor(nora), now=NOW)
        link_id = issue_setup_link(session, nora.id, now=NOW)
    assert find_signed_in(database, token=token, now=NOW), "until the link is used"
    with database.transaction() as session:
        form = checked_form(FORM, email=nora.email)
        set_up(session, link_id=link_id, form=form, password_hash="new", now=NOW)
    assert find_signed_in(database, token=token, now=NOW) is None
    with database.transaction() as session:
        with pytest.raises(second_factor.CodeRefused):
            second_factor.use_code(
                session, sealer, coordinator_id=nora.id, code=the_code(NOW), now=NOW
            )
        with pytest.raises(second_factor.CodeRefused):
            second_factor.use_recovery_code(session, coordinator_id=nora.id, code=codes[0], now=NOW)
        assert [key.state for key in api_keys.list_keys(session, now=NOW)] == ["revoked"]
        assert ("Nora Feld", "key.revoke", "Newsletter") in the_actions(session)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nora"}, "email"),
        ({"email": "nora@example.org\nbcc: eve@example.org"}, "email"),
        ({"name": " \t "}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "nora@example.org"}, "password"),
        ({"zone": "Berlin"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        checked_form(AccountForm(**({**FORM.__dict__} | change)), email="")
    assert set(refused.value.errors) == {field}


def test_the_links_address_is_used_not_the_forms() -> None:
    assert checked_form(FORM, email="ben@example.org").email == "ben@example.org"


def test_an_address_that_somebody_has_is_refused(database: Database) -> None:
    with database.transaction() as session:
        link_id = the_first_link(session)
        a_coordinator(session, email="NORA@example.org")
        with pytest.raises(FieldErrors):
            use(session, link_id)


def test_the_address_begins_with_public_url_and_serves_this_purpose_alone() -> None:
    links = LinkSigner(KEYS)
    address = setup_address(links, "x" * 24, public_url="https://sign.example.org/desk-of-ours")
    base, _, token = address.rpartition("/")
    assert base == "https://sign.example.org/desk-of-ours/desk/setup"
    assert links.read(token, purpose=SETUP) == "x" * 24
    assert links.token("x" * 24, purpose=ANSWER) != token
