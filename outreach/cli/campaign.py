"""``outreach campaign``: from draft to published statement."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.asking import require_yes
from outreach.cli.assembled import assembled, require_the_stacks_way_out
from outreach.cli.following import follow as follow_sending
from outreach.cli.status import status
from outreach.cli.wording import counted
from outreach.domain.coordinator import COMMAND_LINE
from outreach.domain.errors import Refused

if TYPE_CHECKING:
    from outreach.store.audience import Audience
    from outreach.store.tables import Campaign
    from outreach.wiring import Outreach

app = typer.Typer(
    no_args_is_help=True,
    help="Create, launch and steer a campaign, and publish its list.",
)

Slug = Annotated[str, typer.Argument(metavar="S", help="The campaign's short name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")]
Expect = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="Do not ask, and refuse unless exactly N people would be mailed; for scripts.",
    ),
]
Follow = Annotated[bool, typer.Option("--follow", help="Then watch the mails go out.")]
StatementFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="The statement: Markdown, with title, addressee, occasion and occasion_date in"
        " its front matter.",
    ),
]
NewSlug = Annotated[str, typer.Option(help="Its short name, as in blinken-beijing.")]
Deadline = Annotated[str, typer.Option(help="Local time in --zone, as in '2027-06-01 18:00'.")]
Zone = Annotated[str, typer.Option(help="IANA time zone, as in Europe/Berlin.")]
DeadlineIn = Annotated[
    str, typer.Option(help="Instead of --deadline: so long from now, as in 10m or 3d.")
]
Remind = Annotated[str, typer.Option(help="When to remind, before the deadline; '' for never.")]
PublishAtClose = Annotated[
    bool, typer.Option(help="Publish the list by itself when the deadline has passed.")
]


@app.command()
def create(
    file: StatementFile,
    slug: NewSlug,
    deadline: Deadline = "",
    zone: Zone = "",
    deadline_in: DeadlineIn = "",
    remind: Remind = "7d,3d,1d,4h",
    publish_at_close: PublishAtClose = False,
) -> None:
    """Freeze a statement as version 1 of a new draft.

    Next: `outreach partners import S FILE`, then `outreach campaign launch S`.
    """
    from outreach.services.create_campaign import create_campaign
    from outreach.services.note_activity import note_activity
    from outreach.statement.source import decode_statement

    outreach = assembled()
    now = outreach.clock()
    instant, zone = _deadline(deadline, zone=zone, deadline_in=deadline_in, now=now)
    source = decode_statement(_read(file))
    with outreach.database.transaction() as session:
        campaign = create_campaign(
            session,
            source=source,
            slug=slug,
            deadline=instant,
            zone=zone,
            remind=remind,
            default_reply_to=outreach.reply_to,
            publish_at_close=publish_at_close,
            now=now,
        )
        note_activity(
            session, by=COMMAND_LINE, action="campaign.create", campaign_id=campaign.id, now=now
        )
    typer.echo(f"Created '{campaign.slug}' as a draft. Deadline: {_shown_deadline(campaign)}.")
    typer.echo(f"Next: outreach partners import {slug} FILE")


@app.command("list")
def list_campaigns(
    as_json: Annotated[bool, typer.Option("--json", help="For a script.")] = False,
) -> None:
    """Name every campaign, with its state and deadline."""
    from outreach.store import campaigns

    outreach = assembled()
    with outreach.database.reading() as session:
        found = campaigns.list_campaigns(session)
    if as_json:
        rows = [
            {"slug": item.slug, "state": item.state, "deadline": item.deadline.isoformat()}
            for item in found
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    for item in found:
        typer.echo(f"{item.slug}  {item.state}  {_shown_deadline(item)}")
    if not found:
        typer.echo("No campaign yet: outreach campaign create FILE --slug S --deadline …")


app.command()(status)


@app.command()
def launch(slug: Slug, yes: Yes = False, expect: Expect = None, follow: Follow = False) -> None:
    """Open a draft and invite everybody; on an open campaign, invite those added since.

    Says how many people will be mailed, and asks first. Where nobody is at the terminal, it needs
    --expect N or --yes.
    """
    from outreach.services import steer_by_hand
    from outreach.services.report_status import count_to_invite

    outreach = assembled()
    require_the_stacks_way_out(outreach)
    if not yes and expect is None:
        with outreach.database.reading() as session:
            audience = count_to_invite(session, slug=slug)
        suppressed = counted(audience.skipped, "more is", "more are")
        skipped = f" {suppressed} skipped: the address gets no mail." if audience.skipped else ""
        expect = _agree(outreach, slug, "Mail", audience, skipped=skipped)
    with outreach.database.transaction() as session:
        report = steer_by_hand.launch(
            session,
            slug=slug,
            mail_domain=outreach.mail_domain,
            captured=outreach.settings.captures_mail,
            expected=expect,
            by=COMMAND_LINE,
            now=outreach.clock(),
        )
    outreach.ring_bell()
    invited = f"{counted(report.invited, 'organization')} invited"
    typer.echo(f"Launched '{slug}': {invited}, {counted(report.messages, 'message')} queued.")
    _say_what_is_next(outreach, slug, follow=follow)


@app.command()
def remind(
    slug: Slug,
    yes: Yes = False,
    expect: Expect = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Also those who had a mail within the last day, but not just now."
        ),
    ] = False,
    follow: Follow = False,
) -> None:
    """Remind now those who were invited and have not answered, beside the planned reminders.

    Says how many people will be mailed, and asks first; nobody is reminded twice a day.
    """
    from outreach.services import steer_by_hand
    from outreach.services.remind_by_hand import count_to_remind, why_skipped

    outreach = assembled()
    require_the_stacks_way_out(outreach)
    if not yes and expect is None:
        with outreach.database.reading() as session:
            audience = count_to_remind(session, slug=slug, again=again, now=outreach.clock())
        had = f" {audience.skipped:,} more {why_skipped(again=again)} and get none."
        skipped = had if audience.skipped else ""
        expect = _agree(outreach, slug, "Remind", audience, skipped=skipped)
    with outreach.database.transaction() as session:
        queued = steer_by_hand.remind(
            session,
            slug=slug,
            mail_domain=outreach.mail_domain,
            expected=expect,
            again=again,
            by=COMMAND_LINE,
            now=outreach.clock(),
        )
    outreach.ring_bell()
    typer.echo(f"{counted(queued, 'reminder')} of '{slug}' queued.")
    _say_what_is_next(outreach, slug, follow=follow)


def _agree(
    outreach: "Outreach", slug: str, verb: str, audience: "Audience", *, skipped: str
) -> int | None:
    """How many people somebody has agreed to mail; None where there is nothing to ask, because
    the service will say why nobody is mailed."""
    from outreach.domain.campaign import CampaignState
    from outreach.store.campaigns import require_campaign

    with outreach.database.reading() as session:
        campaign = require_campaign(session, slug)
    mailing = campaign.state in (CampaignState.DRAFT, CampaignState.OPEN)
    if not mailing or not audience.people or campaign.deadline <= outreach.clock():
        return None
    people = counted(audience.people, "person", "people")
    whom = f"{people} of {counted(audience.organizations, 'organization')}"
    where = " (captured by the embedded mailbox)" if outreach.settings.captures_mail else ""
    require_yes(
        f"{verb} {whom} now{where}?{skipped}",
        otherwise=f"Say --expect {audience.people} to mean exactly them, or --yes.",
    )
    return audience.people


def _say_what_is_next(outreach: "Outreach", slug: str, *, follow: bool) -> None:
    if not outreach.broker_url:
        tick = "" if outreach.settings.captures_mail else ", or run `outreach tick`"
        typer.echo(f"No stack is running here: start `outreach up`{tick}.")
    if follow:
        follow_sending(outreach, slug=slug)
    typer.echo(f"Next: outreach status {slug}")


@app.command()
def pause(slug: Slug) -> None:
    """Hold every invitation and reminder; answers still count."""
    from outreach.services import steer_by_hand

    outreach = assembled()
    with outreach.database.transaction() as session:
        steer_by_hand.pause(session, slug=slug, reason="", by=COMMAND_LINE, now=outreach.clock())
    typer.echo(f"Paused '{slug}'. Resume with: outreach campaign resume {slug}")


@app.command()
def resume(slug: Slug) -> None:
    """Let exactly the rest go out."""
    from outreach.services import steer_by_hand

    outreach = assembled()
    with outreach.database.transaction() as session:
        steer_by_hand.resume(session, slug=slug, by=COMMAND_LINE, now=outreach.clock())
    outreach.ring_bell()
    typer.echo(f"Resumed '{slug}'.")


@app.command()
def extend(
    slug: Slug,
    deadline: Annotated[
        str, typer.Option(help="The later local time, as in '2027-06-03 18:00'.")
    ] = "",
    deadline_in: Annotated[str, typer.Option(help="Instead: so long from now, as in 3d.")] = "",
) -> None:
    """Move the deadline later; reminders are reckoned anew from it."""
    from outreach.services import steer_by_hand
    from outreach.store.campaigns import require_campaign

    outreach = assembled()
    now = outreach.clock()
    with outreach.database.transaction() as session:
        zone = require_campaign(session, slug).zone
        instant, _ = _deadline(deadline, zone=zone, deadline_in=deadline_in, now=now)
        campaign = steer_by_hand.extend(
            session, slug=slug, deadline=instant, by=COMMAND_LINE, now=now
        )
    typer.echo(f"Extended '{slug}'. Deadline: {_shown_deadline(campaign)}.")


@app.command()
def cancel(
    slug: Slug,
    yes: Yes = False,
) -> None:
    """End a campaign without a list. There is no way back."""
    from outreach.services import steer_by_hand

    outreach = assembled()
    if not yes:
        require_yes(f"Cancel '{slug}' for good?")
    with outreach.database.transaction() as session:
        steer_by_hand.cancel(session, slug=slug, by=COMMAND_LINE, now=outreach.clock())
    typer.echo(f"Cancelled '{slug}'. Nothing more is sent and its links no longer work.")


@app.command()
def close(
    slug: Slug,
    yes: Yes = False,
) -> None:
    """Close the list before its deadline. (At the deadline it closes by itself.)"""
    from outreach.services import steer_by_hand

    outreach = assembled()
    if not yes:
        require_yes(f"Close the list of '{slug}' now? Nobody can sign after.")
    with outreach.database.transaction() as session:
        steer_by_hand.close(
            session,
            slug=slug,
            mail_domain=outreach.mail_domain,
            by=COMMAND_LINE,
            now=outreach.clock(),
        )
    outreach.ring_bell()
    typer.echo(f"Closed '{slug}'. Next: outreach campaign publish {slug}")


@app.command()
def publish(slug: Slug) -> None:
    """Make the statement and its signatories public."""
    from outreach.services import steer_by_hand

    outreach = assembled()
    with outreach.database.transaction() as session:
        steer_by_hand.publish(session, slug=slug, by=COMMAND_LINE, now=outreach.clock())
    typer.echo(f"Published: {_public_address(outreach, slug)}")


def _public_address(outreach: "Outreach", slug: str) -> str:
    return f"{outreach.public_url}/s/{slug}"


def _deadline(text: str, *, zone: str, deadline_in: str, now: datetime) -> tuple[datetime, str]:
    """The instant and the zone that the options name. Raises Refused."""
    from outreach.domain.reminder import parse_span
    from outreach.localtime import parse_deadline, require_zone

    if bool(text) == bool(deadline_in):
        raise Refused("give one of --deadline '2027-06-01 18:00' and --deadline-in 10m")
    if deadline_in:
        require_zone(zone or "UTC")
        return now + parse_span(deadline_in), zone or "UTC"
    if not zone:
        raise Refused("--deadline needs its --zone, as in --zone Europe/Berlin")
    return parse_deadline(text, zone=zone), zone


def _shown_deadline(campaign: "Campaign") -> str:
    from outreach.localtime import format_moment

    return format_moment(campaign.deadline, language="en", zone=campaign.zone)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from None
