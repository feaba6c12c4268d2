from datetime import UTC, date, datetime

from outreach.demo.watch import Watch
from outreach.domain.campaign import CampaignState
from outreach.domain.views import CampaignFacts
from outreach.services.report_status import StatusReport

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def a_report(
    *,
    state: CampaignState = CampaignState.OPEN,
    invitations: dict[str, int] | None = None,
    messages: dict[str, dict[str, int]] | None = None,
) -> StatusReport:
    facts = CampaignFacts(
        slug="visit",
        state=state,
        title="A statement",
        addressee="The Secretary",
        occasion="the visit",
        occasion_date=date(2026, 12, 8),
        reply_to="coordinator@coalition.example",
        language="en",
        deadline=NOW,
        zone="Europe/Berlin",
    )
    return StatusReport(
        campaign=facts,
        organizations=47,
        contacts=51,
        invitations=invitations or {"awaiting": 47},
        messages=messages or {},
        troubles=(),
        captured=True,
        as_of=NOW,
    )


def test_nothing_new_is_no_news() -> None:
    watch = Watch()
    assert watch.news(a_report()) == []
    assert watch.news(a_report()) == []


def test_each_change_is_told_once_in_counts() -> None:
    watch = Watch()
    watch.news(a_report())
    answered = a_report(
        invitations={"awaiting": 44, "signed": 2, "declined": 1},
        messages={"invitation": {"sent": 50, "queued": 1}, "reminder": {"queued": 3}},
    )
    assert watch.news(answered) == [
        "50 invitations sent.",
        "2 signed, 1 declined, of 47 organizations.",
    ]
    assert watch.news(answered) == []


def test_the_end_is_told() -> None:
    watch = Watch()
    watch.news(a_report())
    assert watch.news(a_report(state=CampaignState.CLOSED)) == [
        "The deadline has passed: the campaign is closed."
    ]
    (published,) = watch.news(a_report(state=CampaignState.PUBLISHED))
    assert "published" in published


def test_one_of_a_kind_is_no_plural() -> None:
    report = a_report(
        invitations={"signed": 1},
        messages={"invitation": {"sent": 1}, "closing_notice": {"sent": 1}},
    )
    assert Watch().news(report) == [
        "1 invitation sent.",
        "1 closing notice sent.",
        "1 signed, of 1 organization.",
    ]
