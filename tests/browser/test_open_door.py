"""The open door in real browsers: opened at the desk, asked on a phone, proven, admitted."""

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlmodel import col, select

from outreach.demo.sample import SLUG
from outreach.domain.coordinator import Role
from outreach.links import JOIN
from outreach.store.join_tables import JoinRequest
from tests.browser.conftest import Served
from tests.browser.desk import WIDE, a_signed_in_page, assert_no_axe_violations
from tests.browser.looking import PHONE, assert_fits, shoot

pytestmark = pytest.mark.browser


def a_stranger(browser: Browser, *, size: ViewportSize, scripts: bool) -> Page:
    return browser.new_context(viewport=size, java_script_enabled=scripts).new_page()


def mailed_link(served: Served) -> str:
    """As it stands in the last mail of its kind."""
    with served.outreach.database.reading() as session:
        newest = select(JoinRequest.link_id).order_by(col(JoinRequest.id).desc()).limit(1)
        token = served.outreach.links.token(session.exec(newest).one(), purpose=JOIN)
    return f"{served.url}/j/{token}"


def look(page: Page, name: str, *, scripts: bool) -> None:
    assert_fits(page)
    if scripts:
        assert_no_axe_violations(page)
        shoot(page, name)


def fill(page: Page, *, organization: str, email: str) -> None:
    page.get_by_label("Your organization’s name").fill(organization)
    page.get_by_label("Country").fill("Taiwan")
    page.get_by_label("Your name").fill("林美玲")
    page.get_by_label("Your role there").fill("Director")
    page.get_by_label("Your e-mail address").fill(email)


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_who_was_not_invited_asks_and_is_admitted(
    served: Served, browser: Browser, size: ViewportSize, scripts: bool
) -> None:
    desk = a_signed_in_page(served, browser, Role.EDITOR, size=size, scripts=scripts)
    desk.goto(f"{served.url}/desk/c/{SLUG}")
    desk.get_by_role("link", name="Who asks to join").click()
    desk.get_by_role("button", name="Open the door").click()
    expect(desk.get_by_text("The door is open.")).to_be_visible()
    look(desk, "door-open", scripts=scripts)

    stranger = a_stranger(browser, size=size, scripts=scripts)
    stranger.goto(f"{served.url}/join/{SLUG}")
    look(stranger, "join", scripts=scripts)
    for organization, email in (
        ("台灣人權聯盟 Taiwan Rights Union", "lin@union.example"),
        ("Bund für offene Archive e. V.", "post@archive-bund.example"),
    ):
        stranger.goto(f"{served.url}/join/{SLUG}")
        fill(stranger, organization=organization, email=email)
        stranger.get_by_role("button", name="Send the request").click()
        expect(stranger.get_by_role("heading", name="Now look into your mailbox")).to_be_visible()
        look(stranger, "join-sent", scripts=scripts)
        stranger.goto(mailed_link(served))
        expect(stranger.get_by_role("heading", name="Is this your request?")).to_be_visible()
        look(stranger, "join-request", scripts=scripts)
        stranger.get_by_label("I have sent this request").check()
        stranger.get_by_role("button", name="Send it to the coordinators").click()
        expect(stranger.get_by_role("heading", name="with the coordinators")).to_be_visible()
    look(stranger, "join-waiting", scripts=scripts)

    desk.goto(f"{served.url}/desk/c/{SLUG}")
    expect(desk.get_by_text("2 organizations ask to join.")).to_be_visible()
    desk.get_by_role("link", name="Look at them").click()
    look(desk, "requests", scripts=scripts)
    for box in desk.get_by_role("checkbox").all():
        box.check()
    desk.get_by_role("button", name="Admit the chosen", exact=True).click()
    look(desk, "requests-admit", scripts=scripts)
    desk.get_by_role("button", name="Admit and invite 2 people").click()
    expect(desk.get_by_text("Admitted. The invitations are going out now.")).to_be_visible()
    expect(desk.get_by_text("Nobody waits")).to_be_visible()


def test_it_is_asked_with_the_keyboard_alone(served: Served, browser: Browser) -> None:
    desk = a_signed_in_page(served, browser, Role.EDITOR)
    desk.goto(f"{served.url}/desk/c/{SLUG}/requests")
    desk.get_by_role("button", name="Open the door").press("Enter")
    expect(desk.get_by_text("The door is open.")).to_be_visible()
    page = a_stranger(browser, size=WIDE, scripts=True)
    page.goto(f"{served.url}/join/{SLUG}")
    page.get_by_label("Your organization’s name").focus()
    for typed in ("Archive Watch", "", "Bea Example", " ", "bea@beta.example", ""):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Please look at the field marked below")).to_be_visible()
    look(page, "join-errors", scripts=True)
    expect(page.get_by_label("Your role there")).to_be_focused()
    page.keyboard.type("Director")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Now look into your mailbox")).to_be_visible()
