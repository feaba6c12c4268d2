"""When a later answer contradicts the one that stands, and when it may take its place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import MoveRefused
from outreach.domain.invitation import InvitationEvent, InvitationState
from outreach.domain.moves import next_state
from outreach.domain.review import (
    REVIEW_MOVES,
    Circumstances,
    Hindrance,
    ReviewEvent,
    ReviewState,
    Standing,
    contradicts,
    find_hindrance,
)

_S, _E = InvitationState, InvitationEvent
FIRST, OTHER = 1, 2
OPPOSED = {
    (_S.SIGNED, _E.DECLINE),
    (_S.SIGNED, _E.WITHDRAW),
    (_S.DECLINED, _E.SIGN),
    (_S.WITHDRAWN, _E.SIGN),
}
ALL = [(state, event) for state in InvitationState for event in InvitationEvent]


@pytest.mark.parametrize(("state", "event"), ALL)
def test_only_the_opposite_answer_of_another_contact_contradicts(
    state: InvitationState, event: InvitationEvent
) -> None:
    standing = Standing(state, FIRST, is_gone=False)
    assert contradicts(event, standing, contact_id=OTHER) is ((state, event) in OPPOSED)


@pytest.mark.parametrize(("state", "event"), ALL)
def test_who_answered_first_may_always_change_it(
    state: InvitationState, event: InvitationEvent
) -> None:
    assert not contradicts(event, Standing(state, FIRST, is_gone=False), contact_id=FIRST)


@pytest.mark.parametrize(
    ("who", "is_gone"), [(None, False), (FIRST, True)], ids=["by hand", "gone"]
)
@pytest.mark.parametrize(("state", "event"), sorted(OPPOSED))
def test_where_nobody_can_change_it_a_no_counts_at_once_and_a_yes_waits(
    state: InvitationState, event: InvitationEvent, who: int | None, is_gone: bool
) -> None:
    standing = Standing(state, who, is_gone=is_gone)
    assert contradicts(event, standing, contact_id=OTHER) is (event is _E.SIGN)


@pytest.mark.parametrize("state", ReviewState)
@pytest.mark.parametrize("event", ReviewEvent)
def test_a_review_is_settled_once(state: ReviewState, event: ReviewEvent) -> None:
    ends = {"keep": "kept", "replace": "replaced", "agree": "agreed"}
    if state is ReviewState.WAITING:
        assert next_state(REVIEW_MOVES, state, event) == ends[event]
    else:
        with pytest.raises(MoveRefused):
            next_state(REVIEW_MOVES, state, event)


NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
YES = Circumstances(
    is_yes=True,
    standing=_S.DECLINED,
    invitation_state=_S.DECLINED,
    campaign_state=CampaignState.OPEN,
    deadline=NOW + timedelta(days=1),
    open_until=None,
    text_changed=False,
    is_gone=False,
)
NO = replace(YES, is_yes=False, standing=_S.SIGNED, invitation_state=_S.SIGNED)
OVER = NOW - timedelta(days=1)
PUBLISHED = CampaignState.PUBLISHED


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (YES, None),
        (replace(YES, deadline=OVER), None),
        (replace(YES, campaign_state=CampaignState.PAUSED), None),
        (replace(YES, campaign_state=CampaignState.CLOSED, deadline=OVER), None),
        (replace(YES, campaign_state=PUBLISHED, deadline=OVER), Hindrance.PUBLISHED),
        (
            replace(
                YES, campaign_state=PUBLISHED, deadline=OVER, open_until=NOW + timedelta(hours=1)
            ),
            None,
        ),
        (replace(YES, campaign_state=PUBLISHED, open_until=OVER), Hindrance.PUBLISHED),
        (replace(YES, campaign_state=CampaignState.CANCELLED), Hindrance.CANCELLED),
        (replace(YES, text_changed=True), Hindrance.TEXT_CHANGED),
        (replace(YES, is_gone=True), Hindrance.GONE),
        (replace(YES, invitation_state=_S.SIGNED), Hindrance.CHANGED),
        (NO, None),
        (replace(NO, campaign_state=PUBLISHED, deadline=OVER), None),
        (replace(NO, text_changed=True, is_gone=True), None),
        (replace(NO, campaign_state=CampaignState.CANCELLED), Hindrance.CANCELLED),
        (replace(NO, invitation_state=_S.WITHDRAWN), Hindrance.CHANGED),
    ],
)
def test_a_yes_is_let_in_until_publication_and_a_no_at_any_time(
    facts: Circumstances, expected: Hindrance | None
) -> None:
    assert find_hindrance(facts, now=NOW) is expected
