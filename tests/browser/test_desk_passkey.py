"""A passkey made in a real browser, by its virtual authenticator, comes in alone."""

import re
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from outreach.services.set_up_account import offer_first_account, setup_address
from tests.browser.conftest import Served, _Running
from tests.browser.desk import assert_no_axe_violations
from tests.browser.looking import DESK
from tests.web.invited import an_outreach

pytestmark = pytest.mark.browser


@pytest.fixture
def local(served: Served) -> Iterator[Served]:
    """Under the one name for which browsers make passkeys without https."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://localhost:{listener.getsockname()[1]}"
        home, clock = served.outreach.settings.home, served.clock
        outreach = an_outreach(served.outreach.database, home, clock=clock, public_url=url)
        with _Running(outreach, listener):
            yield Served(outreach, clock, url)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """With a device that its owner unlocks at once."""
    context = browser.new_context(viewport=DESK, locale="en-GB")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    yield page
    context.close()


def test_a_passkey_is_made_and_comes_in_alone(local: Served, page: Page) -> None:
    with local.outreach.database.transaction() as session:
        link_id = offer_first_account(session, now=local.clock())
    assert link_id
    page.goto(setup_address(local.outreach.links, link_id, public_url=local.url))
    page.get_by_label("E-mail").fill("nora@coalition.example")
    page.get_by_label("Your name").fill("Nora Feld")
    page.get_by_label("Password").fill("seven quiet herons at dawn")
    page.get_by_role("button", name="Continue").click()

    make = page.get_by_role("button", name="Make a passkey")
    expect(make).to_be_visible()
    assert_no_axe_violations(page)
    make.click()
    expect(page.get_by_role("heading", name="recovery codes")).to_be_visible()
    assert_no_axe_violations(page)

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(r"/desk$"))
