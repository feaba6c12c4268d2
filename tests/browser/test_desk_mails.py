"""Settling mails in a browser: by pointer, by keyboard alone, and without JavaScript."""

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import Session, col, select

from outreach.demo.sample import SLUG
from outreach.domain.coordinator import Role
from outreach.domain.message import MessageState
from outreach.store.suppressions import record_suppression
from outreach.store.tables import Contact, Message
from tests.browser.conftest import Served
from tests.browser.desk import TABLET, WIDE, a_signed_in_page, assert_no_axe_violations
from tests.browser.looking import PHONE, Scheme, assert_fits, shoot
from tests.keeping import keep

pytestmark = pytest.mark.browser

MAILS = f"/desk/c/{SLUG}/mails"
FAILED, DOUBTFUL, PUT_OFF, SENT = 3, 5, 8, 11


@pytest.fixture
def mailed(served: Served) -> Served:
    """The sample's invitations, of which some have met their fates."""
    now = served.clock()
    with served.outreach.database.transaction() as session:
        for message in session.exec(select(Message).order_by(col(Message.id))):
            message.state, message.sent_at = MessageState.SENT.value, now
        _fate(session, FAILED, state="failed", last_reply="550 5.1.1 no such user", sent_at=None)
        _fate(session, DOUBTFUL, state="uncertain", last_reply="hung up", sent_at=None, data_at=now,
              repeats=1)  # fmt: skip
        _fate(session, PUT_OFF, state="queued", last_reply="452 4.2.2 mailbox full", sent_at=None,
              attempts=3, due_at=served.clock().replace(year=now.year + 1))  # fmt: skip
        sent = session.get_one(Message, SENT)
        keep(session, sent, links=served.outreach.links, public_url=served.url, now=now)
        contact = session.get_one(Contact, sent.contact_id)
        record_suppression(session, contact.email_key, reason="unsubscribed", now=now)
    return served


def _fate(session: Session, number: int, **facts: object) -> None:
    message = session.get_one(Message, number)
    for name, value in facts.items():
        setattr(message, name, value)
    session.flush()


def state_of(served: Served, number: int) -> str:
    with served.outreach.database.reading() as session:
        return session.get_one(Message, number).state


def walk_to(page: Page, name: str) -> None:
    """By the Tab key, until the button or link of that name has the focus."""
    for _ in range(90):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.innerText || ''").strip()
        if focused == name:
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_failed_mail_is_settled_from_the_list(
    browser: Browser, mailed: Served, scripts: bool
) -> None:
    page = a_signed_in_page(mailed, browser, Role.EDITOR, scripts=scripts)
    page.goto(mailed.url + MAILS)
    page.get_by_role("link", name="Needs attention").click()
    page.locator("tr", has_text="550 5.1.1").get_by_role("link").click()
    expect(page.get_by_text("It was given up.")).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("status")).to_contain_text("It goes out again now")
    assert state_of(mailed, FAILED) == "queued"
    expect(page.get_by_text("by Nora Feld")).to_be_visible()


def test_a_mail_in_doubt_is_settled_by_keyboard_alone(browser: Browser, mailed: Served) -> None:
    page = a_signed_in_page(mailed, browser, Role.EDITOR)
    page.goto(f"{mailed.url}{MAILS}/{DOUBTFUL}")
    walk_to(page, "It arrived")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Settled: it arrived.")
    assert state_of(mailed, DOUBTFUL) == "sent"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_many_are_settled_after_a_page_with_their_exact_number(
    browser: Browser, mailed: Served, scripts: bool
) -> None:
    page = a_signed_in_page(mailed, browser, Role.EDITOR, scripts=scripts)
    page.goto(f"{mailed.url}{MAILS}?show=attention")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Send again").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Send 2 mails to 2 people again?")
    assert state_of(mailed, FAILED) == "failed"
    page.get_by_role("button", name="Send 2 mails again").click()
    expect(page.get_by_role("status")).to_contain_text("go out again now")
    assert (state_of(mailed, FAILED), state_of(mailed, DOUBTFUL)) == ("queued", "queued")


def test_the_mail_as_it_looks_runs_nothing_and_leads_nowhere(
    browser: Browser, mailed: Served
) -> None:
    page = a_signed_in_page(mailed, browser)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{mailed.url}{MAILS}/{SENT}")
    expect(page.get_by_text("Exactly as it was sent")).to_be_visible()
    button = page.frame_locator("iframe").get_by_role("link", name="Read and answer")
    expect(button).to_be_visible()
    address = button.get_attribute("href")
    assert address
    assert address.endswith("...")
    asked.clear()
    button.click()
    page.wait_for_timeout(300)
    assert asked == []
    assert len(page.context.pages) == 1


@pytest.mark.parametrize("view", ["desktop", "phone"])
def test_a_mail_of_any_length_is_read_without_scrolling_inside_its_frame(
    browser: Browser, mailed: Served, view: str
) -> None:
    page = a_signed_in_page(mailed, browser, size=WIDE)
    page.goto(f"{mailed.url}{MAILS}/{SENT}?view={view}")
    expect(page.frame_locator("iframe").get_by_role("link").first).to_be_visible()
    inside, room = (
        page.frames[1].locator("html").evaluate("html => [html.scrollHeight, html.clientHeight]")
    )
    assert inside <= room
    frame = page.locator("iframe").bounding_box()
    assert frame
    assert (frame["width"] <= 400) is (view == "phone")


@pytest.mark.parametrize(
    ("size", "scheme"),
    [(PHONE, "light"), (TABLET, "dark"), (WIDE, "light"), (WIDE, "dark")],
    ids=["390-light", "768-dark", "1440-light", "1440-dark"],
)
def test_every_page_of_the_mails_is_clean_and_fits(
    browser: Browser, mailed: Served, size: object, scheme: Scheme
) -> None:
    page = a_signed_in_page(mailed, browser, size=size, scheme=scheme)  # type: ignore[arg-type]
    for name, path in {
        "list": MAILS,
        "attention": f"{MAILS}?show=attention",
        "empty": f"{MAILS}?q=nobody-like-that",
        "failed": f"{MAILS}/{FAILED}",
        "doubt": f"{MAILS}/{DOUBTFUL}?view=text",
        "put-off": f"{MAILS}/{PUT_OFF}?view=source",
        "sent": f"{MAILS}/{SENT}?view=phone",
        "settle": f"{MAILS}/settle?decision=again&m={FAILED}&m={SENT}",
        "suppressions": "/desk/suppressions",
        "lift": "/desk/suppressions/1",
    }.items():
        page.goto(mailed.url + path)
        assert_no_axe_violations(page)
        assert_fits(page)
        cut = page.locator("table.rows").evaluate_all(
            "all => all.some(one => one.scrollWidth > one.parentElement.clientWidth + 1)"
        )
        assert not cut, name
        shoot(page, f"desk-mails-{name}", scheme)
