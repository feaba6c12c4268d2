"""Campaigns made, filled, shown and steered by a program. On both databases."""

from collections.abc import Callable
from typing import Any

import pytest

from outreach.web.api.problems import unnamed
from outreach.wiring import Outreach
from tests.api_facts import the_actions
from tests.web.api.conftest import Program
from tests.web.invited import PARTNERS, STATEMENT, Clock, after_the_deadline

NEW: dict[str, Any] = {
    "slug": "archives",
    "statement": STATEMENT,
    "deadline": "2026-12-01 18:00",
    "zone": "Europe/Berlin",
    "remind": "3d,1d",
}


@pytest.fixture
def mine(program: Callable[..., Program]) -> Program:
    return program()


def _create(mine: Program, **changes: Any) -> Any:
    return mine.post("/campaigns", NEW | changes)


def _problem(response: Any, status: int, word: str) -> Any:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    content = response.json()
    assert content["type"] == f"http://testserver/api/v1/docs#{word}"
    assert content["status"] == status
    return content


def test_a_campaign_from_nothing_to_a_published_list(
    mine: Program, outreach: Outreach, clock: Clock
) -> None:
    created = _create(mine)
    assert created.status_code == 201
    assert created.headers["location"] == "http://testserver/api/v1/campaigns/archives"
    assert created.json()["state"] == "draft"
    assert created.json()["deadline"] == "2026-12-01T17:00:00Z"
    there = "/campaigns/archives"
    imported = mine.send_file(f"{there}/partners", PARTNERS.encode())
    assert imported.json()["created_organizations"] == 4
    audience = mine.get(f"{there}/audience", act="launch").json()
    assert audience == {"people": 4, "organizations": 4, "skipped": 0}
    launched = mine.post(f"{there}/launch", {"expect": 4}).json()
    assert (launched["messages"], launched["campaign"]["state"]) == (4, "open")
    assert mine.post(f"{there}/pause", {"reason": "a wrong figure"}).json()["state"] == "paused"
    assert mine.get(f"{there}/audience", act="resume").json()["people"] == 4
    assert mine.post(f"{there}/resume", {"expect": 4}).json()["state"] == "open"
    extended = mine.post(f"{there}/extend", {"deadline": "2026-12-02 18:00"}).json()
    assert extended["deadline"] == "2026-12-02T17:00:00Z"
    assert mine.get(f"{there}/audience", act="close").json()["people"] == 0
    assert mine.post(f"{there}/close", {"expect": 0}).json()["state"] == "closed"
    assert mine.post(f"{there}/publish").json()["state"] == "published"
    with outreach.database.reading() as session:
        done = [(who, what) for who, what, _ in the_actions(session) if what != "key.create"]
    assert done == [
        ("api:Newsletter", what)
        for what in (
            "campaign.create",
            "partners.import",
            "campaign.launch",
            "campaign.pause",
            "campaign.resume",
            "campaign.extend",
            "campaign.close",
            "campaign.publish",
        )
    ]


def test_what_mails_people_rings_the_bell_and_what_only_looks_does_not(
    mine: Program, outreach: Outreach
) -> None:
    _create(mine)
    mine.send_file("/campaigns/archives/partners", PARTNERS.encode())
    mine.get("/campaigns/archives/status")
    bell: Any = outreach.bell
    assert bell.rung == 0
    mine.post("/campaigns/archives/launch", {"expect": 4})
    assert bell.rung == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"slug": "A B"}, "#/slug"),
        ({"slug": ""}, "#/slug"),
        ({"slug": 7}, "#/slug"),
        ({"statement": "no front matter"}, "#/statement"),
        ({"statement": "a\0b"}, "#/statement"),
        ({"deadline": "tomorrow"}, "#/deadline"),
        ({"deadline": "2026-01-01 18:00"}, "#/deadline"),
        ({"deadline": "2026-12-24 18:00"}, "#/deadline"),
        ({"zone": "Berlin"}, "#/zone"),
        ({"zone": "../../etc/passwd"}, "#/zone"),
        ({"remind": "soon"}, "#/remind"),
        ({"publish_at_close": "yes"}, "#/publish_at_close"),
        ({"more": 1}, "#/more"),
    ],
)
def test_what_is_not_usable_is_pointed_at_and_nothing_is_made(
    mine: Program, changes: dict[str, Any], pointer: str
) -> None:
    content = _problem(_create(mine, **changes), 422, "invalid")
    assert content["errors"][0]["pointer"] == pointer
    assert content["errors"][0]["detail"]
    assert mine.get("/campaigns").json()["items"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"slug": "\\ud800"}'])
def test_a_body_that_is_no_json_object_is_refused(mine: Program, body: bytes) -> None:
    headers = mine.headers | {"content-type": "application/json"}
    response = mine.client.post("/api/v1/campaigns", content=body, headers=headers)
    _problem(response, 422, "invalid")


def test_a_short_name_is_taken_once(mine: Program) -> None:
    assert _create(mine).status_code == 201
    _problem(_create(mine), 409, "conflict")


def test_errors_in_a_file_name_row_and_column_and_quote_nothing(mine: Program) -> None:
    _create(mine)
    rows = (
        "organization,contact_name,email,language\n"
        "Alpha,Ada O'Brien,ada@alpha.example,en\n"
        "ALPHA,Ada O'Brien,ADA@alpha.example,xx-nothing\n"
        "Beta,Bob Secret,not an address of Bob Secret,en\n"
    )
    response = mine.send_file("/campaigns/archives/partners", rows.encode())
    content = _problem(response, 422, "invalid")
    places = {(one["row"], one["column"]) for one in content["errors"]}
    assert {(3, "language"), (4, "email")} <= places
    for secret in ("Ada", "Brien", "alpha.example", "Bob", "ALPHA"):
        assert secret not in response.text
    assert mine.get("/campaigns/archives/status").json()["organizations"] == 0


def test_what_differs_from_the_stored_is_not_quoted_either(mine: Program) -> None:
    _create(mine)
    mine.send_file("/campaigns/archives/partners", PARTNERS.encode())
    other = (
        "organization,contact_name,email\nArchive Watch,Another,ida@archive-watch.example\n"
        "archive  watch,Ida Berg,helene@familles.example\n"
    )
    response = mine.send_file("/campaigns/archives/partners", other.encode())
    _problem(response, 422, "invalid")
    for secret in ("Ida", "Archive", "familles", "Comité", "Another"):
        assert secret not in response.text


def test_quoted_words_are_left_out_however_they_are_written() -> None:
    assert unnamed("the campaign has it as 'Ada O'Brien'; mend it") == (
        "the campaign has it as '…'; mend it"
    )
    assert unnamed("no 'a'\nor 'b' here") == "no '…' here"
    assert unnamed("nothing quoted") == "nothing quoted"


def test_a_dry_run_counts_and_writes_nothing(mine: Program) -> None:
    _create(mine)
    path = "/campaigns/archives/partners"
    report = mine.send_file(path, PARTNERS.encode(), dry_run=True).json()
    assert (report["written"], report["created_contacts"]) == (False, 4)
    assert mine.get("/campaigns/archives/status").json()["contacts"] == 0


def test_good_rows_can_be_taken_alone_and_the_same_file_changes_nothing(mine: Program) -> None:
    _create(mine)
    path = "/campaigns/archives/partners"
    rows = (PARTNERS + "Gamma,,nowhere,en,,,,\n").encode()
    report = mine.send_file(path, rows, accept_valid=True).json()
    assert (report["created_organizations"], report["refused_rows"]) == (4, 1)
    again = mine.send_file(path, PARTNERS.encode()).json()
    assert (again["created_contacts"], again["unchanged"]) == (0, 4)


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"", "text/csv", 422),
        (b"a,b\n1,2\n", "text/csv", 422),
        (PARTNERS.encode(), "application/json", 422),
        (PARTNERS.encode(), "", 422),
        (b"PK\x03\x04" + b"\0" * 100, "text/csv", 422),
        (b"x" * 20_000_001, "text/csv", 413),
        (b"x" * 22_000_000, "text/csv", 413),
    ],
)
def test_what_is_no_csv_or_too_long_is_refused(
    mine: Program, data: bytes, kind: str, status: int
) -> None:
    _create(mine)
    response = mine.send_file("/campaigns/archives/partners", data, kind=kind)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_another_number_of_people_mails_nobody(mine: Program, outreach: Outreach) -> None:
    _create(mine)
    mine.send_file("/campaigns/archives/partners", PARTNERS.encode())
    for number in (0, 3, 5, 2_147_483_647):
        content = _problem(
            mine.post("/campaigns/archives/launch", {"expect": number}), 409, "unexpected-number"
        )
        assert content["people"] == 4
    assert mine.get("/campaigns/archives").json()["state"] == "draft"
    assert mine.get("/campaigns/archives/messages").json()["items"] == []


@pytest.mark.parametrize("body", [None, {}, {"expect": None}, {"expect": "4"}, {"expect": -1}])
def test_mailing_without_a_number_is_refused(mine: Program, campaign: str, body: Any) -> None:
    for act in ("launch", "remind", "resume", "close"):
        _problem(mine.post(f"/campaigns/{campaign}/{act}", body), 422, "invalid")


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("resume", {"expect": 0}),
        ("publish", None),
        ("launch", {"expect": 0}),
        ("remind", {"expect": 0}),
    ],
)
def test_what_the_state_does_not_take_is_a_conflict(
    mine: Program, campaign: str, act: str, body: Any
) -> None:
    _problem(mine.post(f"/campaigns/{campaign}/{act}", body), 409, "conflict")


def test_a_deadline_only_moves_later(mine: Program, campaign: str) -> None:
    for text in ("2026-12-01 18:00", "2026-11-30 18:00", "never"):
        response = mine.post(f"/campaigns/{campaign}/extend", {"deadline": text})
        content = _problem(response, 422, "invalid")
        assert content["errors"][0]["pointer"] == "#/deadline"


def test_cancelled_is_cancelled(mine: Program, campaign: str) -> None:
    assert mine.post(f"/campaigns/{campaign}/cancel").json()["state"] == "cancelled"
    _problem(mine.post(f"/campaigns/{campaign}/cancel"), 409, "conflict")


def test_after_the_deadline_a_launch_is_a_conflict(
    mine: Program, campaign: str, clock: Clock
) -> None:
    clock.now = after_the_deadline()
    response = mine.post(f"/campaigns/{campaign}/launch", {"expect": 0})
    assert "deadline" in _problem(response, 409, "conflict")["detail"]


def test_an_unknown_campaign_is_not_found_by_any_verb(mine: Program) -> None:
    for path in ("", "/status", "/organizations", "/messages", "/export", "/audience?act=close"):
        _problem(mine.get(f"/campaigns/nowhere{path}"), 404, "not-found")
    for act, body in (("pause", {}), ("launch", {"expect": 1}), ("publish", None)):
        _problem(mine.post(f"/campaigns/nowhere/{act}", body), 404, "not-found")


def test_no_problem_speaks_of_a_command(mine: Program, campaign: str) -> None:
    answers = [
        mine.get("/campaigns/nowhere"),
        _create(mine),
        mine.post("/campaigns/archives/launch", {"expect": 0}),
        mine.post("/campaigns/archives/remind", {"expect": 0}),
        mine.send_file("/campaigns/archives/partners", b"organization,email\nA,x\n"),
    ]
    for answer in answers:
        assert answer.status_code >= 400
        assert "outreach " not in answer.text
        assert "--" not in answer.text


def test_campaigns_come_a_page_at_a_time(mine: Program) -> None:
    for number in range(5):
        assert _create(mine, slug=f"visit-{number}").status_code == 201
    seen, after = [], 0
    while after is not None:
        page = mine.get("/campaigns", after=after, limit=2).json()
        seen += [one["slug"] for one in page["items"]]
        after = page["next"]
    assert seen == [f"visit-{number}" for number in range(5)]
    for wrong in ({"limit": 0}, {"limit": 101}, {"after": -1}, {"after": 10**12}, {"after": "x"}):
        content = _problem(mine.get("/campaigns", **wrong), 422, "invalid")
        assert content["errors"][0]["parameter"] in wrong


def test_the_status_counts(mine: Program, campaign: str) -> None:
    found = mine.get(f"/campaigns/{campaign}/status").json()
    assert found["organizations"] == found["contacts"] == 4
    assert found["invitations"] == {"awaiting": 4}
    assert found["messages"] == {"invitation": {"queued": 4}}
    assert (found["deferred"], found["too_late"], found["held_back"]) == (0, 0, False)


def test_why_the_service_paused_is_told_to_who_may_see_people(
    program: Callable[..., Program], campaign: str, outreach: Outreach
) -> None:
    from outreach.store.campaigns import require_campaign

    with outreach.database.transaction() as session:
        found = require_campaign(session, campaign)
        found.pause_reason = "550 ida@archive-watch.example is not welcome"
        session.add(found)
    assert program("read").get(f"/campaigns/{campaign}").json()["pause_reason"] is None
    seen = program("read", "export").get(f"/campaigns/{campaign}").json()
    assert "not welcome" in seen["pause_reason"]


def test_a_deadline_at_which_clocks_change_wants_its_offset(mine: Program) -> None:
    source = STATEMENT.replace("2026-12-04", "2027-11-01")
    changes = {"statement": source, "deadline": "2027-10-31 02:30"}
    content = _problem(_create(mine, **changes), 422, "invalid")
    assert "comes twice" in content["errors"][0]["detail"]
    changes["deadline"] += "+01:00"
    assert _create(mine, **changes).json()["deadline"] == "2027-10-31T01:30:00Z"
