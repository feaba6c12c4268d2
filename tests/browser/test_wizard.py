"""From a signed-in desk to a launched campaign of 47, by clicks and keys alone."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlmodel import col, func, select

from outreach.demo.sample import sample_partners, sample_statement
from outreach.store.campaigns import find_campaign, list_campaigns
from outreach.store.tables import Message
from tests.browser.conftest import Served
from tests.browser.desk import TABLET, WIDE, a_signed_in_page, assert_no_axe_violations
from tests.browser.looking import PHONE, Scheme, assert_fits, shoot

pytestmark = pytest.mark.browser

PEOPLE = 50
STEPS = ("statement", "deadline", "sender", "reminders", "partners", "wording", "check", "launch")


@dataclass
class Hand:
    """A person's hand: what it does is counted, and each page that it meets is looked at."""

    page: Page
    look: bool
    done: int = 0
    seen: list[str] = field(default_factory=list)

    def press(self, name: str) -> None:
        """A button or a link, by its words."""
        target = self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        )
        target.first.click()
        self._count()

    def choose(self, label: str, file: Path) -> None:
        self.page.get_by_label(label).set_input_files(file)
        self.done += 1

    def tick(self, label: str) -> None:
        self.page.get_by_label(label).check()
        self.done += 1

    def _count(self) -> None:
        self.done += 1
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        title = self.page.get_by_role("heading", level=1).inner_text()
        self.seen.append(title)
        if self.look:
            self.page.wait_for_load_state("networkidle")
            assert_no_axe_violations(self.page)


@pytest.fixture
def files(tmp_path: Path, served: Served) -> tuple[Path, Path]:
    """What a coordinator has on their machine."""
    statement, partners = tmp_path / "statement.md", tmp_path / "partners.csv"
    day = (served.clock.now + timedelta(days=20)).date()
    statement.write_text(sample_statement(deadline_day=day), "utf-8")
    partners.write_bytes(sample_partners())
    return statement, partners


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_campaign_of_47_is_launched_by_clicks_and_keys(
    browser: Browser,
    served: Served,
    files: tuple[Path, Path],
    scripts: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    statement, partners = files
    page = a_signed_in_page(served, browser, scripts=scripts)
    page.goto(f"{served.url}/desk/new")
    hand = Hand(page, look=scripts)

    hand.choose("Or choose its file", statement)
    hand.press("Make the draft and continue")
    hand.press("Save and continue")  # the deadline, as proposed
    hand.press("Save and continue")  # the sender
    hand.press("Keep these and continue")
    hand.choose("Spreadsheet (.xlsx) or CSV file", partners)
    hand.press("Send and look at it")
    hand.press("Take over 51 people")
    hand.press("Continue with the wording")
    hand.press("Continue with the check")
    hand.press("Continue to the launch")
    expect(page.get_by_text(f"{PEOPLE} people of 47 organizations").first).to_be_visible()
    hand.tick(f"Yes, mail {PEOPLE} people of 47 organizations now.")
    page.get_by_role("button", name=f"Launch, and invite {PEOPLE} people").click()
    page.wait_for_url("**?done=launched")

    assert _queued(served) == PEOPLE
    with capsys.disabled():
        print(f"\n{hand.done + 2} steps from the desk to the launch of 47")  # noqa: T201
    assert hand.done + 2 <= 20


def _queued(served: Served) -> int:
    with served.outreach.database.reading() as session:
        campaign = find_campaign(session, _slug(served))
        assert campaign is not None
        assert campaign.state == "open"
        query = select(func.count()).where(col(Message.campaign_id) == campaign.id)
        return session.exec(query).one()


def _slug(served: Served) -> str:
    with served.outreach.database.reading() as session:
        return next(one.slug for one in list_campaigns(session) if one.slug.startswith("joint"))


LOOKS = [(size, scheme) for size in (PHONE, TABLET, WIDE) for scheme in ("light", "dark")]


@pytest.mark.parametrize(
    ("size", "scheme"), LOOKS, ids=[f"{size['width']}-{scheme}" for size, scheme in LOOKS]
)
def test_every_step_fits_and_is_legible(
    browser: Browser,
    served: Served,
    files: tuple[Path, Path],
    size: ViewportSize,
    scheme: Scheme,
) -> None:
    statement, partners = files
    page = a_signed_in_page(served, browser, size=size, scheme=scheme)
    page.goto(f"{served.url}/desk/new")
    _look(page, "new", scheme)
    page.get_by_label("Or choose its file").set_input_files(statement)
    page.get_by_role("button", name="Make the draft and continue").click()
    page.wait_for_url("**/deadline**")
    at = page.url.partition("/setup/")[0] + "/setup"
    page.goto(f"{at}/partners")
    _look(page, "partners-empty", scheme)
    faulty = partners.with_name("faulty.csv")
    faulty.write_text(
        "organization,email,country,timezone\nArchive Watch,ida(at)watch,Atlantis,Europe/Berlin\n"
        "Archiv Watch,lin@memory.example,TW,Asia/Taipei\nArchive Watch,ida@w.example,GB,Nowhere\n",
        "utf-8",
    )
    page.get_by_label("Spreadsheet (.xlsx) or CSV file").set_input_files(faulty)
    page.get_by_role("button", name="Send and look at it").click()
    _look(page, "review-errors", scheme)
    page.goto(f"{at}/partners")
    page.get_by_label("Cells copied from a spreadsheet").fill(
        "Who\tMail\nArchive Watch\ta@b.example"
    )
    page.get_by_role("button", name="Look at the pasted table").click()
    _look(page, "columns", scheme)
    page.goto(f"{at}/partners")
    page.get_by_label("Spreadsheet (.xlsx) or CSV file").set_input_files(partners)
    page.get_by_role("button", name="Send and look at it").click()
    _look(page, "review", scheme)
    page.get_by_role("button", name="Take over 51 people").click()
    page.goto(f"{at}/deadline")
    page.get_by_role("button", name="Save and continue").click()
    for step in STEPS:
        page.goto(f"{at}/{step}")
        _look(page, step, scheme)
    for name, path in (
        ("overview", ""),
        ("partner", "/partners/add"),
        ("wording-invitation", "/wording/invitation/en"),
        ("check-outside", "/check?outside=yes"),
    ):
        page.goto(at + path)
        _look(page, name, scheme)


def _look(page: Page, name: str, scheme: Scheme) -> None:
    page.wait_for_load_state("networkidle")
    shoot(page, f"wizard-{name}", scheme)
    assert_fits(page)
    assert_no_axe_violations(page)
