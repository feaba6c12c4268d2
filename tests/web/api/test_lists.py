"""Organizations and mails as a program sees them: with people only where it may. On both
databases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select

from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageState
from outreach.links import ANSWER, UNSUBSCRIBE
from outreach.services.answer_invitation import sign
from outreach.services.list_partners import NOT_INVITED
from outreach.statement.source import parse_statement
from outreach.store.database import Database
from outreach.store.tables import Contact, Message
from outreach.web.api.messages import Shown
from outreach.web.api.shapes import OrganizationState
from outreach.wiring import Outreach
from tests.factories import a_form
from tests.web.api.conftest import Program
from tests.web.invited import (
    MAIL_DOMAIN,
    NOW,
    PARTNERS,
    STATEMENT,
    an_open_campaign,
    link_ids,
)

PEOPLE = ("Ida Berg", "ida@archive-watch.example", "helene@familles.example", "Director")


def _sign(outreach: Outreach, address: str, **form: str) -> None:
    with outreach.database.transaction() as session:
        sign(
            session,
            link_id=link_ids(session)[address],
            form=a_form(
                credit_line="Archive Watch",
                signer_name="Ida Berg",
                statement_sha256=parse_statement(STATEMENT).sha256,
                **form,
            ),
            mail_domain=MAIL_DOMAIN,
            now=NOW,
        )


def _messages(session: Session) -> list[Message]:
    return list(session.exec(select(Message).order_by(col(Message.id))))


def _put(outreach: Outreach, **facts: Any) -> int:
    """The first mail, set so."""
    with outreach.database.transaction() as session:
        message = _messages(session)[0]
        for name, value in facts.items():
            setattr(message, name, value)
        session.add(message)
        assert message.id is not None
        return message.id


@contextmanager
def _counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "INSERT", "DELETE")):
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_an_organization_with_people_for_a_key_that_may_see_them(
    program: Callable[..., Program], outreach: Outreach, campaign: str
) -> None:
    _sign(outreach, "ida@archive-watch.example")
    page = program("read", "export").get(f"/campaigns/{campaign}/organizations").json()
    first = page["items"][0]
    assert (first["name"], first["country"], first["state"]) == ("Archive Watch", "GB", "signed")
    assert first["signature"] == {
        "credit_line": "Archive Watch",
        "signer_name": "Ida Berg",
        "capacity": "Director",
        "privacy": "public",
        "signed_at": "2026-11-20T09:30:00Z",
    }
    assert first["contacts"] == [
        {
            "name": "Ida Berg",
            "email": "ida@archive-watch.example",
            "role": "signs",
            "language": "en",
            "zone": "Europe/London",
        }
    ]
    assert page["items"][1]["signature"] is None


def test_no_answer_holds_a_person_where_the_key_may_not_see_them(
    program: Callable[..., Program], outreach: Outreach, campaign: str
) -> None:
    _sign(outreach, "ida@archive-watch.example")
    _put(outreach, state="failed", last_reply="550 <ida@archive-watch.example> Ida Berg unknown")
    mine = program("read")
    for path in ("", "/status", "/organizations", "/organizations/1", "/messages", "/messages/1"):
        answer = mine.get(f"/campaigns/{campaign}{path}")
        assert answer.status_code == 200
        for secret in PEOPLE:
            assert secret not in answer.text, path


def test_no_answer_ever_holds_a_personal_link(
    program: Callable[..., Program], outreach: Outreach, campaign: str
) -> None:
    _sign(outreach, "ida@archive-watch.example")
    mine = program()
    paths = ("", "/status", "/organizations", "/organizations/1", "/messages", "/messages/1")
    texts = [mine.get(f"/campaigns/{campaign}{path}").text for path in (*paths, "/export")]
    with outreach.database.reading() as session:
        ids = link_ids(session).values()
    tokens = [
        outreach.links.token(one, purpose=use) for one in ids for use in (ANSWER, UNSUBSCRIBE)
    ]
    for secret in (*ids, *tokens, "/a/", "/u/"):
        assert all(secret not in text for text in texts)


def test_organizations_come_by_state_and_page(
    program: Callable[..., Program], outreach: Outreach, campaign: str
) -> None:
    _sign(outreach, "ida@archive-watch.example")
    mine = program("read")
    path = f"/campaigns/{campaign}/organizations"
    assert [one["id"] for one in mine.get(path, state="signed").json()["items"]] == [1]
    assert mine.get(path, state="not invited").json() == {"items": [], "next": None}
    seen, after = [], 0
    while after is not None:
        page = mine.get(path, state="awaiting", after=after, limit=2).json()
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
    assert seen == [2, 3, 4]
    assert mine.get(path, state="unknown").status_code == 422


def test_organizations_of_a_draft_are_not_invited(program: Callable[..., Program]) -> None:
    from tests.web.api.test_campaigns import NEW

    mine = program()
    mine.post("/campaigns", NEW)
    mine.send_file("/campaigns/archives/partners", PARTNERS.encode())
    page = mine.get("/campaigns/archives/organizations", state="not invited").json()
    assert {one["state"] for one in page["items"]} == {"not invited"}
    assert len(page["items"]) == 4


def test_what_is_another_campaigns_is_not_found(
    program: Callable[..., Program], outreach: Outreach, campaign: str
) -> None:
    an_open_campaign(outreach.database, slug="other")
    mine = program()
    assert mine.get("/campaigns/other/organizations/5").status_code == 200
    for path in ("/campaigns/archives/organizations/5", "/campaigns/archives/messages/5"):
        assert mine.get(path).status_code == 404
    settle = mine.post("/campaigns/archives/messages/5/settle", {"decision": "again"})
    assert settle.status_code == 404
    for number in (0, -1, 2**31, 10**30):
        assert mine.get(f"/campaigns/archives/organizations/{number}").status_code == 422


def test_a_contact_who_was_replaced_is_not_shown(
    program: Callable[..., Program], outreach: Outreach, campaign: str
) -> None:
    with outreach.database.transaction() as session:
        contact = session.exec(select(Contact).order_by(col(Contact.id))).first()
        assert contact is not None
        contact.replaced_at = NOW
        session.add(contact)
    found = program().get(f"/campaigns/{campaign}/organizations/1").json()
    assert found["contacts"] == []


def test_mails_come_by_state_kind_and_organization(
    program: Callable[..., Program], outreach: Outreach, campaign: str
) -> None:
    number = _put(outreach, state="uncertain", data_at=NOW, last_reply="connection lost")
    mine = program()
    path = f"/campaigns/{campaign}/messages"
    (found,) = mine.get(path, state="uncertain").json()["items"]
    assert (found["id"], found["words"], found["next_attempt"]) == (number, "connection lost", None)
    assert len(mine.get(path, state="queued").json()["items"]) == 3
    assert len(mine.get(path, kind="invitation").json()["items"]) == 4
    assert mine.get(path, kind="reminder").json()["items"] == []
    assert [one["id"] for one in mine.get(path, organization=1).json()["items"]] == [number]
    _put(outreach, state="queued", last_reply="451 later", attempts=1)
    (put_off,) = mine.get(path, state="put_off").json()["items"]
    assert put_off["put_off"]
    assert put_off["next_attempt"] == "2026-11-20T09:30:00Z"


@pytest.mark.parametrize(
    ("state", "decision", "then"),
    [
        ("uncertain", "arrived", "sent"),
        ("uncertain", "again", "queued"),
        ("failed", "again", "queued"),
    ],
)
def test_a_mail_is_settled(
    program: Callable[..., Program],
    outreach: Outreach,
    campaign: str,
    state: str,
    decision: str,
    then: str,
) -> None:
    number = _put(outreach, state=state, data_at=NOW, last_reply="no")
    path = f"/campaigns/{campaign}/messages/{number}"
    answer = program("send").post(f"{path}/settle", {"decision": decision})
    assert answer.json()["state"] == then
    assert program("read").get(path).json()["state"] == then


@pytest.mark.parametrize(
    ("state", "decision"), [("failed", "arrived"), ("queued", "again"), ("queued", "now")]
)
def test_what_cannot_be_said_of_a_mail_is_a_conflict(
    program: Callable[..., Program], outreach: Outreach, campaign: str, state: str, decision: str
) -> None:
    number = _put(outreach, state=state)
    path = f"/campaigns/{campaign}/messages/{number}/settle"
    answer = program().post(path, {"decision": decision})
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("#conflict")


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("json", "application/json"),
        ("csv", "text/csv; charset=utf-8"),
        ("markdown", "text/markdown; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
    ],
)
def test_the_list_is_exported_with_names_and_nothing_else(
    program: Callable[..., Program], outreach: Outreach, campaign: str, form: str, kind: str
) -> None:
    _sign(outreach, "ida@archive-watch.example")
    answer = program("export").get(f"/campaigns/{campaign}/export", format=form)
    assert answer.headers["content-type"].startswith(kind.partition(";")[0])
    assert "Archive Watch" in answer.text
    assert "Ida" not in answer.text


@pytest.mark.parametrize("path", ["/organizations", "/messages", "/status", "/organizations/1", ""])
def test_more_rows_take_no_more_queries(
    program: Callable[..., Program], outreach: Outreach, campaign: str, path: str
) -> None:
    mine = program()
    mine.get("/key")  # the use of the key is noted
    with _counted(outreach.database) as few:
        mine.get(f"/campaigns/{campaign}{path}")
    rows = "".join(f"Org {n},,p{n}@org-{n}.example,en,,,signs,\n" for n in range(60))
    header = PARTNERS.splitlines()[0]
    mine.send_file(f"/campaigns/{campaign}/partners", f"{header}\n{rows}".encode())
    mine.post(f"/campaigns/{campaign}/launch", {"expect": 60})
    with _counted(outreach.database) as many:
        assert mine.get(f"/campaigns/{campaign}{path}").status_code == 200
    assert len(many) == len(few) <= 16


def test_every_state_that_there_is_can_be_told() -> None:
    assert set(OrganizationState) == {NOT_INVITED, *InvitationState}
    assert set(Shown) == {"put_off", *MessageState}


@pytest.mark.usefixtures("campaign")
def test_who_may_see_a_name_is_told_with_the_signature_alone(
    program: Callable[..., Program], outreach: Outreach
) -> None:
    _sign(outreach, "ida@archive-watch.example", privacy="counted")
    path = "/campaigns/archives/organizations"
    (signed, *_) = program("read", "export").get(path, state="signed").json()["items"]
    assert signed["signature"]["privacy"] == "counted"
    assert "counted" not in program("read").get(path, state="signed").text


@pytest.mark.usefixtures("campaign")
@pytest.mark.parametrize("form", ["json", "csv", "markdown", "html"])
def test_the_exported_list_names_nobody_who_is_only_counted(
    program: Callable[..., Program], outreach: Outreach, form: str
) -> None:
    _sign(outreach, "ida@archive-watch.example", privacy="addressee")
    text = program("export").get("/campaigns/archives/export", format=form).text
    assert "Archive Watch" not in text
    assert "1 organization that is not named" in text or '"unnamed": 1' in text
