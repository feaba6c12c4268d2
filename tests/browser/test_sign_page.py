"""The way of an organization through its page."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from outreach.demo.sample import SLUG
from tests.browser.conftest import Served
from tests.browser.desk import assert_no_axe_violations
from tests.browser.looking import DESK, PHONE, Scheme, assert_fits, new_page, press, shoot
from tests.browser.sample_answers import everybody_signs, publish
from tests.web.invited import an_open_campaign, letter_to

pytestmark = pytest.mark.browser

SCOTS = "contact@hong-kong-scots.example"
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])
LOOKS = pytest.mark.parametrize(
    ("size", "scheme"),
    [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")],
    ids=["390-light", "390-dark", "1280-light", "1280-dark"],
)


@SIZES
def test_an_organization_signs_with_the_keyboard_alone(
    browser: Browser, served: Served, size: ViewportSize
) -> None:
    page = new_page(browser, size)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert "/answer/" in page.url

    press(page, "Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    press(page, "Tab")
    jump = page.get_by_role("link", name="Go to the signature form")
    expect(jump).to_be_focused()
    press(page, "Enter")
    press(page, "Tab")
    name = page.get_by_label("Your organization’s name, as it will be printed")
    expect(name).to_be_focused()
    expect(name).to_be_in_viewport()
    page.keyboard.press("End")
    page.keyboard.type(" (Alba)")
    press(page, "Tab", 2)
    expect(page.get_by_label("Print our name in the public list")).to_be_focused()
    press(page, "ArrowDown")
    press(page, "Tab")
    page.keyboard.type("Ewan Chan")
    press(page, "Tab")
    page.keyboard.type("Chair")
    press(page, "Tab")
    press(page, "Space")
    press(page, "Tab")
    expect(page.get_by_role("button", name="Sign the statement")).to_be_focused()
    press(page, "Enter")

    expect(page.get_by_text("Signed. Thank you.")).to_be_in_viewport()
    expect(page.locator("dd", has_text="The Hong Kong Scots (Alba)")).to_be_visible()
    expect(
        page.locator("div", has_text="Name seen by").locator("dd", has_text=" only")
    ).to_be_visible()
    assert_fits(page)
    shoot(page, "sign-3-signed")


@LOOKS
def test_the_page_before_anything_is_answered(
    browser: Browser, served: Served, size: ViewportSize, scheme: Scheme
) -> None:
    page = new_page(browser, size, scheme)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)

    expect(page.get_by_role("button", name="Sign the statement")).to_be_visible()
    assert_fits(page)
    shoot(page, "sign-1-before", scheme)


@LOOKS
def test_what_is_wrong_is_said_beside_the_field_that_has_the_focus(
    browser: Browser, served: Served, size: ViewportSize, scheme: Scheme
) -> None:
    page = new_page(browser, size, scheme)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    page.get_by_label("Your organization’s name, as it will be printed").fill("Hong Kong Scotts")
    page.get_by_label("Your name").fill(" ")
    page.get_by_label("Your role there").fill(" ")
    page.get_by_label("I am authorized").check()
    page.get_by_role("button", name="Sign the statement").click()

    name = page.get_by_label("Your name")
    expect(name).to_be_focused()
    expect(name).to_be_in_viewport()
    expect(name).to_have_accessible_description(
        "Error: Please type the name of the person who signs."
    )
    expect(page.get_by_label("Your organization’s name, as it will be printed")).to_have_value(
        "Hong Kong Scotts"
    )
    assert_fits(page)
    shoot(page, "sign-2-errors", scheme)


@LOOKS
def test_a_line_is_seen_among_its_neighbours_before_it_counts(
    browser: Browser, served: Served, size: ViewportSize, scheme: Scheme
) -> None:
    everybody_signs(served, but=SCOTS)
    page = new_page(browser, size, scheme)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    page.locator("summary", has_text="Acronym, country, website").click()
    page.get_by_label("Acronym").fill("HKS")
    page.get_by_label("Country").fill("Scotland")
    page.get_by_label("Website").fill("hong-kong-scots.example")
    page.get_by_label("Sort it in the list under").fill("Hong Kong Scots")
    page.get_by_role("button", name="See it in the list first").click()

    proof = page.locator(".proof")
    expect(proof).to_be_in_viewport()
    expect(proof).to_contain_text("Nothing is signed yet.")
    expect(proof.get_by_role("listitem")).to_have_text(
        [
            re.compile("Freiheit für Hongkong|Hello Taiwan|HKersUnited"),
            "The Hong Kong Scots (HKS), Scotland leads to https://hong-kong-scots.example",
            "Hong Kong Watch",
        ]
    )
    assert_fits(page)
    shoot(page, "sign-4-proof", scheme)


@SIZES
def test_a_signature_is_corrected_and_withdrawn_with_the_same_link(
    browser: Browser, served: Served, size: ViewportSize
) -> None:
    page = new_page(browser, size)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    page.get_by_label("Your name").fill("Ewan Chan")
    page.get_by_label("Your role there").fill("Chair")
    page.get_by_label("I am authorized").check()
    page.get_by_role("button", name="Sign the statement").click()

    page.get_by_text("Correct the name, or who sees it").click()
    page.get_by_label("Your organization’s name, as it will be printed").fill("Hong Kong Scots")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.get_by_text("Corrected.")).to_be_in_viewport()
    shoot(page, "sign-3-corrected")
    expect(page.locator("dd strong").get_by_text("Hong Kong Scots", exact=True)).to_be_visible()

    page.get_by_text("Withdraw the signature").first.click()
    page.get_by_label("Take Hong Kong Scots off the list").check()
    shoot(page, "sign-4-withdrawing")
    page.get_by_role("button", name="Withdraw the signature").click()
    expect(page.get_by_text("Withdrawn.")).to_be_in_viewport()
    name = page.get_by_label("Your organization’s name, as it will be printed")
    expect(name).to_have_value("Hong Kong Scots")
    expect(page.get_by_role("button", name="Sign the statement")).to_be_visible()
    shoot(page, "sign-5-withdrawn")


@LOOKS
def test_declining(browser: Browser, served: Served, size: ViewportSize, scheme: Scheme) -> None:
    page = new_page(browser, size, scheme)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    page.get_by_text("We would rather not sign").click()
    page.get_by_label("Reason").fill("Our board meets only after the deadline.")
    page.get_by_label("will not sign this statement").check()
    assert_fits(page)
    shoot(page, "sign-6-declining", scheme)
    page.get_by_role("button", name="Decline, and stop the reminders").click()
    expect(page.get_by_text("Your answer is recorded")).to_be_in_viewport()
    shoot(page, "sign-7-declined", scheme)


@LOOKS
def test_after_the_deadline(
    browser: Browser, served: Served, size: ViewportSize, scheme: Scheme
) -> None:
    served.clock.now += timedelta(days=7)
    page = new_page(browser, size, scheme)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)

    expect(page.get_by_text("The deadline has passed.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign the statement")).to_have_count(0)
    assert_fits(page)
    shoot(page, "sign-8-after-the-deadline", scheme)


@LOOKS
def test_once_published_the_page_leads_to_the_list(
    browser: Browser, served: Served, size: ViewportSize, scheme: Scheme
) -> None:
    everybody_signs(served)
    publish(served)
    page = new_page(browser, size, scheme)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)

    expect(page.get_by_text("has signed this statement.")).to_be_in_viewport()
    assert_fits(page)
    shoot(page, "sign-11-published", scheme)
    page.get_by_role("link", name="See the published statement").click()
    expect(page.get_by_role("heading", name="47 signatories")).to_be_visible()


@SIZES
def test_names_and_dates_of_other_scripts_stand_right(
    browser: Browser, served: Served, size: ViewportSize
) -> None:
    for number, address in enumerate(
        ("contact@campaign-for-uyghurs.example", "contact@dialogue-china.example")
    ):
        page = new_page(browser, size)
        page.goto(served.url + letter_to(served.outreach, address).answer)
        assert_fits(page)
        shoot(page, f"sign-9-script-{number}")


@SIZES
def test_a_statement_written_from_right_to_left(
    browser: Browser, served: Served, size: ViewportSize
) -> None:
    source = """\
---
title: "افتحوا الأرشيف"
addressee: "وزير الثقافة"
occasion: "زيارة الوزير إلى جنيف"
occasion_date: 2099-01-01
language: ar
asks:
  - "فتح الأرشيف أمام العائلات."
---

انتظرت العائلات **ثلاثين عامًا** لتقرأ ما كُتب عنها.

- فتح الأرشيف
- نشر القوائم
"""
    partners = (
        "organization,email,language,timezone\nمركز الأرشيف (MA),a@markaz.example,ar,Asia/Beirut\n"
    )
    now = served.clock.now
    an_open_campaign(
        served.outreach.database,
        slug="arabic",
        source=source,
        partners=partners,
        deadline=now + timedelta(days=5),
        now=now,
    )
    page = new_page(browser, size)
    page.goto(served.url + letter_to(served.outreach, "a@markaz.example").answer)

    expect(page.locator(".paper")).to_have_css("direction", "rtl")
    assert_fits(page)
    shoot(page, "sign-10-right-to-left")


@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["390-light", "1280-dark"]
)
def test_axe_finds_nothing_on_any_page_of_a_signer(
    browser: Browser, served: Served, size: ViewportSize, scheme: Scheme
) -> None:
    letter = letter_to(served.outreach, SCOTS)
    page = browser.new_page(viewport=size, color_scheme=scheme)  # axe is a script
    for path in (letter.answer, letter.unsubscribe, "/a/x", "/answer/0", "/", "/s/nothing"):
        page.goto(served.url + path)
        assert_no_axe_violations(page)
    page.goto(served.url + letter.answer)
    page.get_by_label("Your name").fill(" ")
    page.get_by_label("Your role there").fill(" ")
    page.get_by_label("I am authorized").check()
    page.get_by_role("button", name="Sign the statement").click()
    expect(page.get_by_text("Please type the name of the person who signs")).to_be_visible()
    assert_no_axe_violations(page)
    page.get_by_role("button", name="See it in the list first").click()
    expect(page.get_by_text("Nothing is signed yet.")).to_be_visible()
    assert_no_axe_violations(page)
    everybody_signs(served)
    page.goto(served.url + letter.answer)
    assert_no_axe_violations(page)
    publish(served)
    for path in (letter.answer, f"/s/{SLUG}"):
        page.goto(served.url + path)
        assert_no_axe_violations(page)


@LOOKS
def test_the_small_pages(
    browser: Browser, served: Served, size: ViewportSize, scheme: Scheme
) -> None:
    letter = letter_to(served.outreach, SCOTS)
    page = new_page(browser, size, scheme)
    pages = {"link": "/a/x", "visit": "/answer/0", "home": "/", "missing": "/s/nothing"}
    for name, path in pages.items():
        page.goto(served.url + path)
        assert_fits(page)
        shoot(page, f"small-{name}", scheme)
    page.goto(served.url + letter.unsubscribe)
    shoot(page, "small-unsubscribe", scheme)
    page.get_by_role("button", name="Stop all mail to this address").click()
    expect(page.get_by_role("heading", name="No more mail to this address")).to_be_visible()
    assert_fits(page)
    shoot(page, "small-unsubscribed", scheme)


@SIZES
def test_a_board_that_decides_later_names_its_day(
    browser: Browser, served: Served, size: ViewportSize
) -> None:
    page = new_page(browser, size)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    page.get_by_text("We decide later").click()
    day = page.get_by_label("The day on which your board decides")
    day.fill((served.clock.now - timedelta(days=1)).date().isoformat())
    page.get_by_role("button", name="Ask us again on that day").click()

    expect(day).to_be_focused()
    expect(day).to_have_accessible_description(re.compile("Error: Please choose a day after today"))
    assert_fits(page)
    shoot(page, "sign-5-decides-wrong")
    day.fill((served.clock.now + timedelta(days=2)).date().isoformat())
    page.get_by_role("button", name="Ask us again on that day").click()

    expect(page.get_by_text("Until then no reminder comes")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Sign the statement")).to_be_visible()
    assert_fits(page)
    shoot(page, "sign-5-decides-later")


@SIZES
def test_it_is_passed_on_to_a_colleague(
    browser: Browser, served: Served, size: ViewportSize
) -> None:
    page = new_page(browser, size)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    page.get_by_text("A colleague has to answer").click()
    page.get_by_label("Your colleague’s name").fill("Isla Wong")
    page.get_by_label("Your colleague’s e-mail address").fill("isla@hong-kong-scots.example")
    assert_fits(page)
    shoot(page, "sign-6-passing-on")
    page.get_by_role("button", name="Send them an invitation").click()

    expect(page.get_by_text("Passed on.")).to_be_in_viewport()
    colleague = new_page(browser, size)
    letter = letter_to(served.outreach, "isla@hong-kong-scots.example")
    colleague.goto(served.url + letter.answer)
    expect(colleague.get_by_role("button", name="Sign the statement")).to_be_visible()


@SIZES
def test_who_is_at_risk_takes_the_name_back_after_the_deadline(
    browser: Browser, served: Served, size: ViewportSize
) -> None:
    everybody_signs(served)
    publish(served)
    page = new_page(browser, size)
    page.goto(served.url + letter_to(served.outreach, SCOTS).answer)
    page.get_by_text("Show our name to fewer people").first.click()
    expect(page.get_by_role("group", name="Who may see your organization’s name")).to_be_visible()
    expect(page.get_by_label("Print our name in the public list")).to_have_count(0)
    page.get_by_label("Count us, without our name").check()
    assert_fits(page)
    shoot(page, "sign-7-protecting")
    page.get_by_role("button", name="Show our name to fewer people").click()
    expect(page.get_by_text("Your name is protected.")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Show our name to fewer people")).to_have_count(0)
    assert_fits(page)
    shoot(page, "sign-7-protected")
