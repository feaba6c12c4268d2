"""A person's data over HTTP: shown, given, erased in two steps; the address in no page's own."""

import json
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.domain.coordinator import Role
from outreach.services.erase_again import FILE_NAME
from outreach.services.refuse_erased import address_hash
from outreach.store.desk_tables import Activity
from outreach.store.tables import Contact
from outreach.wiring import Outreach
from tests.counting import counting
from tests.factories import NOW, a_campaign, a_contact
from tests.services.test_append_event import check
from tests.services.test_erase_person import EMAIL, NAME, a_story, traces
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import Clock

HERE = "/desk/personal-data"
POSTS = [HERE, f"{HERE}/export", f"{HERE}/erase"]
SURE = {"email": EMAIL, "expected": "1", "sure": "yes"}


@pytest.fixture
def desk(outreach: Outreach, client: TestClient, clock: Clock) -> TestClient:
    clock.now = NOW
    a_story(outreach.database)
    return client


def the_log(outreach: Outreach) -> list[tuple[str, str, str]]:
    with outreach.database.reading() as session:
        rows = session.exec(select(Activity)).all()
        return [(one.actor, one.action, one.detail) for one in rows]


def is_there(outreach: Outreach) -> bool:
    with outreach.database.reading() as session:
        return EMAIL in session.exec(select(Contact.email)).all()


def test_what_is_kept_is_shown_with_both_ways_on(desk: TestClient, outreach: Outreach) -> None:
    visitor = signed_in(outreach, desk)
    assert "Their e-mail address" in desk.get(HERE).text
    page = post(desk, HERE, visitor, email=f" {EMAIL.upper()} ")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    for words in (NAME, "May sign", "2 answers", "1 signature", "1 personal link",
                  "among those without mail", "Download all", "Erase this person"):  # fmt: skip
        assert words in page.text
    assert "Grace Hopper" not in page.text
    assert the_log(outreach) == []


def test_all_of_it_comes_as_a_file_that_names_nobody(desk: TestClient, outreach: Outreach) -> None:
    visitor = signed_in(outreach, desk)
    file = post(desk, f"{HERE}/export", visitor, email=EMAIL)
    assert file.headers["content-type"] == "application/json"
    assert file.headers["content-disposition"] == 'attachment; filename="personal-data.json"'
    assert file.headers["cache-control"] == "no-store"
    assert json.loads(file.content)["contacts"][0]["name"] == "Grace Hopper"
    assert the_log(outreach) == [("Nora Feld", "person.export", "")]
    assert "took a person’s data out as a file" in desk.get("/desk/activity").text


def test_a_person_is_erased_in_two_steps_and_the_ledger_verifies(
    desk: TestClient, outreach: Outreach
) -> None:
    visitor = signed_in(outreach, desk)
    asked = post(desk, f"{HERE}/erase", visitor, email=EMAIL)
    assert asked.status_code == 200
    assert "What stays" in asked.text
    assert is_there(outreach)

    done = post(desk, f"{HERE}/erase", visitor, **SURE)
    assert done.status_code == 200
    assert "Erased: 1 contact and" in done.text
    assert "hopper" not in done.text.lower()
    with outreach.database.reading() as session:
        assert traces(session) == []
        check(session)
    noted = (outreach.settings.home / FILE_NAME).read_text().split()
    assert noted == [address_hash(EMAIL, seed=outreach.erasure_seed)]
    ((actor, action, detail),) = the_log(outreach)
    assert (actor, action) == ("Nora Feld", "person.erase")
    assert detail.startswith("1 contacts, ")

    pressed_again = post(desk, f"{HERE}/erase", visitor, **SURE)
    assert "Nothing is kept of this address" in pressed_again.text
    assert len(the_log(outreach)) == 1


def test_without_the_tick_nothing_is_erased(desk: TestClient, outreach: Outreach) -> None:
    visitor = signed_in(outreach, desk)
    page = post(desk, f"{HERE}/erase", visitor, email=EMAIL, expected="1")
    assert page.status_code == 422
    assert "Tick the box first" in page.text
    assert is_there(outreach)


def test_where_the_number_has_changed_it_is_asked_once_more(
    desk: TestClient, outreach: Outreach
) -> None:
    visitor = signed_in(outreach, desk)
    with outreach.database.transaction() as session:
        a_contact(session, a_campaign(session, slug="other"), email=EMAIL)
    page = post(desk, f"{HERE}/erase", visitor, **SURE)
    assert page.status_code == 409
    assert "Nothing was erased: there are 2 contacts of this address now." in page.text
    assert 'name="expected" value="2"' in page.text
    assert is_there(outreach)
    assert the_log(outreach) == []
    assert not (outreach.settings.home / FILE_NAME).exists()


@pytest.mark.parametrize(
    "email", ["", "grace", "grace@watch.example\0", "a@b.example, c@d.example"]
)
@pytest.mark.parametrize("path", POSTS)
def test_what_is_no_address_is_said_beside_the_field(
    desk: TestClient, outreach: Outreach, path: str, email: str
) -> None:
    visitor = signed_in(outreach, desk)
    page = post(desk, path, visitor, **SURE | {"email": email})
    assert page.status_code == 422
    assert 'id="email-error"' in page.text
    assert "write one address, as in name@example.org." in page.text
    assert is_there(outreach)


@pytest.mark.parametrize("path", POSTS)
def test_of_an_unknown_address_it_says_so_in_plain_words(
    desk: TestClient, outreach: Outreach, path: str
) -> None:
    visitor = signed_in(outreach, desk)
    page = post(desk, path, visitor, **SURE | {"email": "nobody@watch.example"})
    assert page.status_code == 200
    assert "Nothing is kept of this address." in page.text
    assert 'value="nobody@watch.example"' in page.text
    assert the_log(outreach) == []


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_nobody_but_an_owner_sees_or_does_it(
    desk: TestClient, outreach: Outreach, role: Role, path: str
) -> None:
    visitor = signed_in(outreach, desk, role)
    assert post(desk, path, visitor, **SURE).status_code == 403
    for page in ("/desk/people", "/desk/suppressions"):
        assert HERE not in desk.get(page).text
    assert is_there(outreach)


@pytest.mark.parametrize("path", POSTS)
def test_it_wants_the_second_factor_once_more(
    desk: TestClient, outreach: Outreach, clock: Clock, path: str
) -> None:
    visitor = signed_in(outreach, desk)
    clock.now += timedelta(minutes=16)
    asked = post(desk, path, visitor, **SURE)
    assert asked.headers["location"] == f"/desk/prove?next={HERE}"
    looked = desk.get(HERE, follow_redirects=False)
    assert looked.headers["location"] == f"/desk/prove?next={HERE}"
    assert is_there(outreach)


def test_the_ways_to_it_stand_where_people_are(desk: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, desk)
    for page in ("/desk/people", "/desk/suppressions"):
        assert f'href="{HERE}"' in desk.get(page).text
    contact = desk.get("/desk/c/visit/organizations/1/contacts/1").text
    assert f'action="{HERE}"' in contact
    assert f'name="email" value="{EMAIL}"' in contact
    signed_in(outreach, desk, Role.EDITOR)
    assert HERE not in desk.get("/desk/c/visit/organizations/1/contacts/1").text


def test_more_contacts_need_no_more_questions(desk: TestClient, outreach: Outreach) -> None:
    visitor = signed_in(outreach, desk)

    def asked() -> int:
        with counting(outreach.database) as questions:
            assert post(desk, HERE, visitor, email=EMAIL).status_code == 200
        return questions.many

    before = asked()
    with outreach.database.transaction() as session:
        for number in range(5):
            a_contact(session, a_campaign(session, slug=f"other-{number}"), email=EMAIL)
    assert asked() == before
