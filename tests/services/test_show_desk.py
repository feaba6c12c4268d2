"""All campaigns: which run, which are over, and which need a person."""

from sqlmodel import Session

from outreach.services.close_campaign import close_campaign
from outreach.services.show_desk import Answers, CampaignCard, show_desk
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.store.database import Database
from tests.counting import counting
from tests.crowds import a_crowd
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    STATEMENT,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    sign,
    withdraw,
)


def _slugs(cards: tuple[CampaignCard, ...]) -> list[str]:
    return [card.campaign.slug for card in cards]


def test_an_empty_desk_says_so(database: Database) -> None:
    with database.reading() as session:
        assert show_desk(session, now=NOW).is_empty


def test_campaigns_are_told_apart_by_what_they_still_do(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session, slug="draft")
        for slug in ("open", "paused", "closed", "cancelled"):
            a_launched_campaign(session, slug=slug)
        pause_campaign(session, slug="paused")
        close_campaign(session, slug="closed", mail_domain=DOMAIN, now=NOW)
        cancel_campaign(session, slug="cancelled")
        desk = show_desk(session, now=NOW)
        assert _slugs(desk.running) == ["open", "paused"]
        assert _slugs(desk.drafts) == ["draft"]
        assert _slugs(desk.archive) == ["cancelled", "closed"]
        assert [card.needs_attention for card in desk.running] == [False, True]


def test_each_campaign_has_its_own_counts(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", "Beta", "Gamma", "Delta")
        a_launched_campaign(session, "Alpha", slug="other")
        sign(session, "Beta")
        decline(session, "Gamma")
        sign(session, "Delta")
        withdraw(session, "Delta")
        a_contact(session, campaign, organization="Late")
        first, second = show_desk(session, now=NOW).running
        assert first.answers == Answers(
            5, signed=1, waiting=1, declined=1, withdrawn=1, uninvited=1
        )
        assert second.answers == Answers(1, waiting=1)


def test_what_needs_a_person_is_counted(database: Database) -> None:
    with database.transaction() as session:
        _crowd(session, slug="visit", many=50)
        a_launched_campaign(session, "Alpha", slug="calm")
        cards = {card.campaign.slug: card for card in show_desk(session, now=NOW).running}
        assert (cards["visit"].failed, cards["visit"].not_reached) == (5, 5)
        assert cards["visit"].needs_attention
        assert not cards["calm"].needs_attention


def test_many_campaigns_take_as_many_statements_as_one(database: Database) -> None:
    counts = []
    for slugs in (["a"], ["b", "c", "d", "e"]):
        with database.transaction() as session:
            for slug in slugs:
                _crowd(session, slug=slug, many=20)
        with database.reading() as session, counting(database) as asked:
            show_desk(session, now=NOW)
        counts.append(asked.many)
    assert counts[0] == counts[1] <= 5


def _crowd(session: Session, *, slug: str, many: int) -> None:
    a_crowd(
        session,
        source=STATEMENT,
        slug=slug,
        many=many,
        deadline=DEADLINE,
        mail_domain=DOMAIN,
        now=NOW,
    )
