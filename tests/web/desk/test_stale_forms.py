"""A form that was open while somebody else saved: refused, kept, and shown beside what stands."""

import re
from datetime import timedelta

from fastapi.testclient import TestClient

from outreach.wiring import Outreach
from tests.web.desk.conftest import post, signed_in
from tests.web.desk.wizard import FIELDS, a_draft, words_of
from tests.web.invited import Clock, an_open_campaign


def _was(page: str) -> str:
    found = re.search(r'name="was" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_statement_typed_on_an_old_page_is_kept_beside_what_stands(
    client: TestClient, outreach: Outreach
) -> None:
    visitor = signed_in(outreach, client)
    at = f"{a_draft(client, visitor)}/statement"
    was = _was(client.get(at).text)
    theirs = FIELDS | {"title": "The title of another"}
    assert post(client, at, visitor, **theirs, was=was).status_code == 303
    mine = FIELDS | {"title": "", "text": "My own words."}
    wrong = post(client, at, visitor, **mine, was=was)
    assert (wrong.status_code, _was(wrong.text)) == (422, was)
    mine["title"] = "My title"
    refused = post(client, at, visitor, **mine, was=was)
    assert refused.status_code == 409
    assert "somebody has changed the statement" in words_of(refused.text)
    assert 'value="My title"' in refused.text
    assert "My own words.</textarea>" in refused.text
    assert "The title of another" in refused.text
    assert "The title of another" in client.get(at).text
    assert post(client, at, visitor, **mine, was=_was(refused.text)).status_code == 303
    assert "My title" in client.get(at).text


def test_words_typed_on_an_old_page_are_kept_beside_what_stands(
    client: TestClient, outreach: Outreach
) -> None:
    visitor = signed_in(outreach, client)
    at = f"{a_draft(client, visitor)}/wording/invitation/en"
    was = _was(client.get(at).text)
    theirs = {"subject": "Theirs", "body": "Words of theirs"}
    assert post(client, at, visitor, **theirs, was=was).status_code == 303
    refused = post(client, at, visitor, subject="Mine", body="Words of mine", was=was)
    assert refused.status_code == 409
    assert 'value="Mine"' in refused.text
    assert "Words of mine</textarea>" in refused.text
    assert "Words of theirs</pre>" in refused.text
    dropped = post(client, f"{at}/ours", visitor, was=was)
    assert dropped.status_code == 409
    assert 'value="Theirs"' in client.get(at).text
    again = post(client, at, visitor, subject="Mine", body="Mine", was=_was(refused.text))
    assert again.status_code == 303


def test_a_plan_typed_on_an_old_page_is_kept_beside_what_stands(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    an_open_campaign(outreach.database)
    lin = signed_in(outreach, client, email="lin@coalition.example", name="Lin")
    here = "/desk/c/archives/chase"
    was = _was(client.get(here).text)
    assert was == "none"
    assert post(client, f"{here}/1/own", lin, was=was).status_code == 303
    clock.now += timedelta(minutes=1)
    nora = signed_in(outreach, client)
    for act, fields in (("own", {}), ("plan", {"next_step": "Ring her at noon"})):
        refused = post(client, f"{here}/1/{act}", nora, was=was, **fields)
        assert refused.status_code == 409
        assert "it was changed meanwhile. See what stands now." in refused.text
        assert '<bdi dir="auto">Lin</bdi>' in refused.text
    assert 'value="Ring her at noon"' in refused.text
    (row,) = re.findall(r'<tr id="org-1".*?</tr>', refused.text, re.DOTALL)
    planned = post(client, f"{here}/1/plan", nora, was=_was(row), next_step="Ring her at noon")
    assert planned.status_code == 303
