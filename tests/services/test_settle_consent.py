"""A second coordinator confirms or refuses: only then is there a signature, and only once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.errors import InvitationNotFound
from outreach.domain.message import MessageKind
from outreach.domain.recorded_consent import Obstacle
from outreach.services.close_campaign import close_campaign
from outreach.services.list_consents import count_waiting
from outreach.services.reopen_invitation import reopen_invitation
from outreach.services.settle_consent import ConsentRefused
from outreach.store import recorded_consents, signatures
from outreach.store.campaigns import current_version
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.outgoing import load_outgoing
from outreach.store.tables import Answer, StatementVersion
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_contact,
    a_launched_campaign,
    decline,
    sign,
    the_invitation,
    the_messages,
    the_signatures,
    withdraw,
)
from tests.racing import race
from tests.recording import NAME, a_person, confirm, record, refuse, the_record
from tests.services.test_append_event import check, the_events, the_kinds

MINUTE = timedelta(minutes=1)


def recorded(database: Database, *, role: str = "copied") -> None:
    """Of one that has two contacts."""
    with database.transaction() as session:
        campaign = a_launched_campaign(session, NAME)
        a_contact(session, campaign, organization=NAME, role=role)
        record(session)


def test_the_confirmation_makes_the_signature_and_tells_the_organization(
    database: Database,
) -> None:
    recorded(database)
    with database.transaction() as session:
        confirm(session, now=NOW + MINUTE)
        assert the_invitation(session, NAME).state == "signed"
        (signature,) = the_signatures(session)
        kept = the_record(session)
        assert (signature.method, signature.contact_id) == ("by_hand", None)
        assert (signature.signer_name, signature.capacity) == ("Grace Hopper", "Chair of the board")
        assert signature.authority == kept.authority
        assert signature.statement_version_id == kept.statement_version_id
        assert signature.signed_at == kept.settled_at == NOW + MINUTE
        assert kept.state == "confirmed"
        (answer,) = session.exec(select(Answer)).all()
        assert (answer.id, answer.kind) == (kept.answer_id, "sign")
        (receipt,) = the_messages(session, kind=MessageKind.RECORDED_RECEIPT)
        assert receipt.step == str(answer.id)
        (invitation,) = the_messages(session, kind=MessageKind.INVITATION)
        assert invitation.state == "cancelled"


@pytest.mark.parametrize("privacy", ["addressee", "counted"])
def test_a_name_that_is_not_for_everybody_is_in_no_public_list(
    database: Database, privacy: str
) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, NAME)
        assert campaign.id is not None
        record(session, privacy=privacy)
        confirm(session)
        assert [one.privacy for one in the_signatures(session)] == [privacy]
        assert signatures.standing_signatories(session, campaign.id) == []
        assert signatures.count_standing(session, campaign.id) == 1
        assert [event["opened"]["privacy"] for event in the_events(session)] == [privacy] * 2


def test_the_receipt_tells_who_how_and_when_it_was_given(database: Database) -> None:
    recorded(database)
    with database.transaction() as session:
        confirm(session, now=NOW + MINUTE)
        (receipt,) = the_messages(session, kind=MessageKind.RECORDED_RECEIPT)
        (facts,) = load_outgoing(session, [receipt.id or 0]).values()
        assert (facts.answer.signer_name, facts.answer.channel) == ("Grace Hopper", "phone")
        assert facts.answer.at == the_record(session).given_at
        assert facts.logged is not None  # its proof goes with it


def test_the_ledger_tells_by_hand_and_of_which_recording(database: Database) -> None:
    recorded(database)
    with database.transaction() as session:
        confirm(session)
        first, second = the_events(session)
        assert (first["kind"], second["kind"]) == ("recorded", "signed")
        assert (second["method"], second["of"]) == ("by_hand", 0)
        assert second["opened"]["channel"] == "phone"
        assert second["opened"]["person"] == "Grace Hopper"
        assert "quote" not in second["commitments"]
        withdraw(session, NAME)
        assert the_kinds(session)[-1] == "withdrawn"
        assert the_events(session)[-1]["of"] == 1
        check(session)


def test_the_organization_undoes_it_like_any_signature(database: Database) -> None:
    recorded(database)
    with database.transaction() as session:
        confirm(session)
        withdraw(session, NAME)
        assert the_invitation(session, NAME).state == "withdrawn"
        assert the_signatures(session)[0].withdrawn_at == NOW


def test_who_recorded_it_does_not_confirm_it(database: Database) -> None:
    recorded(database)
    with database.transaction() as session:
        with pytest.raises(ConsentRefused, match="cannot confirm it as well"):
            confirm(session, by="Nora")
        assert the_signatures(session) == []


def test_a_refusal_has_its_reason_and_is_the_end_of_it(database: Database) -> None:
    recorded(database)
    with database.transaction() as session:
        for reason in (" \n", "x" * 2_001):
            with pytest.raises(ConsentRefused, match="say why"):
                refuse(session, reason=reason)
        refuse(session, reason="Nobody there\nknows of it")
        kept = the_record(session)
        assert (kept.state, kept.reason) == ("refused", "Nobody there\nknows of it")
        with pytest.raises(ConsentRefused, match="refused already"):
            confirm(session)
        assert the_invitation(session, NAME).state == "awaiting"
        assert the_kinds(session) == ["recorded"]


def test_who_recorded_it_may_take_it_back(database: Database) -> None:
    recorded(database)
    with database.transaction() as session:
        refuse(session, by="Nora", reason="A slip of the pen")
        assert the_record(session).state == "refused"


def test_the_activity_log_says_neither_who_nor_what(database: Database) -> None:
    recorded(database)
    with database.transaction() as session:
        refuse(session, reason="Grace Hopper never said so")
        record(session)
        confirm(session)
        lines = [(one.action, one.detail) for one in session.exec(select(Activity))]
        assert lines == [
            ("consent.record", "phone"),
            ("consent.refuse", "phone"),
            ("consent.record", "phone"),
            ("consent.confirm", "phone"),
        ]


def refused_for(session: Session, obstacle: Obstacle, **how: object) -> None:
    before = len(the_signatures(session))
    with pytest.raises(ConsentRefused) as refusal:
        confirm(session, **how)  # type: ignore[arg-type]
    assert str(refusal.value) == obstacle
    assert len(the_signatures(session)) == before
    assert the_record(session).state == "waiting"


@pytest.mark.parametrize("answers", [[sign], [decline], [sign, withdraw]])
def test_what_the_organization_said_itself_since_stands(
    database: Database, answers: list[Callable[..., None]]
) -> None:
    """Also a no, and a yes that it took back: ours would overwrite its own word."""
    recorded(database)
    with database.transaction() as session:
        for answer in answers:
            answer(session, NAME)
        refused_for(session, Obstacle.ANSWERED)
        (shown,) = recorded_consents.list_recorded(
            session, the_record(session).campaign_id, now=NOW
        )
        assert shown.obstacle is Obstacle.ANSWERED
        assert count_waiting(session, the_record(session).campaign_id) == 0


def test_a_no_from_before_it_was_recorded_does_not_stand_in_the_way(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        decline(session, NAME)
        record(session)
        confirm(session)
        assert the_invitation(session, NAME).state == "signed"


def test_nobody_is_signed_for_another_text(database: Database) -> None:
    recorded(database)
    with database.transaction() as session:
        first = current_version(session, the_record(session).campaign_id)
        changed = first.model_copy(update={"id": None, "number": 2, "sha256": "f" * 64})
        session.add(StatementVersion(**changed.model_dump()))
        session.flush()
        refused_for(session, Obstacle.TEXT_CHANGED)
        assert count_waiting(session, the_record(session).campaign_id) == 1


def test_what_was_recorded_in_time_may_be_confirmed_until_the_list_is_closed(
    database: Database,
) -> None:
    recorded(database)
    with database.transaction() as session:
        confirm(session, now=DEADLINE + MINUTE)
        assert the_invitation(session, NAME).state == "signed"


def test_after_the_close_it_needs_a_list_reopened_to_the_organization(database: Database) -> None:
    recorded(database)
    late = DEADLINE + MINUTE
    with database.transaction() as session:
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=late)
        refused_for(session, Obstacle.CLOSED, now=late)
        until = late + timedelta(days=1)
        organization_id = the_record(session).organization_id
        reopen_invitation(
            session,
            slug="visit",
            organization_id=organization_id,
            until=until,
            mail_domain=DOMAIN,
            by=a_person(session, "Otto"),
            now=late,
        )
        refused_for(session, Obstacle.CLOSED, now=until)
        confirm(session, now=until - MINUTE)
        assert the_invitation(session, NAME).state == "signed"


def test_a_record_of_another_organization_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME, "Other Watch")
        record(session)
        with pytest.raises(InvitationNotFound):
            confirm(session, "Other Watch")
        with pytest.raises(InvitationNotFound):
            confirm(session, number=999_999)


def test_of_two_confirmations_at_once_one_makes_one_signature(database: Database) -> None:
    recorded(database)

    def by(name: str) -> Callable[[], str]:
        def run() -> str:
            with database.transaction() as session:
                confirm(session, by=name)
            return name

        return run

    with database.transaction() as session:
        for name in ("Otto", "Pia", "Quin"):
            a_person(session, name)
    results = race([by("Otto"), by("Pia"), by("Quin")])
    assert sum(isinstance(one, str) for one in results) == 1
    assert sum(isinstance(one, ConsentRefused) for one in results) == 2
    with database.reading() as session:
        assert len(the_signatures(session)) == 1
        assert len(the_messages(session, kind=MessageKind.RECORDED_RECEIPT)) == 1
        assert the_kinds(session) == ["recorded", "signed"]


def test_a_link_and_a_confirmation_at_once_give_one_signature(database: Database) -> None:
    recorded(database)
    with database.transaction() as session:
        a_person(session, "Otto")

    def act(what: Callable[..., None]) -> Callable[[], str]:
        def run() -> str:
            with database.transaction() as session:
                what(session, NAME)
            return what.__name__

        return run

    results = race([act(confirm), act(sign), act(confirm)])
    assert sum(isinstance(one, str) for one in results) == 1
    with database.reading() as session:
        (signature,) = the_signatures(session)
        waits = the_record(session).state == "waiting"
        assert signature.method == ("link" if waits else "by_hand")


def test_two_who_record_at_once_keep_one(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        a_person(session, "Nora")

    def run() -> str:
        with database.transaction() as session:
            record(session)
        return "recorded"

    assert race([run] * 3).count("recorded") == 1
    with database.reading() as session:
        assert the_kinds(session) == ["recorded"]
