"""One organization's story: everything that happened, newest first, and what comes next."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor, Role
from outreach.domain.errors import CampaignNotFound, InvitationNotFound
from outreach.domain.message import MessageEvent
from outreach.services.answer_invitation import decline
from outreach.services.close_campaign import close_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.services.note_activity import note_activity
from outreach.services.note_view import note_view
from outreach.services.steer_campaign import extend_campaign
from outreach.services.suppress_contact import suppress
from outreach.services.tell_story import Entry, Story, tell_story
from outreach.store import claims, coordinators, notes
from outreach.store.database import Database
from outreach.store.rounds import Result
from outreach.store.tables import Link, Organization
from tests.counting import counting
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    record_result,
    send_what_is_due,
    sign,
    the_link,
    withdraw,
)

AN_HOUR = timedelta(hours=1)


def _number(session: Session, name: str = "Alpha") -> int:
    query = select(Organization.id).where(col(Organization.name) == name)
    return session.exec(query).one() or 0


def _story(session: Session, name: str = "Alpha", *, now: object = NOW) -> Story:
    number = _number(session, name)
    return tell_story(session, slug="visit", organization_id=number, now=now)  # type: ignore[arg-type]


def _kind(entry: Entry) -> str:
    if entry.invited:
        return "invited"
    if entry.mail:
        return f"{entry.mail.kind} {entry.mail.state}"
    if entry.answer:
        return entry.answer.kind
    if entry.note:
        return f"note {entry.note.channel}".strip()
    return entry.activity[0] if entry.activity else f"seen by {entry.person}"


def test_everything_is_on_one_timeline_the_newest_first(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", "Beta")
        assert campaign.id is not None
        ada = coordinators.add_coordinator(
            session, email="ada@coalition.example", role=Role.EDITOR, name="Ada", now=NOW
        )
        send_what_is_due(session, now=NOW + AN_HOUR)
        link_id, number = the_link(session, "Alpha").id, _number(session)
        note_view(session, link_id=link_id, mail_domain=DOMAIN, now=NOW + 2 * AN_HOUR)
        decline(
            session, link_id=link_id, reason="no time", mail_domain=DOMAIN, now=NOW + 3 * AN_HOUR
        )
        notes.add_note(
            session,
            campaign_id=campaign.id,
            organization_id=number,
            coordinator_id=ada.id,
            channel="call",
            text="They think again.",
            now=NOW + 4 * AN_HOUR,
        )
        for action in ("note.add", "contact.change"):
            note_activity(
                session,
                by=Actor("Ada", ada.id),
                action=action,
                campaign_id=campaign.id,
                organization_id=number,
                detail="facts",
                now=NOW + 5 * AN_HOUR,
            )
        sign(session, "Alpha", now=NOW + 6 * AN_HOUR)
        story = _story(session)
        assert [_kind(entry) for entry in story.entries] == [
            "receipt queued",
            "sign",
            "contact.change",
            "note call",
            "decline_receipt queued",
            "decline",
            "seen by Ada Example",
            "invitation sent",
            "invited",
        ]
        noted = next(entry.note for entry in story.entries if entry.note)
        assert (noted.by, noted.text) == ("Ada", "They think again.")
        assert story.state == "signed"
        assert story.signature is not None
        declined = next(one.answer for one in story.entries if one.answer and one.answer.reason)
        assert (declined.reason, declined.contact) == ("no time", "Ada Example")
        assert [_kind(entry) for entry in _story(session, "Beta").entries] == [
            "invitation sent",
            "invited",
        ]


def test_a_mail_is_told_with_each_of_the_servers_words(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        for place, words in enumerate(("greylisted", "still greylisted")):
            at = NOW + place * AN_HOUR
            lease = timedelta(minutes=5)
            (won,) = claims.claim_due(session, owner="sender", many=9, lease=lease, now=at)
            result = Result(
                won.id,
                MessageEvent.DEFERRED,
                code=450,
                words=words,
                due_at=at + AN_HOUR,
                attempts=place + 1,
            )
            assert record_result(session, result, owner="sender", now=at)
        mail = _story(session).entries[0].mail
        assert mail is not None
        assert mail.is_deferred
        assert (mail.words, mail.next_attempt) == ("still greylisted", NOW + 2 * AN_HOUR)
        assert [(one.event, one.code, one.words) for one in mail.events] == [
            ("deferred", 450, "greylisted"),
            ("deferred", 450, "still greylisted"),
        ]


def test_the_next_reminder_is_that_of_the_contacts_own_day(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for zone in ("Europe/Berlin", "Asia/Tokyo"):
            a_contact(session, campaign, organization="Alpha", zone=zone)
        a_contact(session, campaign, organization="Alpha", role="copied")
        silenced = a_contact(session, campaign, organization="Alpha", email="no@alpha.example")

        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        send_what_is_due(session)
        suppress(session, link_id=_link_of(session, silenced.id), now=NOW)
        coming = _story(session).coming
        # Seven days before 15:00 in Berlin; 23:00 in Tokyo, where it waits for the morning.
        week = DEADLINE - timedelta(days=7)
        assert [(one.step, one.at, one.zone) for one in coming] == [
            ("7d", week, "Europe/Berlin"),
            ("7d", week + 9 * AN_HOUR, "Asia/Tokyo"),
        ]


def _link_of(session: Session, contact_id: int | None) -> str:
    return session.exec(select(Link.id).where(col(Link.contact_id) == contact_id)).one()


def test_no_reminder_comes_to_who_has_answered_or_after_the_last(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        send_what_is_due(session)
        sign(session, "Alpha")
        assert _story(session).coming == ()
        assert _story(session, "Beta").coming != ()
        assert _story(session, "Beta", now=DEADLINE - AN_HOUR).coming == ()
        extend_campaign(session, slug="visit", deadline=DEADLINE + timedelta(days=1), now=NOW)
        (coming,) = _story(session, "Beta").coming
        assert coming.at == DEADLINE - timedelta(days=6)


def test_after_the_close_it_can_be_reopened_unless_it_has_signed(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        sign(session, "Beta")
        sign(session, "Gamma")
        withdraw(session, "Gamma")
        assert not _story(session).can_be_reopened
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        assert _story(session).can_be_reopened
        assert not _story(session, "Beta").can_be_reopened
        assert _story(session, "Gamma").can_be_reopened


def test_one_of_another_campaign_is_not_there(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        a_launched_campaign(session, "Elsewhere", slug="other")
        with pytest.raises(InvitationNotFound):
            _story(session, "Elsewhere")
        with pytest.raises(InvitationNotFound):
            tell_story(session, slug="visit", organization_id=10_000, now=NOW)
        with pytest.raises(CampaignNotFound):
            tell_story(session, slug="none", organization_id=1, now=NOW)


def test_who_was_never_invited_has_a_page_too(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Alpha")
        story = _story(session)
        assert (story.state, story.entries, story.coming) == ("", (), ())


def test_a_long_story_takes_no_more_statements_than_a_short_one(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        send_what_is_due(session)
    counts = []
    for views in (1, 40):
        with database.transaction() as session:
            for number in range(views):
                note_view(
                    session,
                    link_id=the_link(session, "Alpha").id,
                    mail_domain=DOMAIN,
                    now=NOW + number * AN_HOUR,
                )
            number = _number(session)
        with database.reading() as session, counting(database) as asked:
            tell_story(session, slug="visit", organization_id=number, now=NOW)
        counts.append(asked.many)
    assert counts[0] == counts[1] <= 12
