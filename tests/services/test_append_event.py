"""Every answer, the close and the publication stand in the ledger, in the same transaction."""

import json
from typing import Any

import pytest
from sqlalchemy import event as listening
from sqlalchemy import func
from sqlmodel import Session, select

from outreach.ledger.event import read_event
from outreach.ledger.export import check_ledger, write_ledger
from outreach.services import answer_invitation
from outreach.services.answer_invitation import correct
from outreach.services.clean_typing import LineForm
from outreach.services.close_campaign import close_campaign
from outreach.services.export_ledger import read_ledger_file
from outreach.services.publish_statement import publish_campaign
from outreach.statement.source import parse_statement
from outreach.store import ledger
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.ledger_tables import LedgerEvent
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    STATEMENT,
    a_launched_campaign,
    decline,
    sign,
    the_link,
    withdraw,
)
from tests.ledger.made import KEY
from tests.racing import race

NAME = "Hong Kong Watch"


def the_events(session: Session, slug: str = "visit") -> list[dict[str, Any]]:
    """What they say openly, with what the openings beside them say of the commitments."""
    campaign = require_campaign(session, slug)
    assert campaign.id is not None
    events = [json.loads(text) for text in ledger.read_events(session, campaign.id)]
    for event in events:
        event["opened"] = {}
    for position, field, value, _ in ledger.read_openings(session, campaign.id):
        events[position]["opened"][field] = value
    return events


def the_kinds(session: Session) -> list[str]:
    return [event["kind"] for event in the_events(session)]


def check(session: Session) -> None:
    """As the offline verifier does."""
    file = read_ledger_file(session, slug="visit", key=KEY, with_openings=True)
    check_ledger(write_ledger(file), keys=[KEY.verifier(file.log)])


def test_a_signature_is_logged_with_all_that_was_consented_to(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, NAME)
        sign(session, NAME, credit_line="Hong Kong Watch (HKW)", sort_name="HKW")
        (event,) = the_events(session)
        assert event["kind"] == "signed"
        assert event["at"] == "2026-03-04T14:00:00Z"
        assert event["method"] == "link"
        digest = parse_statement(STATEMENT).sha256
        assert event["statement"] == {"sha256": digest, "language": "en"}
        assert event["opened"].pop("email").endswith("@hongkongwatch.example")
        assert event["opened"] == {
            "organization": NAME,
            "person": "Ada Example",
            "capacity": "Director",
            "authority": f"I am authorized to sign this statement on behalf of {NAME}.",
            "credit_line": "Hong Kong Watch (HKW)",
            "privacy": "public",
            "sort_name": "HKW",
        }
        assert event["commitments"].keys() == event["opened"].keys() | {"email"}
        (text,) = ledger.read_events(session, campaign.id)  # type: ignore[arg-type]
        assert not any(word in text for word in ("Hong Kong", "HKW", "Ada", "Director", "visit"))
        check(session)


def test_a_campaigns_whole_story_is_logged_each_change_with_the_signature_it_is_about(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME, "Other")
        decline(session, "Other")
        sign(session, NAME)
        link = the_link(session, NAME).id
        correct(
            session,
            link_id=link,
            form=LineForm(credit_line="HKW"),
            mail_domain=DOMAIN,
            now=NOW,
        )
        sign(session, "Other")
        withdraw(session, NAME)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        publish_campaign(session, slug="visit", now=DEADLINE)
        events = the_events(session)
        assert [(event["kind"], event.get("of")) for event in events] == [
            ("declined", None),
            ("signed", None),
            ("corrected", 1),
            ("signed", None),
            ("withdrawn", 1),
            ("closed", None),
            ("published", None),
        ]
        assert events[2]["opened"]["credit_line"] == "HKW"
        assert [event.get("numbers") for event in events[-2:]] == [{"signatures": 1}] * 2
        assert "authority" not in events[4]["opened"]
        check(session)


def test_a_reason_is_committed_to_like_all_that_a_person_says(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        link = the_link(session, NAME).id
        answer_invitation.decline(
            session, link_id=link, reason="Our board said no.", mail_domain=DOMAIN, now=NOW
        )
        (event,) = the_events(session)
        assert event["opened"]["reason"] == "Our board said no."


class Interrupted(Exception):
    pass


def test_what_is_rolled_back_was_never_logged(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)

    def interrupted() -> None:
        with database.transaction() as session:
            sign(session, NAME)
            raise Interrupted

    with pytest.raises(Interrupted):
        interrupted()
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(LedgerEvent)).one() == 0


def test_answers_at_once_stand_in_one_line_and_the_ledger_holds(database: Database) -> None:
    names = [f"Organization {number}" for number in range(16)]
    with database.transaction() as session:
        a_launched_campaign(session, *names)

    def answer(name: str) -> None:
        with database.transaction() as session:
            sign(session, name)
        with database.transaction() as session:
            withdraw(session, name)

    assert race([lambda name=name: answer(name) for name in names]) == [None] * 16  # type: ignore[misc]
    with database.reading() as session:
        kinds = the_kinds(session)
        assert (kinds.count("signed"), kinds.count("withdrawn"), len(kinds)) == (16, 16, 32)
        check(session)


def test_appending_reads_no_more_of_a_long_ledger_than_of_a_short_one(database: Database) -> None:
    names = [f"Organization {number}" for number in range(40)]
    with database.transaction() as session:
        a_launched_campaign(session, *names)
    counts: list[int] = []
    for name in names:
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any, into: Any = seen) -> None:
            into.append(statement)

        listening.listen(database.engine, "before_cursor_execute", note)
        with database.transaction() as session:
            sign(session, name)
        listening.remove(database.engine, "before_cursor_execute", note)
        counts.append(len(seen))
    assert max(counts[1:]) == min(counts[1:])


def test_each_campaign_has_a_ledger_of_its_own(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        sign(session, NAME)
        a_launched_campaign(session, "Other", slug="second")
        sign(session, "Other")
        first, second = (the_events(session, slug) for slug in ("visit", "second"))
        assert len(first) == len(second) == 1
        assert first[0]["log"] != second[0]["log"]
        assert first[0]["log"].startswith(f"{DOMAIN}/ledger/")
        assert read_event(ledger.read_events(session, 1)[0]).log == first[0]["log"]
