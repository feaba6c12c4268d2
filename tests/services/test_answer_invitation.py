"""Sign, decline, withdraw, correct: what each does, and every refusal."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from outreach.domain.errors import (
    AlreadyAnswered,
    CampaignNotOpen,
    DeadlinePassed,
    LinkRefused,
    TextChanged,
)
from outreach.domain.message import MessageKind
from outreach.links import new_link_id
from outreach.services import answer_invitation
from outreach.services.clean_typing import LineForm
from outreach.services.close_campaign import close_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.statement.source import parse_statement
from outreach.store.database import Database
from outreach.store.tables import Answer, Contact, Link
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    STATEMENT,
    a_campaign,
    a_contact,
    a_form,
    a_launched_campaign,
    decline,
    send_what_is_due,
    sign,
    the_invitation,
    the_link,
    the_messages,
    the_signatures,
    withdraw,
)

NAME = "Hong Kong Watch"
DIGEST = parse_statement(STATEMENT).sha256
LAST = DEADLINE - timedelta(microseconds=1)


def _correct(session: Session, name: str = NAME, *, line: str = "HKW", **facts: Any) -> None:
    answer_invitation.correct(
        session,
        link_id=the_link(session, name).id,
        form=LineForm(credit_line=line, sort_name=facts.get("sort_name", "")),
        mail_domain=DOMAIN,
        now=facts.get("now", NOW),
    )


def _answers(session: Session) -> list[Answer]:
    return list(session.exec(select(Answer).order_by(col(Answer.id))))


ACTS: dict[str, Callable[..., None]] = {
    "sign": sign,
    "decline": decline,
    "withdraw": withdraw,
    "correct": _correct,
}


def _facts(session: Session) -> tuple[object, ...]:
    """All that an answer changes."""
    session.expire_all()
    return (
        the_invitation(session, NAME).state,
        [one.model_dump() for one in the_signatures(session)],
        len(_answers(session)),
        [one.state for one in the_messages(session)],
    )


def test_a_yes_is_bound_to_the_version_and_the_name_as_it_will_be_printed(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME, credit_line="Hong Kong Watch (HKW)", sort_name="Watch", now=LAST)
        (signature,) = the_signatures(session)
        assert (signature.credit_line, signature.sort_name) == ("Hong Kong Watch (HKW)", "Watch")
        assert (signature.signer_name, signature.capacity) == ("Ada Example", "Director")
        assert signature.authority == (
            "I am authorized to sign this statement on behalf of Hong Kong Watch."
        )
        assert (signature.signed_at, signature.withdrawn_at) == (LAST, None)
        invitation = the_invitation(session, NAME)
        assert (invitation.state, invitation.answered_at) == ("signed", LAST)
        (answer,) = _answers(session)
        assert (answer.kind, answer.statement_sha256, answer.at) == ("sign", DIGEST, LAST)
        assert (answer.signature_id, answer.authority) == (signature.id, signature.authority)


def test_a_no_keeps_its_reason_and_may_become_a_yes(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        answer_invitation.decline(
            session,
            link_id=the_link(session, NAME).id,
            reason=" Too late\r\nfor\x00 our   board.\u202e ",
            mail_domain=DOMAIN,
            now=NOW,
        )
        assert the_invitation(session, NAME).state == "declined"
        assert _answers(session)[0].reason == "Too late\nfor our board."
        sign(session, NAME)
        assert the_invitation(session, NAME).state == "signed"
        assert [answer.kind for answer in _answers(session)] == ["decline", "sign"]


def test_a_yes_can_be_taken_back_at_any_time_and_given_again_until_the_deadline(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME)
        withdraw(session, NAME)
        sign(session, NAME)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        late = DEADLINE + timedelta(days=30)
        withdraw(session, NAME, now=late)
        assert [one.withdrawn_at for one in the_signatures(session)] == [NOW, late]
        assert the_invitation(session, NAME).state == "withdrawn"
        with pytest.raises(DeadlinePassed):
            sign(session, NAME, now=late)


def test_a_correction_changes_what_is_printed_and_keeps_what_was(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME)
        _correct(session, line="  Hong  Kong\u2028Watch Ltd ", sort_name="HKW")
        (signature,) = the_signatures(session)
        assert (signature.credit_line, signature.sort_name) == ("Hong Kong Watch Ltd", "HKW")
        first, second = _answers(session)
        assert (first.credit_line, second.credit_line) == (NAME, "Hong Kong Watch Ltd")
        assert (first.kind, second.kind, second.signature_id) == ("sign", "correct", signature.id)
        assert len(the_messages(session, kind=MessageKind.RECEIPT)) == 2


REFUSED_IN_STATE = {
    "awaiting": {"withdraw", "correct"},
    "signed": {"sign", "decline"},
    "declined": {"decline", "withdraw", "correct"},
    "withdrawn": {"decline", "withdraw", "correct"},
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", REFUSED_IN_STATE)
def test_a_standing_answer_is_never_overwritten(database: Database, state: str, act: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        if state in ("signed", "withdrawn"):
            sign(session, NAME)
        if state in ("declined", "withdrawn"):
            (decline if state == "declined" else withdraw)(session, NAME)
        before = _facts(session)
        if act not in REFUSED_IN_STATE[state]:
            ACTS[act](session, NAME)
            assert _facts(session) != before
            return
        with pytest.raises(AlreadyAnswered) as refusal:
            ACTS[act](session, NAME)
        assert refusal.value.state == state
        assert _facts(session) == before


@pytest.mark.parametrize("act", ["sign", "decline"])
@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_after_the_deadline_nothing_is_accepted_though_no_sweep_has_come(
    database: Database, act: str, late: timedelta
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        before = _facts(session)
        with pytest.raises(DeadlinePassed) as refusal:
            ACTS[act](session, NAME, now=DEADLINE + late)
        assert refusal.value.deadline == DEADLINE
        assert _facts(session) == before


def test_after_the_deadline_a_name_is_not_corrected(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME)
        with pytest.raises(DeadlinePassed):
            _correct(session, now=DEADLINE)


@pytest.mark.parametrize("act", ["sign", "decline", "correct"])
def test_a_campaign_that_was_closed_early_takes_no_answers(database: Database, act: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        if act == "correct":
            sign(session, NAME)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        before = _facts(session)
        with pytest.raises(CampaignNotOpen) as refusal:
            ACTS[act](session, NAME)
        assert refusal.value.state == "closed"
        assert _facts(session) == before


@pytest.mark.parametrize("act", ACTS)
def test_a_paused_campaign_takes_answers(database: Database, act: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        if act in ("withdraw", "correct"):
            sign(session, NAME)
        pause_campaign(session, slug="visit")
        ACTS[act](session, NAME)


def _cancelled(session: Session) -> str:
    cancel_campaign(session, slug="visit")
    return the_link(session, NAME).id


def _revoked(session: Session) -> str:
    link = the_link(session, NAME)
    link.revoked_at = NOW
    session.add(link)
    session.flush()
    return link.id


def _expired(session: Session) -> str:
    link = the_link(session, NAME)
    link.expires_at = NOW
    session.add(link)
    session.flush()
    return link.id


def _copied(session: Session) -> str:
    contact = session.exec(select(Contact).where(col(Contact.role) == "copied")).one()
    return session.exec(select(Link.id).where(col(Link.contact_id) == contact.id)).one()


@pytest.mark.parametrize(
    "find", [_cancelled, _revoked, _expired, _copied, lambda _: new_link_id(), lambda _: ""]
)
@pytest.mark.parametrize("act", ACTS)
def test_a_link_that_leads_nowhere_is_refused_with_the_same_words(
    database: Database, find: Callable[[Session], str], act: str
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign)
        a_contact(session, campaign, role="copied")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        if act in ("withdraw", "correct"):
            sign(session, NAME)
        link_id = find(session)
        before = _facts(session)
        forms: dict[str, dict[str, Any]] = {
            "sign": {"form": a_form()},
            "decline": {"reason": ""},
            "withdraw": {},
            "correct": {"form": LineForm(credit_line="x")},
        }
        use_case: Callable[..., None] = getattr(answer_invitation, act)
        with pytest.raises(LinkRefused, match=r"^this link does not work$"):
            use_case(session, link_id=link_id, mail_domain=DOMAIN, now=NOW, **forms[act])
        assert _facts(session) == before


def test_another_text_than_the_present_one_is_not_signed(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        before = _facts(session)
        for digest in ("", "0" * 64, DIGEST.upper()):
            with pytest.raises(TextChanged, match="read it again"):
                sign(session, NAME, statement_sha256=digest)
        assert _facts(session) == before


@pytest.mark.parametrize(
    ("act", "kind"),
    [("sign", MessageKind.RECEIPT), ("decline", MessageKind.DECLINE_RECEIPT)],
)
def test_the_first_answer_ends_what_waits_for_every_contact_and_tells_them_all(
    database: Database, act: str, kind: MessageKind
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for role in ("signs", "signs", "copied"):
            a_contact(session, campaign, organization="Alpha", role=role)
        a_contact(session, campaign, organization="Beta")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        ACTS[act](session, "Alpha")
        asked = the_messages(session, "Alpha", kind=MessageKind.INVITATION)
        assert [one.state for one in asked] == ["cancelled"] * 2
        assert asked[0].last_reply.startswith("the organization has ")
        receipts = the_messages(session, kind=kind)
        assert len({one.contact_id for one in receipts}) == 3
        assert {(one.state, one.priority, one.due_at) for one in receipts} == {("queued", 0, NOW)}
        assert [one.state for one in the_messages(session, "Beta")] == ["queued"]
        assert send_what_is_due(session) == 4


def test_each_answer_has_receipts_of_its_own(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        for act in (sign, _correct, withdraw, sign, withdraw):
            act(session, NAME)
        kinds = [one.kind for one in the_messages(session)][1:]
        assert kinds == ["receipt", "receipt", "withdrawal_receipt", "receipt",
                         "withdrawal_receipt"]  # fmt: skip
        steps = [one.step for one in the_messages(session)][1:]
        assert steps == [str(answer.id) for answer in _answers(session)]
