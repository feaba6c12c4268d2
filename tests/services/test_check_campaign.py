"""The look over everything before a launch: fine, to be looked at, or to be mended."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.mail.sender_domain import SenderDomain
from outreach.mail.target import SmtpTarget
from outreach.services import check_campaign
from outreach.services.check_campaign import Level, Line, Outside, check_inside, check_outside
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.suppressions import record_suppression
from tests.factories import DEADLINE, NOW, a_campaign, a_contact

NOBODY = SmtpTarget("smtp", "127.0.0.1", 9)


def _inside(session: Session, **facts: object) -> dict[str, Line]:
    now = facts.get("now", NOW)
    lines = check_inside(session, slug="visit", locale_of=lambda _: "en", now=now)  # type: ignore[arg-type]
    return {line.what: line for line in lines}


def _outside(**changes: object) -> dict[str, Line]:
    facts: dict[str, object] = {
        "public_url": "http://127.0.0.1:9", "smtp_target": NOBODY, "captured": False,
        "sender_domain": "sign.example",
    }  # fmt: skip
    return {line.what: line for line in check_outside(Outside(**(facts | changes)))}  # type: ignore[arg-type]


def test_a_whole_draft_is_fine(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session))
        levels = {line.level for line in _inside(session).values()}
    assert levels == {Level.FINE}


def test_what_is_missing_must_be_mended_at_its_step(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session, remind="")
        campaign.open_steps, campaign.reply_to = "deadline", ""
        session.add(campaign)
        session.flush()
        lines = _inside(session)
    for what, step in (("Deadline", "deadline"), ("Partners", "partners"), ("Replies", "sender")):
        assert (lines[what].level, lines[what].step) == (Level.MEND, step)
    assert lines["Reminders"].level is Level.LOOK


def test_who_reads_another_language_or_wants_no_mail_is_named(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, language="zh-Hant")
        a_contact(session, campaign, organization="Other", email="no@more.example")
        record_suppression(session, "no@more.example", reason="unsubscribed", now=NOW)
        lines = _inside(session)
    assert "zh-Hant (1)" in lines["Languages"].words
    assert "no@more.example" in lines["Unsubscribed"].words
    assert lines["Languages"].level is lines["Unsubscribed"].level is Level.LOOK


def test_reminders_that_are_over_are_counted(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session))
        lines = _inside(session, now=DEADLINE - timedelta(days=2))
    assert lines["Reminders"].words.startswith("2 of 4")


def test_a_server_that_does_not_answer_must_be_mended_and_soon(database: Database) -> None:
    lines = _outside()
    assert lines["Mail server"].level is Level.MEND
    assert "refused the connection" in lines["Mail server"].words
    assert lines["Links"].level is Level.MEND


def test_in_a_rehearsal_nothing_outside_is_asked() -> None:
    lines = _outside(captured=True)
    assert {line.level for line in lines.values()} == {Level.LOOK}
    assert "reaches nobody" in lines["Mail server"].words


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (SenderDomain("d.org", "v=spf1 -all", True, "v=DMARC1; p=none"), Level.FINE),
        (SenderDomain("d.org", "", False, ""), Level.LOOK),
        (SenderDomain("d.org", None, None, None), Level.LOOK),
    ],
)
def test_the_senders_domain_is_judged(
    monkeypatch: pytest.MonkeyPatch, found: SenderDomain, level: Level
) -> None:
    monkeypatch.setattr(check_campaign, "look_at_domain", lambda _: found)
    lines = _outside(sender_domain="d.org")
    assert {lines[name].level for name in ("SPF", "DKIM", "DMARC")} == {level}


def test_a_draft_is_not_changed_by_looking(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session))
    with database.reading() as session:
        _inside(session)
        assert require_campaign(session, "visit").state == "draft"
