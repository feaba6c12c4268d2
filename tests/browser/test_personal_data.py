"""A person's data in real browsers: found, taken out as a file, erased in two steps."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from outreach.demo.sample import SLUG, sample_partners
from tests.browser.conftest import Served
from tests.browser.desk import WIDE, a_signed_in_page, assert_no_axe_violations
from tests.browser.looking import PHONE, assert_fits, shoot

pytestmark = pytest.mark.browser

HERE = "/desk/personal-data"


def look(page: Page, name: str, *, scripts: bool) -> None:
    assert_fits(page)
    assert "@" not in page.url
    if scripts:
        assert_no_axe_violations(page)
        shoot(page, f"personal-data-{name}")


def an_invited_address() -> str:
    head, first, *_ = sample_partners().decode().splitlines()
    return dict(zip(head.split(","), first.split(","), strict=False))["email"]


def download(page: Page) -> dict[str, object]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download all that is kept").click()
    assert waiting.value.suggested_filename == "personal-data.json"
    told: dict[str, object] = json.loads(Path(waiting.value.path()).read_text())
    return told


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_person_is_found_taken_out_and_erased(
    served: Served, browser: Browser, size: ViewportSize, scripts: bool
) -> None:
    email = an_invited_address()
    page = a_signed_in_page(served, browser, size=size, scripts=scripts)
    page.goto(f"{served.url}/desk/people")
    look(page, "people", scripts=scripts)
    page.get_by_role("link", name="Personal data").click()
    look(page, "field", scripts=scripts)
    page.get_by_label("Their e-mail address").fill("nobody@example.org")
    page.get_by_role("button", name="Show what is kept").click()
    expect(page.get_by_text("Nothing is kept of this address.")).to_be_visible()
    look(page, "unknown", scripts=scripts)
    page.get_by_label("Their e-mail address").fill(email)
    page.get_by_role("button", name="Show what is kept").click()
    expect(page.get_by_text("1 contact with this address")).to_be_visible()
    look(page, "held", scripts=scripts)
    assert email in json.dumps(download(page))

    page.get_by_role("button", name="Erase this person").click()
    expect(page.get_by_role("heading", name="What stays")).to_be_visible()
    look(page, "question", scripts=scripts)
    page.get_by_label("Erase this person for good").check()
    page.get_by_role("button", name="Erase 1 contact").click()
    expect(page.get_by_text("Erased: 1 contact.")).to_be_visible()
    look(page, "erased", scripts=scripts)
    page.get_by_label("Their e-mail address").fill(email)
    page.get_by_label("Their e-mail address").press("Enter")
    expect(page.get_by_text("Nothing is kept of this address.")).to_be_visible()


def test_from_a_contacts_page_it_is_one_press(served: Served, browser: Browser) -> None:
    page = a_signed_in_page(served, browser, size=PHONE)
    page.goto(f"{served.url}/desk/c/{SLUG}/organizations/1/contacts/1")
    look(page, "contact", scripts=True)
    page.get_by_role("button", name="Show what is kept").press("Enter")
    expect(page.get_by_role("button", name="Download all that is kept")).to_be_visible()
    page.goto(f"{served.url}/desk/suppressions")
    look(page, "suppressions", scripts=True)
