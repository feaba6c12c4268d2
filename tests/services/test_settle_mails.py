"""A coordinator's decisions: each move, each refusal, what is written down. On both databases."""

from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import CampaignNotFound
from outreach.domain.message import MessageKind
from outreach.domain.settlement import Decision
from outreach.services.list_mails import list_mails, wanted_mails
from outreach.services.settle_mails import (
    Chosen,
    MailNotFound,
    NothingToSettle,
    NotSettled,
    NumberChanged,
    foresee,
    settle_many,
    settle_one,
)
from outreach.services.show_desk import show_desk
from outreach.services.suppress_contact import suppress
from outreach.services.watch_sending import look_at_progress
from outreach.store import digests, prospects
from outreach.store.bulk import in_parts
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.mail_lists import Sort
from outreach.store.tables import DeliveryEvent, Message
from tests.factories import NOW, a_launched_campaign, sign, the_link, the_messages, withdraw
from tests.racing import race
from tests.sending import a_delivery
from tests.services.test_list_mails import five_fates
from tests.smtp_server import running_smtp_server

NORA = Actor("Nora Feld")
LATER = NOW + timedelta(minutes=5)
D = Decision


def settle(session: Session, organization: str, decision: Decision, *, by: Actor = NORA) -> Message:
    (message,) = the_messages(session, organization)
    assert message.id is not None
    settle_one(session, slug="visit", message_pk=message.id, decision=decision, by=by, now=LATER)
    return the_messages(session, organization)[0]


def activities(session: Session) -> list[tuple[str, str, int | None]]:
    rows = session.exec(select(Activity).order_by(col(Activity.id)))
    return [(one.action, one.detail, one.organization_id) for one in rows]


def last_event(session: Session, message: Message) -> tuple[str, str]:
    query = select(DeliveryEvent).where(col(DeliveryEvent.message_pk) == message.id)
    found = session.exec(query.order_by(col(DeliveryEvent.id).desc())).first()
    assert found is not None
    return found.event, found.words


def test_a_doubtful_mail_that_arrived_is_sent_since_its_body_went(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        (message,) = the_messages(session, "Doubt")
        message.data_at = NOW
        session.flush()
        settled = settle(session, "Doubt", D.ARRIVED)
        assert (settled.state, settled.sent_at) == ("sent", NOW)
        assert last_event(session, settled) == ("arrived", "by Nora Feld")


def test_without_a_mark_it_is_sent_since_somebody_said_so(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        assert settle(session, "Doubt", D.ARRIVED).sent_at == LATER


def test_a_doubtful_mail_goes_again_flagged(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        settled = settle(session, "Doubt", D.AGAIN)
        assert (settled.state, settled.repeats, settled.due_at) == ("queued", 1, LATER)
        assert last_event(session, settled) == ("repeat", "by Nora Feld")


def test_a_failed_mail_goes_again_and_begins_anew(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        settled = settle(session, "Failed", D.AGAIN)
        assert (settled.state, settled.repeats, settled.attempts) == ("queued", 0, 0)
        assert settled.last_reply == ""
        assert last_event(session, settled) == ("requeue", "by Nora Feld")


def test_what_was_put_off_is_tried_now_and_keeps_its_count(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        settled = settle(session, "Put off", D.NOW)
        assert (settled.state, settled.due_at, settled.attempts) == ("queued", LATER, 1)
        assert settled.last_reply == "450 come again"
        assert last_event(session, settled) == ("hurry", "by Nora Feld")


def attention(session: Session) -> tuple[int, int, int, int]:
    """What needs somebody: on the list of mails, on the desk, in the digest, on the campaign."""
    board = show_desk(session, now=LATER).running[0]
    campaign = require_campaign(session, "visit")
    digest = digests.count_troubles(
        session, campaign.id or 0, since=NOW - timedelta(hours=1), until=LATER
    )
    listed = list_mails(session, slug="visit", wanted=wanted_mails(), now=LATER)
    look = look_at_progress(session, slug="visit", now=LATER)
    return listed.counts[Sort.ATTENTION], board.failed, digest[0], look.failed - look.dismissed


def test_what_is_set_aside_needs_nobody_and_stays_with_its_words(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        assert attention(session) == (2, 1, 1, 1)
        settled = settle(session, "Failed", D.DISMISSED)
        assert (settled.state, settled.dismissed_at) == ("failed", LATER)
        assert settled.last_reply == "550 no such user"
        assert last_event(session, settled) == ("dismiss", "by Nora Feld")
        assert activities(session) == [("mail.settle", "mail 2: set aside", 2)]
        assert attention(session) == (1, 0, 0, 0)
        assert len(list_mails(session, slug="visit", wanted=wanted_mails(), now=LATER).mails) == 5


def test_a_receipt_that_cannot_go_again_is_set_aside(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One")
        sign(session, "One")
        (receipt,) = the_messages(session, "One", kind=MessageKind.RECEIPT)
        receipt.state = "failed"
        withdraw(session, "One")
        pk = receipt.id or 0
        with pytest.raises(NotSettled):
            settle_one(session, slug="visit", message_pk=pk, decision=D.AGAIN, by=NORA, now=LATER)
        settle_one(session, slug="visit", message_pk=pk, decision=D.DISMISSED, by=NORA, now=LATER)
        assert (
            list_mails(
                session, slug="visit", wanted=wanted_mails(sort="attention"), now=LATER
            ).mails
            == ()
        )


def test_what_goes_again_is_no_longer_set_aside(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        settle(session, "Failed", D.DISMISSED)
        assert settle(session, "Failed", D.AGAIN).dismissed_at is None


def test_a_settled_mail_is_really_sent(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        settle(session, "Failed", D.AGAIN)
        settle(session, "Doubt", D.AGAIN)
        settle(session, "Put off", D.NOW)
    with running_smtp_server() as server:
        assert a_delivery(database, server, now=LATER).deliver_due().sent == 4


def test_each_decision_is_in_the_activity_log_of_its_organization(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        settle(session, "Failed", D.AGAIN)
        assert activities(session) == [("mail.settle", "mail 2: sent again", 2)]


def test_a_refused_decision_changes_nothing_and_leaves_no_activity(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        sign(session, "Failed")
        (message, *_) = the_messages(session, "Failed")
        before = message.model_dump()
        with pytest.raises(NotSettled, match="the organization is signed"):
            settle_one(session, slug="visit", message_pk=2, decision=D.AGAIN, by=NORA, now=LATER)
        session.expire_all()
        assert the_messages(session, "Failed")[0].model_dump() == before
        assert activities(session) == []


def test_an_address_that_gets_no_mail_is_not_tried(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        suppress(session, link_id=the_link(session, "Failed").id, now=NOW)
        with pytest.raises(NotSettled, match="unsubscribed"):
            settle(session, "Failed", D.AGAIN)


def test_a_contact_whose_link_is_revoked_gets_nothing_again(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        the_link(session, "Failed").revoked_at = NOW
        session.flush()
        with pytest.raises(NotSettled, match="taken this one's place"):
            settle(session, "Failed", D.AGAIN)


def test_a_receipt_that_a_later_answer_has_overtaken_stays(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One")
        sign(session, "One")
        receipt = the_messages(session)[-1]
        receipt.state = "failed"
        receipt.step = str(int(receipt.step) - 1)
        session.flush()
        assert receipt.id is not None
        with pytest.raises(NotSettled, match="later answer"):
            settle_one(
                session, slug="visit", message_pk=receipt.id, decision=D.AGAIN, by=NORA, now=LATER
            )


@pytest.mark.parametrize(("slug", "pk"), [("visit", 999), ("other", 1)])
def test_a_mail_that_is_not_the_campaigns_is_refused(
    database: Database, slug: str, pk: int
) -> None:
    with database.transaction() as session:
        five_fates(session)
        a_launched_campaign(session, "Elsewhere", slug="other")
        with pytest.raises(MailNotFound):
            settle_one(session, slug=slug, message_pk=pk, decision=D.AGAIN, by=NORA, now=LATER)
        with pytest.raises(CampaignNotFound):
            settle_one(session, slug="x", message_pk=pk, decision=D.AGAIN, by=NORA, now=LATER)


def test_of_two_who_settle_at_once_one_is_refused(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)

    def one() -> None:
        with database.transaction() as session:
            settle_one(session, slug="visit", message_pk=2, decision=D.AGAIN, by=NORA, now=LATER)

    results = race([one, one])
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "NotSettled"]
    with database.reading() as session:
        assert len(activities(session)) == 1


def test_many_are_foreseen_with_the_reasons_of_those_that_stay(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        found = foresee(
            session,
            slug="visit",
            chosen=Chosen((1, 2, 3, 4, 5, 99)),
            decision=D.AGAIN,
            now=LATER,
        )
    assert (found.mails, found.people) == (2, 2)
    reasons = dict(found.refused)
    assert reasons["it was sent"] == 1
    assert sum(reasons.values()) == 3


def test_many_are_settled_and_written_down_once(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        chosen = Chosen(like=wanted_mails(sort="attention"))
        done = settle_many(
            session, slug="visit", chosen=chosen, decision=D.AGAIN, expected=2, by=NORA, now=LATER
        )
        assert done == 2
        assert activities(session) == [("mail.settle", "2 mails: sent again", None)]
        for name, repeats, event in (("Doubt", 1, "repeat"), ("Failed", 0, "requeue")):
            (message,) = the_messages(session, name)
            assert (message.state, message.repeats) == ("queued", repeats)
            assert last_event(session, message)[0] == event


def test_another_number_than_agreed_settles_none(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        sign(session, "Failed")
        with pytest.raises(NumberChanged) as refusal:
            settle_many(
                session, slug="visit", chosen=Chosen((1, 2)), decision=D.AGAIN, expected=2, by=NORA,
                now=LATER,
            )  # fmt: skip
        assert (refusal.value.mails, refusal.value.expected) == (1, 2)
        assert the_messages(session, "Doubt")[0].state == "uncertain"
        assert activities(session) == []


def test_nothing_chosen_is_nothing_settled(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        with pytest.raises(NothingToSettle):
            settle_many(
                session, slug="visit", chosen=Chosen(), decision=D.NOW, expected=0, by=NORA,
                now=LATER,
            )  # fmt: skip
        nothing = foresee(session, slug="visit", chosen=Chosen(), decision=D.NOW, now=LATER)
    assert (nothing.mails, nothing.people, nothing.refused) == (0, 0, ())


def test_more_than_one_statement_holds_are_settled_in_a_few(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prospects, "in_parts", partial(in_parts, many=2))
    with database.transaction() as session:
        a_launched_campaign(session, *(f"Number {number}" for number in range(5)))
        for message in the_messages(session):
            message.state = "failed"
        session.flush()
        assert settle_many(
            session, slug="visit", chosen=Chosen((1, 2, 3, 4, 5)), decision=D.AGAIN, expected=5,
            by=NORA, now=LATER,
        ) == 5  # fmt: skip
        assert {message.state for message in the_messages(session)} == {"queued"}
