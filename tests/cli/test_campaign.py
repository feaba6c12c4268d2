"""``outreach campaign`` by its names and options, through main()."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outreach.store.database import Database
from tests.cli.program import STATEMENT, Ended, run
from tests.factories import the_invitation, the_messages


def create(folder: Path, *options: str, file: str = "statement.md") -> Ended:
    return run("campaign", "create", str(folder / file), "--slug", "visit", *options)


def state(slug: str = "visit") -> str:
    report: dict[str, dict[str, str]] = json.loads(run("status", slug, "--json").out)
    return report["campaign"]["state"]


def refused(ended: Ended, *words: str) -> None:
    """Exit code 2, one reason, no traceback."""
    assert ended.code == 2, ended.said
    assert "Traceback" not in ended.said
    for word in words:
        assert word in ended.said


def test_create_names_the_deadline_and_the_next_step(folder: Path) -> None:
    made = create(folder, "--deadline", "2099-12-01 18:00", "--zone", "Europe/Berlin")
    assert made.code == 0, made.said
    assert "Tuesday, 1 December 2099, 18:00 (Central European" in made.out
    assert "Next: outreach partners import visit FILE" in made.out
    report = json.loads(run("status", "visit", "--json").out)["campaign"]
    assert report["deadline"] == "2099-12-01T17:00:00+00:00"
    assert report["zone"] == "Europe/Berlin"
    assert report["state"] == "draft"


@pytest.mark.parametrize("remind", ["7d,3d,1d,4h", "30m", ""])
def test_reminders_are_chosen_or_none(folder: Path, remind: str) -> None:
    assert create(folder, "--deadline-in", "10m", "--remind", remind).code == 0


def test_deadline_in_needs_no_zone(folder: Path) -> None:
    made = create(folder, "--deadline-in", "10m")
    assert made.code == 0, made.said
    assert "(UTC)" in made.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "--deadline-in 10m"),
        (["--deadline", "2099-12-01 18:00", "--deadline-in", "10m"], "give one of"),
        (["--deadline", "2099-12-01 18:00"], "--zone Europe/Berlin"),
        (["--deadline", "2099-12-01 18:00", "--zone", "Mars/Base"], "no time zone"),
        (["--deadline", "2099-12-01 18:00", "--zone", "../../etc/passwd"], "no time zone"),
        (["--deadline", "soon", "--zone", "UTC"], "2026-12-01 18:00"),
        (["--deadline", "2099-12-01", "--zone", "UTC"], "no time of day"),
        (["--deadline", "2020-12-01 18:00", "--zone", "UTC"], "over already"),
        (["--deadline", "2099-12-25 00:30", "--zone", "UTC"], "after the occasion"),
        (["--deadline-in", "9999d", "--zone", "UTC", "--remind", "now"], "no length of time"),
        (["--deadline-in", "0m"], "no length of time"),
        (["--deadline-in", "-5m"], "no length of time"),
        (["--deadline-in", "tomorrow"], "no length of time"),
    ],
)
def test_a_deadline_that_is_none_is_refused(folder: Path, options: list[str], words: str) -> None:
    refused(create(folder, *options), words)
    assert "No campaign yet" in run("campaign", "list").out


@pytest.mark.parametrize(
    ("local", "what", "readings"),
    [
        (
            "2090-03-26 02:30",
            "does not exist",
            ["2090-03-26 01:30+01:00", "2090-03-26 03:30+02:00"],
        ),
        ("2090-10-29 02:30", "comes twice", ["2090-10-29 02:30+02:00", "2090-10-29 02:30+01:00"]),
    ],
)
def test_a_time_that_clocks_skip_or_repeat_is_refused_with_both_readings_and_taken_with_its_offset(
    folder: Path, local: str, what: str, readings: list[str]
) -> None:
    refused(create(folder, "--deadline", local, "--zone", "Europe/Berlin"), what, *readings)
    made = create(folder, "--deadline", readings[1], "--zone", "Europe/Berlin")
    assert made.code == 0, made.said


def test_the_deadline_may_lie_on_the_day_of_the_occasion(folder: Path) -> None:
    assert create(folder, "--deadline", "2099-12-24 23:59", "--zone", "Asia/Taipei").code == 0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.md", None, "No such file"),
        (".", None, "Is a directory"),
        ("latin.md", STATEMENT.replace("visit", "visité").encode("latin-1"), "not UTF-8"),
        ("empty.md", b"", "front matter"),
    ],
)
def test_a_file_that_is_no_statement_is_refused(
    folder: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    refused(create(folder, "--deadline-in", "1d", file=name), words)


def test_all_faults_of_a_statement_are_told_at_once(folder: Path) -> None:
    bad = "---\naddressee: A\noccasion_date: soon\nlanguage: klingon\nsubtitle: x\n---\n"
    (folder / "bad.md").write_text(bad)
    refused(
        create(folder, "--deadline-in", "1d", file="bad.md"),
        "'title' is missing",
        "'occasion' is missing",
        "occasion_date 'soon' is no day",
        "language 'klingon'",
        "'subtitle' is not known",
        "no text after",
    )


@pytest.mark.parametrize("slug", ["", "Big", "a b", "../x", "-a", "é", "a" * 63])
def test_a_slug_that_no_address_can_carry_is_refused(folder: Path, slug: str) -> None:
    file = str(folder / "statement.md")
    refused(run("campaign", "create", file, "--slug", slug, "--deadline-in", "1d"))


def test_a_slug_is_taken_once(draft: Path) -> None:
    refused(create(draft, "--deadline-in", "1d"), "exists already")


def test_without_its_slug_create_says_what_is_missing(folder: Path) -> None:
    refused(run("campaign", "create", str(folder / "statement.md")), "--slug")


def test_launch_asks_first_and_no_is_no(ready: Path) -> None:
    asked = run("campaign", "launch", "visit", answers="n\n")
    assert asked.code == 1
    assert "Mail 20 people of 20 organizations now (captured by the embedded mailbox)?" in asked.out
    assert state() == "draft"


def test_launch_without_a_terminal_and_without_yes_mails_nobody(ready: Path) -> None:
    refused(run("campaign", "launch", "visit"), "Mail 20 people", "--expect 20", "or --yes")
    assert state() == "draft"


def test_launch_mails_exactly_as_many_as_a_script_expects(ready: Path) -> None:
    for wrong in ("0", "19", "40000"):
        asked = run("campaign", "launch", "visit", "--expect", wrong, "--yes")
        refused(asked, "20 would be mailed now, not", "nobody was mailed")
    refused(run("campaign", "launch", "visit", "--expect", "-1"), "--expect")
    assert state() == "draft"
    assert run("campaign", "launch", "visit", "--expect", "20").code == 0
    refused(run("campaign", "launch", "visit", "--expect", "20"), "0 would be mailed now")


def test_whom_a_file_adds_while_the_question_waits_is_not_mailed_unasked(
    ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ready / "more.csv").write_text("organization,email\nLate,a@late.example\n")

    def import_meanwhile(_: str) -> bool:
        assert run("partners", "import", "visit", str(ready / "more.csv")).code == 0
        return True

    monkeypatch.setattr("typer.confirm", import_meanwhile)
    asked = run("campaign", "launch", "visit", answers="y\n")
    refused(asked, "21 would be mailed now, not 20 as expected")
    assert state() == "draft"


@pytest.mark.parametrize(("options", "answers"), [(["--yes"], ""), ([], "y\n")])
def test_launch_queues_and_says_what_comes_next(
    ready: Path, options: list[str], answers: str
) -> None:
    done = run("campaign", "launch", "visit", *options, answers=answers)
    assert done.code == 0, done.said
    assert "20 organizations invited, 20 messages queued" in done.out
    assert "start `outreach up`." in done.out
    assert state() == "open"


@pytest.mark.parametrize("options", [[], ["--yes"]])
def test_launching_with_nobody_to_invite_is_refused_unasked(
    draft: Path, options: list[str]
) -> None:
    ended = run("campaign", "launch", "visit", *options)
    refused(ended, "outreach partners import visit FILE")
    assert "?" not in ended.out
    assert state() == "draft"


def test_launching_twice_invites_nobody_twice(launched: Path) -> None:
    refused(run("campaign", "launch", "visit", "--yes"), "nobody is left to invite")
    messages = json.loads(run("status", "visit", "--json").out)["messages"]
    assert messages == {"invitation": {"queued": 20}}


def test_those_added_later_are_invited_alone(launched: Path) -> None:
    (launched / "more.csv").write_text("organization,email\nLate,a@late.example\n")
    assert run("partners", "import", "visit", str(launched / "more.csv")).code == 0
    done = run("campaign", "launch", "visit", "--yes")
    assert "1 organization invited, 1 message queued" in done.out


@pytest.fixture
def invited(launched: Path) -> Path:
    """Open, the invitations accepted two days ago; Organization 00 has signed."""
    with Database(f"sqlite:///{launched / 'outreach.db'}").transaction() as session:
        long_ago = datetime.now(UTC) - timedelta(days=2)
        for message in the_messages(session):
            message.state, message.sent_at, message.created_at = "sent", long_ago, long_ago
            session.add(message)
        signed = the_invitation(session, "Organization 00")
        signed.state = "signed"
        session.add(signed)
    return launched


def reminders() -> dict[str, int]:
    report = json.loads(run("status", "visit", "--json").out)
    found: dict[str, int] = report["messages"].get("reminder", {})
    return found


def test_remind_asks_with_the_number_and_no_is_no(invited: Path) -> None:
    asked = run("campaign", "remind", "visit", answers="n\n")
    assert asked.code == 1
    assert "Remind 19 people of 19 organizations now (captured by" in asked.out
    refused(run("campaign", "remind", "visit"), "Remind 19 people", "--expect 19", "or --yes")
    refused(run("campaign", "remind", "visit", "--expect", "20"), "19 would be mailed now")
    assert reminders() == {}


@pytest.mark.parametrize(
    ("options", "answers"), [(["--yes"], ""), (["--expect", "19"], ""), ([], "y\n")]
)
def test_remind_queues_for_who_has_not_answered_once_a_day(
    invited: Path, options: list[str], answers: str
) -> None:
    done = run("campaign", "remind", "visit", *options, answers=answers)
    assert done.code == 0, done.said
    assert "19 reminders of 'visit' queued." in done.out
    assert reminders() == {"queued": 19}
    refused(run("campaign", "remind", "visit"), "nobody is left to remind", "19 had a mail")
    insisted = run("campaign", "remind", "visit", "--again", "--expect", "19")
    refused(insisted, "nobody is left to remind", "19 had a mail within the last ten minutes")
    assert reminders() == {"queued": 19}


@pytest.mark.parametrize("command", ["launch", "remind"])
def test_what_cannot_mail_says_why_before_it_asks(launched: Path, command: str) -> None:
    assert run("campaign", "pause", "visit").code == 0
    ended = run("campaign", command, "visit", answers="y\n")
    refused(ended, f"cannot {command} what is paused", "resume")
    assert "?" not in ended.out


def test_pause_and_resume(launched: Path) -> None:
    paused = run("campaign", "pause", "visit")
    assert paused.code == 0
    assert "outreach campaign resume visit" in paused.out
    assert state() == "paused"
    assert run("campaign", "resume", "visit").code == 0
    assert state() == "open"


def test_extend_moves_the_deadline_later_in_the_campaigns_own_zone(launched: Path) -> None:
    done = run("campaign", "extend", "visit", "--deadline", "2099-12-03 18:00")
    assert done.code == 0, done.said
    assert "3 December 2099, 18:00 (Central European" in done.out
    refused(run("campaign", "extend", "visit", "--deadline-in", "1d"), "only moves later")
    refused(run("campaign", "extend", "visit"), "--deadline-in")
    refused(run("campaign", "extend", "visit", "--deadline", "2099-12-25 18:00"), "occasion")


def test_cancel_asks_and_is_final(launched: Path) -> None:
    assert run("campaign", "cancel", "visit", answers="n\n").code == 1
    assert state() == "open"
    assert run("campaign", "cancel", "visit", "--yes").code == 0
    assert state() == "cancelled"
    refused(run("campaign", "launch", "visit", "--yes"), "cancelled", "final")
    messages = json.loads(run("status", "visit", "--json").out)["messages"]
    assert messages == {"invitation": {"cancelled": 20}}


def test_close_asks_then_publish_says_where(launched: Path) -> None:
    assert run("campaign", "close", "visit", answers="n\n").code == 1
    assert run("campaign", "close", "visit", answers="y\n").code == 0
    assert state() == "closed"
    published = run("campaign", "publish", "visit")
    assert published.code == 0
    assert "http://127.0.0.1:8000/s/visit" in published.out
    assert state() == "published"


@pytest.mark.parametrize(
    ("command", "possible"),
    [
        (["pause"], "launch, extend, cancel"),
        (["resume"], "launch, extend, cancel"),
        (["close", "--yes"], "launch, extend, cancel"),
        (["publish"], "launch, extend, cancel"),
    ],
)
def test_a_move_that_a_draft_does_not_know_is_refused_and_the_possible_ones_named(
    draft: Path, command: list[str], possible: str
) -> None:
    refused(run("campaign", command[0], "visit", *command[1:]), "what is draft", possible)
    assert state() == "draft"


def test_publishing_an_open_list_is_refused_with_what_to_do(launched: Path) -> None:
    refused(run("campaign", "publish", "visit"), "cannot publish what is open", "close")


@pytest.mark.parametrize(
    "command",
    [
        "campaign launch S --yes",
        "campaign launch S",
        "campaign remind S",
        "campaign remind S --yes",
        "campaign status S",
        "status S --follow",
        "campaign pause S",
        "campaign resume S",
        "campaign extend S --deadline-in 3d",
        "campaign cancel S --yes",
        "campaign close S --yes",
        "campaign publish S",
        "status S",
        "status S --json",
        "preview S --organization X --kind invitation",
        "export S --format csv --output -",
        "partners list S",
    ],
)
def test_an_unknown_slug_is_refused_with_where_to_look(draft: Path, command: str) -> None:
    refused(run(*command.replace(" S", " nowhere").split()), "'nowhere'", "outreach campaign list")


def test_list_names_campaigns_for_people_and_for_scripts(draft: Path) -> None:
    assert run("campaign", "list").out.startswith("visit  draft  ")
    (row,) = json.loads(run("campaign", "list", "--json").out)
    assert row.keys() >= {"slug", "state", "deadline"}
