"""The way in: from the set-up link to the desk, by keyboard alone and without JavaScript."""

import re
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from outreach.services.set_up_account import offer_first_account, setup_address
from tests.browser.conftest import Served
from tests.browser.desk import (
    TABLET,
    WIDE,
    a_signed_in_page,
    assert_no_axe_violations,
)
from tests.browser.looking import PHONE, Scheme, assert_fits, new_page, shoot

pytestmark = pytest.mark.browser

PASSWORD = "seven quiet herons at dawn"
PAGES = ["account", "account/password", "people", "people/invite", "people/1", "activity", "prove"]


def the_link(served: Served) -> str:
    with served.outreach.database.transaction() as session:
        link_id = offer_first_account(session, now=served.clock())
    assert link_id
    return setup_address(served.outreach.links, link_id, public_url=served.url)


def type_in(page: Page, *fields: str) -> None:
    """Field after field, from where the keyboard stands."""
    expect(page.locator("input:focus")).to_be_visible()
    for number, text in enumerate(fields):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.type(text)


def secret_on(page: Page) -> str:
    return page.locator(".copy").inner_text().replace(" ", "")


def the_code(served: Served, secret: str) -> str:
    return pyotp.TOTP(secret).at(served.clock())


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_link_to_the_desk_by_keyboard_alone(
    browser: Browser, served: Served, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts, locale="en-GB", viewport=WIDE)
    page = context.new_page()
    page.goto(the_link(served))
    type_in(page, "nora@coalition.example", "Nora Feld", PASSWORD, "Europe/Ber")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/desk/second-factor")
    secret = secret_on(page)
    type_in(page, the_code(served, secret))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="recovery codes", exact=False)).to_be_visible()
    codes = page.locator(".codes li").all_inner_texts()
    assert len(set(codes)) == 10

    page.goto(f"{served.url}/desk/account")
    expect(page.get_by_label("Your time zone")).to_have_value("Europe/Berlin")
    page.get_by_role("button", name="Sign out").first.press("Enter")
    page.wait_for_url("**/desk/sign-in")
    type_in(page, "nora@coalition.example", f"{PASSWORD}\n")
    page.wait_for_url("**/desk/sign-in/code**")
    served.clock.now += timedelta(minutes=1)
    type_in(page, the_code(served, secret) + "\n")
    page.wait_for_url(re.compile(r"/desk$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_way_in_looks_right(
    browser: Browser, served: Served, scheme: Scheme
) -> None:
    link = the_link(served)
    for size in (PHONE, TABLET, WIDE):
        page = new_page(browser, size, scheme)
        for name, path in [
            ("setup", link),
            ("sign-in", f"{served.url}/desk/sign-in"),
            ("setup-used", f"{served.url}/desk/setup/nothing"),
        ]:
            page.goto(path)
            assert_fits(page)
            shoot(page, f"desk-{name}", scheme)
        page.context.close()
        page = browser.new_page(viewport=size, color_scheme=scheme)  # axe is a script
        for path in (link, f"{served.url}/desk/sign-in", f"{served.url}/desk/setup/nothing"):
            page.goto(path)
            assert_no_axe_violations(page)
        page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_account_looks_right(
    browser: Browser, served: Served, scheme: Scheme
) -> None:
    for size in (PHONE, TABLET, WIDE):
        page = a_signed_in_page(served, browser, size=size, scheme=scheme)
        for name in [*PAGES, "second-factor"]:
            page.goto(f"{served.url}/desk/{name}")
            assert_fits(page)
            assert_no_axe_violations(page)
            shoot(page, f"desk-{name.replace('/', '-')}", scheme)
        page.context.close()
