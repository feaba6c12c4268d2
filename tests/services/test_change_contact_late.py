"""Another address once the list is closed, or the organization has signed: the new contact gets a
link that works, in a mail. On both databases."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from outreach.domain.delivery import Verdict, last_look
from outreach.domain.errors import LinkRefused
from outreach.domain.message import MessageKind
from outreach.services import answer_invitation
from outreach.services.change_contact import ContactChange, add_contact, change_contact
from outreach.services.clean_typing import LineForm
from outreach.services.close_campaign import close_campaign
from outreach.services.reopen_invitation import reopen_invitation
from outreach.store import outgoing
from outreach.store.database import Database
from outreach.store.tables import Message
from tests.factories import (
    DEADLINE,
    DOMAIN,
    a_form,
    send_what_is_due,
    sign,
    the_invitation,
    the_last_look,
    the_link,
    the_messages,
)
from tests.recording import confirm, record
from tests.services import test_change_contact as contacts
from tests.services.test_change_contact import NEW, NORA, OLD, invited, live_link, mails

UNTIL = DEADLINE + timedelta(days=2)
LATE = DEADLINE + timedelta(hours=3)


def change(
    session: Session, *, contact: int = 1, email: str = NEW, now: datetime = LATE
) -> ContactChange:
    return change_contact(
        session,
        slug="visit",
        organization_id=1,
        contact_id=contact,
        form=contacts.a_form(email=email),
        mail_domain=DOMAIN,
        by=NORA,
        now=now,
    )


def close(session: Session) -> None:
    close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)


def reopen(session: Session) -> None:
    reopen_invitation(
        session,
        slug="visit",
        organization_id=1,
        until=UNTIL,
        mail_domain=DOMAIN,
        by=NORA,
        now=DEADLINE,
    )
    session.expire_all()


def newest(session: Session) -> Message:
    return the_messages(session, "Alpha")[-1]


def test_a_late_signer_is_invited_at_the_new_address_until_its_own_moment(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        close(session)
        reopen(session)
        assert change(session) == ContactChange(3, is_new_address=True, is_invited=True)
        mail = newest(session)
        assert (mail.kind, mail.contact_id) == ("invitation", 3)
        assert mail.id is not None
        look = the_last_look(session, mail)
        before = UNTIL - timedelta(microseconds=1)
        assert last_look(look, now=before) == (Verdict.SEND, "")
        assert last_look(look, now=UNTIL) == (Verdict.CANCEL, "the deadline has passed")
        text = outgoing.load_outgoing(session, [mail.id])[mail.id].campaign
        assert (text.deadline, text.open_until) == (UNTIL, UNTIL)
        answer_invitation.sign(
            session, link_id=live_link(session, NEW), form=a_form(), mail_domain=DOMAIN, now=before
        )
        assert the_invitation(session, "Alpha").state == "signed"


def test_a_late_signers_own_address_comes_back_with_a_reminder_that_goes_out(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        close(session)
        reopen(session)
        change(session)
        assert change(session, contact=3, email=OLD).is_invited
        mail = newest(session)
        assert (mail.kind, mail.contact_id) == ("reminder", 1)
        assert last_look(the_last_look(session, mail), now=LATE)[0] is Verdict.SEND


def test_where_the_list_is_closed_to_it_no_mail_goes_and_that_is_said(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        close(session)
        done = change(session)
        assert done == ContactChange(3, is_new_address=True, is_invited=False, is_cut_off=True)
        assert {email for email, _, _ in mails(session)} == {OLD}
        assert change(session, contact=3, email="third@alpha.example").is_cut_off
        assert mails(session) == [(OLD, "invitation", "sent")]


def test_when_the_list_is_reopened_who_was_cut_off_is_invited_and_nobody_else(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        close(session)
        change(session)
        reopen(session)
        assert mails(session) == [(OLD, "invitation", "sent"), (NEW, "invitation", "queued")]
        assert last_look(the_last_look(session, newest(session)), now=LATE)[0] is Verdict.SEND
        reopen(session)
        assert len(mails(session)) == 2
        assert len(the_messages(session, "Beta")) == 1


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_signers_new_address_gets_the_receipt_and_can_withdraw_by_its_link(
    database: Database, is_closed: bool
) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        sign(session, "Alpha")
        send_what_is_due(session)
        if is_closed:
            close(session)
        now = LATE if is_closed else DEADLINE - timedelta(days=1)
        old_link = the_link(session, "Alpha").id
        done = change(session, now=now)
        assert done == ContactChange(3, is_new_address=True, is_invited=False, is_told=True)
        mail = newest(session)
        assert (mail.kind, mail.contact_id, mail.state) == ("receipt", 3, "queued")
        assert mail.id is not None
        assert last_look(the_last_look(session, mail), now=now)[0] is Verdict.SEND
        letter = outgoing.load_outgoing(session, [mail.id])[mail.id]
        assert (letter.answer.credit_line, letter.contact_email) == ("Alpha", NEW)
        with pytest.raises(LinkRefused):
            answer_invitation.withdraw(session, link_id=old_link, mail_domain=DOMAIN, now=now)
        answer_invitation.withdraw(session, link_id=letter.link_id, mail_domain=DOMAIN, now=now)
        assert the_invitation(session, "Alpha").state == "withdrawn"


def test_a_new_address_reads_that_the_consent_was_recorded_by_hand(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        record(session, "Alpha")
        confirm(session, "Alpha")
        send_what_is_due(session)
        assert change(session, now=DEADLINE - timedelta(days=1)).is_told
        assert newest(session).kind == MessageKind.RECORDED_RECEIPT
        assert last_look(the_last_look(session, newest(session)), now=LATE)[0] is Verdict.SEND


def test_it_is_the_receipt_of_the_last_answer_each_time_somebody_comes_back(
    database: Database,
) -> None:
    now = DEADLINE - timedelta(days=1)
    with database.transaction() as session:
        invited(session)
        sign(session, "Alpha")
        answer_invitation.correct(
            session,
            link_id=the_link(session, "Alpha").id,
            form=LineForm(credit_line="Alpha e. V."),
            mail_domain=DOMAIN,
            now=now,
        )
        send_what_is_due(session, now=now)
        for contact, email in ((1, NEW), (3, OLD), (1, NEW)):
            now += timedelta(seconds=1)
            assert change(session, contact=contact, email=email, now=now).is_told
            mail = newest(session)
            assert mail.id is not None
            letter = outgoing.load_outgoing(session, [mail.id])[mail.id]
            assert (letter.contact_email, letter.answer.credit_line) == (email, "Alpha e. V.")
            assert last_look(the_last_look(session, mail), now=now)[0] is Verdict.SEND
        receipts = the_messages(session, "Alpha", kind=MessageKind.RECEIPT)
        assert len({one.message_id for one in receipts}) == len(receipts) == 5


@pytest.mark.parametrize("role", ["signs", "copied"])
def test_who_is_added_to_a_signer_gets_its_receipt(database: Database, role: str) -> None:
    with database.transaction() as session:
        invited(session)
        sign(session, "Alpha")
        done = add_contact(
            session,
            slug="visit",
            organization_id=1,
            form=contacts.a_form(role=role),
            mail_domain=DOMAIN,
            by=NORA,
            now=LATE,
        )
        assert done == ContactChange(3, is_new_address=True, is_invited=False, is_told=True)
        assert mails(session)[-1] == (NEW, "receipt", "queued")
