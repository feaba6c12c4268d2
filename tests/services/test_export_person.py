"""A person is shown all that is kept of them."""

import pytest

from outreach.domain.message import MessageKind
from outreach.services.erase_person import ErasureReport, NobodyOfThisAddress
from outreach.services.export_person import export_person
from outreach.services.note_view import note_view
from outreach.store import suppressions
from outreach.store.database import Database
from outreach.store.desk_tables import Note
from tests.factories import (
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    the_link,
    the_messages,
)
from tests.keeping import keep
from tests.services.test_erase_person import EMAIL, NAME, OTHER, a_story, erase


def test_a_person_is_shown_all_that_is_kept_of_them_and_of_nobody_else(database: Database) -> None:
    a_story(database)
    with database.transaction() as session:
        (message,) = the_messages(session, NAME, kind=MessageKind.RECEIPT)
        keep(session, message)
        note_view(session, link_id=the_link(session, NAME).id, mail_domain=DOMAIN, now=NOW)
        told = export_person(session, email=EMAIL)
        said = str(told)
        for word in ("Grace Hopper", "Rear Admiral Hopper", "Chief Navigator", "Grace is away"):
            assert word in said
        assert OTHER not in said
        assert the_link(session, NAME).id not in said
        (contact,) = told["contacts"]
        assert [len(contact[name]) for name in ("page_views", "signatures", "links")] == [1, 1, 1]
        assert "Chief Navigator" in str(contact["deliveries"])
        assert told["suppression"]["reason"] == "unsubscribed"
        places = {(one["table"], one["column"]) for one in told["mentions"]}
        assert places >= {("organization", "notes"), ("note", "text")}


ELSEWHERE = "who@else.example"


def test_an_address_that_is_only_kept_out_or_noted_is_told_and_erased(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session), organization=OTHER)
        suppressions.record_suppression(session, ELSEWHERE, reason="bounced", now=NOW)
        told = export_person(session, email=ELSEWHERE)
        assert told["suppression"]["reason"] == "bounced"
        assert erase(session, ELSEWHERE) == ErasureReport(0, 0)
        note = Note(campaign_id=1, organization_id=1, text=f"Or write to {ELSEWHERE}.", at=NOW)
        session.add(note)
        session.flush()
        told = export_person(session, email=ELSEWHERE)
        assert [one["text"] for one in told["mentions"]] == [f"Or write to {ELSEWHERE}."]
        assert erase(session, ELSEWHERE) == ErasureReport(0, 1)
        with pytest.raises(NobodyOfThisAddress):
            export_person(session, email=ELSEWHERE)
