"""A consent by telephone: one coordinator records it, another confirms it, in two browsers."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlmodel import col, select

from outreach.demo.sample import SLUG
from outreach.domain.coordinator import Role
from outreach.store.tables import Organization
from tests.browser.conftest import Served
from tests.browser.desk import WIDE, a_signed_in_page, assert_no_axe_violations
from tests.browser.looking import PHONE, assert_fits, shoot

pytestmark = pytest.mark.browser


def the_organization(served: Served) -> str:
    with served.outreach.database.reading() as session:
        found = session.exec(select(Organization.id).order_by(col(Organization.id))).first()
    return f"{served.url}/desk/c/{SLUG}/organizations/{found}"


def fill(page: Page, served: Served) -> None:
    """All but the tick."""
    an_hour_ago = served.clock() - timedelta(hours=1)
    local = an_hour_ago.astimezone(ZoneInfo("Europe/Berlin"))
    page.get_by_label("How did it come?").select_option("message")
    page.get_by_label("Is it one of their contacts?").select_option("else")
    page.get_by_label("Who gave it").fill("Grace Hopper")
    page.get_by_label("In what capacity").fill("Chair of the board")
    page.get_by_label("When").fill(f"{local:%Y-%m-%dT%H:%M}")
    page.get_by_label("In their words").fill("The board said yes tonight. Put us down, please.")
    page.get_by_label("What they sent").set_input_files(
        {"name": "Signal of Grace.txt", "mimeType": "text/plain", "buffer": b"Put us down"}
    )


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_what_one_records_another_confirms(
    served: Served, browser: Browser, size: ViewportSize, scripts: bool
) -> None:
    here = the_organization(served)
    first = a_signed_in_page(served, browser, Role.EDITOR, size=size, scripts=scripts)
    first.goto(here)
    first.get_by_role("link", name="Record a consent").click()
    expect(first.get_by_text("Ask an owner to invite a second coordinator")).to_be_visible()
    second = a_signed_in_page(served, browser, Role.OWNER, size=size, scripts=scripts)
    first.get_by_role("button", name="Record it").click()
    expect(first.get_by_text("Nothing was recorded yet.")).to_be_visible()
    fill(first, served)
    assert_fits(first)
    _look(first, "record-consent", scripts=scripts)
    first.get_by_label("I am sure").check()
    first.get_by_role("button", name="Record it").click()
    expect(first.get_by_text("Recorded, to be confirmed.")).to_be_visible()
    expect(first.get_by_text("another editor or owner must confirm it")).to_be_visible()
    first.get_by_text("Take it back").first.click()
    assert_fits(first)
    _look(first, "recorded-mine", scripts=scripts)

    second.goto(f"{served.url}/desk/c/{SLUG}")
    expect(second.get_by_text("1 recorded consent waits for a second person.")).to_be_visible()
    second.get_by_role("link", name="Look at it").click()
    expect(second.get_by_role("heading", name="Recorded consents that wait")).to_be_visible()
    assert_fits(second)
    _look(second, "recorded-waits", scripts=scripts)
    with second.expect_download() as saved:
        second.get_by_role("link", name="A file (txt)").click()
    assert saved.value.suggested_filename.startswith("consent-")
    second.get_by_role("button", name="Confirm and count it").click()
    expect(second.get_by_text("Confirmed. The signature counts")).to_be_visible()
    expect(second.get_by_text("recorded by hand (message) by").first).to_be_visible()
    assert_fits(second)
    _look(second, "recorded-confirmed", scripts=scripts)


def _look(page: Page, name: str, *, scripts: bool) -> None:
    shoot(page, name)
    if scripts:  # axe is one itself
        assert_no_axe_violations(page)
