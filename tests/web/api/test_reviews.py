"""Contradicting answers through the API."""

from collections.abc import Callable

from outreach.wiring import Outreach
from tests.factories import the_invitation
from tests.web.api.conftest import Program
from tests.web.contradicting import contradict

HERE = "/campaigns/archives/reviews"


def test_both_answers_are_listed_and_persons_only_for_who_may_export(
    outreach: Outreach, program: Callable[..., Program]
) -> None:
    contradict(outreach)
    (shown,) = program("read", "export").get(HERE).json()["items"]
    assert (shown["standing"], shown["later"], shown["hindrance"]) == ("signed", "decline", "")
    assert (shown["first_by"], shown["later_by"]) == ("Ida Berg", "Omar Haddad")
    assert shown["reason"] == "The board never agreed"
    (hidden,) = program("read").get(HERE).json()["items"]
    assert {hidden[name] for name in ("first_by", "later_by", "reason")} == {None}


def test_a_program_settles_it_once(outreach: Outreach, program: Callable[..., Program]) -> None:
    contradict(outreach)
    writer = program("write")
    wanted = {"stands": "later", "note": "Their director said so."}
    assert writer.post(f"{HERE}/1/settle", wanted).json() == {"id": 1, "stands": "later"}
    again = writer.post(f"{HERE}/1/settle", wanted)
    assert (again.status_code, again.json()["detail"]) == (409, "It was settled already.")
    assert program("read").get(HERE).json() == {"items": []}
    with outreach.database.reading() as session:
        assert the_invitation(session, "Archive Watch").state == "withdrawn"


def test_the_first_may_stand(outreach: Outreach, program: Callable[..., Program]) -> None:
    contradict(outreach)
    wanted = {"stands": "first", "note": "A slip, says Omar."}
    assert program("write").post(f"{HERE}/1/settle", wanted).status_code == 200
    with outreach.database.reading() as session:
        assert the_invitation(session, "Archive Watch").state == "signed"


def test_what_is_not_there_or_not_allowed_is_refused(
    outreach: Outreach, program: Callable[..., Program]
) -> None:
    contradict(outreach)
    wanted = {"stands": "first", "note": "A slip."}
    assert program("write").post(f"{HERE}/9/settle", wanted).status_code == 404
    assert program("read").post(f"{HERE}/1/settle", wanted).status_code == 403
    assert program("write").post(f"{HERE}/1/settle", {"stands": "first"}).status_code == 422
