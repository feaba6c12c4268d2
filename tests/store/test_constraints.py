"""What must never happen is refused by the database itself, whatever the code does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, select

from outreach.links import new_link_id
from outreach.store.campaigns import current_version
from outreach.store.consent_tables import RecordedConsent
from outreach.store.database import Database
from outreach.store.tables import (
    Answer,
    Campaign,
    Contact,
    Invitation,
    Link,
    Message,
    Organization,
    Signature,
    StatementVersion,
    Suppression,
)
from tests.coordinators import a_coordinator
from tests.factories import NOW, a_launched_campaign

Rows = list[SQLModel]


def _the_ids(session: Session) -> tuple[int, int, int, int]:
    """(campaign, invitation, contact, version)"""
    invitation = session.exec(select(Invitation)).one()
    contact = session.exec(select(Contact)).one()
    version = current_version(session, invitation.campaign_id)
    assert invitation.id
    assert contact.id
    assert version.id
    return invitation.campaign_id, invitation.id, contact.id, version.id


def _signature(session: Session, **changes: Any) -> Signature:
    _, invitation, contact, version = _the_ids(session)
    facts: dict[str, Any] = {
        "invitation_id": invitation,
        "contact_id": contact,
        "statement_version_id": version,
        "credit_line": "Hong Kong Watch",
        "signer_name": "Ada Example",
        "capacity": "Director",
        "authority": "I may sign.",
        "signed_at": NOW,
    }
    return Signature(**(facts | changes))


def _consent(session: Session, **changes: Any) -> RecordedConsent:
    """One that waits, recorded by the first of two coordinators."""
    campaign, invitation, _, version = _the_ids(session)
    recorder = a_coordinator(session, email=f"{new_link_id()}@coalition.example")
    a_coordinator(session, email=f"{new_link_id()}@coalition.example")
    facts: dict[str, Any] = {
        "campaign_id": campaign,
        "organization_id": session.exec(select(Organization.id)).one(),
        "invitation_id": invitation,
        "statement_version_id": version,
        "event_position": 0,
        "recorded_by": recorder.id,
        "recorded_at": NOW,
        "channel": "phone",
        "person": "Ada Example",
        "capacity": "Director",
        "given_at": NOW,
        "credit_line": "Hong Kong Watch",
        "authority": "I am sure.",
    }
    return RecordedConsent(**(facts | changes))


def _confirmed(session: Session, *, by_whom: int = 1, **changes: Any) -> Rows:
    """Recorded by the first coordinator, confirmed by the one who came so many after."""
    answer = _answer(session, kind="sign")
    session.add(answer)
    session.flush()
    consent = _consent(session, state="confirmed", answer_id=answer.id, settled_at=NOW)
    consent.settled_by = consent.recorded_by + by_whom
    for name, value in changes.items():
        setattr(consent, name, value)
    return [consent]


def _message(session: Session, **changes: Any) -> Message:
    campaign, invitation, contact, _ = _the_ids(session)
    facts: dict[str, Any] = {
        "campaign_id": campaign,
        "invitation_id": invitation,
        "contact_id": contact,
        "kind": "reminder",
        "step": "3d/0",
        "message_id": "one@coalition.example",
        "priority": 5,
        "due_at": NOW,
        "created_at": NOW,
    }
    return Message(**(facts | changes))


def _link(session: Session, **changes: Any) -> Link:
    _, invitation, contact, _ = _the_ids(session)
    facts: dict[str, Any] = {
        "id": new_link_id(),
        "invitation_id": invitation,
        "contact_id": contact,
        "created_at": NOW,
    }
    return Link(**(facts | changes))


def _answer(session: Session, **changes: Any) -> Answer:
    _, invitation, contact, _ = _the_ids(session)
    facts: dict[str, Any] = {
        "invitation_id": invitation,
        "contact_id": contact,
        "kind": "sign",
        "statement_sha256": "0" * 64,
        "at": NOW,
    }
    return Answer(**(facts | changes))


def _again(table: type[SQLModel], **changes: Any) -> Callable[[Session], Rows]:
    """A second row like the one that is there."""

    def rows(session: Session) -> Rows:
        found = session.exec(select(table)).first()
        assert found
        return [table(**(found.model_dump(exclude={"id"}) | changes))]

    return rows


REFUSED: dict[str, Callable[[Session], Rows]] = {
    "two standing signatures": lambda s: [_signature(s), _signature(s)],
    "a signature of nobody": lambda s: [_signature(s, signer_name="")],
    "a signature without a name to print": lambda s: [_signature(s, credit_line="")],
    "a signature without authority": lambda s: [_signature(s, authority="")],
    "a signature of no known privacy": lambda s: [_signature(s, privacy="secret")],
    "a signature of no privacy": lambda s: [_signature(s, privacy="")],
    "an answer of no known privacy": lambda s: [_answer(s, privacy="secret")],
    "a signature of no version": lambda s: [_signature(s, statement_version_id=999)],
    "two live links of one contact": lambda s: [_link(s)],
    "a short link": lambda s: [_link(s, id="x" * 21, revoked_at=NOW)],
    "an unknown answer": lambda s: [_answer(s, kind="perhaps")],
    "the same message twice": lambda s: [
        _message(s),
        _message(s, message_id="two@coalition.example"),
    ],
    "two messages with one Message-ID": lambda s: [_message(s), _message(s, step="1d/0")],
    "a message in no known state": lambda s: [_message(s, state="lost")],
    "a sent message without its time": lambda s: [_message(s, state="sent")],
    "a message being sent by nobody": lambda s: [_message(s, state="sending", lease_until=NOW)],
    "a message being sent for ever": lambda s: [_message(s, state="sending", owner="me")],
    "a message to nobody": lambda s: [_message(s, contact_id=999)],
    "two campaigns at one address": _again(Campaign, key="other"),
    "a campaign without address": _again(Campaign, key="other", slug=""),
    "a campaign in no known state": _again(Campaign, key="other", slug="other", state="lost"),
    "an organization twice": _again(Organization),
    "a contact twice": _again(Contact),
    "a contact with no known role": _again(Contact, email_key="other", role="boss"),
    "two invitations of one organization": _again(Invitation),
    "one version twice": _again(StatementVersion),
    "a broken digest": _again(StatementVersion, number=2, sha256="0" * 63),
    "two recorded consents that wait": lambda s: [_consent(s), _consent(s)],
    "a consent that came by no known way": lambda s: [_consent(s, channel="telepathy")],
    "a consent in no known state": lambda s: [_consent(s, state="perhaps")],
    "a consent of nobody": lambda s: [_consent(s, person="")],
    "a consent without a name to print": lambda s: [_consent(s, credit_line="")],
    "a consent of no known privacy": lambda s: [_consent(s, privacy="secret")],
    "a consent that nobody is sure of": lambda s: [_consent(s, authority="")],
    "a consent confirmed by who recorded it": lambda s: _confirmed(s, by_whom=0),
    "a consent confirmed by nobody": lambda s: _confirmed(s, settled_by=None),
    "a consent confirmed to no effect": lambda s: _confirmed(s, answer_id=None),
    "a suppression twice": lambda _: [
        Suppression(email_key="a", reason="x", created_at=NOW),
        Suppression(email_key="a", reason="y", created_at=NOW),
    ],
}
TAKEN: dict[str, Callable[[Session], Rows]] = {
    "a signature after a withdrawn one": lambda s: [
        _signature(s, withdrawn_at=NOW),
        _signature(s, withdrawn_at=NOW + timedelta(days=1)),
        _signature(s),
    ],
    "a consent confirmed by another": _confirmed,
    "a consent after a refused one": lambda s: [_consent(s, state="refused"), _consent(s)],
    "a revoked link beside a live one": lambda s: [_link(s, revoked_at=NOW)],
    "a reminder of the next step": lambda s: [
        _message(s),
        _message(s, step="1d/0", message_id="two@coalition.example"),
    ],
    "a sent message with its time": lambda s: [_message(s, state="sent", sent_at=NOW)],
    "a message in somebody's hands": lambda s: [
        _message(s, state="sending", owner="me", lease_until=NOW)
    ],
}


def _write(database: Database, make: Callable[[Session], Rows]) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
    with database.transaction() as session:
        for row in make(session):
            session.add(row)
            session.flush()


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(database: Database, case: str) -> None:
    with pytest.raises(IntegrityError):
        _write(database, REFUSED[case])


@pytest.mark.parametrize("case", TAKEN)
def test_its_harmless_neighbour_is_taken(database: Database, case: str) -> None:
    _write(database, TAKEN[case])


def test_an_invitation_in_no_known_state_is_refused(database: Database) -> None:
    def write() -> None:
        with database.transaction() as session:
            a_launched_campaign(session)
            invitation = session.exec(select(Invitation)).one()
            invitation.state = "lost"
            session.add(invitation)

    with pytest.raises(IntegrityError):
        write()
