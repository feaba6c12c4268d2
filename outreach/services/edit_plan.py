"""When a draft ends and reminds, and in whose name it writes."""

import unicodedata
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors
from outreach.domain.reminder import SpanRefused, parse_span, parse_steps
from outreach.localtime import DeadlineRefused, UnclearTime, parse_deadline, require_zone
from outreach.mail.headers import HeaderRefused, one_line, require_address
from outreach.services.create_campaign import check_deadline
from outreach.services.edit_draft import replace_reply_to
from outreach.services.note_activity import note_activity
from outreach.store import drafts
from outreach.store.tables import Campaign

MAX_STEPS = 12
MAX_SENDER_NAME = 80


class DeadlineUnclear(FieldErrors):
    """Somebody has to say which of the ``readings`` was meant: a clock change skips or repeats the
    time."""

    def __init__(self, readings: tuple[str, ...], *, why: str) -> None:
        super().__init__({"time": why})
        self.readings = readings


def edit_deadline(
    session: Session,
    *,
    slug: str,
    day: str,
    time: str,
    zone: str,
    reading: str = "",
    by: Actor,
    now: datetime,
) -> Campaign:
    """``reading`` is the one chosen of DeadlineUnclear's. Raises FieldErrors, MoveRefused."""
    zone = zone.strip()
    moment = _moment(day.strip(), time.strip(), zone=zone, reading=reading.strip())
    campaign = drafts.lock_draft(session, slug)
    try:
        check_deadline(moment, zone=zone, occasion_date=campaign.occasion_date, now=now)
    except DeadlineRefused as refused:
        raise FieldErrors({"day": _sentence(str(refused))}) from None
    campaign.deadline = moment
    campaign.zone = zone
    _settled(session, campaign, "deadline", by=by, now=now)
    return campaign


def edit_sender(
    session: Session,
    *,
    slug: str,
    sender_name: str,
    reply_to: str,
    discreet: bool = False,
    by: Actor,
    now: datetime,
) -> Campaign:
    """``discreet``: its mails say nothing of the matter. Raises FieldErrors, MoveRefused."""
    name = _sender_name(sender_name)
    address = _reply_to(reply_to.strip())
    campaign = drafts.lock_draft(session, slug)
    campaign.sender_name = name
    campaign.discreet = discreet
    campaign.reply_to = address
    replace_reply_to(session, campaign, reply_to=address, now=now)
    _settled(session, campaign, "sender", by=by, now=now)
    return campaign


def edit_reminders(
    session: Session, *, slug: str, steps: str, by: Actor, now: datetime
) -> Campaign:
    """``steps`` as in ``7d,3d,1d``; empty for none. Raises FieldErrors, MoveRefused."""
    try:
        parsed = parse_steps(steps)
    except SpanRefused as refused:
        raise FieldErrors({"number": _sentence(str(refused))}) from None
    if len(parsed) > MAX_STEPS:
        raise FieldErrors({"number": f"{MAX_STEPS} reminders are the most."})
    campaign = drafts.lock_draft(session, slug)
    campaign.reminder_steps = ",".join(step.label for step in parsed)
    _settled(session, campaign, "reminders", by=by, now=now)
    return campaign


def keep_reminders(session: Session, *, slug: str, by: Actor, now: datetime) -> Campaign:
    """As they stand: somebody has looked at them. Raises MoveRefused."""
    campaign = drafts.lock_draft(session, slug)
    _settled(session, campaign, "reminders", by=by, now=now)
    return campaign


def add_reminder(
    session: Session, *, slug: str, number: str, unit: str, by: Actor, now: datetime
) -> Campaign:
    """Raises FieldErrors, MoveRefused."""
    label = f"{number.strip()}{unit.strip()}"
    try:
        parse_span(label)
    except SpanRefused:
        raise FieldErrors({"number": "Please give a whole number, from 1 to 9999."}) from None
    campaign = drafts.lock_draft(session, slug)
    return edit_reminders(
        session, slug=slug, steps=f"{campaign.reminder_steps},{label}", by=by, now=now
    )


def remove_reminder(
    session: Session, *, slug: str, label: str, by: Actor, now: datetime
) -> Campaign:
    """Removed already, nothing changes. Raises MoveRefused."""
    campaign = drafts.lock_draft(session, slug)
    left = [step.label for step in parse_steps(campaign.reminder_steps) if step.label != label]
    return edit_reminders(session, slug=slug, steps=",".join(left), by=by, now=now)


def _settled(session: Session, campaign: Campaign, step: str, *, by: Actor, now: datetime) -> None:
    drafts.settle_step(session, campaign, step)
    note_activity(
        session, by=by, action="campaign.edit", campaign_id=campaign.id, detail=step, now=now
    )


def _moment(day: str, time: str, *, zone: str, reading: str) -> datetime:
    errors = {}
    if not day:
        errors["day"] = "Please choose a day."
    if not time:
        errors["time"] = "Please choose a time of day."
    try:
        require_zone(zone)
    except DeadlineRefused as refused:
        errors["zone"] = _sentence(str(refused))
    if errors:
        raise FieldErrors(errors)
    typed = f"{day} {time}"
    try:
        return parse_deadline(typed, zone=zone, reading=reading)
    except UnclearTime as unclear:
        raise DeadlineUnclear(unclear.choices, why=unclear.why_choose) from None
    except DeadlineRefused as refused:
        raise FieldErrors({"time": _sentence(str(refused))}) from None


def _sender_name(text: str) -> str:
    name = text.strip()
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        raise FieldErrors({"sender_name": "Please write it in one line, without tabs."})
    if len(name) > MAX_SENDER_NAME:
        raise FieldErrors({"sender_name": f"Please keep it within {MAX_SENDER_NAME} characters."})
    if "@" in name:
        raise FieldErrors(
            {"sender_name": "Please write a name alone; the address stays as it is set up."}
        )
    return one_line(name)


def _reply_to(address: str) -> str:
    if not address:
        raise FieldErrors({"reply_to": "Please give an address: people will answer the mails."})
    try:
        require_address(address, field="Reply-To")
    except HeaderRefused as refused:
        raise FieldErrors({"reply_to": _sentence(refused.reason)}) from None
    return address


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}".rstrip(".") + "."
