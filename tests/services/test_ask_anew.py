"""One mail that asks, with the new link, to each who has not answered. On both databases."""

from datetime import timedelta

from sqlmodel import Session, select

from outreach.domain.message import MessageEvent
from outreach.store import claims
from outreach.store.audience import Audience
from outreach.store.database import Database
from outreach.store.tables import DeliveryEvent, Message
from tests.counting import counting
from tests.factories import NOW, a_launched_campaign, send_what_is_due, sign
from tests.linking import ALPHA, carried, invited, live_links, mails, reissue
from tests.noticing import a_coordinator


def test_a_mail_that_waits_carries_the_new_link_and_nobody_gets_two(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, ALPHA)
        assert reissue(session) == Audience(1, 1)
        assert mails(session, ALPHA) == [("invitation", "queued")]
        assert carried(session, ALPHA) == live_links(session, ALPHA)


def test_what_a_sender_has_in_hand_has_the_old_link_so_another_mail_follows(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, ALPHA)
        claims.claim_due(session, owner="s", many=1, lease=timedelta(minutes=5), now=NOW)
        reissue(session)
        assert mails(session, ALPHA) == [("invitation", "sending"), ("reminder", "queued")]


def test_a_failed_invitation_goes_again_with_the_new_link(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        (message,) = session.exec(select(Message)).all()
        message.state = "failed"
        session.add(message)
        session.flush()
        reissue(session)
        assert mails(session, ALPHA) == [("invitation", "queued")]
        assert MessageEvent.REQUEUE in _events(session)


def test_many_get_new_links_by_as_many_questions_as_a_few(database: Database) -> None:
    counts = []
    with database.transaction() as session:
        a_coordinator(session)
    for slug, many in (("few", 1), ("all", 20)):
        names = [f"{slug} {number}" for number in range(2 * many)]
        with database.transaction() as session:
            a_launched_campaign(session, *names, slug=slug)
            for name in names[:many]:
                sign(session, name)
            send_what_is_due(session)
        with database.transaction() as session, counting(database) as asked:
            assert reissue(session, slug=slug) == Audience(2 * many, 2 * many)
        counts.append(asked.many)
        with database.reading() as session:
            assert [mails(session, name)[1:] for name in names] == [
                *[[("receipt", "sent"), ("receipt", "queued")]] * many,
                *[[("reminder", "queued")]] * many,
            ]
    assert counts[0] == counts[1] <= 20


def _events(session: Session) -> list[str]:
    return list(session.exec(select(DeliveryEvent.event)))
