"""An Idempotency-Key: asked twice, done once. On both databases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from outreach.store.desk_tables import ApiAnswer
from outreach.wiring import Outreach
from tests.racing import race
from tests.web.api.conftest import Program
from tests.web.api.test_campaigns import NEW
from tests.web.invited import PARTNERS, Clock

KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"


@pytest.fixture
def mine(program: Callable[..., Program]) -> Program:
    return program()


def _launchable(mine: Program) -> None:
    mine.post("/campaigns", NEW)
    mine.send_file("/campaigns/archives/partners", PARTNERS.encode())


def test_a_repeated_request_is_answered_alike_and_done_once(
    mine: Program, outreach: Outreach
) -> None:
    first = mine.post("/campaigns", NEW, once=KEY)
    again = mine.post("/campaigns", NEW, once=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


def test_a_repeated_launch_mails_nobody_twice_and_rings_no_bell(
    mine: Program, outreach: Outreach
) -> None:
    _launchable(mine)
    path, bell = "/campaigns/archives/launch", outreach.bell
    first = mine.post(path, {"expect": 4}, once=KEY)
    rung = bell.rung  # type: ignore[attr-defined]
    assert mine.post(path, {"expect": 4}, once=KEY).json() == first.json()
    assert bell.rung == rung  # type: ignore[attr-defined]
    assert len(mine.get("/campaigns/archives/messages").json()["items"]) == 4


def test_another_request_with_the_same_key_is_refused(mine: Program) -> None:
    mine.post("/campaigns", NEW, once=KEY)
    for answer in (
        mine.post("/campaigns", NEW | {"slug": "other"}, once=KEY),
        mine.post("/campaigns/archives/cancel", once=KEY),
    ):
        assert answer.status_code == 422
        assert answer.json()["type"].endswith("#key-reused")
    assert mine.get("/campaigns/archives").json()["state"] == "draft"


def test_another_file_with_the_same_key_is_another_request(mine: Program) -> None:
    mine.post("/campaigns", NEW)
    path = "/campaigns/archives/partners"
    headers = mine.headers | {"content-type": "text/csv", "idempotency-key": KEY}

    def send(data: str) -> Any:
        return mine.client.post(f"/api/v1{path}", content=data.encode(), headers=headers)

    first = send(PARTNERS)
    assert send(PARTNERS).json() == first.json()
    assert send(PARTNERS + "Gamma,,c@gamma.example,en,,,,\n").status_code == 422


def test_what_was_refused_may_be_asked_again(mine: Program) -> None:
    path = "/campaigns/archives/launch"
    assert mine.post(path, {"expect": 4}, once=KEY).status_code == 404
    _launchable(mine)
    assert mine.post(path, {"expect": 4}, once=KEY).status_code == 200


def test_two_programs_may_choose_the_same_key(program: Callable[..., Program]) -> None:
    assert program().post("/campaigns", NEW, once=KEY).status_code == 201
    other = NEW | {"slug": "other"}
    assert program().post("/campaigns", other, once=KEY).status_code == 201


def test_after_a_day_the_key_is_free_and_its_answer_gone(
    mine: Program, outreach: Outreach, clock: Clock
) -> None:
    mine.post("/campaigns", NEW, once=KEY)
    clock.now += timedelta(days=1)
    assert mine.post("/campaigns", NEW | {"slug": "other"}, once=KEY).status_code == 201
    with outreach.database.reading() as session:
        assert len(session.exec(select(ApiAnswer)).all()) == 1


@pytest.mark.parametrize("key", [" ", "a b", "x" * 201])
def test_a_key_that_is_no_plain_word_is_refused(mine: Program, key: str) -> None:
    assert mine.post("/campaigns", NEW, once=key).status_code == 422


def test_eight_at_once_are_done_once_and_answered_alike(mine: Program) -> None:
    _launchable(mine)
    path = "/campaigns/archives/launch"
    answers = race([lambda: mine.post(path, {"expect": 4}, once=KEY)] * 8)
    bodies = {answer.text for answer in answers if not isinstance(answer, Exception)}
    assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * 8
    assert len(bodies) == 1
    assert len(mine.get("/campaigns/archives/messages").json()["items"]) == 4


def test_what_is_kept_names_nobody(mine: Program, outreach: Outreach) -> None:
    mine.post("/campaigns", NEW, once="a")
    headers = mine.headers | {"content-type": "text/csv", "idempotency-key": "b"}
    path = "/api/v1/campaigns/archives/partners"
    mine.client.post(path, content=PARTNERS.encode(), headers=headers)
    mine.post("/campaigns/archives/launch", {"expect": 4}, once="c")
    with outreach.database.reading() as session:
        kept = "".join(one.model_dump_json() for one in session.exec(select(ApiAnswer)))
    for secret in ("Ida", "archive-watch", "Archive Watch", "@familles"):
        assert secret not in kept
