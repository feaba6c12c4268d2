"""Settling mails over HTTP: by whom, what is refused, and the exact number before many."""

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from outreach.domain.coordinator import Role
from outreach.store.desk_tables import Activity
from outreach.store.tables import Message
from outreach.wiring import Outreach
from tests.factories import NOW, a_launched_campaign, sign, the_messages
from tests.services.test_list_mails import five_fates
from tests.web.desk.conftest import SAME_ORIGIN, post, signed_in
from tests.web.desk.test_mails import MAILS
from tests.web.invited import Clock

SETTLE = f"{MAILS}/settle"


@pytest.fixture
def desk(outreach: Outreach, client: TestClient, clock: Clock) -> TestClient:
    clock.now = NOW
    with outreach.database.transaction() as session:
        five_fates(session)
    return client


def states(outreach: Outreach) -> list[str]:
    with outreach.database.reading() as session:
        return [message.state for message in the_messages(session)]


def activities(outreach: Outreach) -> list[tuple[str, str]]:
    with outreach.database.reading() as session:
        rows = session.exec(select(Activity).where(col(Activity.action) == "mail.settle"))
        return [(one.actor, one.detail) for one in rows]


def confirm(client: TestClient, query: str) -> tuple[str, dict[str, str | list[str]]]:
    """The page that asks once more, and its form's fields."""
    html = client.get(f"{SETTLE}?{query}").text
    fields: dict[str, str | list[str]] = {}
    form = html.partition('<form class="act"')[2].partition("</form>")[0]
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form):
        known = fields.get(name)
        fields[name] = unescape(value) if known is None else [*_listed(known), unescape(value)]
    return html, fields


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def heading(html: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", html, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("number", "decision", "then", "said"),
    [
        (1, "arrived", "sent", "Settled: it arrived."),
        (1, "again", "queued", "It goes out again now"),
        (2, "again", "queued", "It goes out again now"),
        (3, "now", "queued", "It is tried now."),
        (2, "dismissed", "failed", "Set aside: seen, and nothing to do."),
    ],
)
def test_one_press_settles_one_mail(
    desk: TestClient, outreach: Outreach, number: int, decision: str, then: str, said: str
) -> None:
    visitor = signed_in(outreach, desk, Role.EDITOR)
    response = post(desk, f"{MAILS}/{number}/settle", visitor, decision=decision)
    assert response.status_code == 303
    assert states(outreach)[number - 1] == then
    assert said in desk.get(response.headers["location"]).text
    assert activities(outreach)[0][0] == "Nora Feld"
    assert outreach.bell.rung == 1  # type: ignore[attr-defined]


def test_a_refused_decision_is_explained_and_changes_nothing(
    desk: TestClient, outreach: Outreach
) -> None:
    visitor = signed_in(outreach, desk)
    with outreach.database.transaction() as session:
        sign(session, "Failed")
    before = states(outreach)
    response = post(desk, f"{MAILS}/2/settle", visitor, decision="again")
    assert response.status_code == 409
    assert "Nothing was changed: the organization is signed." in response.text
    assert states(outreach) == before
    assert activities(outreach) == []


@pytest.mark.parametrize("path", [f"{MAILS}/2/settle", SETTLE])
def test_a_viewer_settles_nothing(desk: TestClient, outreach: Outreach, path: str) -> None:
    visitor = signed_in(outreach, desk, Role.VIEWER)
    before = states(outreach)
    assert post(desk, path, visitor, decision="again", m="2", expected="1").status_code == 403
    assert desk.get(f"{SETTLE}?decision=again&m=2").status_code == 403
    assert states(outreach) == before


@pytest.mark.parametrize("path", [f"{MAILS}/2/settle", SETTLE])
def test_a_form_from_elsewhere_settles_nothing(
    desk: TestClient, outreach: Outreach, path: str
) -> None:
    visitor = signed_in(outreach, desk)
    fields = {"decision": "again", "m": "2", "expected": "1"}
    for form_token, headers in (
        (visitor.form_token, {"sec-fetch-site": "cross-site"}),
        ("", SAME_ORIGIN),
    ):
        data = fields | {"form_token": form_token}
        assert desk.post(path, data=data, headers=headers).status_code == 403
    assert states(outreach)[1] == "failed"


@pytest.mark.parametrize(
    ("path", "decision"),
    [
        (f"{MAILS}/999/settle", "again"),
        (f"{MAILS}/2/settle", "nonsense"),
        ("/desk/c/nowhere/mails/2/settle", "again"),
        ("/desk/c/nowhere/mails/settle", "again"),
        (SETTLE, ""),
    ],
)
def test_what_is_not_there_is_not_found(
    desk: TestClient, outreach: Outreach, path: str, decision: str
) -> None:
    visitor = signed_in(outreach, desk)
    assert post(desk, path, visitor, decision=decision).status_code == 404


def test_many_are_settled_after_the_exact_number_was_shown(
    desk: TestClient, outreach: Outreach
) -> None:
    visitor = signed_in(outreach, desk, Role.EDITOR)
    html, fields = confirm(desk, "decision=again&m=1&m=2&m=4&show=attention")
    assert heading(html) == "Send 2 mails to 2 people again?"
    assert "It was sent: 1 mail" in html
    assert states(outreach)[:2] == ["uncertain", "failed"]
    response = post(desk, SETTLE, visitor, **{**fields, "form_token": visitor.form_token})
    assert response.status_code == 303
    assert response.headers["location"] == f"{MAILS}?show=attention&done=many_again"
    assert states(outreach)[:2] == ["queued", "queued"]
    assert activities(outreach) == [("Nora Feld", "2 mails: sent again")]
    assert "go out again now" in desk.get(response.headers["location"]).text


def test_all_of_a_list_are_settled(desk: TestClient, outreach: Outreach) -> None:
    visitor = signed_in(outreach, desk)
    html, fields = confirm(desk, "decision=now&everything=yes&state=put_off")
    assert heading(html) == "Try 1 mail to 1 person now?"
    assert post(desk, SETTLE, visitor, **fields).status_code == 303
    assert activities(outreach) == [("Nora Feld", "1 mails: tried at once")]


def test_where_the_number_has_changed_it_is_asked_for_once_more(
    desk: TestClient, outreach: Outreach
) -> None:
    visitor = signed_in(outreach, desk)
    _, fields = confirm(desk, "decision=again&everything=yes&show=attention")
    with outreach.database.transaction() as session:
        sign(session, "Failed")
    response = post(desk, SETTLE, visitor, **fields)
    assert response.status_code == 409
    assert "changed meanwhile" in response.text
    assert heading(response.text) == "Send 1 mail to 1 person again?"
    assert states(outreach)[0] == "uncertain"


@pytest.mark.parametrize("query", ["decision=again", "decision=now&m=1&m=2", "decision=again&m=0"])
def test_where_nothing_can_be_settled_there_is_no_button(
    desk: TestClient, outreach: Outreach, query: str
) -> None:
    visitor = signed_in(outreach, desk)
    html, fields = confirm(desk, query)
    assert heading(html) == "None of these can be settled so"
    assert fields == {}
    assert post(desk, SETTLE, visitor, decision="again", m=["0"], expected="0").status_code == 409


def test_another_campaigns_mails_are_not_touched(desk: TestClient, outreach: Outreach) -> None:
    visitor = signed_in(outreach, desk)
    with outreach.database.transaction() as session:
        a_launched_campaign(session, "Elsewhere", slug="other")
        session.get_one(Message, 6).state = "failed"
    fields = {"decision": "again", "m": "6", "expected": "1"}
    assert post(desk, SETTLE, visitor, **fields).status_code == 409
    assert states(outreach)[5] == "failed"


@pytest.mark.parametrize("m", ["x", "1.5", "99999999999999999999"])
def test_a_key_that_is_none_breaks_nothing(desk: TestClient, outreach: Outreach, m: str) -> None:
    signed_in(outreach, desk)
    assert desk.get(f"{SETTLE}?decision=again&m={m}").status_code in (200, 422)
