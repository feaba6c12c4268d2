"""Who may see the name: chosen on signing, changed until the deadline, protected at any time."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.errors import AlreadyAnswered, DeadlinePassed, FieldErrors
from outreach.domain.privacy import Privacy
from outreach.services import answer_invitation
from outreach.services.clean_typing import LineForm
from outreach.services.close_campaign import close_campaign
from outreach.services.publish_statement import publish_campaign
from outreach.store.database import Database
from outreach.store.ledger_tables import LedgerEvent, LedgerOpening
from outreach.store.tables import Answer
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_launched_campaign,
    sign,
    the_link,
    the_messages,
    the_signatures,
    withdraw,
)

NAME = "Hong Kong Watch"
LATE = DEADLINE + timedelta(days=30)


def _correct(session: Session, privacy: str, *, line: str = NAME) -> None:
    answer_invitation.correct(
        session,
        link_id=the_link(session, NAME).id,
        form=LineForm(credit_line=line),
        privacy=privacy,
        mail_domain=DOMAIN,
        now=NOW,
    )


def _protect(session: Session, privacy: str) -> None:
    link = the_link(session, NAME).id
    answer_invitation.protect(session, link_id=link, privacy=privacy, mail_domain=DOMAIN, now=LATE)


def _stands(session: Session) -> str:
    session.expire_all()
    return the_signatures(session)[-1].privacy


def _answers(session: Session) -> list[tuple[str, str]]:
    return list(session.exec(select(Answer.kind, Answer.privacy).order_by(col(Answer.id))))


def test_who_chooses_nothing_is_public(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME)
        assert _stands(session) == Privacy.PUBLIC
        assert _answers(session) == [("sign", "public")]


@pytest.mark.parametrize("privacy", list(Privacy))
def test_the_choice_stands_with_the_signature_the_answer_and_the_ledger(
    database: Database, privacy: Privacy
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME, privacy=privacy.value)
        assert _stands(session) == privacy
        assert _answers(session) == [("sign", privacy)]
        opened = select(LedgerOpening.value).where(col(LedgerOpening.field) == "privacy")
        assert session.exec(opened).all() == [privacy]
        (event,) = session.exec(select(LedgerEvent.event)).all()
        assert '"privacy":"' in event
        assert f'"{privacy}"' not in event


def test_a_choice_that_is_none_is_refused(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        with pytest.raises(FieldErrors) as refused:
            sign(session, NAME, privacy="secret")
        assert list(refused.value.errors) == ["privacy"]
        sign(session, NAME)
        with pytest.raises(FieldErrors):
            _correct(session, "secret")
        with pytest.raises(FieldErrors):
            _protect(session, "")
        assert _stands(session) == Privacy.PUBLIC


def test_until_the_deadline_it_is_changed_either_way(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME, privacy="counted")
        _correct(session, "public")
        assert _stands(session) == Privacy.PUBLIC
        _correct(session, "addressee")
        assert _stands(session) == Privacy.ADDRESSEE
        assert _answers(session)[1:] == [("correct", "public"), ("correct", "addressee")]


def test_a_corrected_name_stays_as_protected_as_it_was(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME, privacy="counted")
        _correct(session, "", line="HKW")
        assert _stands(session) == Privacy.COUNTED


def test_after_the_deadline_a_protection_can_still_be_taken(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        publish_campaign(session, slug="visit", now=DEADLINE)
        _protect(session, "addressee")
        assert _stands(session) == Privacy.ADDRESSEE
        _protect(session, "counted")
        assert _stands(session) == Privacy.COUNTED
        assert len([one for one in the_messages(session) if one.kind == "receipt"]) == 3


@pytest.mark.parametrize(
    ("standing", "wanted"),
    [
        ("counted", "addressee"),
        ("counted", "public"),
        ("addressee", "public"),
        ("public", "public"),
        ("counted", "counted"),
    ],
)
def test_and_never_the_other_way(database: Database, standing: str, wanted: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME, privacy=standing)
        with pytest.raises(FieldErrors):
            _protect(session, wanted)
        with pytest.raises(DeadlinePassed):
            answer_invitation.correct(
                session,
                link_id=the_link(session, NAME).id,
                form=LineForm(credit_line=NAME),
                privacy=wanted,
                mail_domain=DOMAIN,
                now=DEADLINE,
            )
        assert _stands(session) == standing


def test_who_has_not_signed_has_nothing_to_protect(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        with pytest.raises(AlreadyAnswered):
            _protect(session, "counted")
        sign(session, NAME)
        withdraw(session, NAME)
        with pytest.raises(AlreadyAnswered):
            _protect(session, "counted")
