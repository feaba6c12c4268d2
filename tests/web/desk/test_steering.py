"""Steering from the browser: first what a step does and to how many, then the step, once agreed."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from outreach.domain.coordinator import Role
from outreach.services.close_campaign import close_campaign
from outreach.services.steer_campaign import pause_campaign
from outreach.services.suppress_contact import suppress
from outreach.store.campaigns import require_campaign
from outreach.store.desk_tables import Activity
from outreach.store.tables import StatementVersion
from outreach.wiring import Outreach
from tests.counting import counting
from tests.factories import send_what_is_due, sign, the_link, the_messages
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import (
    DEADLINE,
    MAIL_DOMAIN,
    NOW,
    Clock,
    an_open_campaign,
    everything_stored,
    letter_to,
)

PAGE = "/desk/c/archives"
STEER = f"{PAGE}/steer"
# The occasion is on 4 December: the deadline, 1 December, 18:00 in Berlin, may move until then.
LATER = "2026-12-03T18:00"


def _state(outreach: Outreach) -> str:
    with outreach.database.reading() as session:
        return require_campaign(session, "archives").state


def _actions(outreach: Outreach) -> list[tuple[str, str]]:
    with outreach.database.reading() as session:
        query = select(Activity).where(col(Activity.campaign_id).is_not(None))
        return [(one.action, one.actor) for one in session.exec(query.order_by(col(Activity.id)))]


@pytest.mark.parametrize(
    "step", ["pause", "resume", "extend", "close", "cancel", "publish", "remind"]
)
def test_looking_at_a_step_takes_none(client: TestClient, outreach: Outreach, step: str) -> None:
    an_open_campaign(outreach.database)
    signed_in(outreach, client)
    before = everything_stored(outreach.database)
    assert client.get(f"{STEER}/{step}?deadline={LATER}").status_code == 200
    assert everything_stored(outreach.database) == before


@pytest.mark.parametrize(
    "step", ["pause", "resume", "extend", "close", "cancel", "publish", "remind"]
)
def test_a_viewer_can_neither_look_nor_take(
    client: TestClient, outreach: Outreach, step: str
) -> None:
    an_open_campaign(outreach.database)
    visitor = signed_in(outreach, client, Role.VIEWER)
    before = everything_stored(outreach.database)
    assert client.get(f"{STEER}/{step}").status_code == 403
    taken = post(client, f"{STEER}/{step}", visitor, expected="0", sure="yes", deadline=LATER)
    assert taken.status_code == 403
    assert everything_stored(outreach.database) == before


def test_a_step_without_the_forms_token_is_refused(client: TestClient, outreach: Outreach) -> None:
    an_open_campaign(outreach.database)
    signed_in(outreach, client)
    response = client.post(f"{STEER}/pause", data={"reason": ""})
    assert response.status_code == 403
    assert _state(outreach) == "open"


def test_a_step_that_is_not_there_is_not_found(client: TestClient, outreach: Outreach) -> None:
    an_open_campaign(outreach.database)
    visitor = signed_in(outreach, client)
    assert client.get(f"{STEER}/reopen").status_code == 404
    assert post(client, f"{STEER}/launch", visitor).status_code == 404


def test_pausing_and_resuming(client: TestClient, outreach: Outreach) -> None:
    an_open_campaign(outreach.database)
    visitor = signed_in(outreach, client)
    assert "<strong>4 people</strong> that waits now is held" in client.get(f"{STEER}/pause").text
    done = post(client, f"{STEER}/pause", visitor, reason="The <text> changes")
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?done=paused")
    assert "The &lt;text&gt; changes" in client.get(f"{PAGE}?done=paused").text
    assert "<strong>4 people</strong>" in client.get(f"{STEER}/resume").text
    done = post(client, f"{STEER}/resume", visitor, expected="4")
    assert done.headers["location"] == f"{PAGE}?done=resumed"
    assert _state(outreach) == "open"
    assert _actions(outreach) == [("campaign.pause", "Nora Feld"), ("campaign.resume", "Nora Feld")]


def test_reminders_that_fell_due_in_a_pause_are_among_those_whom_resuming_mails(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        send_what_is_due(session, now=NOW)
        pause_campaign(session, slug="archives")
    signed_in(outreach, client)
    assert "<strong>Nobody</strong> is mailed at once" in client.get(f"{STEER}/resume").text
    clock.now = DEADLINE - timedelta(hours=3)
    visitor = signed_in(outreach, client)
    assert "at once to <strong>4 people</strong>" in client.get(f"{STEER}/resume").text
    assert post(client, f"{STEER}/resume", visitor, expected="0").status_code == 409
    assert _state(outreach) == "paused"
    assert post(client, f"{STEER}/resume", visitor, expected="4").status_code == 303


def test_a_close_says_who_of_the_signers_gets_no_mail(
    client: TestClient, outreach: Outreach
) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        send_what_is_due(session, now=NOW)
        link_id = the_link(session, "Archive Watch").id
        sha256 = session.exec(select(StatementVersion.sha256)).one()
        sign(session, "Archive Watch", now=NOW, statement_sha256=sha256)
    signed_in(outreach, client)
    assert "Close, and mail 1 person" in client.get(f"{STEER}/close").text
    with outreach.database.transaction() as session:
        suppress(session, link_id=link_id, now=NOW)
    page = client.get(f"{STEER}/close").text
    assert "1 person who asked for no more mail gets none." in page
    assert 'name="expected" value="0"' in page


@pytest.mark.parametrize("expected", ["", "3", "5"])
def test_mail_goes_out_for_the_number_that_was_shown_alone(
    client: TestClient, outreach: Outreach, expected: str
) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        pause_campaign(session, slug="archives")
    visitor = signed_in(outreach, client)
    fields = {"expected": expected} if expected else {}
    refused = post(client, f"{STEER}/resume", visitor, **fields)
    assert refused.status_code == (409 if expected else 422)
    assert "Nothing was changed." in refused.text
    assert 'name="expected" value="4"' in refused.text
    assert _state(outreach) == "paused"


def test_an_extension_shows_who_is_told_and_what_moves_before_it_is_made(
    client: TestClient, outreach: Outreach
) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        send_what_is_due(session, now=NOW)
    visitor = signed_in(outreach, client)
    shown = client.get(f"{STEER}/extend?deadline={LATER}").text
    assert "Nobody is mailed at once." in shown
    assert "4 organizations without an answer (4 people reached so far)" in shown
    assert "28 Nov 2026" in shown or "30 Nov 2026" in shown
    done = post(client, f"{STEER}/extend", visitor, deadline=LATER)
    assert done.headers["location"] == f"{PAGE}?done=extended"
    with outreach.database.reading() as session:
        assert require_campaign(session, "archives").deadline == DEADLINE + timedelta(days=2)


@pytest.mark.parametrize(
    ("deadline", "words"),
    [
        ("2026-11-30T18:00", "A deadline only moves later"),
        ("2026-12-05T00:00", "is after the occasion on 4 December 2026"),
        ("soon", "is no local time"),
    ],
)
def test_a_deadline_that_cannot_be_is_said_at_the_look_and_at_the_step(
    client: TestClient, outreach: Outreach, deadline: str, words: str
) -> None:
    an_open_campaign(outreach.database)
    visitor = signed_in(outreach, client)
    looked = client.get(f"{STEER}/extend", params={"deadline": deadline})
    taken = post(client, f"{STEER}/extend", visitor, deadline=deadline)
    for response in (looked, taken):
        assert response.status_code == 422
        assert words in response.text
        assert f'value="{deadline}"' in response.text
    with outreach.database.reading() as session:
        assert require_campaign(session, "archives").deadline == DEADLINE


@pytest.mark.parametrize(("step", "state"), [("close", "closed"), ("cancel", "cancelled")])
def test_what_cannot_be_taken_back_needs_a_tick(
    client: TestClient, outreach: Outreach, step: str, state: str
) -> None:
    an_open_campaign(outreach.database)
    visitor = signed_in(outreach, client)
    refused = post(client, f"{STEER}/{step}", visitor, expected="0")
    assert (refused.status_code, _state(outreach)) == (422, "open")
    assert "Tick the box first" in refused.text
    done = post(client, f"{STEER}/{step}", visitor, expected="0", sure="yes")
    assert (done.status_code, _state(outreach)) == (303, state)


def test_publishing_shows_at_once(client: TestClient, outreach: Outreach) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        close_campaign(session, slug="archives", mail_domain=MAIL_DOMAIN, now=NOW)
    visitor = signed_in(outreach, client)
    assert client.get("/s/archives").status_code == 404
    assert post(client, f"{STEER}/publish", visitor).status_code == 303
    assert client.get("/s/archives").status_code == 200


def test_reminding_everybody_who_has_not_answered(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        send_what_is_due(session, now=NOW)
    visitor = signed_in(outreach, client)
    shown = client.get(f"{STEER}/remind").text
    assert "Nobody</strong> is left to remind now" in shown
    assert "4 people had a mail within the last day" in shown
    clock.now += timedelta(days=2)
    visitor = signed_in(outreach, client)
    assert "<strong>4 people</strong> at 4 organizations" in client.get(f"{STEER}/remind").text
    done = post(client, f"{STEER}/remind", visitor, expected="4")
    assert done.headers["location"] == f"{PAGE}?done=reminded"
    with outreach.database.reading() as session:
        assert [one.state for one in the_messages(session)].count("queued") == 4
    shown = client.get(f"{STEER}/remind?again=yes").text
    assert "4 people had a mail within the last ten minutes, or one that still waits" in shown
    assert "Remind them too" not in shown
    refused = post(client, f"{STEER}/remind", visitor, expected="4", again="yes")
    assert refused.status_code == 409
    with outreach.database.reading() as session:
        assert [one.state for one in the_messages(session)].count("queued") == 4


@pytest.mark.parametrize(
    ("step", "reads_everybody"),
    [("pause", 0), ("extend", 0), ("close", 0), ("cancel", 0), ("publish", 0), ("remind", 1)],
)
def test_only_a_step_that_counts_them_reads_everybody_who_has_not_answered(
    client: TestClient, outreach: Outreach, step: str, reads_everybody: int
) -> None:
    an_open_campaign(outreach.database)
    signed_in(outreach, client)
    with counting(outreach.database) as asked:
        client.get(f"{STEER}/{step}")
    whom = [one for one in asked.statements if "contact.organization_id \nFROM contact" in one]
    assert len(whom) == reads_everybody


def test_what_the_state_does_not_allow_is_said_and_refused(
    client: TestClient, outreach: Outreach
) -> None:
    an_open_campaign(outreach.database)
    visitor = signed_in(outreach, client)
    assert "This cannot be done now: the campaign is open" in client.get(f"{STEER}/publish").text
    for step in ("publish", "resume"):
        refused = post(client, f"{STEER}/{step}", visitor, expected="4")
        assert refused.status_code == 409
    assert _state(outreach) == "open"
    assert _actions(outreach) == []


def test_a_late_signer_is_let_in_from_the_page_of_the_organization(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        close_campaign(session, slug="archives", mail_domain=MAIL_DOMAIN, now=NOW)
    visitor = signed_in(outreach, client)
    path = f"{PAGE}/organizations/1"
    assert f'href="{path}/reopen"' in client.get(path).text
    for until, status in (("2026-12-05T00:00", 422), ("2026-11-01T00:00", 422), ("", 422)):
        assert post(client, f"{path}/reopen", visitor, until=until).status_code == status
    done = post(client, f"{path}/reopen", visitor, until="2026-11-21T12:00")
    assert done.headers["location"] == f"{path}?done=reopened"
    page = client.get(path).text
    assert "<strong>Reopened:</strong> they may sign until" in page
    assert "Saturday, 21 November 2026, 12:00" in page
    page = client.get(letter_to(outreach, "ida@archive-watch.example").answer).text
    assert "Sign the statement" in page
    other = client.get(letter_to(outreach, "helene@familles.example").answer).text
    assert "Sign the statement" not in other
    clock.now = NOW + timedelta(days=1, hours=2)
    page = client.get(letter_to(outreach, "ida@archive-watch.example").answer).text
    assert "Sign the statement" not in page


@pytest.mark.parametrize("number", ["99999", "99999999999999999999"])
def test_an_organization_that_is_not_there_is_not_found(
    client: TestClient, outreach: Outreach, number: str
) -> None:
    an_open_campaign(outreach.database)
    visitor = signed_in(outreach, client)
    assert client.get(f"{PAGE}/organizations/{number}").status_code == 404
    assert client.get(f"{PAGE}/organizations/{number}/reopen").status_code == 404
    reopened = post(client, f"{PAGE}/organizations/{number}/reopen", visitor, until=LATER)
    assert reopened.status_code == 404
