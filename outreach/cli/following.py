"""A live view of the sending. It only looks: ending it ends nothing else."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from outreach.cli.wording import counted, moment_in, shown, wrapped
from outreach.domain.campaign import CampaignState

if TYPE_CHECKING:
    from rich.console import RenderableType

    from outreach.services.watch_sending import Pace, Progress
    from outreach.wiring import Outreach

    Show = Callable[[Progress, Pace, list[str]], None]

_EACH = 1.0  # seconds between two looks
_LINE_EACH = 5.0  # seconds between two lines where there is no terminal
_PATIENCE = 3.0  # seconds without any movement before it is asked whether somebody works
_STILL = 60.0
_ALIVE = timedelta(seconds=30)  # the worker renews its sign of life every five

_HELD = {
    True: "it was launched into the embedded mailbox, and SMTP_URL is set now. Nothing of it"
    " leaves this machine; create and launch another campaign to mail people.",
    False: "it was launched for real, and SMTP_URL is not set now. Set it as it was.",
}


def held_words(outreach: "Outreach", *, captured: bool) -> str:
    """Why a campaign that was launched so is not sent from here; empty where it is."""
    return "" if captured == outreach.captures_mail else f"Its mail is held: {_HELD[captured]}"


def paused_words(slug: str, *, reason: str) -> str:
    """That a campaign is paused, by whom, and the way on."""
    if not reason:
        return f"Paused. Go on with: outreach campaign resume {slug}"
    return (
        f"Outreach paused it: {shown(' '.join(reason.split())).rstrip('.')}."
        f" When that is mended: outreach campaign resume {slug}"
    )


def follow(outreach: "Outreach", *, slug: str) -> None:
    """Shows how the sending goes until there is nothing to wait for, or Ctrl-C."""
    from outreach.services.watch_sending import Pace

    pace = Pace()
    try:
        with _bar() if sys.stdout.isatty() else _lines() as show:
            while not (look := _look(outreach, slug=slug, pace=pace)).is_over:
                show(look, pace, _notes(outreach, look, pace))
                time.sleep(_EACH)
            show(look, pace, [])
    except KeyboardInterrupt:
        typer.echo(f"You no longer look; the sending goes on: outreach status {slug} --follow")
        return
    for line in _ending(look):
        typer.echo(line)


def _look(outreach: "Outreach", *, slug: str, pace: "Pace") -> "Progress":
    from outreach.services.watch_sending import look_at_progress

    with outreach.database.reading() as session:
        look = look_at_progress(session, slug=slug, now=outreach.clock())
    pace.take(look, at=time.monotonic())
    return look


def _notes(outreach: "Outreach", look: "Progress", pace: "Pace") -> list[str]:
    """Why it does not go on, where that can be known from here."""
    if look.state is CampaignState.PAUSED:
        return [paused_words(look.slug, reason=look.pause_reason)]
    if held := held_words(outreach, captured=look.captured):
        return [held]
    if pace.still_for >= _PATIENCE and not look.sending and not _worker_is_alive(outreach):
        return ["No worker shows signs of life on this machine: start `outreach up`."]
    if pace.still_for >= _STILL:
        return [f"Nothing has moved for {pace.still_for:.0f} seconds: see outreach doctor"]
    return []


def _worker_is_alive(outreach: "Outreach") -> bool:
    """By the file that workers/heartbeat.py renews."""
    try:
        renewed = (outreach.settings.home / "run" / "worker.alive").stat().st_mtime
    except OSError:
        return False
    return outreach.clock().timestamp() - renewed < _ALIVE.total_seconds()


@contextmanager
def _lines() -> Iterator["Show"]:
    """A line every five seconds, and the last."""
    printed_at = -_LINE_EACH

    def show(look: "Progress", pace: "Pace", notes: list[str]) -> None:
        nonlocal printed_at
        if time.monotonic() - printed_at >= _LINE_EACH or look.is_over:
            printed_at = time.monotonic()
            typer.echo(
                " ".join([f"{look.slug}: {_sent(look)}, {_counts(look, pace, ', ')}.", *notes])
            )
            sys.stdout.flush()

    yield show


@contextmanager
def _bar() -> Iterator["Show"]:
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(highlight=False), auto_refresh=False) as live:

        def show(look: "Progress", pace: "Pace", notes: list[str]) -> None:
            live.update(_drawn(look, pace, notes), refresh=True)

        yield show


def _drawn(look: "Progress", pace: "Pace", notes: list[str]) -> "RenderableType":
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    first = Table.grid(padding=(0, 1), expand=True)
    first.add_column(no_wrap=True)
    first.add_column(ratio=1)
    first.add_column(no_wrap=True)
    bar = ProgressBar(total=max(look.total, 1), completed=look.sent)
    first.add_row(look.slug, bar, _sent(look))
    lines = [Text(_counts(look, pace, " · ")), *(Text(note, style="yellow") for note in notes)]
    return Group(first, *lines)


def _sent(look: "Progress") -> str:
    return f"{look.sent:,} of {look.total:,} sent"


def _counts(look: "Progress", pace: "Pace", joint: str) -> str:
    moving = not look.is_over and look.state is not CampaignState.PAUSED
    parts = [_rate(pace.rate)] if moving else []
    parts += [
        f"{look.deferred:,} put off",
        f"{look.failed:,} failed",
        f"{look.uncertain:,} uncertain",
        f"{look.cancelled:,} cancelled",
    ]
    if moving and pace.left is not None:
        from outreach.localtime import format_left

        parts.append(f"{format_left(pace.left, language='en')} left")
    return joint.join(parts)


def _rate(rate: float) -> str:
    return f"{rate:,.0f} a second" if rate >= 1 or not rate else f"{rate * 60:.0f} a minute"


def _ending(look: "Progress") -> Iterator[str]:
    """What is left when there is nothing to wait for."""
    if look.next_attempt is not None:
        were = counted(look.deferred, "was", "were")
        when = f"{moment_in(look.zone, look.next_attempt)} ({look.zone})"
        yield f"{were} put off; next attempt {when}."
    if not look.total and not look.cancelled:
        yield f"Nothing is queued: outreach campaign launch {look.slug}"
    elif look.deferred or look.failed or look.uncertain:
        yield wrapped(f"Why, and whose they are: outreach status {look.slug}", indent=0)
    else:
        yield "All of it is sent."
