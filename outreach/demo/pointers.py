"""Where to look, as the terminal says it once the stack is up."""

import os
import shutil
import sys
from datetime import datetime
from pathlib import Path

from outreach.demo.sample_run import SampleRun
from outreach.demo.stack import Door
from outreach.settings import Settings

_CAPTURED = "Mail is captured, as SMTP_URL is not set: nothing leaves this machine."


def up_pointers(settings: Settings, door: Door, *, setup: str) -> str:
    """``setup`` is the way to the first account, empty where there is one."""
    return _paragraph(
        "",
        f"Outreach is up at {door.public_url}, listening on {door.host}:{door.port}",
        *_mail_lines(settings, door),
        *_desk_lines(door.public_url, setup),
        "",
        "In another terminal:",
        f'  {_command(settings)} campaign create statement.md --slug NAME --deadline "…" --zone …',
        f"  {_command(settings)} --help",
        "",
        "Ctrl-C stops everything.",
    )


def _desk_lines(public_url: str, setup: str) -> list[str]:
    """The link stands alone on its line: it is long, and a terminal may break it."""
    if not setup:
        return [f"  Desk            {public_url}/desk"]
    return [
        "",
        "Set up your account here (once, within three days), and run campaigns there:",
        setup,
    ]


def _mail_lines(settings: Settings, door: Door) -> list[str]:
    if not settings.captures_mail:
        return [
            "Mail goes out through SMTP_URL: what you launch reaches real people.",
            "Set SMTP_URL and MAIL_FROM in the other terminal too.",
        ]
    if door.is_private:
        return [_CAPTURED, f"  Mailbox         {door.public_url}/mailbox"]
    # Its page shows every personal link, so others on the network must not see it.
    return [_CAPTURED, f"  Mailbox         {settings.home / 'mailbox'}"]


def demo_pointers(settings: Settings, run: SampleRun, *, setup: str, now: datetime) -> str:
    url = settings.public_url
    begun = (
        f"{run.invited} organizations are being invited to sign the sample statement."
        if run.invited
        else f"Carrying on with {run.slug}, which is still open."
    )
    reminders = [_clock(due) for step in run.steps if (due := run.deadline - step.before) > now]
    return _paragraph(
        "",
        *([f"The deadline of {run.over} has come: {url}/s/{run.over}"] if run.over else []),
        begun,
        _CAPTURED,
        "",
        f"  Mailbox         {url}/mailbox   open an invitation, follow its link, sign or decline",
        f"  Reminders       {', '.join(reminders) or 'none left'}, to those who have not answered",
        f"  Deadline        {_clock(run.deadline)}",
        f"  Public page     {url}/s/{run.slug}   from the deadline on",
        f"  In figures      {_command(settings)} status {run.slug}   in another terminal",
        *_desk_lines(url, setup),
        "",
        "Ctrl-C stops everything; `outreach demo` carries on.",
        "",
    )


def _clock(moment: datetime) -> str:
    """In the zone of this machine, where the person at the terminal is."""
    return f"{moment.astimezone():%H:%M:%S %Z}"


def _command(settings: Settings) -> str:
    """How this person can call us from the same folder: found on PATH or not, home said if
    it is not the default one."""
    ours = Path(sys.executable).parent / "outreach"
    name = "outreach" if shutil.which("outreach") or not ours.exists() else os.path.relpath(ours)
    if settings.home == Path("var").absolute():
        return name
    return f"OUTREACH_HOME={settings.home} {name}"


def _paragraph(*lines: str) -> str:
    return "\n".join(lines)
