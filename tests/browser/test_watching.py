"""A coordinator watches a campaign, finds who has not answered, and steers it."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, ViewportSize, expect
from sqlmodel import Session, select

from outreach.demo.sample import SLUG
from outreach.domain.coordinator import Role
from outreach.services.note_view import note_view
from outreach.store.campaigns import require_campaign
from outreach.store.desk_tables import PageView
from tests.browser.conftest import Served
from tests.browser.desk import TABLET, WIDE, a_signed_in_page, assert_no_axe_violations
from tests.browser.looking import PHONE, Scheme, assert_fits, new_page, press, shoot
from tests.browser.sample_answers import everybody_signs
from tests.crowds import a_crowd
from tests.factories import DOMAIN, send_what_is_due
from tests.waiting import wait_until
from tests.web.invited import MAIL_DOMAIN, STATEMENT, letter_to, link_ids

pytestmark = pytest.mark.browser

DESK = f"/desk/c/{SLUG}"
SCOTS = "contact@hong-kong-scots.example"
LOOKS = pytest.mark.parametrize(
    ("size", "scheme"),
    [(PHONE, "light"), (PHONE, "dark"), (TABLET, "light"), (WIDE, "light"), (WIDE, "dark")],
    ids=["390-light", "390-dark", "768-light", "1440-light", "1440-dark"],
)


def _sent(served: Served) -> None:
    with served.outreach.database.transaction() as session:
        send_what_is_due(session, now=served.clock.now)


def _crowd(session: Session, served: Served) -> None:
    a_crowd(
        session,
        source=STATEMENT.replace("2026-12-04", "2099-12-04"),
        slug="crowd",
        many=5_000,
        deadline=served.clock.now + timedelta(days=4),
        mail_domain=MAIL_DOMAIN,
        now=served.clock.now,
    )


@LOOKS
def test_every_page_of_a_campaign_fits_and_has_no_axe_violation(
    browser: Browser, served: Served, size: ViewportSize, scheme: Scheme
) -> None:
    _sent(served)
    everybody_signs(served)
    with served.outreach.database.transaction() as session:
        _crowd(session, served)
        link = link_ids(session)[SCOTS]
        note_view(session, link_id=link, mail_domain=DOMAIN, now=served.clock.now)
    page = a_signed_in_page(served, browser, size=size, scheme=scheme)
    for name, path in {
        "campaigns": "/desk",
        "campaign-47": DESK,
        "campaign-5000": "/desk/c/crowd",
        "organizations-5000": "/desk/c/crowd/organizations",
        "organization": f"{DESK}/organizations/1",
        "extend": f"{DESK}/steer/extend?deadline=2099-01-01T10:00",
        "close": f"{DESK}/steer/close",
    }.items():
        page.goto(served.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_fits(page)
        assert_no_axe_violations(page)
        shoot(page, f"desk-{name}", scheme)


def test_the_empty_list_leads_to_the_first_campaign(browser: Browser, served: Served) -> None:
    page = a_signed_in_page(served, browser)
    page.goto(f"{served.url}{DESK}/organizations?q=nobody")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    assert_no_axe_violations(page)


def test_a_send_is_watched_as_it_goes_and_a_reload_shows_the_same(
    browser: Browser, served: Served
) -> None:
    page = a_signed_in_page(served, browser)
    page.goto(served.url + DESK)
    mail = page.locator("#sending")
    expect(mail).to_contain_text("to go")
    _sent(served)
    served.clock.now += timedelta(seconds=2)
    expect(mail).not_to_contain_text("to go", timeout=15_000)
    done = mail.locator(".sending-line").inner_text()
    page.reload()
    assert mail.locator(".sending-line").inner_text() == done


def test_a_campaign_is_paused_and_resumed_with_the_keyboard_and_without_scripts(
    browser: Browser, served: Served
) -> None:
    page = a_signed_in_page(served, browser, Role.EDITOR, scripts=False)
    page.goto(served.url + DESK)
    page.get_by_role("link", name="Pause").focus()
    press(page, "Enter")
    page.get_by_label("Reason").focus()
    page.keyboard.type("The text changes")
    press(page, "Tab")
    expect(page.get_by_role("button", name="Pause the campaign")).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_text("The text changes")).to_be_visible()
    page.get_by_role("link", name="Resume").focus()
    press(page, "Enter")
    resume = page.get_by_role("button", name="Resume, and mail")
    expect(resume).to_be_visible()
    resume.focus()
    press(page, "Enter")
    expect(page.get_by_text("Resumed.")).to_be_visible()


def test_the_deadline_is_extended_after_its_changes_were_shown(
    browser: Browser, served: Served
) -> None:
    _sent(served)
    page = a_signed_in_page(served, browser, scripts=False)
    page.goto(f"{served.url}{DESK}/steer/extend")
    with served.outreach.database.reading() as session:
        former = require_campaign(session, SLUG).deadline
    page.get_by_label("New deadline").fill((former + timedelta(days=2)).strftime("%Y-%m-%dT18:00"))
    page.get_by_role("button", name="Show what that changes").click()
    expect(page.get_by_text("Nobody is mailed at once.")).to_be_visible()
    page.get_by_role("button", name="Extend the deadline").click()
    expect(page.get_by_text("The deadline is moved.")).to_be_visible()
    with served.outreach.database.reading() as session:
        assert require_campaign(session, SLUG).deadline > former


def test_closing_asks_for_a_tick_and_names_the_number(browser: Browser, served: Served) -> None:
    _sent(served)
    everybody_signs(served)
    page = a_signed_in_page(served, browser, scripts=False)
    page.goto(f"{served.url}{DESK}/steer/close")
    page.get_by_label("Close the list now.").check()
    page.get_by_role("button", name="Close, and mail").click()
    expect(page.get_by_text("Closed. The list stands")).to_be_visible()
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish the list").click()
    expect(page.get_by_role("link", name="The published page")).to_be_visible()


def test_some_are_found_chosen_and_reminded(browser: Browser, served: Served) -> None:
    _sent(served)
    served.clock.now += timedelta(days=2)
    page = a_signed_in_page(served, browser, scripts=False)
    page.goto(f"{served.url}{DESK}/organizations")
    page.get_by_label("Search").fill("scots")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_label("Choose The Hong Kong Scots").check()
    page.get_by_role("button", name="Remind the chosen").click()
    page.get_by_role("button", name="Remind 1 person").click()
    expect(page.get_by_text("The reminders are going out now.")).to_be_visible()


def test_only_what_a_person_does_at_the_answer_page_is_a_view(
    browser: Browser, served: Served
) -> None:
    def views() -> int:
        with served.outreach.database.reading() as session:
            return len(session.exec(select(PageView)).all())

    page = browser.new_page()
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    page.evaluate(
        "for (const name of ['keydown', 'wheel', 'pointerdown', 'touchmove'])"
        " dispatchEvent(new Event(name));"
        " scrollTo(0, 400)"
    )
    page.wait_for_timeout(500)
    assert views() == 0
    with page.expect_response("**/seen") as answered:
        page.keyboard.press("PageDown")
    assert answered.value.status == 204
    wait_until(lambda: views() == 1, what="the view")
    page.keyboard.press("PageDown")
    page.mouse.wheel(0, 100)
    page.wait_for_timeout(300)
    assert views() == 1


def test_without_scripts_the_answer_page_is_as_it_was(browser: Browser, served: Served) -> None:
    page = new_page(browser, PHONE)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    press(page, "PageDown")
    expect(page.get_by_role("button", name="Sign the statement")).to_be_visible()
