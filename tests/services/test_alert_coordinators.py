"""What coordinators are told of at once, and once. On both databases."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.domain.errors import AlreadyAnswered
from outreach.services.alert_coordinators import alert_of_pause
from outreach.services.keep_sent import SentKeeper
from outreach.services.settle_round import Round, settle_round
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import Passkey
from tests.factories import NOW, a_launched_campaign, decline, sign, the_invitation, withdraw
from tests.noticing import a_coordinator, change_coordinator, the_notices
from tests.racing import race


def keys(session: Session) -> list[str]:
    return [notice.key for notice in the_notices(session)]


def test_a_no_is_told_to_every_coordinator_at_once(database: Database) -> None:
    with database.transaction() as session:
        one = a_coordinator(session)
        other = a_coordinator(session, email="other@coalition.example", wants_digest=False)
        campaign = a_launched_campaign(session, "Alpha")
        decline(session, "Alpha")
        told = the_notices(session)
        assert [(notice.coordinator_id, notice.kind, notice.state) for notice in told] == [
            (one, "alert", "queued"),
            (other, "alert", "queued"),
        ]
        organization = the_invitation(session, "Alpha").organization_id
        assert {notice.key for notice in told} == {"declined/1"}
        assert {notice.campaign_id for notice in told} == {campaign.id}
        assert {notice.organization_id for notice in told} == {organization}
        assert {notice.due_at for notice in told} == {NOW}


def test_a_yes_is_no_alarm_and_its_withdrawal_is_one(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, "Alpha")
        sign(session, "Alpha")
        assert keys(session) == []
        withdraw(session, "Alpha")
        assert keys(session) == ["withdrawn/2"]


def test_an_answer_that_does_not_count_tells_nobody(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, "Alpha")
        decline(session, "Alpha")
    with pytest.raises(AlreadyAnswered), database.transaction() as session:
        decline(session, "Alpha")
    with database.reading() as session:
        assert keys(session) == ["declined/1"]


def test_of_two_that_decline_at_the_same_moment_each_is_told_of_once(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, "Alpha", "Beta")

    def declines(organization: str) -> None:
        with database.transaction() as session:
            decline(session, organization)

    race([lambda: declines("Alpha"), lambda: declines("Beta"), lambda: declines("Alpha")])
    with database.reading() as session:
        assert sorted(keys(session)) == ["declined/1", "declined/2"]


def test_who_has_left_or_has_not_come_in_yet_is_not_told(database: Database) -> None:
    with database.transaction() as session:
        gone = a_coordinator(session, email="gone@coalition.example")
        change_coordinator(session, gone, disabled_at=NOW)
        a_coordinator(session, email="invited@coalition.example", is_set_up=False)
        keyed = a_coordinator(session, email="passkey@coalition.example", is_set_up=False)
        session.add(
            Passkey(
                coordinator_id=keyed,
                credential_id="c",
                public_key="k",
                name="phone",
                created_at=NOW,
            )
        )
        a_launched_campaign(session, "Alpha")
        decline(session, "Alpha")
        assert [notice.coordinator_id for notice in the_notices(session)] == [keyed]


def test_a_campaign_that_the_service_pauses_is_told_of_once_for_each_time(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        campaign = a_launched_campaign(session, "Alpha")
        assert campaign.id is not None
        refused = Round(stops={campaign.id: "the mail server refuses us: 535 no"})
        for _ in range(2):  # the second finds it paused
            settle_round(session, refused, owner="sender", clock=lambda: NOW, keeper=SentKeeper())
        session.expire_all()
        (notice,) = the_notices(session)
        assert notice.key == f"paused/{campaign.id}/2026-03-04T14:00:00.000000+00:00"
        assert notice.organization_id is None
        assert require_campaign(session, "visit").state == "paused"
        later = NOW + timedelta(hours=1)
        assert alert_of_pause(session, campaign_id=campaign.id, now=later) == 1
        assert alert_of_pause(session, campaign_id=campaign.id, now=later) == 0


def test_without_coordinators_an_answer_is_taken_all_the_same(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        decline(session, "Alpha")
        assert keys(session) == []
