"""An organization that was not invited asks to join. On both databases."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlmodel import Session, col, select

from outreach.domain.errors import FieldErrors
from outreach.services import ask_to_join as asking
from outreach.services.ask_to_join import DoorCrowded, DoorShut, check_request, find_door
from outreach.services.refuse_erased import address_hash
from outreach.services.settle_requests import set_door
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.services.suppress_contact import suppress
from outreach.services.sweep import sweep
from outreach.store import campaigns, erasures
from outreach.store.database import ERASURE_SEED, Database
from outreach.store.tables import Contact, Invitation, Message, Organization
from tests.factories import DEADLINE, DOMAIN, NOW, a_launched_campaign, the_link
from tests.joining import SLUG, a_join_form, a_request, an_open_door, nora, states, the_requests
from tests.noticing import a_notice_sender, the_notices
from tests.sending import LINKS, PUBLIC_URL
from tests.smtp_server import running_smtp_server


def parts_of(message: EmailMessage) -> list[str]:
    """The text and the HTML."""
    found = [message.get_body((kind,)) for kind in ("plain", "html")]
    return [part.get_content() for part in found if part is not None]


def test_the_page_shows_the_text_and_nobody_who_is_in(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session, "Alpha Watch")
        door = find_door(session, slug=SLUG, now=NOW)
    assert door.campaign.title == "Joint statement on the visit"
    assert "must not" in door.statement_body
    assert "Alpha Watch" not in repr(door)


def test_a_request_is_kept_and_counts_for_nothing(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        request = a_request(session, words="Found you\nby a friend")
        assert (request.state, request.country, request.words) == (
            "unproven",
            "DE",
            "Found you\nby a friend",
        )
        for table in (Organization, Invitation, Message):
            assert len(session.exec(select(table)).all()) == 1  # Alpha's


def test_the_mail_says_no_word_of_what_was_typed(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        link_id = a_request(session, organization="Buy Now", person="Visit Evil").link_id
    with running_smtp_server() as server:
        assert a_notice_sender(database, server).send_due().sent == 1
        (mail,) = server.received
    text, html = parts_of(mail.message)
    link = f"{PUBLIC_URL}/j/{LINKS.token(link_id, purpose='join')}"
    assert link in text
    assert f'href="{link}"' in html
    for words in ("Buy Now", "Visit Evil"):
        assert words not in str(mail.message) + text + html
    assert mail.message["To"] == "bea@beta.example"
    assert mail.message["Reply-To"] == "coordinator@coalition.example"
    assert mail.message["List-Unsubscribe"] is None
    assert "Joint statement on the visit" in mail.message["Subject"]


@pytest.mark.parametrize("whose", ["campaign", "contact"])
def test_where_mail_is_discreet_it_says_nothing_of_the_matter(
    database: Database, whose: str
) -> None:
    with database.transaction() as session:
        an_open_door(session)
        campaign = campaigns.require_campaign(session, SLUG)
        campaign.discreet, campaign.sender_name = whose == "campaign", "Visit Coalition"
        contact = session.exec(select(Contact)).one()
        contact.discreet = whose == "contact"
        session.add_all([campaign, contact])
        a_request(session, email=contact.email)
    with running_smtp_server() as server:
        a_notice_sender(database, server).send_due()
        (mail,) = server.received
    whole = "\n".join([str(mail.message), *parts_of(mail.message)])
    for word in ("Joint statement", "Jane Doe", "Visit Coalition", "Examplia"):
        assert word not in whole


def test_all_that_is_wrong_is_said_at_once() -> None:
    form = a_join_form(organization="…", country="Atlantis", person="", capacity=" ", email="bea@")
    with pytest.raises(FieldErrors) as refused:
        check_request(form)
    assert set(refused.value.errors) == {"organization", "country", "person", "capacity", "email"}


def test_a_door_that_is_not_open_answers_as_one_that_is_not_there(database: Database) -> None:
    def is_shut(session: Session, *, slug: str = SLUG, hours: int = 0) -> bool:
        try:
            find_door(session, slug=slug, now=NOW + timedelta(hours=hours))
        except DoorShut:
            return True
        return False

    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        assert is_shut(session)
        set_door(session, slug=SLUG, is_on=True, by=nora(session), now=NOW)
        assert not is_shut(session)
        assert is_shut(session, slug="nowhere")
        assert is_shut(session, hours=24 * 14)
        pause_campaign(session, slug=SLUG)
        assert not is_shut(session)
        cancel_campaign(session, slug=SLUG)
        assert is_shut(session)
        with pytest.raises(DoorShut):
            a_request(session)


def test_a_flood_fills_no_database(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_OPEN", 2)
    with database.transaction() as session:
        an_open_door(session)
        a_request(session)
        a_request(session, email="cleo@gamma.example")
        with pytest.raises(DoorCrowded):
            a_request(session, email="dora@delta.example")


def test_who_asked_to_be_erased_leaves_nothing(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        session.info[ERASURE_SEED] = b"seed"
        erasures.remember(session, address_hash("bea@beta.example", seed=b"seed"), now=NOW)
        asking.ask_to_join(session, slug=SLUG, form=check_request(a_join_form()), now=NOW)
        assert not the_requests(session)
        assert not the_notices(session)


def test_an_address_that_wants_no_mail_gets_none(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        link = the_link(session, "Alpha")
        suppress(session, link_id=link.id, now=NOW)
        email = session.connection().exec_driver_sql("SELECT email FROM contact").scalar_one()
        a_request(session, email=email)
    with running_smtp_server() as server:
        assert a_notice_sender(database, server).send_due().sent == 0
    with database.reading() as session:
        assert [one.state for one in the_notices(session)] == ["cancelled"]


def test_a_door_shut_meanwhile_sends_no_proof(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        a_request(session)
        set_door(session, slug=SLUG, is_on=False, by=nora(session), now=NOW)
    with running_smtp_server() as server:
        assert a_notice_sender(database, server).send_due().sent == 0
        assert not server.received


def test_what_nobody_stands_by_is_forgotten_with_its_mail(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        a_request(session)
    for hours, left in ((71, ["unproven"]), (72, [])):
        sweep(database, mail_domain=DOMAIN, clock=lambda: NOW + timedelta(hours=hours))  # noqa: B023
        with database.reading() as session:
            assert states(session) == left
            assert len(the_notices(session)) == len(left)


def test_the_deadline_ends_it(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session)
        with pytest.raises(DoorShut):
            a_request(session, now=DEADLINE)
        assert not session.exec(select(Message).where(col(Message.kind) == "join_proof")).all()
