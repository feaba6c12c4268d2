"""status, through main()."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import text
from sqlmodel import select

from outreach.store.database import Database
from outreach.store.tables import Organization, StatementVersion
from tests.cli.program import run
from tests.factories import sign, the_messages
from tests.joining import three_who_ask
from tests.recording import confirm, record
from tests.reviewing import contradict
from tests.smtp_server import Server, running_smtp_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An SMTP server that is configured before anything is launched."""
    with running_smtp_server() as running:
        monkeypatch.setenv("SMTP_URL", running.url)
        monkeypatch.setenv("MAIL_FROM", "The Coalition <sign@coalition.example>")
        yield running


def test_status_json_has_the_keys_that_scripts_rely_on(launched: Path) -> None:
    report = json.loads(run("status", "visit", "--json").out)
    campaign = report["campaign"]
    assert campaign.keys() >= {"slug", "state", "deadline", "zone"}
    assert (campaign["slug"], campaign["state"]) == ("visit", "open")
    assert datetime.fromisoformat(campaign["deadline"]).tzinfo is not None
    assert report["invitations"] == {"awaiting": 20}
    assert report["messages"] == {"invitation": {"queued": 20}}


def test_status_of_a_draft_counts_nothing(draft: Path) -> None:
    report = json.loads(run("status", "visit", "--json").out)
    assert (report["invitations"], report["messages"]) == ({}, {})
    assert "none yet" in run("status", "visit").out


def test_who_was_imported_after_the_launch_is_counted_as_not_invited(launched: Path) -> None:
    (launched / "more.csv").write_text("organization,email\nLate,a@late.example\n")
    assert run("partners", "import", "visit", str(launched / "more.csv")).code == 0
    assert "20 awaiting, 1 not invited" in run("status", "visit").out


def test_status_for_people_says_state_deadline_and_counts(launched: Path) -> None:
    shown = run("status", "visit").out
    assert "Joint statement on the visit" in shown
    assert "visit: open. Deadline: " in shown
    assert "left" in shown
    assert "20 awaiting" in shown
    assert "20 queued" in shown


def test_status_says_what_was_recorded_by_hand(launched: Path) -> None:
    assert "Recorded by hand" not in run("status", "visit").out
    with Database(f"sqlite:///{launched / 'outreach.db'}").transaction() as session:
        names = session.exec(select(Organization.name)).all()[:2]
        version = session.exec(select(StatementVersion)).one()
        for name in names:
            number = record(session, name, statement_sha256=version.sha256, now=version.created_at)
        confirm(session, name, number=number, now=version.created_at)
    shown = run("status", "visit")
    assert "1 signed, 1 to be confirmed by a second coordinator" in shown.out
    report = json.loads(run("status", "visit", "--json").out)
    assert report["recorded_by_hand"] == {"signed": 1, "waiting": 1}


def test_status_says_who_asks_to_join_and_what_is_contradicted(launched: Path) -> None:
    shown = run("status", "visit").out
    assert "Ask to join" not in shown
    assert "Two answers given" not in shown
    with Database(f"sqlite:///{launched / 'outreach.db'}").transaction() as session:
        now = session.exec(select(StatementVersion)).one().created_at
        three_who_ask(session, slug="visit", known="Late", now=now)
        name = session.exec(select(Organization.name)).all()[0]
        sign(
            session,
            name,
            now=now,
            statement_sha256=session.exec(select(StatementVersion.sha256)).one(),
        )
        contradict(session, name)
    shown = run("status", "visit").out
    assert "3, to be admitted or refused at the desk" in shown
    assert "1 to be settled at the desk" in shown
    report = json.loads(run("status", "visit", "--json").out)
    assert (report["asking_to_join"], report["reviews_waiting"]) == (3, 1)


def test_status_shows_the_servers_words_as_they_are_and_lets_none_steer_the_terminal(
    server: Server, launched: Path
) -> None:
    server.answer_rcpt = lambda _: "550 5.1.1 [/red] [bold]no[/bold] \x1b]0;owned\x07 such user"
    assert run("tick").code == 0
    shown = run("status", "visit")
    assert shown.code == 0, shown.said
    assert "[/red] [bold]no[/bold]" in shown.out
    assert "\x1b]" not in shown.out
    (trouble,) = json.loads(run("status", "visit", "--json").out)["troubles"]
    assert (trouble["state"], trouble["count"]) == ("failed", 20)


def test_status_says_that_mail_is_held_where_settings_changed_after_the_launch(
    launched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "held" not in run("status", "visit").out
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("MAIL_FROM", "sign@coalition.example")
    assert "Its mail is held" in run("status", "visit").out


def create(folder: Path, *options: str) -> None:
    """A draft 'visit' with one organization, its deadline on a Wednesday in Berlin."""
    (folder / "one.csv").write_text("organization,email\nOne,a@one.example\n", encoding="utf-8")
    made = run("campaign", "create", str(folder / "statement.md"), "--slug=visit",
               "--deadline=2027-03-17 15:00", "--zone=Europe/Berlin", *options)  # fmt: skip
    assert made.code == 0, made.said
    assert run("partners", "import", "visit", str(folder / "one.csv")).code == 0


def at(day: int, hour: int) -> time_machine.travel:
    return time_machine.travel(datetime(2027, 3, day, hour, tzinfo=UTC), tick=True)


def test_the_reminder_plan_is_told_with_what_is_past_and_skipped(folder: Path) -> None:
    with at(12, 9):
        create(folder)
        assert run("campaign", "launch", "visit", "--yes").code == 0
    with at(15, 10):
        report = json.loads(run("status", "visit", "--json").out)
        said = run("status", "visit").out
    # Three days before is a Sunday: it waits for Monday morning.
    assert report["reminders"] == [
        {"step": "7d", "at": "2027-03-10T14:00:00+00:00", "state": "skipped"},
        {"step": "3d", "at": "2027-03-15T07:00:00+00:00", "state": "past"},
        {"step": "1d", "at": "2027-03-16T14:00:00+00:00", "state": "planned"},
        {"step": "4h", "at": "2027-03-17T10:00:00+00:00", "state": "planned"},
    ]
    assert "in times of Europe/Berlin" in said
    assert "7d before  Wed 2027-03-10 15:00  skipped: before the launch" in said
    assert "3d before  Mon 2027-03-15 08:00  past" in said
    assert "4h before  Wed 2027-03-17 11:00  planned" in said


def test_a_plan_of_no_reminders_says_so(folder: Path) -> None:
    with at(12, 9):
        create(folder, "--remind=")
        assert json.loads(run("status", "visit", "--json").out)["reminders"] == []
        assert "No reminders are planned." in run("status", "visit").out


def test_what_is_put_off_is_told_with_its_next_attempt(folder: Path, server: Server) -> None:
    server.answer_rcpt = lambda _: "451 4.7.1 greylisted"
    with at(12, 9):
        create(folder)
        run("campaign", "launch", "visit", "--yes")
        run("tick")
        report = json.loads(run("status", "visit", "--json").out)
        said = run("status", "visit").out
    assert report["deferred"]["count"] == 1
    assert report["deferred"]["too_late"] == 0
    assert report["deferred"]["next_attempt"].startswith("2027-03-12T09:1")
    assert "Whose they are: outreach partners list visit --state deferred\n" in said
    assert "Put off: 1 message; next attempt: Fri 2027-03-12 10:1" in said
    assert "call" not in said


def test_whom_the_mail_reaches_too_late_is_to_be_called(folder: Path, server: Server) -> None:
    server.answer_rcpt = lambda _: "451 4.7.1 greylisted"
    with at(17, 13) as clock:
        create(folder, "--remind=")
        run("campaign", "launch", "visit", "--yes")
        clock.shift(timedelta(minutes=55))
        run("tick")
        report = json.loads(run("status", "visit", "--json").out)
        said = " ".join(run("status", "visit").out.split())
        who = run("partners", "list", "visit", "--state", "deferred").out
    assert report["deferred"]["too_late"] == 1
    (call,) = report["deferred"]["to_call"]
    assert (call["organization"], call["email"]) == ("One", "a@one.example")
    assert (call["words"], call["attempts"]) == ("451 4.7.1 greylisted", 1)
    assert call["next_attempt"] >= "2027-03-17T14:00:00+00:00"
    assert "Our mail has not reached 1 person, and the deadline is near: call." in said
    assert "One: <a@one.example> put off 1 time: 451 4.7.1 greylisted; no attempt is left" in said
    assert "<a@one.example>" in who


def test_hours_before_the_deadline_who_was_put_off_twice_is_named_with_the_next_attempt(
    folder: Path, server: Server
) -> None:
    server.answer_rcpt = lambda _: "451 4.7.1 [bold]\x1b]0;owned\x07 greylisted"
    with at(17, 8) as clock:
        create(folder, "--remind=")
        run("campaign", "launch", "visit", "--yes")
        run("tick")
        assert "call" not in run("status", "visit").out
        clock.shift(timedelta(minutes=17))
        run("tick")
        said = run("status", "visit").out
    assert "Our mail has not reached 1 person, and the deadline is near: call." in said
    words = " ".join(said.split())
    assert "put off 2 times: 451 4.7.1 [bold]" in words
    assert "greylisted; next attempt Wed 2027-03-17 09:" in words
    assert "\x1b]" not in said


def test_of_many_to_call_the_first_are_named_and_the_way_to_all(
    launched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.cli.status._MOST_CALLS", 3)
    with Database(f"sqlite:///{launched / 'outreach.db'}").transaction() as session:
        for message in the_messages(session):
            message.attempts, message.last_reply = 3, "451 4.7.1 greylisted"
            message.due_at = datetime(2099, 1, 1, tzinfo=UTC)
            session.add(message)
    said = run("status", "visit").out
    assert "has not reached 20 people" in said
    assert said.count("@o") == 3
    assert "and 17 more: outreach partners list visit --state deferred" in said
    assert len(json.loads(run("status", "visit", "--json").out)["deferred"]["to_call"]) == 20


def test_why_outreach_paused_is_told_with_the_way_on(launched: Path) -> None:
    assert run("campaign", "pause", "visit").code == 0
    assert "Paused. Go on with: outreach campaign resume visit" in run("status", "visit").out
    with Database(f"sqlite:///{launched / 'outreach.db'}").transaction() as session:
        reason = "the mail server refused us: 535 [red]no\x1b]0;owned\x07"
        statement = text("UPDATE campaign SET pause_reason = :reason").bindparams(reason=reason)
        session.connection().execute(statement)
    said = run("status", "visit").out
    assert "Outreach paused it: the mail server refused us: 535 [red]no" in said
    assert "When that is mended: outreach campaign resume visit" in said
    assert "\x1b]" not in said
    report = json.loads(run("status", "visit", "--json").out)
    assert report["campaign"]["pause_reason"].startswith("the mail server refused us")
    assert run("campaign", "resume", "visit").code == 0
    assert json.loads(run("status", "visit", "--json").out)["campaign"]["pause_reason"] == ""
    assert "paused" not in run("status", "visit").out


def test_reminders_that_the_brake_holds_back_are_told(
    launched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(run("status", "visit", "--json").out)["held_back"] == ""
    assert "Held back" not in run("status", "visit").out
    held = "outreach.services.report_status.why_held_back"
    monkeypatch.setattr(held, lambda *_, **__: "the brake holds 40,000 mails back")
    assert "Held back: the brake holds 40,000 mails back" in run("status", "visit").out
    assert "40,000" in json.loads(run("status", "visit", "--json").out)["held_back"]


def test_what_was_put_off_is_told_no_more_once_it_is_sent(folder: Path, server: Server) -> None:
    server.answer_rcpt = lambda _: "451 4.7.1 greylisted"
    with at(12, 9) as clock:
        create(folder)
        run("campaign", "launch", "visit", "--yes")
        run("tick")
        server.answer_rcpt = lambda _: "250 ok"
        clock.shift(timedelta(hours=1))
        run("tick")
        report = json.loads(run("status", "visit", "--json").out)
    assert report["deferred"] == {
        "count": 0,
        "next_attempt": None,
        "too_late": 0,
        "to_call": [],
    }


def test_one_is_no_plural(folder: Path, server: Server) -> None:
    with at(12, 9):
        create(folder)
        said = run("campaign", "launch", "visit", answers="y\n").said
        assert "Mail 1 person of 1 organization now" in said
        assert "1 organization invited, 1 message queued." in said
        assert "1 organization, 1 contact\n" in run("status", "visit").out
