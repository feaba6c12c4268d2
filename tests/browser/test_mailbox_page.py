"""The demo's mailbox: from the list to the mail to the page that its button opens."""

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.browser.conftest import Served
from tests.browser.looking import DESK, PHONE, Scheme, assert_fits, new_page, shoot
from tests.browser.sample_answers import (
    everybody_signs,
    fill_mailbox,
    one_mail_of_each_kind,
    publish,
)

pytestmark = pytest.mark.browser


SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])


@SIZES
def test_a_mail_of_any_length_is_read_without_scrolling_inside_its_frame(
    browser: Browser, served: Served, size: ViewportSize
) -> None:
    everybody_signs(served)
    publish(served)
    page = new_page(browser, size)
    for kind, name in one_mail_of_each_kind(served).items():
        page.goto(f"{served.url}/mailbox/{name}")
        assert_fits(page)
        frame = page.frames[1].locator("html")
        inside, room = frame.evaluate("html => [html.scrollHeight, html.clientHeight]")
        words = frame.locator("body").bounding_box()
        assert words
        assert inside <= room, kind
        assert room < words["height"] + 400, kind
        # Chromium paints of such a frame only what is in the window.
        page.set_viewport_size({"width": size["width"], "height": room + 1_000})
        shoot(page, f"mailbox-4-{kind}")
        page.set_viewport_size(size)


@pytest.mark.parametrize(
    ("size", "scheme"),
    [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")],
    ids=["390-light", "390-dark", "1280-light", "1280-dark"],
)
def test_the_button_in_a_mail_opens_the_sign_page(
    browser: Browser, served: Served, size: ViewportSize, scheme: Scheme
) -> None:
    fill_mailbox(served)
    page = new_page(browser, size, scheme)
    page.goto(f"{served.url}/mailbox")
    assert_fits(page)
    shoot(page, "mailbox-1-list", scheme)
    page.get_by_label("Search recipients and subjects").fill("hong-kong-scots")
    page.keyboard.press("Enter")
    page.locator(".mails a").first.click()
    letter = page.frame_locator("iframe")
    expect(letter.get_by_role("link", name="Read and answer")).to_be_visible()
    assert_fits(page)
    shoot(page, "mailbox-2-mail", scheme)
    page.get_by_role("link", name="Plain text").click()
    shoot(page, "mailbox-3-text", scheme)
    page.get_by_role("link", name="Source").click()
    assert_fits(page)
    page.get_by_role("link", name="As it looks").click()
    letter.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Sign for The Hong Kong Scots")).to_be_visible()
    assert "/answer/" in page.url
