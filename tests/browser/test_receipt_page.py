"""The receipt, on screen and on one sheet; and the checkpoint under the published list."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize, expect

from outreach.demo.sample import SLUG
from outreach.links import ANSWER
from tests.browser.conftest import Served
from tests.browser.looking import ARTIFACTS, DESK, PHONE, Scheme, assert_fits, new_page, shoot
from tests.browser.sample_answers import everybody_signs, publish
from tests.web.invited import link_ids

pytestmark = pytest.mark.browser
LOOKS: list[tuple[ViewportSize, Scheme]] = [(PHONE, "light"), (PHONE, "dark"), (DESK, "light")]


def the_link(served: Served) -> str:
    """Of the first who has signed."""
    with served.outreach.database.reading() as session:
        links = link_ids(session)
    signed = next(link for address, link in links.items() if address.startswith("contact@"))
    return f"{served.url}/a/{served.outreach.links.token(signed, purpose=ANSWER)}"


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_a_receipt_fits_every_screen_and_one_sheet(
    browser: Browser, served: Served, size: ViewportSize, scheme: Scheme
) -> None:
    everybody_signs(served)
    page = new_page(browser, size, scheme)
    page.goto(the_link(served))
    page.get_by_role("link", name="Receipt with proof").click()
    expect(page.get_by_text("Receipt: joint statement to")).to_be_visible()
    assert_fits(page)
    shoot(page, "receipt", scheme)
    sheet = page.pdf(path=ARTIFACTS / "receipt.pdf", format="A4", margin={"top": "2cm"})
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1


def test_axe_finds_nothing_on_the_receipt(browser: Browser, served: Served) -> None:
    everybody_signs(served)
    page = browser.new_page()  # axe is a script
    page.goto(the_link(served))
    page.get_by_role("link", name="Receipt with proof").click()
    assert Axe().run(page).response["violations"] == []


def test_the_checkpoint_stands_under_the_list_on_paper_too(
    browser: Browser, served: Served
) -> None:
    everybody_signs(served)
    publish(served)
    served.outreach.sweep()
    for size, scheme in LOOKS:
        page = new_page(browser, size, scheme)
        page.goto(f"{served.url}/s/{SLUG}")
        assert_fits(page)
        shoot(page, "public-checkpoint", scheme)
        page.emulate_media(media="print")
        expect(page.locator("pre.checkpoint")).to_be_visible()
