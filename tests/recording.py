"""A consent recorded by hand, and what becomes of it, through the use cases."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor, Role
from outreach.services.record_consent import SOMEBODY_ELSE, ConsentForm, record_consent
from outreach.services.settle_consent import confirm_consent, refuse_consent
from outreach.statement.source import parse_statement
from outreach.store import coordinators
from outreach.store.consent_tables import RecordedConsent
from outreach.store.tables import Organization
from tests.coordinators import a_coordinator, actor
from tests.factories import DOMAIN, NOW, STATEMENT

NAME = "Hong Kong Watch"


def a_consent_form(**changes: Any) -> ConsentForm:
    """Of somebody who is none of the contacts, by telephone, an hour ago, for the statement."""
    facts: dict[str, Any] = {
        "channel": "phone",
        "contact": SOMEBODY_ELSE,
        "person": "Grace Hopper",
        "capacity": "Chair of the board",
        "given_at": "2026-03-04 14:00",
        "zone": "Europe/Berlin",
        "credit_line": NAME,
        "sort_name": "",
        "quote": "Yes, put us down",
        "sure": True,
        "statement_sha256": parse_statement(STATEMENT).sha256,
    }
    return ConsentForm(**(facts | changes))


def a_person(session: Session, name: str) -> Actor:
    """An editor of this name, set up where there is none."""
    email = f"{name.lower()}@coalition.example"
    found = coordinators.find_by_email(session, email)
    return actor(found or a_coordinator(session, email=email, name=name, role=Role.EDITOR))


def record(
    session: Session,
    organization: str = NAME,
    *,
    by: str = "Nora",
    now: datetime = NOW,
    **form: Any,
) -> int:
    return record_consent(
        session,
        slug="visit",
        organization_id=_id(session, organization),
        form=a_consent_form(**{"credit_line": organization} | form),
        by=a_person(session, by),
        mail_domain=DOMAIN,
        now=now,
    )


def confirm(
    session: Session,
    organization: str = NAME,
    *,
    number: int = 0,
    by: str = "Otto",
    now: datetime = NOW,
) -> None:
    """The newest record, or that one."""
    confirm_consent(
        session,
        slug="visit",
        organization_id=_id(session, organization),
        consent_id=number or (the_record(session).id or 0),
        by=a_person(session, by),
        mail_domain=DOMAIN,
        now=now,
    )


def refuse(
    session: Session,
    organization: str = NAME,
    *,
    reason: str = "Nobody there knows of it",
    by: str = "Otto",
    now: datetime = NOW,
) -> None:
    refuse_consent(
        session,
        slug="visit",
        organization_id=_id(session, organization),
        consent_id=the_record(session).id or 0,
        reason=reason,
        by=a_person(session, by),
        now=now,
    )


def the_record(session: Session) -> RecordedConsent:
    """The newest."""
    query = select(RecordedConsent).order_by(col(RecordedConsent.id).desc())
    found = session.exec(query.execution_options(populate_existing=True)).first()
    assert found is not None
    return found


def _id(session: Session, organization: str) -> int:
    return session.exec(select(Organization.id).where(Organization.name == organization)).one() or 0
