"""Chasing: by keyboard alone, without JavaScript, and as it looks with 47 and with 5,000."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlmodel import Session, col, select

from outreach.demo.sample import SLUG
from outreach.store.desk_tables import Note, PageView
from outreach.store.tables import Contact, Invitation, Message, Organization
from tests.browser.conftest import Served
from tests.browser.desk import TABLET, WIDE, a_signed_in_page, assert_no_axe_violations
from tests.browser.looking import PHONE, Scheme, assert_fits, press, shoot
from tests.chasing import a_crowd
from tests.factories import send_what_is_due

pytestmark = pytest.mark.browser

HERE = f"/desk/c/{SLUG}/chase"


def send(served: Served) -> None:
    """Every invitation, yesterday."""
    with served.outreach.database.transaction() as session:
        while send_what_is_due(session, now=served.clock()):
            pass
        for message in session.exec(select(Message)):
            message.sent_at = served.clock() - timedelta(days=1)
            session.add(message)


def open_list(served: Served, browser: Browser, *, scripts: bool = True) -> Page:
    send(served)
    page = a_signed_in_page(served, browser, size=WIDE, scripts=scripts)
    page.goto(served.url + HERE)
    return page


def names(page: Page) -> list[str]:
    return page.locator("tr[data-case] .name").all_inner_texts()


def here(page: Page) -> str:
    return page.locator("tr.here .name").inner_text()


def the_notes(session: Session) -> list[tuple[str, str]]:
    query = select(Note.channel, Note.text).order_by(col(Note.id))
    return [tuple(row) for row in session.exec(query)]  # type: ignore[misc]


def test_an_afternoon_of_chasing_by_keyboard_alone(served: Served, browser: Browser) -> None:
    page = open_list(served, browser)
    first, second, third, *_ = names(page)
    page.keyboard.press("j")
    assert here(page) == first
    press(page, "j", 2)
    assert here(page) == third
    page.keyboard.press("k")
    assert here(page) == second

    page.keyboard.press("r")
    row = page.locator("tr.here")
    expect(row).to_contain_text("The reminder goes out now.")
    assert here(page) == second
    page.keyboard.press("r")
    expect(row).to_contain_text("Not done: a mail to it is on its way.")
    expect(page.locator("#chase-said")).to_contain_text("a mail to it is on its way")

    page.keyboard.press("o")
    expect(row).to_contain_text("Yours")
    page.keyboard.press("n")
    page.keyboard.type("jot: her secretary rang, korn")  # of these letters none is a command here
    press(page, "Tab", 2)
    page.keyboard.press("Enter")
    expect(row).to_contain_text("The note is kept.")
    page.keyboard.press("p")
    page.keyboard.type("send the German text")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("The next step is set.")
    page.keyboard.press("c")
    expect(row).to_contain_text("Marked: called.")
    assert page.evaluate("document.activeElement.id") == row.get_attribute("id")

    page.keyboard.press("j")
    assert here(page) == third
    assert page.url == served.url + HERE  # never left
    with served.outreach.database.reading() as session:
        assert the_notes(session) == [("", "jot: her secretary rang, korn"), ("call", "")]


PRESS_AT_ONCE = """() => {
  new MutationObserver((_, watch) => {
    const row = document.querySelector("tr.here, tr[data-said]:not([data-said=''])");
    if (!row || !row.innerText.includes("Yours")) return;
    watch.disconnect();
    row.querySelector("button[data-key=c]").click();
  }).observe(document.querySelector("main"), { childList: true, subtree: true });
}"""


def test_a_row_shown_anew_is_ready_at_once(served: Served, browser: Browser) -> None:
    page = open_list(served, browser)
    page.keyboard.press("j")
    page.evaluate("window.stayed = true")
    page.evaluate(PRESS_AT_ONCE)
    page.keyboard.press("o")
    expect(page.locator("tr.here")).to_contain_text("Marked: called.")
    assert page.evaluate("window.stayed")  # the same page, not one loaded anew


def test_the_keys_are_told_and_can_be_switched_off(served: Served, browser: Browser) -> None:
    page = open_list(served, browser)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    assert_no_axe_violations(page)
    shoot(page, "chase-keys")
    page.get_by_label("Single keys work on this page").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator("tr.here")).to_have_count(0)
    page.reload()
    page.keyboard.press("j")
    expect(page.locator("tr.here")).to_have_count(0)
    page.get_by_role("button", name=re.compile("Keys")).click()
    page.get_by_label("Single keys work on this page").check()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("tr.here")).to_have_count(1)


def test_escape_closes_what_is_open_and_comes_back_to_the_row(
    served: Served, browser: Browser
) -> None:
    page = open_list(served, browser)
    press(page, "j", 2)
    page.keyboard.press("n")
    expect(page.locator("details.more[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("details.more[open]")).to_have_count(0)
    page.keyboard.press("k")
    assert here(page) == names(page)[0]


def test_without_javascript_every_button_does_the_same(served: Served, browser: Browser) -> None:
    page = open_list(served, browser, scripts=False)
    expect(page.get_by_role("button", name="Keys")).to_be_hidden()
    row = page.locator("tr[data-case]").nth(1)
    id_ = row.get_attribute("id")
    row = page.locator(f"#{id_}")
    for button, said in (
        ("Remind", "The reminder goes out now."),
        ("Take it", "It is yours now."),
        ("Called", "Marked: called."),
    ):
        row.get_by_role("button", name=re.compile(f"^{button}")).click()
        expect(row).to_contain_text(said)
        assert page.url.endswith(f"#{id_}")
    row.locator("summary").click()
    row.get_by_label("Note").fill("Back on Monday.")
    row.get_by_role("button", name="Keep the note").click()
    expect(row).to_contain_text("Back on Monday.")
    row.locator("summary").click()
    row.get_by_role("button", name="Keep the note").click()
    expect(row.locator(".error")).to_contain_text("write what is to be remembered")


def test_a_wrong_address_is_corrected_and_the_new_one_is_invited(
    served: Served, browser: Browser
) -> None:
    page = open_list(served, browser)
    press(page, "j", 1)
    page.keyboard.press("n")
    name = here(page)
    page.locator("tr.here").get_by_role("link", name=re.compile("^Change")).first.click()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.get_by_label("E-mail address").fill("not an address")
    page.keyboard.press("Enter")
    expect(page.locator("#email-error")).to_contain_text("one address")
    assert_no_axe_violations(page)
    shoot(page, "contact-wrong")
    page.get_by_label("E-mail address").fill("right@correct.example")
    page.keyboard.press("Enter")
    assert here(page) == name
    expect(page.locator("tr.here")).to_contain_text("right@correct.example")
    expect(page.locator("tr.here")).to_contain_text("The new address is invited now")
    with served.outreach.database.reading() as session:
        query = select(Message.state).join(Contact, col(Contact.id) == col(Message.contact_id))
        found = session.exec(query.where(col(Contact.email) == "right@correct.example")).all()
        assert found == ["queued"]


def test_who_looked_stands_before_who_did_not(served: Served, browser: Browser) -> None:
    send(served)
    with served.outreach.database.transaction() as session:
        last = session.exec(select(Invitation).order_by(col(Invitation.id).desc())).first()
        assert last is not None
        assert last.id is not None
        name = session.get_one(Organization, last.organization_id).name
        session.add(PageView(invitation_id=last.id, contact_id=1, at=served.clock()))
    page = a_signed_in_page(served, browser)
    page.goto(served.url + HERE)
    assert names(page)[0] == name
    expect(page.locator("tr[data-case]").first).to_contain_text("A person was at the page")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, TABLET, WIDE], ids=["phone", "tablet", "wide"])
def test_it_fits_and_is_accessible(
    served: Served, browser: Browser, size: ViewportSize, scheme: Scheme
) -> None:
    with served.outreach.database.transaction() as session:
        a_crowd(session, many=47, now=served.clock())
    page = a_signed_in_page(served, browser, size=size, scheme=scheme)
    for name, path in (
        ("chase-47", "/desk/c/crowd/chase"),
        ("chase-47-empty", "/desk/c/crowd/chase?show=mine"),
        ("contact", "/desk/c/crowd/organizations/60/contacts/new"),
    ):
        page.goto(served.url + path)
        shoot(page, name, scheme)
        assert_fits(page)
        assert_no_axe_violations(page)
    page.goto(served.url + "/desk/c/crowd/chase")
    page.locator("details.more summary").nth(2).click()
    assert_fits(page)
    assert_no_axe_violations(page)
    page.screenshot(path=f"test-artifacts/web/chase-more-{size['width']}-{scheme}.png")


def test_five_thousand_are_a_page_of_fifty(served: Served, browser: Browser) -> None:
    with served.outreach.database.transaction() as session:
        a_crowd(session, many=5_000, now=served.clock())
    page = a_signed_in_page(served, browser, size=WIDE)
    page.goto(f"{served.url}/desk/c/crowd/chase")
    assert page.locator("tr[data-case]").count() == 50
    shoot(page, "chase-5000")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".pager .where")).to_have_text("Page 2 of 100")
