"""Two colleagues answer differently, and a coordinator settles it."""

import pytest
from playwright.sync_api import Browser, ViewportSize, expect
from sqlmodel import select

from outreach.demo.sample import SLUG
from outreach.domain.coordinator import Role
from outreach.links import new_link_id
from outreach.store.invitations import create_links
from outreach.store.tables import Contact, Link
from tests.browser.conftest import Served
from tests.browser.desk import WIDE, a_signed_in_page, assert_no_axe_violations
from tests.browser.looking import PHONE, assert_fits, shoot
from tests.browser.test_sign_page import SCOTS
from tests.web.invited import letter_to

pytestmark = pytest.mark.browser

COLLEAGUE = "colleague@scots.example"


def a_colleague(served: Served) -> None:
    """One more contact of the same organization, with a link."""
    with served.outreach.database.transaction() as session:
        query = select(Contact, Link).join(Link).where(Contact.email == SCOTS)
        first, link = session.exec(query).one()
        facts = first.model_dump(exclude={"id"})
        facts |= {"name": "Omar Haddad", "email": COLLEAGUE, "email_key": COLLEAGUE}
        colleague = Contact(**facts)
        session.add(colleague)
        session.flush()
        rows = [(new_link_id(), colleague.id or 0, link.invitation_id)]
        create_links(session, rows, now=served.clock())


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
def test_a_colleagues_no_waits_until_a_coordinator_settles_it(
    served: Served, browser: Browser, size: ViewportSize
) -> None:
    a_colleague(served)
    page = browser.new_context(viewport=size).new_page()
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    page.get_by_label("Your name").fill("Ada Example")
    page.get_by_label("Your role there").fill("Director")
    page.get_by_label("I am authorized").check()
    page.get_by_role("button", name="Sign the statement").click()
    expect(page.get_by_text("Signed. Thank you.")).to_be_visible()

    other = browser.new_context(viewport=size).new_page()
    other.goto(served.url + letter_to(served.outreach, COLLEAGUE).answer)
    other.get_by_text("Withdraw the signature").first.click()
    other.get_by_label("off the list of signatories").check()
    other.get_by_role("button", name="Withdraw the signature").click()
    expect(other.get_by_text("Your answer is kept, and has changed nothing yet")).to_be_visible()
    assert_fits(other)
    assert_no_axe_violations(other)
    shoot(other, "review-kept")

    desk = a_signed_in_page(served, browser, Role.EDITOR, size=size)
    desk.goto(f"{served.url}/desk/c/{SLUG}")
    expect(desk.get_by_text("1 review waits.")).to_be_visible()
    shoot(desk, "review-overview")
    desk.get_by_role("link", name="Settle it").click()
    assert_fits(desk)
    assert_no_axe_violations(desk)
    shoot(desk, "reviews")
    desk.locator("h2 a").click()
    assert_fits(desk)
    assert_no_axe_violations(desk)
    shoot(desk, "review-story")
    desk.get_by_label("How do you know?").fill("I called both")
    desk.get_by_role("button", name="The later one takes its place").click()
    expect(desk.get_by_text("The later answer counts now")).to_be_visible()
    other.reload()
    expect(other.get_by_text("is withdrawn.")).to_be_visible()
