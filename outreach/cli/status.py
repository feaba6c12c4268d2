"""``outreach status``: where a campaign stands, in counts and in what comes next."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.assembled import assembled
from outreach.cli.following import follow as follow_sending
from outreach.cli.following import held_words, paused_words
from outreach.cli.wording import counted, moment_in, shown, wrapped
from outreach.domain.campaign import ANSWERING_STATES, CONCLUDED_STATES, CampaignState
from outreach.domain.errors import Refused
from outreach.domain.retry import may_try_again

if TYPE_CHECKING:
    from rich.console import Console

    from outreach.services.report_status import StatusReport
    from outreach.store.standing import Unreached

Slug = Annotated[str, typer.Argument(metavar="S", help="The campaign's short name.")]
AsJson = Annotated[bool, typer.Option("--json", help="For a script.")]

Follow = Annotated[
    bool, typer.Option("--follow", help="Watch the mails go out; Ctrl-C ends the view only.")
]

_MOST_CALLS = 20  # lines; --json has them all


def status(slug: Slug, as_json: AsJson = False, follow: Follow = False) -> None:
    """Say where a campaign stands: what was answered and sent, and when reminders go out.

    Who has answered, and whose mail has failed: `outreach partners list S`.
    """
    from outreach.services.report_status import report_status

    if follow and as_json:
        raise Refused("say one of --follow and --json")
    outreach = assembled()
    if follow:
        follow_sending(outreach, slug=slug)
        return
    with outreach.database.reading() as session:
        report = report_status(session, slug=slug, now=outreach.clock())
    if as_json:
        typer.echo(json.dumps(_status_json(report), indent=2, ensure_ascii=False))
        return
    _print_status(report)
    held = held_words(outreach, captured=report.captured)
    if report.campaign.state in ANSWERING_STATES and held:
        typer.echo(f"\n{held}")


def _status_json(report: "StatusReport") -> dict[str, Any]:
    campaign, deferred = report.campaign, report.deferred
    next_attempt = deferred.next_attempt
    return {
        "campaign": {
            "slug": campaign.slug,
            "state": campaign.state.value,
            "title": campaign.title,
            "deadline": campaign.deadline.isoformat(timespec="seconds"),
            "zone": campaign.zone,
            "pause_reason": campaign.pause_reason,
        },
        "captured": report.captured,
        "organizations": report.organizations,
        "contacts": report.contacts,
        "invitations": report.invitations,
        "messages": report.messages,
        "troubles": [
            {"state": state, "reply": words, "count": count}
            for state, words, count in report.troubles
        ],
        "reminders": [
            {"step": one.step, "at": one.at.isoformat(timespec="seconds"), "state": one.state}
            for one in report.reminders
        ],
        "deferred": {
            "count": deferred.count,
            "next_attempt": next_attempt and next_attempt.isoformat(timespec="seconds"),
            "too_late": deferred.too_late,
            "to_call": [_call_json(one) for one in deferred.to_call],
        },
        "held_back": report.held_back,
        "recorded_by_hand": {"signed": report.by_hand[0], "waiting": report.by_hand[1]},
        "asking_to_join": report.asking,
        "reviews_waiting": report.reviews,
        "as_of": report.as_of.isoformat(timespec="seconds"),
    }


def _call_json(one: "Unreached") -> dict[str, Any]:
    return {**asdict(one), "next_attempt": one.next_attempt.isoformat(timespec="seconds")}


def _print_status(report: "StatusReport") -> None:
    from rich.console import Console

    from outreach.localtime import format_left, format_moment

    campaign = report.campaign
    console = Console(highlight=False)
    console.print(shown(campaign.title), style="bold", markup=False)
    deadline = format_moment(campaign.deadline, language="en", zone=campaign.zone)
    left = campaign.deadline - report.as_of
    remains = f", {format_left(left, language='en')} left"
    if left.total_seconds() <= 0:
        remains = " (passed)"
    elif campaign.state in CONCLUDED_STATES:
        remains = ""  # closed before it
    console.print(f"{campaign.slug}: {campaign.state.value}. Deadline: {deadline}{remains}")
    if campaign.state is CampaignState.PAUSED:
        typer.echo(wrapped(paused_words(campaign.slug, reason=campaign.pause_reason), indent=0))
    organizations = counted(report.organizations, "organization")
    console.print(f"{organizations}, {counted(report.contacts, 'contact')}\n")
    for title, counts in [("Invitations", _invitation_row(report)), *_message_rows(report)]:
        numbers = ", ".join(f"{count} {name}" for name, count in counts.items()) or "none yet"
        console.print(f"  {title:<20} {numbers}")
    signed, waiting = report.by_hand
    if any(report.by_hand):
        row = f"{signed} signed, {waiting} to be confirmed by a second coordinator"
        console.print(f"  {'Recorded by hand':<20} {row}")
    if report.asking:
        console.print(
            f"  {'Ask to join':<20} {report.asking}, to be admitted or refused at the desk"
        )
    if report.reviews:
        row = f"{report.reviews} to be settled at the desk"
        console.print(f"  {'Two answers given':<20} {row}")
    _print_reminders(report)
    _print_troubles(report, console)
    _print_deferred(report)


def _invitation_row(report: "StatusReport") -> dict[str, int]:
    """With those who were imported after the launch, and whom the next launch would invite."""
    missing = report.organizations - sum(report.invitations.values())
    late = missing and bool(report.invitations)
    return {**report.invitations, **({"not invited": missing} if late else {})}


def _message_rows(report: "StatusReport") -> list[tuple[str, dict[str, int]]]:
    return [(kind.replace("_", " "), counts) for kind, counts in report.messages.items()]


def _print_reminders(report: "StatusReport") -> None:
    zone = report.campaign.zone
    if not report.reminders:
        typer.echo("\nNo reminders are planned.")
        return
    typer.echo(f"\nReminders to those who have not answered, in times of {zone}:")
    for one in report.reminders:
        why = f": {one.why}" if one.why else ""
        typer.echo(f"  {one.step:>5} before  {moment_in(zone, one.at)}  {one.state}{why}")
    typer.echo(
        wrapped(
            "Moved out of each contact's own night and weekend, where there is still time for it.",
            indent=2,
        )
    )
    if report.held_back:
        typer.secho(wrapped(f"Held back: {report.held_back}", indent=0), fg=typer.colors.RED)


def _print_troubles(report: "StatusReport", console: "Console") -> None:
    from rich.table import Table
    from rich.text import Text

    if not report.troubles:
        return
    table = Table("state", "the server's last words", "messages", box=None)
    for state, words, count in report.troubles:
        table.add_row(state, Text(shown(words)), str(count))
    console.print("\nNot arrived:")
    console.print(table)
    states = dict.fromkeys(
        "deferred" if state == "queued" else state for state, *_ in report.troubles
    )
    options = " or ".join(f"--state {state}" for state in states)
    whose = f"Whose they are: outreach partners list {report.campaign.slug} {options}"
    typer.echo(wrapped(whose, indent=0))


def _print_deferred(report: "StatusReport") -> None:
    deferred, zone = report.deferred, report.campaign.zone
    if deferred.next_attempt is None:
        return
    when = "as soon as mail is sent again"
    if deferred.next_attempt > report.as_of:
        when = f"{moment_in(zone, deferred.next_attempt)} ({zone})"
    put_off = f"Put off: {counted(deferred.count, 'message')}; next attempt: {when}."
    typer.echo("\n" + wrapped(put_off, indent=0))
    if not deferred.to_call:
        return
    people = counted(len(deferred.to_call), "person", "people")
    call = f"Our mail has not reached {people}, and the deadline is near: call."
    typer.secho(wrapped(call, indent=0), bold=True)
    for one in deferred.to_call[:_MOST_CALLS]:
        _print_call(one, report)
    more = len(deferred.to_call) - _MOST_CALLS
    if more > 0:
        all_of_them = f"outreach partners list {report.campaign.slug} --state deferred"
        typer.echo(wrapped(f"and {more:,} more: {all_of_them}", indent=2))


def _print_call(one: "Unreached", report: "StatusReport") -> None:
    name = f"{shown(one.contact)} " if one.contact else ""
    typer.echo(f"  {shown(one.organization)}: {name}<{shown(one.email)}>")
    when = f"next attempt {moment_in(report.campaign.zone, one.next_attempt)}"
    if not may_try_again(one.next_attempt, deadline=report.campaign.deadline):
        when = "no attempt is left before the deadline"
    words = shown(" ".join(one.words.split()))
    typer.echo(wrapped(f"put off {counted(one.attempts, 'time')}: {words}; {when}", indent=4))
