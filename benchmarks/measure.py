"""Measures all rows of a run, in turn, and keeps what came out."""

from collections.abc import Callable, Iterator

from benchmarks.commands import command_group
from benchmarks.desk import desk_group
from benchmarks.due import due_group
from benchmarks.ground import Ground
from benchmarks.launching import launch_group
from benchmarks.outreach_rows import delivery_rows, pace_group, scale_group
from benchmarks.pages import page_group
from benchmarks.peers.celery_row import celery_rows
from benchmarks.peers.nodemailer_row import nodemailer_rows
from benchmarks.peers.post_office_row import post_office_rows
from benchmarks.peers.smtp_source_row import smtp_source_rows
from benchmarks.peers.smtplib_row import smtplib_rows
from benchmarks.receipts import receipt_group
from benchmarks.rows import Book, Group, NotRun, Outcome, Row, in_turn

Say = Callable[[str], None]


def all_groups(ground: Ground, *, say: Say) -> Iterator[Group]:
    many = ground.plan.messages
    delivery = [
        *delivery_rows(ground),
        *smtp_source_rows(ground),
        *post_office_rows(ground, say=say),
        *nodemailer_rows(ground),
        *celery_rows(ground),
        *smtplib_rows(ground),
    ]
    yield Group("delivery", f"{many:,} personal mails into smtp-sink", delivery)
    yield pace_group(ground)
    yield scale_group(ground)
    yield launch_group(ground)
    yield due_group(ground)
    yield receipt_group(ground)
    yield page_group(ground)
    yield desk_group(ground)
    yield command_group(ground)


def measure_all(ground: Ground, *, say: Say) -> Book:
    book = Book()
    for group in all_groups(ground, say=say):
        rows = [row for row in group.rows if ground.plan.wants(group.name, row.key)]
        if rows:
            say(f"\n{group.title}")
            _measure_group(group.name, rows, ground=ground, book=book, say=say)
    return book


def _measure_group(name: str, rows: list[Row], *, ground: Ground, book: Book, say: Say) -> None:
    for row in rows:
        book.outcomes[row.key] = Outcome(row, name)
    for turn in range(ground.plan.rounds):
        for row in in_turn(rows, turn=turn):
            outcome = book.outcomes[row.key]
            if not outcome.missing:
                said = _measure_once(outcome)
                say(f"  {turn + 1}/{ground.plan.rounds}  {row.title}: {said}")


def _measure_once(outcome: Outcome) -> str:
    try:
        readings = outcome.row.measure()
    except NotRun as reason:
        outcome.missing = str(reason)
        return f"not run: {reason}"
    except Exception as error:  # one row's failure must not cost what the others measured
        outcome.missing = f"{type(error).__name__}: {error}"
        outcome.broken = True
        return f"BROKEN: {outcome.missing}"
    outcome.add(readings)
    units = outcome.row.units
    return ", ".join(f"{shown(value)} {units[name]}" for name, value in readings.items())


def shown(value: float) -> str:
    """Three digits that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
