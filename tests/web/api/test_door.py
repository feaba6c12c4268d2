"""The open door through the API."""

from collections.abc import Callable

from outreach.wiring import Outreach
from tests.joining import three_who_ask
from tests.web.api.conftest import Program
from tests.web.invited import NOW

HERE = "/campaigns/archives"


def asked(outreach: Outreach) -> list[int]:
    with outreach.database.transaction() as session:
        return three_who_ask(session, slug="archives", known="Archive Watch", now=NOW)


def test_a_program_opens_and_shuts_it(program: Callable[..., Program], campaign: str) -> None:
    del campaign
    assert program("write").post(f"{HERE}/door/open").json() == {"open": True}
    assert program("read").get(f"{HERE}/requests").json() == {
        "open": True,
        "waiting": 0,
        "items": [],
    }
    assert program("write").post(f"{HERE}/door/shut").json() == {"open": False}
    assert program("read").post(f"{HERE}/door/open").status_code == 403


def test_persons_are_shown_to_a_key_that_may_export(
    outreach: Outreach, program: Callable[..., Program], campaign: str
) -> None:
    del campaign
    asked(outreach)
    hidden = program("read").get(f"{HERE}/requests").json()["items"][0]
    assert hidden["organization"] == "Beta Rights"
    assert {hidden[name] for name in ("person", "capacity", "email", "words")} == {None}
    shown = program("read", "export").get(f"{HERE}/requests").json()["items"]
    assert shown[0]["email"] == "bea@beta.example"
    assert (shown[2]["likely"], shown[2]["needs_choice"]) == ([1], True)


def test_a_program_admits_the_number_that_it_expects(
    outreach: Outreach, program: Callable[..., Program], campaign: str
) -> None:
    del campaign
    ids = asked(outreach)
    sender = program("send")
    wrong = sender.post(f"{HERE}/requests/admit", {"requests": ids, "expect": 3})
    assert (wrong.status_code, wrong.json()["people"]) == (409, 2)
    done = sender.post(f"{HERE}/requests/admit", {"requests": ids, "expect": 2})
    assert done.json() == {"people": 2}
    left = program("write").post(f"{HERE}/requests/refuse", {"requests": ids})
    assert left.json() == {"requests": 1}


def test_a_campaign_that_is_over_admits_nobody(
    outreach: Outreach, program: Callable[..., Program], campaign: str
) -> None:
    del campaign
    ids = asked(outreach)
    program("write").post(f"{HERE}/cancel")
    refused = program("send").post(f"{HERE}/requests/admit", {"requests": ids, "expect": 2})
    assert refused.status_code == 409
    assert refused.json()["detail"] == "The campaign is cancelled: nobody can join any more."
