"""Contradicting answers at the desk: how many wait, both side by side, and settled."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from outreach.domain.coordinator import Role
from outreach.links import new_link_id
from outreach.services import answer_invitation
from outreach.store import campaigns
from outreach.store.database import Database
from outreach.store.invitations import create_links
from outreach.store.tables import Campaign, Contact, Link
from outreach.wiring import Outreach
from tests.factories import a_form, the_invitation
from tests.reviewing import the_reviews
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import MAIL_DOMAIN, NOW, an_open_campaign

FIRST = "ida@archive-watch.example"
COLLEAGUE = "omar@archive-watch.example"
HERE = "/desk/c/archives"
STORY = f"{HERE}/organizations/1"


def a_colleague(outreach: Outreach) -> None:
    """A second contact of Archive Watch, with a link of their own."""
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        first = session.exec(select(Contact).where(Contact.email == FIRST)).one()
        facts = first.model_dump(exclude={"id"})
        facts |= {"name": "Omar Haddad", "email": COLLEAGUE, "email_key": COLLEAGUE}
        colleague = Contact(**facts)
        session.add(colleague)
        session.flush()
        link = session.exec(select(Link).where(Link.contact_id == first.id)).one()
        rows = [(new_link_id(), colleague.id or 0, link.invitation_id)]
        create_links(session, rows, now=NOW)


def _link(session: Session, email: str) -> str:
    query = select(Link.id).join(Contact).where(Contact.email == email)
    return session.exec(query).one()


@pytest.fixture
def contradicted(outreach: Outreach) -> Database:
    """Ida has signed, Omar has declined."""
    a_colleague(outreach)
    with outreach.database.transaction() as session:
        number = session.exec(select(Campaign.id)).one() or 0
        sha256 = campaigns.current_version(session, number).sha256
        answer_invitation.sign(
            session,
            link_id=_link(session, FIRST),
            form=a_form(credit_line="Archive Watch", statement_sha256=sha256),
            mail_domain=MAIL_DOMAIN,
            now=NOW,
        )
        answer_invitation.decline(
            session,
            link_id=_link(session, COLLEAGUE),
            reason="The board never agreed",
            mail_domain=MAIL_DOMAIN,
            now=NOW,
        )
    return outreach.database


@pytest.mark.again
def test_the_overview_says_how_many_wait_and_leads_to_both_answers(
    outreach: Outreach, client: TestClient, contradicted: Database
) -> None:
    signed_in(outreach, client, Role.EDITOR)
    assert "1 review waits" in client.get(HERE).text
    for path in (f"{HERE}/reviews", STORY):
        html = client.get(path).text
        assert "Ida Berg" in html
        assert "Omar Haddad" in html
        assert "The board never agreed" in html
        assert "The later one takes its place" in html


@pytest.mark.again
@pytest.mark.parametrize(
    ("choice", "state", "words"),
    [
        ("keep", "signed", "The first answer stands"),
        ("replace", "withdrawn", "later answer counts"),
    ],
)
def test_an_editor_settles_it(
    outreach: Outreach,
    client: TestClient,
    contradicted: Database,
    choice: str,
    state: str,
    words: str,
) -> None:
    visitor = signed_in(outreach, client, Role.EDITOR)
    response = post(client, f"{STORY}/reviews/1/{choice}", visitor, note="Ida told me so")
    assert response.status_code == 303
    html = client.get(response.headers["location"]).text
    assert words in html
    assert "Two answers, settled" in html
    assert "Ida told me so" in html
    assert "review waits" not in client.get(HERE).text
    with contradicted.reading() as session:
        assert the_invitation(session, "Archive Watch").state == state


@pytest.mark.parametrize("choice", ["keep", "replace"])
def test_it_says_why_it_is_not_settled(
    outreach: Outreach, client: TestClient, contradicted: Database, choice: str
) -> None:
    visitor = signed_in(outreach, client, Role.EDITOR)
    response = post(client, f"{STORY}/reviews/1/{choice}", visitor)
    assert response.status_code == 409
    assert "say how you know" in response.text
    assert post(client, f"{STORY}/reviews/2/{choice}", visitor, note="So").status_code == 404
    with contradicted.reading() as session:
        assert [one.state for one in the_reviews(session)] == ["waiting"]


def test_a_viewer_sees_it_and_settles_nothing(
    outreach: Outreach, client: TestClient, contradicted: Database
) -> None:
    signed_in(outreach, client, Role.VIEWER)
    html = client.get(f"{HERE}/reviews").text
    assert "An editor or owner settles it." in html
    assert "<textarea" not in html


def test_closing_warns_of_what_waits(
    outreach: Outreach, client: TestClient, contradicted: Database
) -> None:
    signed_in(outreach, client, Role.EDITOR)
    html = client.get(f"{HERE}/steer/close").text
    assert "1 organization has given two answers that nobody has settled" in html


def test_where_nothing_waits_the_page_says_when_something_would(
    outreach: Outreach, client: TestClient
) -> None:
    an_open_campaign(outreach.database)
    signed_in(outreach, client, Role.VIEWER)
    assert "Nothing waits" in client.get(f"{HERE}/reviews").text
    assert "review waits" not in client.get(HERE).text
