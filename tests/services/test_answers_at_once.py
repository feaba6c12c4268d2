"""Answers at the same moment: the database settles them, one stands."""

import os
from collections.abc import Callable
from datetime import datetime
from threading import Event

import pytest
from sqlmodel import select

from outreach.domain.coordinator import COMMAND_LINE
from outreach.domain.errors import AlreadyAnswered, CampaignNotOpen, LinkRefused
from outreach.domain.message import MessageKind
from outreach.services import answer_invitation
from outreach.services.close_campaign import close_campaign, close_if_due
from outreach.services.launch_campaign import launch_campaign
from outreach.services.reissue_links import reissue_links
from outreach.store import invitations
from outreach.store.database import Database
from outreach.store.tables import Answer
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    sign,
    the_invitation,
    the_link,
    the_messages,
    the_signatures,
    withdraw,
)
from tests.racing import await_blocked, race

NAME = "Hong Kong Watch"
_ROUNDS = int(os.environ.get("ANSWER_ROUNDS", "2"))


def _in_transaction(
    database: Database, act: Callable[..., None], *, name: str = NAME, now: datetime = NOW
) -> Callable[[], str]:
    def run() -> str:
        with database.transaction() as session:
            act(session, name, now=now)
        return act.__name__

    return run


def test_of_fifty_answers_with_one_link_exactly_one_signature_stands(database: Database) -> None:
    """BAR line 20. A hundred rounds of it: ANSWER_ROUNDS=100."""
    names = [f"Organization {number}" for number in range(_ROUNDS)]
    with database.transaction() as session:
        a_launched_campaign(session, *names)
    for number, name in enumerate(names, start=1):
        results = race([_in_transaction(database, sign, name=name)] * 50)
        assert results.count("sign") == 1
        assert sum(isinstance(one, AlreadyAnswered) for one in results) == 49
        with database.reading() as session:
            assert len(the_signatures(session)) == number
            assert len(session.exec(select(Answer)).all()) == number
            assert len(the_messages(session, kind=MessageKind.RECEIPT)) == number


def test_of_two_colleagues_at_once_the_first_stands(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        contacts = [a_contact(session, campaign).id for _ in range(2)]
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        invitation = the_link(session, NAME).invitation_id
        assert invitations.linked_contact_ids(session, invitation) == contacts
    results = race([_in_transaction(database, act) for act in (sign, decline, sign, decline, sign)])
    # A no may still become a yes; a yes that stands is not overwritten by a no.
    done = sorted(one for one in results if isinstance(one, str))
    assert done in (["sign"], ["decline"], ["decline", "sign"])
    with database.reading() as session:
        signed = "sign" in done
        assert the_invitation(session, NAME).state == ("signed" if signed else "declined")
        assert len(the_signatures(session)) == signed


def test_a_signature_is_withdrawn_once(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        sign(session, NAME)
    results = race([_in_transaction(database, withdraw)] * 5)
    assert results.count("withdraw") == 1
    with database.reading() as session:
        assert len(the_messages(session, kind=MessageKind.WITHDRAWAL_RECEIPT)) == 1


def test_signing_and_withdrawing_in_turns_never_leaves_two_standing(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
    race([_in_transaction(database, act) for act in (sign, withdraw) * 6])
    with database.reading() as session:
        standing = [one for one in the_signatures(session) if one.withdrawn_at is None]
        signed = the_invitation(session, NAME).state == "signed"
        assert len(standing) == (1 if signed else 0)


def _close(database: Database) -> Callable[[], str]:
    def run() -> str:
        with database.transaction() as session:
            close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        return "close"

    return run


def _reissue(database: Database) -> Callable[[], str]:
    def run() -> str:
        with database.transaction() as session:
            reissue_links(session, slug="visit", mail_domain=DOMAIN, by=COMMAND_LINE, now=NOW)
        return "reissue"

    return run


def _sign_while(
    database: Database, act: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> list[str | Exception]:
    """What came of a signature whose link was looked up, and of ``act``, which then came first."""
    begun, done = Event(), Event()
    require = invitations.require_linked

    def slow_require(*args: object, **kwargs: object) -> object:
        linked = require(*args, **kwargs)  # type: ignore[arg-type]
        begun.set()
        done.wait(1)  # SQLite lets nobody write meanwhile
        return linked

    monkeypatch.setattr(invitations, "require_linked", slow_require)

    def meanwhile() -> str:
        begun.wait(5)
        result = act()
        done.set()
        return result

    return race([_in_transaction(database, sign), meanwhile])


def test_nobody_slips_in_behind_a_close(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A declined one may still sign, so its row says nothing of the close: the campaign must."""
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        decline(session, NAME)
    answered, done = _sign_while(database, _close(database), monkeypatch)
    assert done == "close"
    with database.reading() as session:
        notices = len(the_messages(session, kind=MessageKind.CLOSING_NOTICE))
        assert len(the_signatures(session)) == notices
    if database.is_postgresql:
        assert isinstance(answered, CampaignNotOpen)


def test_nobody_slips_in_behind_the_revocation_of_a_link(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
    answered, done = _sign_while(database, _reissue(database), monkeypatch)
    assert done == "reissue"
    with database.reading() as session:
        came_first = answered == "sign"
        assert len(the_signatures(session)) == came_first
        assert bool(the_messages(session, kind=MessageKind.RECEIPT)) is came_first
    if database.is_postgresql:
        assert isinstance(answered, LinkRefused)


def test_a_close_waits_for_the_answer_that_came_first_and_counts_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
    holding = Event()
    stop_asking = answer_invitation._stop_asking

    def slow(*args: object, **kwargs: object) -> None:
        await_blocked(database, holding.set)
        stop_asking(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(answer_invitation, "_stop_asking", slow)

    def close() -> str:
        assert holding.wait(20)
        return _close(database)()

    assert race([_in_transaction(database, sign), close]) == ["sign", "close"]
    with database.reading() as session:
        assert the_invitation(session, NAME).state == "signed"
        assert len(the_messages(session, kind=MessageKind.CLOSING_NOTICE)) == 1


def test_two_sweeps_at_once_close_each_campaign_once(database: Database) -> None:
    with database.transaction() as session:
        for slug in ("one", "two", "three"):
            a_launched_campaign(session, NAME, slug=slug)

    def close_due() -> int:
        with database.transaction() as session:
            return sum(
                close_if_due(session, slug=slug, mail_domain=DOMAIN, now=DEADLINE)
                for slug in ("one", "two", "three")
            )

    assert sorted(map(str, race([close_due] * 4))) == ["0", "0", "0", "3"]
