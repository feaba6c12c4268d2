"""The goals, each worked out from figures of the same run on the same machine."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.desk import PAGES as DESK_PAGES
from benchmarks.ground import KINDS, TITLES
from benchmarks.plan import Plan
from benchmarks.rows import Book

_FLAT = 0.8
_WORKER_MB = 150


@dataclass(frozen=True)
class Goal:
    """What is to be reached and what was. None where a figure that it needs is not there."""

    title: str
    unit: str
    figure: float | None
    reach: float | None
    stretch: float | None = None
    at_most: bool = False

    @property
    def reached(self) -> bool | None:
        return self._is_within(self.reach)

    @property
    def stretched(self) -> bool | None:
        return self._is_within(self.stretch)

    def _is_within(self, limit: float | None) -> bool | None:
        if self.figure is None or limit is None:
            return None
        return self.figure <= limit if self.at_most else self.figure >= limit


@dataclass(frozen=True)
class Ahead:
    """By how much the delivery is to be ahead of what people would pick instead."""

    post_office: float
    nodemailer: float
    limit: float
    stretch: float


AHEAD = {"sqlite": Ahead(10, 6, 0.40, 0.60), "postgresql": Ahead(8, 5, 0.35, 0.50)}


def all_goals(book: Book, plan: Plan) -> list[Goal]:
    """In the order of the table; those of rows that ``--only`` left out are not among them."""
    goals = [
        *_delivery(book),
        *_pace(book),
        *_flatness(book, plan),
        *_launch_and_due(book, plan),
        *_receipts(book),
        *_pages(book),
        *_desk(book, plan),
        *_memory(book, plan),
        *_commands(book),
    ]
    return [goal for goal in goals if goal.figure is not None or not plan.only]


def _times(factor: float, figure: float | None) -> float | None:
    return None if figure is None else factor * figure


def _delivery(book: Book) -> Iterator[Goal]:
    limit, pool = book.figure("smtp-source-8"), book.figure("nodemailer-8")
    for kind, ahead in AHEAD.items():
        ours, name = book.figure(f"outreach-{kind}"), f"delivery on {TITLES[kind]}"
        office = book.figure(f"post-office-{kind}")
        yield Goal(
            f"{name}: {ahead.post_office:g} × post_office, its best setting",
            "messages/s",
            ours,
            _times(ahead.post_office, office),
        )
        yield Goal(
            f"{name}: {ahead.nodemailer:g} × nodemailer, 8 connections",
            "messages/s",
            ours,
            _times(ahead.nodemailer, pool),
        )
        yield Goal(
            f"{name}: {ahead.limit:.0%} of smtp-source, 8 sessions (stretch {ahead.stretch:.0%})",
            "messages/s",
            ours,
            _times(ahead.limit, limit),
            _times(ahead.stretch, limit),
        )


def _pace(book: Book) -> Iterator[Goal]:
    for kind in KINDS:
        name = f"20 ms a mail, 8 connections, {TITLES[kind]}"
        rate, cpu = book.figure(f"paced-{kind}"), book.figure(f"paced-{kind}", "cpu")
        yield Goal(f"{name}: 400 a second within 5 %", "messages/s", rate, 380)
        yield Goal(f"{name}: the worker's CPU", "% of a core", cpu, 25, 10, at_most=True)


def _flatness(book: Book, plan: Plan) -> Iterator[Goal]:
    sizes = ", ".join(f"{many:,}" for many in plan.scale)
    for kind in KINDS:
        for reading, what in (("rate", "messages a second"), ("after", "memory")):
            found = [book.figure(f"scale-{many}-{kind}", reading) for many in plan.scale]
            known = [one for one in found if one is not None]
            flat = min(known) / max(known) if len(known) == len(found) > 1 else None
            title = f"{what} at {sizes} queued, {TITLES[kind]}: least by most"
            yield Goal(title, "", flat, _FLAT)


def _launch_and_due(book: Book, plan: Plan) -> Iterator[Goal]:
    for kind in KINDS:
        seconds = book.figure(f"launch-{kind}")
        name = f"launch of {plan.launched:,} contacts, {TITLES[kind]}"
        yield Goal(name, "s", seconds, 4, 2, at_most=True)
    for kind in KINDS:
        found = book.figure(f"due-{kind}")
        name = f"the next 100 due among {plan.stored:,}, {TITLES[kind]}"
        yield Goal(name, "ms", found, 1, 0.3, at_most=True)


def _receipts(book: Book) -> Iterator[Goal]:
    for kind in KINDS:
        span = book.figure(f"receipt-{kind}")
        yield Goal(f"a receipt after a click, {TITLES[kind]}", "ms", span, 300, 100, at_most=True)


def _pages(book: Book) -> Iterator[Goal]:
    plain = book.figure("page-plain")
    for key, name in (("page-sign", "sign page"), ("page-public", "public page")):
        yield Goal(
            f"{name}: as fast as the plain page (stretch 1.5 ×)",
            "pages/s",
            book.figure(key),
            plain,
            _times(1.5, plain),
        )
        yield Goal(f"{name}: p99", "ms", book.figure(key, "p99"), 100, at_most=True)


def _desk(book: Book, plan: Plan) -> Iterator[Goal]:
    for key, (title, _) in DESK_PAGES.items():
        name = f"the desk with {plan.listed:,} organizations, {title}: p99"
        yield Goal(name, "ms", book.figure(key), 300, 100, at_most=True)


def _memory(book: Book, plan: Plan) -> Iterator[Goal]:
    most = max(plan.scale)
    for kind in KINDS:
        name = f"worker's memory, {TITLES[kind]}"
        idle = book.figure(f"scale-{most}-{kind}", "idle")
        after = book.figure(f"scale-{most}-{kind}", "after")
        yield Goal(f"{name}: idle", "MB", idle, _WORKER_MB, at_most=True)
        yield Goal(f"{name}: after {most:,} mails", "MB", after, _WORKER_MB, at_most=True)


def _commands(book: Book) -> Iterator[Goal]:
    for key, reach, stretch in (("help", 0.4, 0.2), ("status", 0.8, 0.4)):
        seconds = book.figure(f"command-{key}")
        yield Goal(f"outreach {key}", "s", seconds, reach, stretch, at_most=True)
