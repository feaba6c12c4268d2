"""Launching: everybody is invited once, together or not at all."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.delivery import ONLY_COPIED
from outreach.domain.errors import CampaignNotFound, MoveRefused
from outreach.domain.message import MessageKind
from outreach.services.apply_brake import TooManyMails, UnexpectedNumber
from outreach.services.close_campaign import close_campaign
from outreach.services.launch_campaign import (
    DeadlineOver,
    LaunchReport,
    NobodyToInvite,
    launch_campaign,
)
from outreach.services.report_status import count_to_invite
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.services.suppress_contact import suppress
from outreach.store import messages as module
from outreach.store.audience import Audience
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.tables import Campaign, Contact, Invitation, Link, Message
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    send_what_is_due,
    sign,
    the_link,
    the_messages,
)
from tests.racing import race


def _launch(session: Session, slug: str = "visit", *, now: datetime = NOW) -> LaunchReport:
    return launch_campaign(session, slug=slug, mail_domain=DOMAIN, now=now)


def test_every_contact_who_may_sign_is_invited_and_every_contact_has_a_link(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        first = a_contact(session, campaign, organization="Alpha")
        second = a_contact(session, campaign, organization="Alpha")
        copied = a_contact(session, campaign, organization="Alpha", role="copied")
        other = a_contact(session, campaign, organization="Beta")
        assert _launch(session) == LaunchReport(people=3, invited=2, linked=4, messages=3)
        assert (campaign.state, campaign.launched_at) == ("open", NOW)
        messages = the_messages(session)
        assert [message.contact_id for message in messages] == [first.id, second.id, other.id]
        assert {message.kind for message in messages} == {"invitation"}
        assert {message.state for message in messages} == {"queued"}
        assert {message.due_at for message in messages} == {NOW}
        links = session.exec(select(Link)).all()
        assert {link.contact_id for link in links} == {first.id, second.id, copied.id, other.id}
        assert len({link.id for link in links}) == 4


def test_launching_twice_mails_nobody_twice(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
    for _ in range(2):
        with database.transaction() as session, pytest.raises(NobodyToInvite):
            _launch(session)
    with database.transaction() as session:
        assert send_what_is_due(session) == 2
        with pytest.raises(NobodyToInvite):
            _launch(session)
        assert len(the_messages(session)) == 2


def test_two_launches_at_once_mail_nobody_twice(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for name in ("Alpha", "Beta", "Gamma"):
            a_contact(session, campaign, organization=name)

    def launch() -> int:
        with database.transaction() as session:
            return _launch(session).messages

    results = race([launch] * 4)
    assert [one for one in results if isinstance(one, int)] == [3]
    assert all(isinstance(one, NobodyToInvite) for one in results if not isinstance(one, int))
    with database.reading() as session:
        assert len(the_messages(session)) == 3


def test_who_is_added_later_is_invited_by_launching_again(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha")
        launched_at = campaign.launched_at
        late = NOW + timedelta(days=1)
        newcomer = a_contact(session, campaign, organization="Beta")
        colleague = a_contact(session, campaign, organization="Alpha")
        assert _launch(session, now=late) == LaunchReport(people=2, invited=1, linked=2, messages=2)
        assert campaign.launched_at == launched_at
        late_ones = [message.contact_id for message in the_messages(session) if
                     message.due_at == late]  # fmt: skip
        assert late_ones == [newcomer.id, colleague.id]


def test_a_colleague_added_after_the_answer_is_not_asked_but_gets_receipts(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        sign(session, "Alpha")
        decline(session, "Beta")
        for name in ("Alpha", "Beta"):
            a_contact(session, campaign, organization=name)
        a_contact(session, campaign, organization="Delta")
        assert _launch(session) == LaunchReport(people=1, invited=1, linked=3, messages=1)
        assert len(the_messages(session, "Alpha", kind=MessageKind.INVITATION)) == 1
        assert len(session.exec(select(Link)).all()) == 6


def test_a_copied_newcomer_is_linked_for_receipts_though_nobody_is_mailed(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha")
        a_contact(session, campaign, organization="Alpha", role="copied")
        assert _launch(session) == LaunchReport(people=0, invited=0, linked=1, messages=0)
        with pytest.raises(NobodyToInvite):
            _launch(session)


def test_a_copied_contact_who_may_sign_now_is_invited_by_launching_again(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Alpha")
        promoted = a_contact(session, campaign, organization="Alpha", role="copied")
        _launch(session)
        promoted.role = "signs"
        session.add(promoted)
        session.flush()
        assert _launch(session) == LaunchReport(people=1, invited=0, linked=0, messages=1)


def test_who_was_cancelled_as_only_copied_and_may_sign_again_is_in_the_number_agreed_to(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        send_what_is_due(session)
        cancelled = the_messages(session, "Beta")[0]
        cancelled.state, cancelled.last_reply = "cancelled", ONLY_COPIED
        session.add(cancelled)
        session.flush()
        assert count_to_invite(session, slug="visit") == Audience(1, 1)
        report = launch_campaign(session, slug="visit", mail_domain=DOMAIN, expected=1, now=NOW)
        assert report == LaunchReport(people=1, invited=0, linked=0, messages=1)
        assert count_to_invite(session, slug="visit") == Audience(0, 0)


def test_a_campaign_without_partners_stays_a_draft(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session)

    def launch() -> None:
        with database.transaction() as session:
            _launch(session)

    with pytest.raises(NobodyToInvite, match="outreach partners import visit FILE"):
        launch()
    with database.reading() as session:
        assert require_campaign(session, "visit").state == "draft"


def test_a_launch_that_fails_keeps_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign)

    def fail(*_: object, **__: object) -> int:
        raise LookupError

    monkeypatch.setattr("outreach.store.messages.queue_messages", fail)

    def launch() -> None:
        with database.transaction() as session:
            _launch(session)

    with pytest.raises(LookupError):
        launch()
    with database.reading() as session:
        assert session.exec(select(Campaign)).one().state == "draft"
        for table in (Invitation, Link, Message):
            assert session.exec(select(table)).first() is None


def test_after_the_deadline_nobody_is_invited(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session))
        with pytest.raises(DeadlineOver):
            _launch(session, now=DEADLINE)
        session.rollback()


def test_only_a_draft_or_an_open_campaign_is_launched(database: Database) -> None:
    with database.transaction() as session:
        for slug in ("paused", "closed", "cancelled"):
            a_launched_campaign(session, slug=slug)
        pause_campaign(session, slug="paused")
        close_campaign(session, slug="closed", mail_domain=DOMAIN, now=NOW)
        cancel_campaign(session, slug="cancelled")
        for slug in ("paused", "closed", "cancelled"):
            with pytest.raises(MoveRefused):
                _launch(session, slug)
        with pytest.raises(CampaignNotFound, match="outreach campaign list"):
            _launch(session, "unknown")


def test_only_as_many_are_mailed_as_somebody_agreed_to(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for name in ("Alpha", "Alpha", "Beta"):
            a_contact(session, campaign, organization=name)

    def launch(expected: int) -> LaunchReport:
        with database.transaction() as session:
            return launch_campaign(
                session, slug="visit", mail_domain=DOMAIN, expected=expected, now=NOW
            )

    for wrong in (0, 2, 4):
        with pytest.raises(UnexpectedNumber, match=f"3 would be mailed now, not {wrong}"):
            launch(wrong)
    with database.reading() as session:
        assert require_campaign(session, "visit").state == "draft"
        assert session.exec(select(Message)).first() is None
    assert launch(3).messages == 3


def test_who_must_get_no_mail_is_skipped_in_the_number_agreed_to(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha")
        suppress(session, link_id=the_link(session, "Alpha").id, now=NOW)
        address = the_link(session, "Alpha").contact_id
        email = session.get_one(Contact, address).email
        later = a_campaign(session, slug="later")
        a_contact(session, later, organization="Alpha", email=email)
        a_contact(session, later, organization="Beta")
        assert campaign.id != later.id
        assert count_to_invite(session, slug="later") == Audience(1, 1, skipped=1)
        report = launch_campaign(session, slug="later", mail_domain=DOMAIN, expected=1, now=NOW)
        assert report.messages == 2  # the last look cancels one, with its reason


def test_a_launch_that_would_invite_again_who_was_invited_is_held_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a faulty query of the audience would: the campaign then stays as it is."""
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", "Beta")
        send_what_is_due(session)
        a_contact(session, campaign, organization="Gamma")

    def everybody(session: Session, _campaign_id: int) -> Sequence[tuple[int, int]]:
        return session.exec(select(Link.contact_id, Link.invitation_id)).all()

    monkeypatch.setattr(module, "queue_messages", lambda *args, **_: len(list(args[3])))
    monkeypatch.setattr(module, "contacts_to_invite", everybody)
    with database.transaction() as session:
        with pytest.raises(TooManyMails, match="holds 3 mails back: only 1 people"):
            _launch(session)
        session.rollback()


def test_another_campaigns_partners_are_left_alone(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session, slug="other"), organization="Beta")
        a_launched_campaign(session, "Alpha")
        assert the_messages(session, "Beta") == []
        assert len(session.exec(select(Invitation)).all()) == 1
