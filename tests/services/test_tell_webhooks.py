"""What others are told, and that it is told with the fact or not at all. On both databases."""

import json

import pytest
from sqlmodel import Session

from outreach.services.answer_invitation import correct
from outreach.services.clean_typing import LineForm
from outreach.services.close_campaign import close_campaign
from outreach.services.publish_statement import publish_campaign
from outreach.services.webhooks import disable_webhook
from outreach.store.database import Database
from tests.api_facts import SOMEBODY, a_webhook, the_calls
from tests.factories import (
    DOMAIN,
    NOW,
    a_launched_campaign,
    decline,
    sign,
    the_invitation,
    the_link,
    withdraw,
)


def _told(session: Session) -> list[dict[str, object]]:
    return [json.loads(call.payload) for call in the_calls(session)]


def test_each_answer_is_told_with_organization_and_state(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        a_webhook(session)
        sign(session, "Alpha")
        withdraw(session, "Alpha")
        decline(session, "Beta")
        alpha = the_invitation(session, "Alpha").organization_id
        beta = the_invitation(session, "Beta").organization_id
        assert _told(session) == [
            {
                "type": state,
                "timestamp": "2026-03-04T14:00:00+00:00",
                "data": {"campaign": "visit", "organization": organization, "state": state},
            }
            for state, organization in (("signed", alpha), ("withdrawn", alpha), ("declined", beta))
        ]


def test_no_person_and_no_organization_is_named(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        a_webhook(session)
        sign(session, "Alpha", signer_name="Ada Example", capacity="Director")
        payload = the_calls(session)[0].payload
        for secret in ("Alpha", "Ada", "Director", "@", "/a/", the_link(session, "Alpha").id):
            assert secret not in payload


def test_closing_and_publishing_are_told(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        a_webhook(session)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        publish_campaign(session, slug="visit", now=NOW)
        assert [(one["type"], one["data"]) for one in _told(session)] == [
            ("closed", {"campaign": "visit", "state": "closed"}),
            ("published", {"campaign": "visit", "state": "published"}),
        ]


def test_a_campaign_that_publishes_itself_tells_both(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, publish_at_close=True)
        a_webhook(session)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        assert [one["type"] for one in _told(session)] == ["closed", "published"]


def test_a_correction_is_no_event(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        a_webhook(session)
        sign(session, "Alpha")
        link = the_link(session, "Alpha").id
        line = LineForm(credit_line="The Alpha")
        correct(session, link_id=link, form=line, mail_domain=DOMAIN, now=NOW)
        assert len(_told(session)) == 1


def test_who_did_not_ask_for_an_event_or_is_switched_off_is_not_told(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        closed, _ = a_webhook(session, "closed")
        signed, _ = a_webhook(session, "signed", "closed")
        off, _ = a_webhook(session, "signed")
        disable_webhook(session, webhook_id=off, by=SOMEBODY, now=NOW)
        sign(session, "Alpha")
        assert [call.webhook_id for call in the_calls(session)] == [signed]
        assert closed != signed


def test_each_fact_has_an_id_of_its_own_the_same_for_all_who_are_told(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        a_webhook(session)
        a_webhook(session)
        sign(session, "Alpha")
        withdraw(session, "Alpha")
        sign(session, "Alpha")
        keys = [call.key for call in the_calls(session)]
        assert len(keys) == 6
        assert keys[::2] == keys[1::2]
        assert len(set(keys)) == 3


def test_an_answer_that_is_not_kept_is_not_told(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        a_webhook(session)

    def sign_and_fail() -> None:
        with database.transaction() as session:
            sign(session, "Alpha")
            assert len(the_calls(session)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sign_and_fail()
    with database.reading() as session:
        assert the_calls(session) == []
