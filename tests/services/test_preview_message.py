"""A mail as one organization would get it; nothing is written, its links lead nowhere."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.errors import CampaignNotFound, LinkRefused
from outreach.domain.message import MessageKind
from outreach.links import ANSWER
from outreach.services.preview_message import Preview, PreviewRefused, preview_message
from outreach.store.database import Database
from outreach.store.invitations import require_linked
from outreach.store.tables import Invitation, Link, Message, Organization
from tests.factories import DEADLINE, NOW, a_campaign, a_contact
from tests.sending import LINKS, PUBLIC_URL, a_composer


def _preview(
    session: Session,
    *,
    slug: str = "visit",
    organization: str = "Hong Kong Watch",
    kind: str = "invitation",
) -> Preview:
    return preview_message(
        session,
        a_composer(),
        slug=slug,
        organization=organization,
        kind=kind,
        now=NOW,
    )


@pytest.fixture(autouse=True)
def _draft(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, role="copied", email="board@hkw.example")
        a_contact(session, campaign, email="ada@hkw.example")
        a_contact(session, campaign, organization="Copied Only", role="copied")


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_can_be_seen_before_anything_is_launched(
    database: Database, kind: MessageKind
) -> None:
    with database.reading() as session:
        preview = _preview(session, kind=kind.value)
    assert "Joint statement on the visit" in preview.subject + preview.text
    assert "Hong Kong Watch" in preview.text
    assert "Hong Kong Watch" in preview.html
    assert "\n" not in preview.subject.strip()


def test_the_reader_is_the_first_who_signs(database: Database) -> None:
    with database.reading() as session:
        assert _preview(session).recipient == "ada@hkw.example"
        assert _preview(session, organization="Copied Only").recipient.endswith(".example")


def test_nothing_is_written_and_its_links_lead_nowhere(database: Database) -> None:
    with database.transaction() as session:
        preview = _preview(session)
        for table in (Message, Invitation, Link):
            assert session.exec(select(table)).first() is None
        token = preview.text.split(f"{PUBLIC_URL}/a/")[1].split()[0]
        link_id = LINKS.read(token, purpose=ANSWER)
        with pytest.raises(LinkRefused):
            require_linked(session, link_id, now=NOW)


@pytest.mark.parametrize("name", ["hong kong watch", "HONGKONG WATCH", " Hong  Kong Watch "])
def test_the_organization_is_found_however_it_is_spelled(database: Database, name: str) -> None:
    with database.reading() as session:
        assert _preview(session, organization=name).recipient == "ada@hkw.example"


@pytest.mark.parametrize("kind", ["Closing-Notice", "closing notice", " CLOSING_NOTICE "])
def test_the_kind_is_found_however_it_is_spelled(database: Database, kind: str) -> None:
    with database.reading() as session:
        assert _preview(session, kind=kind).subject


def test_what_is_not_there_is_refused_with_what_is(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(CampaignNotFound):
            _preview(session, slug="unknown")
        with pytest.raises(PreviewRefused, match="outreach partners list visit"):
            _preview(session, organization="Unknown")
        with pytest.raises(PreviewRefused, match="the kinds are invitation, reminder, receipt"):
            _preview(session, kind="newsletter")


def test_an_organization_without_contacts_is_refused(database: Database) -> None:
    with database.transaction() as session:
        campaign_id = session.exec(select(Organization.campaign_id)).first()
        assert campaign_id
        session.add(
            Organization(campaign_id=campaign_id, name="Empty", name_key="empty", created_at=NOW)
        )
        session.flush()
        with pytest.raises(PreviewRefused, match="no contact"):
            _preview(session, organization="Empty")


def test_a_reminder_after_the_deadline_can_still_be_seen(database: Database) -> None:
    with database.reading() as session:
        preview = preview_message(
            session,
            a_composer(),
            slug="visit",
            organization="Hong Kong Watch",
            kind="reminder",
            now=DEADLINE + timedelta(days=1),
        )
    assert preview.text
