"""partners list: who has answered what, and whose mail has failed, through main()."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from outreach.domain.message import MessageEvent
from outreach.services import answer_invitation
from outreach.store import claims
from outreach.store.database import Database
from outreach.store.rounds import Result
from tests.cli.program import run
from tests.factories import (
    DOMAIN,
    NOW,
    a_contact,
    a_launched_campaign,
    defer,
    record_result,
    sign,
    the_link,
)

LONG = "International Association of People Who Care about the Rights of Others in All Countries"
ADDRESS = "secretariat.of.the.whole.association@a-rather-long-domain-name-for-an-office.example"
WORDS = "550 5.1.1 [/red] [bold]no[/bold] \x1b]0;owned\x07 such user " + "and more words " * 8


@pytest.fixture
def answered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One has signed, one has declined, one's mail has failed; on a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    assert run("campaign", "list").code == 0  # makes the tables
    database = Database(f"sqlite:///{folder / 'outreach.db'}")
    with database.transaction() as session:
        campaign = a_launched_campaign(session, LONG, "Beta", "Gamma")
        a_contact(session, campaign, organization="Beta", email=ADDRESS, role="copied")
        a_contact(session, campaign, organization="[red]Delta[/red]", email="d@delta.example")
        first, *_ = claims.claim_due(
            session, owner="me", many=1, lease=timedelta(minutes=5), now=NOW
        )
        failed = Result(first.id, MessageEvent.REJECTED, code=550, words=WORDS)
        record_result(session, failed, owner="me")
        sign(session, "Beta", credit_line="Beta of All Nations", privacy="counted")
        link = the_link(session, "Gamma").id
        reason = "We never sign\nwhat others \x1b[31mwrote"
        answer_invitation.decline(session, link_id=link, reason=reason, mail_domain=DOMAIN, now=NOW)
    database.close()
    return folder


def test_each_organization_is_a_block_with_what_it_answered(answered: Path) -> None:
    said = run("partners", "list", "visit").out
    assert "Beta\n  signed on Wed 2026-03-04 15:00 by Ada Example, Director\n" in said
    assert "  credited as: Beta of All Nations\n" in said
    assert "  name seen by: nobody, counted without it\n" in said
    assert "Gamma\n  declined on Wed 2026-03-04 15:00\n  reason: We never sign what others" in said
    assert f"{LONG}\n  awaiting\n" in said
    assert "[red]Delta[/red]\n  not invited\n    Ada Example <d@delta.example>\n" in said
    assert "      copied, en, Europe/Berlin\n" in said
    assert "      invitation failed Wed 2026-03-04 15:00\n      550 5.1.1 [/red]" in said
    assert "      receipt queued Wed 2026-03-04 15:00\n" in said
    assert "4 organizations, 5 contacts.\nTimes are those of Europe/Berlin.\n" in said


def test_a_day_named_for_the_decision_is_told(answered: Path) -> None:
    database = Database(f"sqlite:///{answered / 'outreach.db'}")
    with database.transaction() as session:
        defer(session, LONG, date(2026, 3, 10))
    database.close()
    assert "  decides on: 2026-03-10\n" in run("partners", "list", "visit").out
    (one,) = json.loads(run("partners", "list", "visit", "--state=deferred", "--json").out)
    assert (one["state"], one["decides_on"]) == ("deferred", "2026-03-10")


def test_80_columns_break_no_name_and_no_address(answered: Path) -> None:
    said = run("partners", "list", "visit").out
    assert f"<{ADDRESS}>" in said
    assert LONG in said
    others = [line for line in said.splitlines() if "@" not in line and line != LONG]
    assert max(map(len, others)) <= 80


def test_neither_a_server_nor_a_partner_steers_the_terminal(answered: Path) -> None:
    said = run("partners", "list", "visit").out
    assert "[bold]no[/bold]" in said
    assert "\x1b" not in said
    assert "\x07" not in said


def test_only_those_in_a_state_are_shown(answered: Path) -> None:
    said = run("partners", "list", "visit", "--state", "failed").out
    assert LONG in said
    assert "Beta" not in said
    assert "1 organization of 4, 1 contact." in said
    (one,) = json.loads(run("partners", "list", "visit", "--state=declined", "--json").out)
    assert one["name"] == "Gamma"
    none = run("partners", "list", "visit", "--state", "withdrawn")
    assert none.out == "None of 4 organizations is withdrawn.\n"
    unknown = run("partners", "list", "visit", "--state", "pending")
    assert unknown.code == 2
    assert "awaiting" in unknown.err


def test_json_holds_all_of_it(answered: Path) -> None:
    listed = {
        one["name"]: one for one in json.loads(run("partners", "list", "visit", "--json").out)
    }
    beta = listed["Beta"]
    assert (beta["state"], beta["answered_at"]) == ("signed", "2026-03-04T14:00:00+00:00")
    assert (beta["credit_line"], beta["signer_name"]) == ("Beta of All Nations", "Ada Example")
    assert listed["Gamma"]["reason"].startswith("We never sign")
    last = listed[LONG]["contacts"][0]["last_message"]
    assert (last["kind"], last["state"], last["words"]) == ("invitation", "failed", WORDS)
    assert (last["at"], last["next_attempt"]) == ("2026-03-04T14:00:00+00:00", None)
