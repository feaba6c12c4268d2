"""Every move of a request to join, every refused one, and when the door takes them."""

from datetime import UTC, datetime, timedelta

import pytest

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import MoveRefused
from outreach.domain.join_request import (
    PROOF_LIFE,
    REQUEST_MOVES,
    RequestEvent,
    RequestState,
    may_prove,
    takes_requests,
)
from outreach.domain.moves import next_state

S, E = RequestState, RequestEvent
NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
DEADLINE = NOW + timedelta(days=1)
MOVES = {
    (S.UNPROVEN, E.PROVE): S.WAITING,
    (S.UNPROVEN, E.RECOGNIZE): S.KNOWN,
    (S.WAITING, E.ADMIT): S.ADMITTED,
    (S.WAITING, E.REFUSE): S.REFUSED,
    (S.WAITING, E.REPLACE): S.REPLACED,
    (S.REFUSED, E.ADMIT): S.ADMITTED,
}


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("event", E)
def test_every_pair_moves_as_the_table_says_or_is_refused(
    state: RequestState, event: RequestEvent
) -> None:
    if (state, event) in MOVES:
        assert next_state(REQUEST_MOVES, state, event) is MOVES[state, event]
    else:
        with pytest.raises(MoveRefused):
            next_state(REQUEST_MOVES, state, event)


@pytest.mark.parametrize("state", CampaignState)
@pytest.mark.parametrize("open_door", [True, False])
def test_the_door_takes_requests_while_the_campaign_takes_answers(
    state: CampaignState, open_door: bool
) -> None:
    takes = takes_requests(state, open_door=open_door, deadline=DEADLINE, now=NOW)
    assert takes is (open_door and state in {CampaignState.OPEN, CampaignState.PAUSED})
    assert not takes_requests(state, open_door=open_door, deadline=NOW, now=NOW)


def test_an_address_can_be_proven_for_three_days() -> None:
    assert may_prove(NOW, now=NOW + PROOF_LIFE - timedelta(seconds=1))
    assert not may_prove(NOW, now=NOW + PROOF_LIFE)
