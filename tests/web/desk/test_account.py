"""One's own account, over HTTP."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.services.keep_session import FRESH
from outreach.store import coordinators
from outreach.wiring import Outreach
from tests.coordinators import the_code
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import Clock

NEW = "eight loud herons at noon"


def test_name_zone_and_digest_are_kept(client: TestClient, outreach: Outreach) -> None:
    nora = signed_in(outreach, client)
    saved = post(client, "/desk/account", nora, name="次仁 <b>", zone="Asia/Taipei")
    page = client.get(saved.headers["location"]).text
    assert "Saved." in page
    assert "次仁 &lt;b&gt;" in page
    assert "Times are in Asia/Taipei." in page
    assert 'value="yes" checked' not in page


def test_what_is_wrong_stands_beside_its_field(client: TestClient, outreach: Outreach) -> None:
    nora = signed_in(outreach, client)
    refused = post(client, "/desk/account", nora, name=" ", zone="Mars")
    assert refused.status_code == 422
    assert 'id="name-error"' in refused.text
    assert 'id="zone-error"' in refused.text


def test_a_new_password_works_and_signs_others_out(client: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, client)
    elsewhere = client.cookies["desk"]
    nora = signed_in(outreach, client)
    assert post(client, "/desk/account/password", nora, password="short").status_code == 422
    changed = post(client, "/desk/account/password", nora, password=NEW)
    assert changed.headers["location"] == "/desk/account?done=password"
    with outreach.database.reading() as session:
        kept = coordinators.find_by_email(session, nora.email)
    assert kept
    assert outreach.passwords.matches(NEW, kept.password_hash)
    client.cookies.set("desk", elsewhere)
    assert client.get("/desk/account", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "path",
    ["/desk/account/password", "/desk/account/codes", "/desk/account/app/remove"],
)
def test_what_gives_an_account_away_asks_for_the_second_factor_again(
    client: TestClient, outreach: Outreach, clock: Clock, path: str
) -> None:
    nora = signed_in(outreach, client)
    clock.now += FRESH
    asked = post(client, path, nora, password=NEW)
    assert asked.headers["location"] == "/desk/prove?next=/desk/account"
    wrong = post(client, "/desk/prove", nora, code="000000", next="/desk/account")
    assert wrong.status_code == 422
    proven = post(client, "/desk/prove", nora, code=the_code(clock.now), next="/desk/account")
    assert proven.headers["location"] == "/desk/account"
    after = post(client, path, nora, password=NEW)
    assert "prove" not in after.headers.get("location", "")


def test_who_has_no_second_factor_proves_by_password(
    client: TestClient, outreach: Outreach
) -> None:
    object.__setattr__(outreach.settings, "desk_second_factor", "optional")
    nora = signed_in(outreach, client, proven=False)
    with outreach.database.transaction() as session:
        kept = coordinators.find_by_email(session, nora.email)
        assert kept
        kept.password_hash, kept.totp_secret = outreach.passwords.hash(NEW), ""
        coordinators.save(session, kept)
    assert 'name="password"' in client.get("/desk/prove").text
    assert post(client, "/desk/prove", nora, password="wrong").status_code == 422
    assert post(client, "/desk/prove", nora, password=NEW).status_code == 303
    assert client.get("/desk/account/password", follow_redirects=False).status_code == 200


def test_new_recovery_codes_are_shown_once(client: TestClient, outreach: Outreach) -> None:
    nora = signed_in(outreach, client)
    shown = post(client, "/desk/account/codes", nora)
    assert len(re.findall(r"<li><code>", shown.text)) == 10
    assert "10 left" in client.get("/desk/account").text


def test_the_only_second_factor_stays(client: TestClient, outreach: Outreach) -> None:
    nora = signed_in(outreach, client)
    refused = post(client, "/desk/account/app/remove", nora)
    assert refused.status_code == 409
    assert "only second factor" in refused.text
    object.__setattr__(outreach.settings, "desk_second_factor", "optional")
    assert post(client, "/desk/account/app/remove", nora).status_code == 303
    assert "Not set up" in client.get("/desk/account").text


def test_another_browser_is_signed_out(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    there = signed_in(outreach, client)
    elsewhere = client.cookies["desk"]
    clock.now += timedelta(minutes=1)
    here = signed_in(outreach, client)
    assert client.get("/desk/account").text.count("A browser") >= 2
    post(client, "/desk/account/sessions/end", here, session_id=there.session_id)
    client.cookies.set("desk", elsewhere)
    assert client.get("/desk/account", follow_redirects=False).status_code == 303


def test_a_session_that_cannot_be_is_nobodys(client: TestClient, outreach: Outreach) -> None:
    nora = signed_in(outreach, client)
    for name in ("\0", "x" * 10_000, "é"):
        answer = post(client, "/desk/account/sessions/end", nora, session_id=name)
        assert answer.status_code in (303, 404)
    assert client.get("/desk/account").status_code == 200


def test_nobody_signs_anothers_browser_out(client: TestClient, outreach: Outreach) -> None:
    theirs = signed_in(outreach, client, email="ben@coalition.example")
    their_cookie = client.cookies["desk"]
    nora = signed_in(outreach, client, Role.VIEWER)
    post(client, "/desk/account/sessions/end", nora, session_id=theirs.session_id)
    client.cookies.set("desk", their_cookie)
    assert client.get("/desk/account").status_code == 200
