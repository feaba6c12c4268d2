"""The whole thing, from draft to published statement, through real processes."""

import csv
import io
import json
import re
from html import unescape
from pathlib import Path

import httpx2
import pytest

from outreach.clock import utc_now
from outreach.demo.sample import sample_partners, sample_statement
from outreach.mailbox import CapturedMail
from tests.journeys.stack import (
    Stack,
    answer,
    broker_bytes,
    log_text,
    personal_link,
    running_stack,
)
from tests.waiting import wait_until

SLUG = "blinken-beijing"
DEADLINE_SECONDS = 60
REMIND_SECONDS = 25
SIGNER = "Ada Secretname"
COORDINATOR = "coordinator@coalition.example"  # stands in the statement's own file
# The 25 that sign, as their list has to read. In the file, whose order they sign in, they stand
# otherwise: Campaign before Call4HK, Hongkongers before Hong Kong, the Scots (who are listed
# without their article) far below.
IN_ORDER = (
    "Action Free Hong Kong Montreal",
    "ARTICLE19",
    "Asian Lawyers Network (ALN)",
    "Call4HK",
    "Campaign for Uyghurs",
    "Canadian Friends of Hong Kong",
    "Canadians in Support of Refugees in Dire Need (CSRDN)",
    "Center for Uyghur Studies",
    "Fight for Freedom. Stand with Hong Kong.",
    "Finnish Hongkongers",
    "Frankfurt Stands with Hong Kong",
    "Freiheit für Hongkong e.V.",
    "Friends of Falun Gong",
    "Hello Taiwan (hellotaiwan.org)",
    "HKersUnited",
    "The Hong Kong Scots",
    "Hong Kong Watch",
    "Hongkonger in Deutschland e.V.",
    "Hongkongers in Britain (HKB)",
    "HongKongers in Leeds",
    "Human Rights in China",
    "Humanitarian China",
    "Keep Taiwan Free (keeptaiwanfree.org)",
    "Le Comité pour la liberté à Hongkong",
    "New School for Democracy Association(Taiwan)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def stack(
    request: pytest.FixtureRequest, tmp_path: Path, clean_environment: dict[str, str]
) -> object:
    environment = dict(clean_environment)
    if request.param == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("fresh_postgres_url")
    with running_stack(tmp_path / "home", environment) as running:
        yield running


def _partners() -> list[dict[str, str]]:
    """One signing contact for each of the 47 organizations."""
    rows = csv.DictReader(io.StringIO(sample_partners().decode("utf-8-sig")))
    first: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["role"] != "copied":
            first.setdefault(row["organization"], row)
    return list(first.values())


def _create_and_launch(stack: Stack, partners: list[dict[str, str]]) -> None:
    statement, table = stack.home / "statement.md", stack.home / "partners.csv"
    statement.write_text(sample_statement(deadline_day=utc_now().date()), encoding="utf-8")
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(partners[0]))
        writer.writeheader()
        writer.writerows(partners)
    stack.run(
        *("campaign", "create", str(statement), "--slug", SLUG, "--zone", "Europe/Berlin"),
        *("--deadline-in", f"{DEADLINE_SECONDS}s", "--remind", f"{REMIND_SECONDS}s"),
    )
    stack.run("partners", "import", SLUG, str(table))
    stack.run("campaign", "launch", SLUG, "--yes")


def _by_address(mails: list[CapturedMail]) -> dict[str, CapturedMail]:
    found = {mail.to[0]: mail for mail in mails}
    assert len(found) == len(mails), "an address got two"
    return found


def _sign_form(row: dict[str, str]) -> dict[str, str]:
    return {
        "credit_line": row["organization"],
        "sort_name": row["sort_name"],
        "signer_name": SIGNER,
        "capacity": "Director",
        "authority": "yes",
    }


def test_a_campaign_runs_from_draft_to_published_statement(stack: Stack) -> None:
    partners = _partners()
    assert len(partners) == 47
    _create_and_launch(stack, partners)

    invitations = _by_address(stack.await_mails(47))
    assert set(invitations) == {row["email"] for row in partners}

    signers = [row for row in partners if row["organization"] in IN_ORDER]
    others = [row for row in partners if row["organization"] not in IN_ORDER]
    decliners, silent = others[:5], others[5:]
    for row in signers:
        answer(personal_link(invitations[row["email"]]), "sign", _sign_form(row))
    for row in decliners:
        answer(personal_link(invitations[row["email"]]), "decline", {"reason": "", "sure": "yes"})
    status = stack.status(SLUG)
    assert status["invitations"] == {"awaiting": 17, "signed": 25, "declined": 5}
    assert status["campaign"]["state"] == "open"

    reminders = _by_address(stack.await_mails(17, subject="Reminder", seconds=DEADLINE_SECONDS))
    assert set(reminders) == {row["email"] for row in silent}
    for address, reminder in reminders.items():
        headers = dict(reminder.headers)
        invitation_id = dict(invitations[address].headers)["Message-ID"]
        assert headers["In-Reply-To"] == invitation_id
        assert invitation_id in headers["References"]

    wait_until(
        lambda: stack.status(SLUG)["campaign"]["state"] == "closed",
        seconds=DEADLINE_SECONDS + 20,
        what="beat to close the campaign",
    )
    assert httpx2.get(f"{stack.public_url}/s/{SLUG}").status_code == 404
    stack.run("campaign", "publish", SLUG)
    _check_the_published_list(stack)
    _check_the_outcome(stack, invitations, silent)


def _check_the_published_list(stack: Stack) -> None:
    page = httpx2.get(f"{stack.public_url}/s/{SLUG}")
    assert page.status_code == 200
    exports = {
        kind: stack.run("export", SLUG, "--format", kind, "--output", "-").stdout
        for kind in ("json", "csv", "markdown", "html")
    }
    listed = {
        "json": [one["organization"] for one in json.loads(exports["json"])["signatories"]],
        "csv": [row["organization"] for row in _csv_rows(exports["csv"])],
        "markdown": _numbered_lines(exports["markdown"]),
        "html": _list_items(exports["html"]),
        "page": _list_items(page.text),
    }
    for place, names in listed.items():
        assert names == [*IN_ORDER], place
    for place, text in {**exports, "page": page.text}.items():
        assert SIGNER not in text, place
        assert "@" not in text.replace(COORDINATOR, ""), place


def _csv_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def _numbered_lines(markdown: str) -> list[str]:
    lines = markdown.partition("## Signed by 25 organizations")[2]
    return [
        re.sub(r"\\(.)", r"\1", line) for line in re.findall(r"^\d+\. (.*)$", lines, re.MULTILINE)
    ]


def _list_items(page: str) -> list[str]:
    """Of the ordered list that comes last: that of the signatories."""
    items = re.findall(r"<li[^>]*>(.*?)</li>", page.rpartition("<ol>")[2].partition("</ol>")[0])
    return [unescape(re.sub(r"</?bdi>", "", item)) for item in items]


def _check_the_outcome(
    stack: Stack, invitations: dict[str, CapturedMail], silent: list[dict[str, str]]
) -> None:
    wait_until(
        lambda: stack.status(SLUG)["messages"]["closing_notice"] == {"sent": 25},
        seconds=20,
        what="the closing notices",
    )
    status = stack.status(SLUG)
    assert status["campaign"]["state"] == "published"
    assert status["invitations"] == {"signed": 25, "declined": 5, "expired": 17}
    assert status["messages"] == {
        "invitation": {"sent": 47},
        "reminder": {"sent": 17},
        "receipt": {"sent": 25},
        "decline_receipt": {"sent": 5},
        "closing_notice": {"sent": 25},
    }
    late = httpx2.get(
        personal_link(invitations[silent[0]["email"]]), follow_redirects=True, timeout=20
    )
    assert 'name="signer_name"' not in late.text
    assert "deadline" in late.text.lower()
    _check_that_nothing_leaked(stack, invitations)


def _check_that_nothing_leaked(stack: Stack, invitations: dict[str, CapturedMail]) -> None:
    """No token, address or signer's name in any log, nor in anything the broker ever held."""
    logs, broker = log_text(stack.home), broker_bytes(stack.home)
    assert logs
    assert broker
    for address, mail in invitations.items():
        token = personal_link(mail).rpartition("/")[2]
        for secret in (address, token, SIGNER):
            assert secret not in logs
            assert secret.encode() not in broker
