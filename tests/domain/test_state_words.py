"""Each state has one word, and no two of a kind share theirs."""

from collections.abc import Mapping
from enum import StrEnum

import pytest

from outreach.domain.campaign import CampaignState
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageState
from outreach.domain.state_words import ANSWERS, CAMPAIGNS, MAILS, NOT_INVITED, PUT_OFF


@pytest.mark.parametrize(
    ("words", "states", "beside"),
    [
        (ANSWERS, InvitationState, {NOT_INVITED}),
        (MAILS, MessageState, {PUT_OFF}),
        (CAMPAIGNS, CampaignState, set()),
    ],
)
def test_every_state_has_a_word_of_its_own(
    words: Mapping[str, str], states: type[StrEnum], beside: set[str]
) -> None:
    assert set(words) == set(states) | beside
    assert len(set(words.values())) == len(words)
