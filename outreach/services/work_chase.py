"""What a coordinator does about an organization without an answer: take it, plan, note a talk.

None of it answers in the organization's name: a call that ends in a yes is a note until the
organization itself signs, or the yes is recorded and confirmed (``record_consent``).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors
from outreach.partners.keys import one_line
from outreach.partners.values import ValueRefused, parse_notes
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, chases, notes
from outreach.store.desk_tables import Note

# How somebody was touched; the empty word is for a plain note.
CHANNELS: Final = ("", "call", "message", "email", "meeting")
_STEP_LIMIT = 200


@dataclass(frozen=True)
class _Case:
    campaign_id: int
    organization_id: int


def take(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    was: str | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """The one who asks takes care of it from here on, whoever did before. ``was``, here and below:
    the stamp of the plan that was shown.

    Raises CampaignNotFound, InvitationNotFound, ChangedMeanwhile.
    """
    case = _require(session, slug, organization_id)
    _own(session, case, by.coordinator_id, "chase.own", was=was, by=by, now=now)


def let_go(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    was: str | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """It is nobody's. Raises CampaignNotFound, InvitationNotFound, ChangedMeanwhile."""
    case = _require(session, slug, organization_id)
    _own(session, case, None, "chase.release", was=was, by=by, now=now)


def plan(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    next_step: str,
    next_on: str,
    was: str | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """What comes next, and on which day (``2026-12-01``); both empty takes the plan away.

    Raises CampaignNotFound, InvitationNotFound, FieldErrors, ChangedMeanwhile.
    """
    case = _require(session, slug, organization_id)
    step, on = _checked_plan(next_step, next_on)
    chases.set_next_step(
        session,
        organization_id=case.organization_id,
        campaign_id=case.campaign_id,
        next_step=step,
        next_on=on,
        was=was,
        now=now,
    )
    detail = " · ".join(filter(None, [step, on.isoformat() if on else ""]))
    _note(session, case, "chase.plan", detail=detail, by=by, now=now)


def note(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    channel: str,
    text: str,
    by: Actor,
    now: datetime,
) -> Note:
    """A note, or a touch by ``channel``, which needs no words.

    Raises CampaignNotFound, InvitationNotFound, FieldErrors.
    """
    case = _require(session, slug, organization_id)
    words = _checked_note(channel, text)
    written = notes.add_note(
        session,
        campaign_id=case.campaign_id,
        organization_id=case.organization_id,
        coordinator_id=by.coordinator_id,
        channel=channel,
        text=words,
        now=now,
    )
    _note(session, case, "note.add", detail=channel, by=by, now=now)
    return written


def _require(session: Session, slug: str, organization_id: int) -> _Case:
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    chases.require_asked(session, campaign_id=campaign.id, organization_id=organization_id)
    return _Case(campaign.id, organization_id)


def _own(
    session: Session,
    case: _Case,
    owner_id: int | None,
    action: str,
    *,
    was: str | None,
    by: Actor,
    now: datetime,
) -> None:
    chases.set_owner(
        session,
        organization_id=case.organization_id,
        campaign_id=case.campaign_id,
        owner_id=owner_id,
        was=was,
        now=now,
    )
    _note(session, case, action, by=by, now=now)


def _note(
    session: Session, case: _Case, action: str, *, detail: str = "", by: Actor, now: datetime
) -> None:
    note_activity(
        session,
        by=by,
        action=action,
        campaign_id=case.campaign_id,
        organization_id=case.organization_id,
        detail=detail,
        now=now,
    )


def _checked_plan(next_step: str, next_on: str) -> tuple[str, date | None]:
    errors: dict[str, str] = {}
    on = None
    step = one_line(next_step)
    if len(step) > _STEP_LIMIT:
        errors["next_step"] = f"Please shorten this to {_STEP_LIMIT} characters."
    try:
        on = date.fromisoformat(next_on.strip()) if next_on.strip() else None
    except ValueError:
        errors["next_on"] = "Please give a day, as in 2026-12-01."
    try:
        parse_notes(step)
    except ValueRefused as refusal:
        errors.setdefault("next_step", f"Please {refusal.remedy}.")
    if errors:
        raise FieldErrors(errors)
    return step, on


def _checked_note(channel: str, text: str) -> str:
    if channel not in CHANNELS:
        raise FieldErrors({"channel": "Please choose one of these."})
    try:
        words = parse_notes(text)
    except ValueRefused as refusal:
        raise FieldErrors({"text": f"Please {refusal.remedy}."}) from None
    if not (words or channel):
        raise FieldErrors({"text": "Please write what is to be remembered."})
    return words
