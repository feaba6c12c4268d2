"""A campaign before its launch, made and changed step by step; each step is kept by itself.

Until the launch version 1 of the statement is the draft's and is replaced: nobody has a link, so
nobody can have read or signed it. From the launch on it is never touched again.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import ChangedMeanwhile, FieldErrors, SlugTaken
from outreach.domain.reminder import DEFAULT_STEPS
from outreach.localtime import require_zone
from outreach.services.create_campaign import SlugRefused, create_campaign
from outreach.services.note_activity import note_activity
from outreach.statement.source import StatementRefused, StatementSource, parse_statement
from outreach.statement.writing import (
    StatementFields,
    fields_of,
    has_front_matter,
    write_statement,
)
from outreach.store import campaigns, drafts
from outreach.store.tables import Campaign

# What is proposed by us, until a coordinator has looked at it.
PROPOSED_STEPS = "deadline sender reminders"
MAX_TEXT = 60_000
MAX_ASKS = 30

_SLUG_LENGTH = 40
_OUR_TIME = range(1900, 9900)
_DAYS_BEFORE = 3
_EVENING = time(18, 0)
_REQUIRED = ("title", "addressee", "occasion", "occasion_date", "text")
_MISSING = {
    "title": "Please give the statement a title.",
    "addressee": "Please say to whom it goes.",
    "occasion": "Please say on what occasion.",
    "occasion_date": "Please choose the day of the occasion.",
    "text": "Please paste the statement, or choose its file.",
}


@dataclass(frozen=True)
class StatementForm:
    """The statement as typed. ``text`` may be the whole file: then its front matter counts."""

    title: str = ""
    addressee: str = ""
    occasion: str = ""
    occasion_date: str = ""
    asks: str = ""
    language: str = "en"
    text: str = ""
    reply_to: str = ""

    def read(self) -> StatementSource:
        """Raises FieldErrors naming every field that is wrong."""
        if len(self.text) > MAX_TEXT:
            raise FieldErrors({"text": f"Please shorten it to {MAX_TEXT:,} characters."})
        if has_front_matter(self.text):
            return _in_our_time(_parsed(self.text.lstrip("\ufeff")))
        errors = {
            name: _MISSING[name] for name in _REQUIRED if not str(getattr(self, name)).strip()
        }
        day = _day(self.occasion_date)
        if self.occasion_date.strip() and day is None:
            errors["occasion_date"] = "Please write a day that there is, as in 2026-12-05."
        if errors or day is None:
            raise FieldErrors(errors)
        return self._written(day)

    def _written(self, day: date) -> StatementSource:
        try:
            statement = write_statement(
                StatementFields(
                    title=_line(self.title),
                    addressee=_line(self.addressee),
                    occasion=_line(self.occasion),
                    occasion_date=day,
                    body=self.text.replace("\r\n", "\n").replace("\r", "\n"),
                    asks=tuple(_line(ask) for ask in self.asks.splitlines() if ask.strip()),
                    reply_to=self.reply_to.strip(),
                    language=self.language.strip() or "en",
                )
            )
        except StatementRefused as refused:
            raise FieldErrors(_by_field(refused.faults)) from None
        return _in_our_time(statement)


def form_of(source: StatementSource) -> StatementForm:
    """The form that a statement came from, or would."""
    return StatementForm(
        title=source.title,
        addressee=source.addressee,
        occasion=source.occasion,
        occasion_date=source.occasion_date.isoformat(),
        asks="\n".join(source.asks),
        language=source.language,
        text=source.body,
        reply_to=source.reply_to,
    )


def start_draft(
    session: Session,
    *,
    form: StatementForm,
    slug: str = "",
    by: Actor,
    reply_to: str,
    zone: str,
    now: datetime,
) -> Campaign:
    """A new draft with this statement; what is still to be decided is proposed and marked so.

    Raises FieldErrors.
    """
    statement = form.read()
    deadline = propose_deadline(statement.occasion_date, zone=zone, now=now)
    try:
        campaign = create_campaign(
            session,
            source=statement.source,
            slug=slug.strip() or free_slug(session, statement.title),
            deadline=deadline,
            zone=zone,
            remind=DEFAULT_STEPS,
            default_reply_to=reply_to,
            now=now,
        )
    except SlugTaken:
        raise FieldErrors({"slug": "Another campaign has this short name already."}) from None
    except SlugRefused:
        raise FieldErrors({"slug": "Use small letters, digits and hyphens."}) from None
    campaign.open_steps = PROPOSED_STEPS
    session.add(campaign)
    session.flush()
    note_activity(session, by=by, action="campaign.create", campaign_id=campaign.id, now=now)
    return campaign


def edit_statement(
    session: Session,
    *,
    slug: str,
    form: StatementForm,
    was: str | None = None,
    by: Actor,
    now: datetime,
) -> Campaign:
    """Replaces the draft's text. ``was``: the SHA-256 of the one that was shown with the form.

    A file that says the same stays as it was given, byte for byte. Raises FieldErrors, MoveRefused,
    ChangedMeanwhile.
    """
    statement = form.read()
    campaign = drafts.lock_draft(session, slug)
    assert campaign.id is not None
    version = drafts.first_version(session, campaign.id)
    kept = parse_statement(version.source)
    if not statement.reply_to and not has_front_matter(form.text):
        statement = _with_reply_to(statement, kept.reply_to)
    if fields_of(statement) == fields_of(kept) and not has_front_matter(form.text):
        return campaign
    if was not in (None, kept.sha256):
        raise ChangedMeanwhile
    _take(session, campaign, statement, now=now)
    note_activity(
        session, by=by, action="campaign.edit", campaign_id=campaign.id, detail="statement", now=now
    )
    return campaign


def replace_reply_to(session: Session, campaign: Campaign, *, reply_to: str, now: datetime) -> None:
    """Where the draft's file names an address for replies, it names this one."""
    assert campaign.id is not None
    kept = parse_statement(drafts.first_version(session, campaign.id).source)
    if kept.reply_to and kept.reply_to != reply_to:
        _take(session, campaign, _with_reply_to(kept, reply_to), now=now)


def propose_deadline(occasion: date, *, zone: str, now: datetime) -> datetime:
    """Some working days before the occasion, in the evening; nearer where that is over already.

    Raises FieldErrors where the occasion itself is over.
    """
    where = require_zone(zone)
    day = occasion - timedelta(days=_DAYS_BEFORE)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    proposed = datetime.combine(day, _EVENING, tzinfo=where).astimezone(UTC)
    if proposed > now:
        return proposed
    end = datetime.combine(occasion, time(23, 0), tzinfo=where).astimezone(UTC)
    if end <= now:
        raise FieldErrors({"occasion_date": "This day is over; choose one that lies ahead."})
    return (now + (end - now) / 2).replace(second=0, microsecond=0) + timedelta(minutes=1)


def free_slug(session: Session, title: str) -> str:
    """A short name from the title, with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    slug = ""
    for word in words:
        if len(slug) + len(word) + 1 > _SLUG_LENGTH:
            break
        slug = f"{slug}-{word}" if slug else word
    slug = slug or (words[0][:_SLUG_LENGTH] if words else "campaign")
    number, free = 1, slug
    while campaigns.find_campaign(session, free):
        number += 1
        free = f"{slug}-{number}"
    return free


def _take(
    session: Session, campaign: Campaign, statement: StatementSource, *, now: datetime
) -> None:
    assert campaign.id is not None
    version = drafts.first_version(session, campaign.id)
    version.language = statement.language
    version.source = statement.source
    version.body = statement.body
    version.asks = "\n".join(statement.asks)
    version.sha256 = statement.sha256
    version.created_at = now
    campaign.title = statement.title
    campaign.addressee = statement.addressee
    campaign.occasion = statement.occasion
    campaign.occasion_date = statement.occasion_date
    campaign.language = statement.language
    campaign.reply_to = statement.reply_to or campaign.reply_to
    session.add(version)
    session.add(campaign)
    session.flush()


def _with_reply_to(statement: StatementSource, reply_to: str) -> StatementSource:
    if not reply_to:
        return statement
    return write_statement(replace(fields_of(statement), reply_to=reply_to))


def _parsed(text: str) -> StatementSource:
    try:
        return parse_statement(text)
    except StatementRefused as refused:
        raise FieldErrors({"text": "; ".join(refused.faults) + "."}) from None


def _in_our_time(statement: StatementSource) -> StatementSource:
    """At the edges of the calendar there is no day before, or after, to reckon with."""
    if statement.occasion_date.year not in _OUR_TIME:
        raise FieldErrors({"occasion_date": "Please write a day of our time, as in 2026-12-05."})
    return statement


def _by_field(faults: list[str]) -> dict[str, str]:
    """The faults that name a field at that field, all else at the text."""
    errors: dict[str, str] = {}
    for fault in faults:
        named = next((name for name in _REQUIRED[:4] if name in fault), "text")
        name = "language" if fault.startswith("language") or "'language'" in fault else named
        errors.setdefault(name, f"{fault[0].upper()}{fault[1:]}.")
    return errors


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _line(text: str) -> str:
    return " ".join(text.split())


def local_parts(moment: datetime, *, zone: str) -> tuple[str, str]:
    """Day and time of day as a form's fields hold them."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.date().isoformat(), f"{local:%H:%M}"
