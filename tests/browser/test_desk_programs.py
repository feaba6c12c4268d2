"""Keys, webhooks and the reference in a browser: looked at, by keyboard, without JavaScript."""

import pytest
from playwright.sync_api import Browser, expect
from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.services.api_keys import create_key
from outreach.services.webhooks import add_webhook, call_for_test
from outreach.store import coordinators
from outreach.store.desk_tables import WebhookCall
from tests.browser.conftest import Served
from tests.browser.desk import TABLET, WIDE, a_signed_in_page, assert_no_axe_violations
from tests.browser.looking import PHONE, Scheme, assert_fits, press, shoot

pytestmark = pytest.mark.browser

PAGES = {
    "keys": "/desk/keys",
    "keys-new": "/desk/keys/new",
    "webhooks": "/desk/webhooks",
    "webhooks-new": "/desk/webhooks/new",
    "webhook": "/desk/webhooks/1",
    "api-docs": "/api/v1/docs",
}


def _fill(served: Served, session: Session) -> None:
    """Keys and webhooks with a past."""
    now = served.clock()
    owner = coordinators.find_by_email(session, "owner@coalition.example")
    assert owner is not None
    assert owner.id is not None
    facts = {"coordinator_id": owner.id, "by": Actor("Nora Feld"), "now": now}
    for name, scopes in (("Newsletter", ["read"]), ("西藏文化促进会的名册", ["read", "export"])):
        create_key(session, name=name, scopes=scopes, life=None, **facts)  # type: ignore[arg-type]
    url = "https://hooks.example.org/services/T0000/B0000/a-very-long-address-of-a-team-chat"
    webhook, _ = add_webhook(
        session,
        served.outreach.sealer,
        url=url,
        events=["signed"],
        private=False,
        **facts,  # type: ignore[arg-type]
    )
    for _ in range(4):
        call_for_test(session, webhook_id=webhook, by=Actor("Nora Feld"), now=now)
    states = {
        "sent": "200 ok",
        "failed": "no answer within 10 seconds",
        "queued": "503 " + "x" * 90,
    }
    for number, (state, words) in enumerate(states.items(), start=1):
        call = session.get_one(WebhookCall, number)
        call.state, call.last_reply, call.attempts = state, words, number
        call.sent_at = now if state == "sent" else None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_fit_to_be_seen(served: Served, browser: Browser, scheme: Scheme) -> None:
    for size in (PHONE, TABLET, WIDE):
        page = a_signed_in_page(served, browser, size=size, scheme=scheme)
        if size is PHONE:
            for name in ("keys", "webhooks"):
                page.goto(served.url + PAGES[name])
                shoot(page, f"desk-{name}-empty", scheme)
                assert_no_axe_violations(page)
            with served.outreach.database.transaction() as session:
                _fill(served, session)
        for name, path in PAGES.items():
            page.goto(served.url + path)
            assert_no_axe_violations(page)
            assert_fits(page)
            shoot(page, f"desk-{name}", scheme)
        page.context.close()


def test_a_key_is_made_by_keyboard_and_without_javascript(served: Served, browser: Browser) -> None:
    page = a_signed_in_page(served, browser, size=PHONE, scripts=False)
    page.goto(f"{served.url}/desk/keys/new")
    expect(page.get_by_label("What will use it")).to_be_focused()
    page.keyboard.type("Newsletter")
    press(page, "Tab", 2)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The new key")).to_be_visible()
    assert page.locator(".copy").inner_text().startswith("outreach_")
    shoot(page, "desk-key-made")
    page.get_by_role("link", name="I have copied it").press("Enter")
    expect(page.get_by_role("row", name="Newsletter")).to_contain_text("read, write")


def test_a_webhook_is_added_and_tested_without_javascript(served: Served, browser: Browser) -> None:
    page = a_signed_in_page(served, browser, size=PHONE, scripts=False)
    page.goto(f"{served.url}/desk/webhooks/new")
    page.get_by_label("Address to call").fill("https://hooks.example.org/in")
    page.get_by_role("button", name="Add the webhook").click()
    assert page.locator(".copy").inner_text().startswith("whsec_")
    shoot(page, "desk-webhook-made")
    page.get_by_role("button", name="make a test call").click()
    expect(page.get_by_role("status")).to_contain_text("test call is on its way")
    expect(page.get_by_role("row", name="Test")).to_contain_text("Queued")
