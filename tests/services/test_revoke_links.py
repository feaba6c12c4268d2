"""Links that are ended at once, and what becomes of the mails that would bring one. On both
databases."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.services.plan_reminders import plan_reminders
from outreach.services.reissue_links import NoLinks
from outreach.services.remind_by_hand import NobodyToRemind, count_to_remind, remind_by_hand
from outreach.services.revoke_links import count_links
from outreach.services.tell_story import tell_story
from outreach.store.audience import Audience
from outreach.store.database import Database
from tests.factories import (
    DEADLINE,
    DOMAIN,
    a_launched_campaign,
    sign,
    the_invitation,
    the_link,
    the_messages,
)
from tests.linking import (
    ALPHA,
    BETA,
    LATER,
    carried,
    invited,
    live_links,
    mails,
    reissue,
    revoke,
    works,
)
from tests.noticing import a_coordinator


def test_a_revoked_link_is_dead_and_no_mail_brings_one(database: Database) -> None:
    with database.transaction() as session:
        invited(session, ALPHA, BETA)
        sign(session, BETA)
        old = the_link(session, ALPHA).id
        assert count_links(session, slug="visit", organization_id=1) == 1
        assert revoke(session, ALPHA) == 1
        assert count_links(session, slug="visit", organization_id=1) == 0
        story = tell_story(session, slug="visit", organization_id=1, now=LATER)
        assert story.coming == ()
        assert [one.has_link for one in story.people] == [False]
        assert not works(session, old)
        remind_by_hand_is_refused(session)
        plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE - timedelta(days=6))
        assert mails(session, ALPHA) == [("invitation", "sent")]
        assert the_invitation(session, ALPHA).state == "awaiting"
        assert works(session, live_links(session, BETA)[0])


def remind_by_hand_is_refused(session: Session) -> None:
    assert count_to_remind(session, slug="visit", again=True, now=LATER).people == 0
    with pytest.raises(NobodyToRemind):
        remind_by_hand(session, slug="visit", mail_domain=DOMAIN, again=True, now=LATER)


def test_what_waits_for_a_revoked_link_is_called_off_and_goes_out_with_a_new_one(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, ALPHA)
        revoke(session, ALPHA)
        (one,) = the_messages(session, ALPHA)
        assert (one.state, one.last_reply) == ("cancelled", "the link was revoked")
        assert reissue(session) == Audience(1, 1)
        assert mails(session, ALPHA) == [("invitation", "queued")]
        assert carried(session, ALPHA) == live_links(session, ALPHA)


def test_a_signature_stands_when_its_link_is_revoked(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        sign(session, ALPHA)
        revoke(session, ALPHA)
        assert the_invitation(session, ALPHA).state == "signed"
        reissue(session)
        assert [state for kind, state in mails(session, ALPHA) if kind == "receipt"] == [
            "cancelled",
            "queued",
        ]
    with database.transaction() as session:
        revoke(session, ALPHA)
    with pytest.raises(NoLinks), database.transaction() as session:
        revoke(session, ALPHA)
