"""What the mails to coordinators say, and what they must not. On both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlmodel import Session

from outreach.ledger.checkpoint import open_checkpoint
from outreach.mail.headers import HeaderRefused
from outreach.mail.templates import RenderedMail
from outreach.services import answer_invitation
from outreach.services.close_campaign import close_campaign
from outreach.services.keep_ledgers import keep_ledgers
from outreach.services.keep_sent import SentKeeper
from outreach.services.plan_digests import plan_digests
from outreach.services.settle_round import Round, settle_round
from outreach.services.steer_campaign import cancel_campaign, resume_campaign
from outreach.store import chases, notices
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.ledger import find_last_checkpoint, list_logs, newest_checkpoints
from outreach.store.notices import NoticeFacts
from outreach.store.tables import Campaign
from tests.factories import (
    DOMAIN,
    NOW,
    a_launched_campaign,
    send_what_is_due,
    sign,
    the_link,
    withdraw,
)
from tests.ledger.made import KEY
from tests.noticing import a_coordinator, a_notice_composer
from tests.sending import PUBLIC_URL

ALPHA, TIBETAN = "Rechte für Alle e. V.", "བོད་ཀྱི་འགྲོ་བ་མིའི་ཐོབ་ཐང།"
MORNING = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)


def claimed(session: Session, *, now: datetime = MORNING) -> NoticeFacts:
    found = notices.claim_next(session, owner="sender", lease=timedelta(minutes=5), now=now)
    assert found is not None
    return found


def rendered(session: Session, facts: NoticeFacts, *, now: datetime = MORNING) -> RenderedMail:
    mail = a_notice_composer().render(session, facts, now=now)
    assert mail is not None
    return mail


def a_campaign_with_two(session: Session) -> Campaign:
    a_coordinator(session)
    campaign = a_launched_campaign(session, ALPHA, TIBETAN)
    send_what_is_due(session)
    return campaign


def an_alert(session: Session, *, reason: str = "Our board\nmeets too late.") -> NoticeFacts:
    a_campaign_with_two(session)
    link = the_link(session, TIBETAN).id
    answer_invitation.decline(session, link_id=link, reason=reason, mail_domain=DOMAIN, now=NOW)
    return claimed(session)


def test_an_alert_names_who_declined_and_why_but_not_where_others_see_it(
    database: Database,
) -> None:
    with database.transaction() as session:
        mail = rendered(session, an_alert(session))
    assert mail.subject == "One organization has declined · Joint statement on the visit"
    assert TIBETAN in mail.text
    assert TIBETAN in mail.html
    assert "Our board\n" in mail.text
    assert "meets too late." in mail.html
    seen_in_a_list = mail.html[: mail.html.index("<table")]  # the title and the preheader
    assert TIBETAN not in seen_in_a_list
    assert "0 of 2; still to answer: 1" in mail.text
    assert "Wednesday, 4 March 2026, 15:00 (Central European" in mail.text


def test_a_withdrawal_is_told_as_one(database: Database) -> None:
    with database.transaction() as session:
        a_campaign_with_two(session)
        sign(session, ALPHA)
        withdraw(session, ALPHA)
        mail = rendered(session, claimed(session))
    assert mail.subject == "One signature was withdrawn · Joint statement on the visit"
    assert ALPHA in mail.text


def test_a_campaign_that_the_service_paused_is_told_with_the_servers_words(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_campaign_with_two(session)
        assert campaign.id is not None
        stops = {campaign.id: "the mail server refuses us: 535 <wrong> password"}
        settle_round(session, Round(stops=stops), owner="s", clock=lambda: NOW, keeper=SentKeeper())
        session.expire_all()
        facts = claimed(session)
        mail = rendered(session, facts)
        assert mail.subject == "Sending is paused · Joint statement on the visit"
        assert stops[campaign.id] in mail.text
        assert "535 &lt;wrong&gt; password" in mail.html
        assert f"{PUBLIC_URL}/desk/c/visit\n" in mail.text
        resume_campaign(session, slug="visit")
        assert a_notice_composer().render(session, facts, now=MORNING) is None


def test_a_digest_tells_what_is_new_what_is_due_and_how_long_is_left(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign_with_two(session)
        assert campaign.id is not None
        sign(session, ALPHA)
        chases.set_next_step(
            session,
            organization_id=2,
            campaign_id=campaign.id,
            next_step="call the director",
            next_on=MORNING.date(),
            now=NOW,
        )
        chases.set_owner(session, organization_id=2, campaign_id=campaign.id, owner_id=1, now=NOW)
        assert plan_digests(session, now=MORNING) == 1
        mail = rendered(session, claimed(session))
    assert mail.subject == "1 signed, 1 due today · Joint statement on the visit"
    assert mail.text.startswith("Good morning, Nora Feld.\n")
    assert "1 of 2 have signed; still to answer: 1." in mail.text
    assert f"New: signed (1):\n- {ALPHA}\n" in mail.text
    assert f"Due today (1):\n- {TIBETAN}: call the director (yours)\n" in mail.text
    assert "Time left: 13 days, until Wednesday, 18 March 2026, 15:00" in mail.text
    assert f"{PUBLIC_URL}/desk/c/visit/chase\n" in mail.text
    assert "New: declined" not in mail.text
    assert f'href="{PUBLIC_URL}/desk/c/visit/chase"' in mail.html


def test_a_digest_brings_the_last_checkpoint_of_each_campaign_out_of_the_server(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_campaign_with_two(session)
        sign(session, ALPHA)
        over = a_launched_campaign(session, "Other", slug="over")
        over.title = "Another & closed"
        close_campaign(session, slug="over", mail_domain=DOMAIN, now=NOW)
    keep_ledgers(database, key=KEY, mail_domain=DOMAIN, clock=lambda: NOW)
    with database.transaction() as session:
        logs = dict(list_logs(session))
        plan_digests(session, now=MORNING)
        mail = rendered(session, claimed(session))
        for slug, origin in logs.items():
            note = find_last_checkpoint(session, require_campaign(session, slug).id or 0)
            assert note is not None
            assert note.note.rstrip("\n") in mail.text
            at = mail.text.index(origin)
            given = mail.text[at : mail.text.index("=\n", mail.text.index("\u2014", at)) + 2]
            assert open_checkpoint(given, [KEY.verifier(origin)]).size > 0
            assert "<br>".join(note.note.splitlines()[:3]) in mail.html
        assert "Another &amp; closed" in mail.html
        a_week_later = NOW + timedelta(days=7, minutes=1)
        assert newest_checkpoints(session, since=a_week_later - timedelta(days=7)) == []


def test_what_comes_after_a_digest_was_planned_is_for_the_next(database: Database) -> None:
    with database.transaction() as session:
        a_campaign_with_two(session)
        sign(session, ALPHA)
        plan_digests(session, now=MORNING)
        sign(session, TIBETAN, now=MORNING + timedelta(minutes=1))
        facts = claimed(session)
        late = rendered(session, facts, now=MORNING + timedelta(hours=1))
        assert late.subject == "1 signed · Joint statement on the visit"
        tomorrow = MORNING + timedelta(days=1)
        assert plan_digests(session, now=tomorrow) == 1
        assert (
            f"New: signed (1):\n- {TIBETAN}\n"
            in rendered(session, claimed(session, now=tomorrow), now=tomorrow).text
        )


def test_several_campaigns_are_told_of_in_one_mail(database: Database) -> None:
    with database.transaction() as session:
        a_campaign_with_two(session)
        a_launched_campaign(session, "Gamma", slug="other")
        for name in (ALPHA, "Gamma"):
            sign(session, name)
        plan_digests(session, now=MORNING)
        mail = rendered(session, claimed(session))
    assert mail.subject == "2 signed · 2 campaigns"
    assert f"{PUBLIC_URL}/desk/c/other\n" in mail.text


def test_a_digest_that_has_nothing_to_tell_any_more_is_none(database: Database) -> None:
    with database.transaction() as session:
        a_campaign_with_two(session)
        sign(session, ALPHA)
        plan_digests(session, now=MORNING)
        facts = claimed(session)
        cancel_campaign(session, slug="visit")
        assert a_notice_composer().compose(session, facts, now=MORNING) is None


def test_a_digest_tells_that_the_list_was_closed_and_asks_nobody_to_chase(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_campaign_with_two(session)
        sign(session, ALPHA)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        plan_digests(session, now=MORNING)
        mail = rendered(session, claimed(session))
    assert mail.subject == "1 signed, 1 list closed · Joint statement on the visit"
    assert "1 of 2 have signed" in mail.text
    assert "The list is closed, since Wednesday, 4 March 2026, 15:00" in mail.text
    assert f"New: signed (1):\n- {ALPHA}\n" in mail.text
    assert "Time left" not in mail.text + mail.html
    assert "/chase" not in mail.text + mail.html


@pytest.mark.parametrize("kind", ["digest", "alert"])
def test_no_mail_to_a_coordinator_carries_an_organizations_link(
    database: Database, kind: str
) -> None:
    with database.transaction() as session:
        facts = an_alert(session)
        if kind == "digest":
            plan_digests(session, now=MORNING)
            facts = claimed(session)
        mail = rendered(session, facts)
    for page in ("/a/", "/u/"):
        assert f"{PUBLIC_URL}{page}" not in mail.text + mail.html
    assert "/desk/c/visit" in mail.text


def test_the_headers_are_guarded_and_the_message_id_stays(database: Database) -> None:
    with database.transaction() as session:
        facts = replace(an_alert(session), name='Nora "the\r\nBcc: x@evil.example" Feld')
        composer = a_notice_composer()
        first = composer.compose(session, facts, now=MORNING)
        again = composer.compose(session, facts, now=MORNING + timedelta(days=1))
        assert first is not None
        assert again is not None
        message = message_from_bytes(first.body, policy=policy.default)
        assert message["Bcc"] is None
        assert message["To"].addresses[0].addr_spec == "nora@coalition.example"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["List-Unsubscribe"] is None
        assert message["Message-ID"] == message_from_bytes(again.body)["Message-ID"]
        with pytest.raises(HeaderRefused):
            composer.compose(session, replace(facts, email="a@b@c.example"), now=MORNING)


def test_what_an_organization_wrote_is_text_and_nothing_else(database: Database) -> None:
    with database.transaction() as session:
        mail = rendered(session, an_alert(session, reason="<script>alert(1)</script> & more"))
    assert "<script" not in mail.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in mail.html
