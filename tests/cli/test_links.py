"""links revoke and links reissue, through main()."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outreach.store.database import Database
from tests.cli.program import Ended, run
from tests.cli.test_campaign import refused
from tests.factories import decline, the_messages


@pytest.fixture
def invited(launched: Path) -> Path:
    """Open, all mails accepted an hour ago; Organization 00 has declined."""
    now = datetime.now(UTC)
    with Database(f"sqlite:///{launched / 'outreach.db'}").transaction() as session:
        decline(session, "Organization 00", now=now)
        for message in the_messages(session):
            message.state, message.sent_at = "sent", now - timedelta(hours=1)
            session.add(message)
    return launched


def messages() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(run("status", "visit", "--json").out)["messages"]
    return found


def reissue(*options: str, answers: str = "") -> Ended:
    return run("links", "reissue", "visit", *options, answers=answers)


@pytest.mark.usefixtures("invited")
def test_reissue_asks_with_the_number_and_no_is_no() -> None:
    before = messages()
    asked = reissue(answers="n\n")
    assert asked.code == 1
    assert "Mail a new link to 20 people of 20 organizations now (captured" in asked.out
    assert "The old ones end." in asked.out
    refused(reissue(), "Mail a new link to 20 people", "--expect 20", "or --yes")
    refused(reissue("--expect", "19"), "20 would be mailed now")
    assert messages() == before


@pytest.mark.usefixtures("invited")
@pytest.mark.parametrize(
    ("options", "answers"), [(["--yes"], ""), (["--expect", "20"], ""), ([], "y\n")]
)
def test_reissue_mails_everybody_a_new_link(options: list[str], answers: str) -> None:
    done = reissue(*options, answers=answers)
    assert done.code == 0, done.said
    assert "20 links of 'visit' replaced; 20 people mailed." in done.out
    assert messages()["reminder"] == {"queued": 19}
    assert messages()["decline_receipt"] == {"queued": 1, "sent": 1}


@pytest.mark.usefixtures("invited")
def test_one_organization_is_named_as_anybody_writes_it() -> None:
    one = ("--organization", "organization  03")
    asked = reissue(*one, answers="n\n")
    assert "Mail a new link to 1 person of 1 organization now" in asked.out
    assert "1 link of 'visit' replaced; 1 person mailed." in reissue(*one, "--yes").out
    refused(reissue("--organization", "Nobody"), "has no organization 'Nobody'")
    refused(run("links", "reissue", "nothing"), "there is no campaign 'nothing'")


@pytest.mark.usefixtures("invited")
def test_revoke_asks_then_ends_the_link_and_a_new_one_can_follow() -> None:
    one = ("visit", "--organization", "Organization 03")
    asked = run("links", "revoke", *one, answers="n\n")
    assert asked.code == 1
    assert "End the links of 1 person at 'Organization 03' now? Nobody is mailed." in asked.out
    refused(run("links", "revoke", *one), "End the links of 1 person", "--yes")
    ended = run("links", "revoke", *one, "--yes")
    assert "1 link of 'Organization 03' ended." in ended.out
    refused(run("links", "revoke", *one, "--yes"), "nobody there has a link")
    assert "reminder" not in messages()
    assert "1 person mailed" in run("links", "reissue", *one, "--yes").out
    assert messages()["reminder"] == {"queued": 1}


@pytest.mark.usefixtures("ready")
def test_a_draft_has_no_links_to_replace() -> None:
    refused(reissue(), "nobody there has a link", "made by its launch")
