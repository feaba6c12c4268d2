"""A recorded consent's moves, what stands in the way of its confirmation, what may be attached."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import MoveRefused
from outreach.domain.invitation import InvitationState
from outreach.domain.moves import next_state
from outreach.domain.recorded_consent import (
    CONSENT_MOVES,
    Circumstances,
    ConsentEvent,
    ConsentState,
    FileKind,
    Obstacle,
    find_obstacle,
    kind_of_file,
)

NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FREE = Circumstances(
    campaign_state=CampaignState.OPEN,
    deadline=NOW + HOUR,
    open_until=None,
    invitation_state=InvitationState.AWAITING,
    answered_since=False,
    text_changed=False,
)
ROWS = {
    ("waiting", "confirm"): "confirmed",
    ("waiting", "refuse"): "refused",
}


@pytest.mark.parametrize(("state", "event"), list(product(ConsentState, ConsentEvent)))
def test_what_was_settled_once_is_settled(state: ConsentState, event: ConsentEvent) -> None:
    if (state, event) in ROWS:
        assert next_state(CONSENT_MOVES, state, event) == ROWS[state, event]
    else:
        with pytest.raises(MoveRefused):
            next_state(CONSENT_MOVES, state, event)


def obstacle(**changes: object) -> Obstacle | None:
    return find_obstacle(replace(FREE, **changes), now=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["awaiting", "deferred", "declined", "withdrawn", "reconfirming"])
def test_nothing_stands_in_the_way_of_one_who_may_still_sign(state: str) -> None:
    assert obstacle(invitation_state=InvitationState(state)) is None
    assert obstacle(campaign_state=CampaignState.PAUSED) is None


def test_what_was_recorded_in_time_waits_past_the_deadline_until_the_list_is_closed() -> None:
    late = NOW - HOUR
    assert obstacle(deadline=late) is None
    for state in (CampaignState.CLOSED, CampaignState.PUBLISHED):
        assert obstacle(deadline=late, campaign_state=state) is Obstacle.CLOSED
        assert obstacle(campaign_state=state) is Obstacle.CLOSED


def test_nothing_counts_in_a_campaign_that_was_cancelled() -> None:
    assert obstacle(campaign_state=CampaignState.CANCELLED) is Obstacle.CANCELLED


def test_a_list_reopened_to_the_organization_takes_it_until_that_moment() -> None:
    closed = {"campaign_state": CampaignState.CLOSED, "deadline": NOW - HOUR}
    assert obstacle(**closed, open_until=NOW + HOUR) is None
    assert obstacle(**closed, open_until=NOW) is Obstacle.CLOSED


def test_the_organizations_own_answer_comes_before_ours() -> None:
    assert obstacle(answered_since=True) is Obstacle.ANSWERED
    assert obstacle(invitation_state=InvitationState.SIGNED) is Obstacle.ANSWERED
    assert obstacle(invitation_state=InvitationState.DECLINED, answered_since=True) is (
        Obstacle.ANSWERED
    )


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_who_can_sign_no_more_is_not_signed_for(state: str) -> None:
    assert obstacle(invitation_state=InvitationState(state)) is Obstacle.CLOSED


def test_nobody_is_signed_for_a_text_that_they_have_not_seen() -> None:
    assert obstacle(text_changed=True) is Obstacle.TEXT_CHANGED


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("letter.pdf", b"%PDF-1.7\n...", FileKind.PDF),
        ("letter", b"%PDF-1.7\n\x00", FileKind.PDF),
        ("screen.png", b"\x89PNG\r\n\x1a\n\x00", FileKind.PNG),
        ("screen.txt", b"\xff\xd8\xff\xe0\x00", FileKind.JPEG),
        ("Re.EML", b"From: a@b.example\r\n\r\nyes", FileKind.EML),
        ("re.eml", b"Return-Path: <a@b.example>\r\n", FileKind.EML),
        ("chat.txt", "Ja, wir unterzeichnen. 好".encode(), FileKind.TXT),
    ],
)
def test_what_may_be_attached_is_known_by_what_is_in_it(
    name: str, content: bytes, kind: FileKind
) -> None:
    assert kind_of_file(name, content) is kind


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("chat.txt", b"MZ\x00\x00"),
        ("chat.txt", b" \n"),
        ("re.eml", b"<html>no header</html>"),
        ("letter.pdf", b"PK\x03\x04"),
        ("letter.docx", b"PK\x03\x04"),
        ("", b"plain words"),
    ],
)
def test_anything_else_is_not_attached(name: str, content: bytes) -> None:
    assert kind_of_file(name, content) is None
