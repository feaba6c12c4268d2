"""The page that is rendered once and filled in is the page rendered for each."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.campaign import CampaignState
from outreach.domain.invitation import InvitationState
from outreach.domain.privacy import Privacy
from outreach.domain.views import AnswerPage, CampaignFacts, StandingSignature
from outreach.web.answer_forms import Sheet
from outreach.web.answer_sheet import AnswerSheets, Visit
from outreach.web.pages import Pages

FACTS = CampaignFacts(
    slug="archives",
    state=CampaignState.OPEN,
    title="Let the archives be opened",
    addressee="the Minister",
    occasion="a visit",
    occasion_date=date(2026, 12, 4),
    reply_to="coordinator@coalition.example",
    language="en",
    deadline=datetime(2026, 12, 1, 17, 0, tzinfo=UTC),
    zone="Europe/Berlin",
)
PAGE = AnswerPage(
    campaign=FACTS,
    statement_body="# A door\n\nthat is **closed**",
    statement_source="---\n---\n# A door",
    statement_sha256="f" * 64,
    asks=("Open it.",),
    organization="Archive Watch",
    offered_credit_line="Archive Watch",
    offered_acronym="",
    offered_country="",
    offered_url="",
    offered_sort_name="",
    country="GB",
    contact_name="Ida Berg",
    invited_as="i…@archive-watch.example",
    contact_language="en",
    contact_zone="Europe/London",
    state=InvitationState.AWAITING,
    takes_answers=True,
    takes_deferral=True,
    takes_passing_on=True,
    takes_withdrawal=False,
)
VISIT = Visit(action="/answer/0123456789abcdef", form_token="token", done="", over=False)
SHEETS = AnswerSheets(Pages(base=""))

WORDS = st.text(max_size=30) | st.sampled_from(["<b>&\"'", "{{ x }}", "مركز", "organization."])


def _whole(page: AnswerPage, visit: Visit) -> str:
    """The slow way: an empty form shown again is the form as it was."""
    return SHEETS.render(page, visit, sheet=Sheet())


@settings(max_examples=60)
@given(WORDS, WORDS, WORDS, WORDS, WORDS, WORDS, st.booleans(), st.sampled_from(["", "declined"]))
def test_filled_in_it_is_the_page_as_rendered_whole(
    organization: str,
    credit: str,
    acronym: str,
    sort_name: str,
    email: str,
    token: str,
    over: bool,
    done: str,
) -> None:
    page = replace(
        PAGE,
        organization=organization,
        offered_credit_line=credit,
        offered_acronym=acronym,
        offered_sort_name=sort_name,
        invited_as=email,
    )
    visit = replace(VISIT, form_token=token, over=over, done=done)
    assert SHEETS.render(page, visit) == _whole(page, visit)


@pytest.mark.parametrize(
    "change",
    [
        {"state": InvitationState.DECLINED},
        {"state": InvitationState.RECONFIRMING},
        {"state": InvitationState.WITHDRAWN, "takes_answers": False},
        {"takes_answers": False},
        {"statement_body": "Other words.", "statement_sha256": "e" * 64},
        {"contact_language": "zh-Hant", "contact_zone": "Asia/Taipei"},
        {"contact_language": "ar"},
        {"asks": ()},
        {"offered_privacy": Privacy.COUNTED},
        {"campaign": replace(FACTS, deadline=datetime(2026, 12, 2, tzinfo=UTC))},
        {"campaign": replace(FACTS, reply_to="")},
        {"campaign": replace(FACTS, state=CampaignState.PUBLISHED)},
    ],
)
def test_whatever_else_differs_is_another_rendering(change: dict[str, object]) -> None:
    SHEETS.render(PAGE, VISIT)
    page = replace(PAGE, **change)  # type: ignore[arg-type]
    assert SHEETS.render(page, VISIT) == _whole(page, VISIT)
    assert SHEETS.render(page, VISIT) != SHEETS.render(PAGE, VISIT)


def test_nobody_sees_what_another_was_shown() -> None:
    first = SHEETS.render(PAGE, VISIT)
    other = replace(
        PAGE,
        organization="B",
        offered_credit_line="B",
        contact_name="C",
        invited_as="d…@b.example",
    )
    second = SHEETS.render(other, replace(VISIT, action="/answer/other", form_token="another"))
    for own in ("Archive Watch", "i…@archive-watch.example", VISIT.action, '"token"'):
        assert own in first
        assert own not in second


def test_what_stands_is_rendered_for_its_signer_alone() -> None:
    standing = StandingSignature("Archive Watch", "", "Ida Berg", "Director", FACTS.deadline)
    page = replace(PAGE, state=InvitationState.SIGNED, signature=standing, takes_withdrawal=True)
    assert "Ida Berg" in SHEETS.render(page, VISIT)
    assert SHEETS.render(page, VISIT) == _whole(page, VISIT)


def test_a_late_signer_reads_that_the_published_number_stays() -> None:
    late = replace(PAGE, campaign=replace(FACTS, state=CampaignState.PUBLISHED))
    assert "its number stays as it was then" in SHEETS.render(late, VISIT)
    assert "its number stays" not in SHEETS.render(PAGE, VISIT)
