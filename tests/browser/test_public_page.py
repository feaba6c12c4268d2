"""The published statement, on screen and on paper."""

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from outreach.demo.sample import SLUG
from tests.browser.conftest import Served
from tests.browser.looking import ARTIFACTS, DESK, PHONE, Scheme, assert_fits, new_page, shoot
from tests.browser.sample_answers import everybody_signs, publish

pytestmark = pytest.mark.browser


def test_all_47_names_are_shown(browser: Browser, served: Served) -> None:
    everybody_signs(served)
    publish(served)
    looks: list[tuple[ViewportSize, Scheme]] = [
        (PHONE, "light"),
        (PHONE, "dark"),
        (DESK, "light"),
        (DESK, "dark"),
    ]
    for size, scheme in looks:
        page = new_page(browser, size, scheme)
        page.goto(f"{served.url}/s/{SLUG}")
        expect(page.locator("#signatories li")).to_have_count(47)
        assert_fits(page)
        shoot(page, "public", scheme)
    names = page.locator("#signatories li").all_inner_texts()
    assert names.index("Hong Kong Watch") < names.index("Hongkonger in Deutschland e.V.")
    assert names[0] == "Action Free Hong Kong Montreal"


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])
def test_with_no_signatory_it_says_so(browser: Browser, served: Served, size: ViewportSize) -> None:
    publish(served)
    page = new_page(browser, size)
    page.goto(f"{served.url}/s/{SLUG}")

    expect(page.get_by_text("No organization has signed this statement.")).to_be_visible()
    assert_fits(page)
    shoot(page, "public-nobody")


def test_it_prints_well(browser: Browser, served: Served) -> None:
    everybody_signs(served)
    publish(served)
    page = new_page(browser, DESK)
    page.goto(f"{served.url}/s/{SLUG}")
    page.pdf(path=ARTIFACTS / "public.pdf", format="A4", margin={"top": "2cm", "bottom": "2cm"})
    page.emulate_media(media="print")

    expect(page.get_by_role("list", name="Downloads")).to_be_hidden()
    expect(page.get_by_text("Hong Kong Watch")).to_be_visible()
