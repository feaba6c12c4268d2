"""A coordinator records a consent that came by telephone, message or letter.

Nothing counts yet: a second coordinator looks at it first (``settle_consent``).
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import AlreadyAnswered, FieldErrors, Refused, TextChanged
from outreach.domain.invitation import INVITATION_MOVES, InvitationEvent, InvitationState
from outreach.domain.privacy import Privacy
from outreach.domain.recorded_consent import (
    MAX_FILE,
    SURE_SENTENCE,
    Channel,
    FileKind,
    kind_of_file,
)
from outreach.localtime import DeadlineRefused, parse_deadline
from outreach.services.answer_invitation import require_taking
from outreach.services.append_event import append_recording
from outreach.services.clean_typing import LineForm, clean_lines, clean_text
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, contacts, invitations, recorded_consents
from outreach.store.consent_tables import RecordedConsent
from outreach.store.invitations import Asked
from outreach.store.tables import Contact

SOMEBODY_ELSE: Final = "else"
QUOTE_LIMIT: Final = 2_000


class ConsentWaits(Refused):
    """One consent of this organization waits to be confirmed already."""

    def __init__(self) -> None:
        super().__init__("a recorded consent of this organization waits to be confirmed already")


@dataclass(frozen=True, kw_only=True)
class ConsentForm(LineForm):
    """As it was typed. ``contact`` is the id of one of theirs, or SOMEBODY_ELSE; ``given_at`` a
    local time in ``zone``; ``file`` is empty where nothing is attached."""

    channel: str
    contact: str
    person: str
    capacity: str
    given_at: str
    zone: str
    quote: str
    sure: bool
    statement_sha256: str
    file_name: str = ""
    file: bytes = b""
    privacy: str = Privacy.PUBLIC


def record_consent(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    form: ConsentForm,
    by: Actor,
    mail_domain: str,
    now: datetime,
) -> int:
    """Keeps it, to be confirmed by another. Returns its id.

    Raises CampaignNotFound, InvitationNotFound, FieldErrors, DeadlinePassed, CampaignNotOpen,
    AlreadyAnswered, TextChanged, ConsentWaits.
    """
    asked = _require_asked(session, slug, organization_id, now=now)
    asked = replace(asked, contact=_chosen(session, asked, form.contact))
    form, given_at = _checked(form, asked.contact, now=now)
    version = campaigns.current_version(session, asked.invitation.campaign_id)
    if form.statement_sha256 != version.sha256:
        raise TextChanged("the statement was changed after this page was opened; read it again")
    record = _record(asked, form, given_at, version_id=version.id or 0, by=by, now=now)
    record.last_answer_id = recorded_consents.newest_answer_id(session, record.invitation_id)
    record.event_position = append_recording(
        session,
        asked,
        record,
        statement=version,
        file_sha256=hashlib.sha256(form.file).hexdigest() if form.file else "",
        mail_domain=mail_domain,
        now=now,
    )
    number = recorded_consents.add_record(session, record)
    if kind := kind_of_file(form.file_name, form.file):
        recorded_consents.add_file(session, number, kind, form.file)
    note_activity(
        session,
        by=by,
        action="consent.record",
        campaign_id=record.campaign_id,
        organization_id=organization_id,
        detail=record.channel.replace("_", " "),
        now=now,
    )
    return number


def _require_asked(session: Session, slug: str, organization_id: int, *, now: datetime) -> Asked:
    """Held until the transaction ends, and free to sign."""
    asked = invitations.hold_asked(session, slug, organization_id)
    require_taking(asked, now=now)
    if (InvitationState(asked.invitation.state), InvitationEvent.SIGN) not in INVITATION_MOVES:
        raise AlreadyAnswered(state=asked.invitation.state)
    assert asked.invitation.id is not None
    if recorded_consents.find_waiting(session, asked.invitation.id) is not None:
        raise ConsentWaits
    return asked


def _record(
    asked: Asked,
    form: ConsentForm,
    given_at: datetime,
    *,
    version_id: int,
    by: Actor,
    now: datetime,
) -> RecordedConsent:
    assert asked.invitation.id is not None
    assert by.coordinator_id is not None  # recorded at the desk alone
    return RecordedConsent(
        event_position=-1,  # until the ledger has told of it
        campaign_id=asked.invitation.campaign_id,
        organization_id=asked.invitation.organization_id,
        invitation_id=asked.invitation.id,
        contact_id=asked.contact.id if asked.contact else None,
        statement_version_id=version_id,
        recorded_by=by.coordinator_id,
        recorded_at=now,
        channel=form.channel,
        person=form.person,
        capacity=form.capacity,
        given_at=given_at,
        credit_line=form.line.printed,
        acronym=form.acronym,
        country=form.country,
        url=form.url,
        sort_name=form.sort_name,
        privacy=form.privacy,
        authority=SURE_SENTENCE.format(organization=asked.organization.name),
        quote=form.quote,
    )


def _chosen(session: Session, asked: Asked, typed: str) -> Contact | None:
    """None for somebody else, and for what is none of theirs."""
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
        return None
    return contacts.look_at(
        session,
        int(typed),
        campaign_id=asked.invitation.campaign_id,
        organization_id=asked.invitation.organization_id,
    )


def _checked(
    form: ConsentForm, contact: Contact | None, *, now: datetime
) -> tuple[ConsentForm, datetime]:
    """The form with its spaces in order, and the moment that it names. Raises FieldErrors with all
    that is missing."""
    form, errors = clean_lines(form, "person", "capacity")
    form = replace(form, quote=clean_text(form.quote))
    if form.channel not in tuple(Channel):
        errors["channel"] = "Please choose how the consent came."
    if form.contact != SOMEBODY_ELSE and contact is None:
        errors["contact"] = "Please choose who it was."
    if not form.person:
        errors["person"] = "Please type the name of the person who gave the consent."
    if not form.capacity:
        errors["capacity"] = "Please say in what capacity, for example: Director."
    if form.privacy not in tuple(Privacy):
        errors["privacy"] = "Please choose who may see the name."
    if not form.sure:
        errors["sure"] = "Please tick this box: without it nothing is recorded."
    given_at = _moment(form, errors, now=now)
    _check_proof(form, errors)
    if errors:
        raise FieldErrors(errors)
    return form, given_at


def _moment(form: ConsentForm, errors: dict[str, str], *, now: datetime) -> datetime:
    try:
        given_at = parse_deadline(form.given_at, zone=form.zone)
    except DeadlineRefused as refusal:
        errors["given_at"] = (
            f"{refusal}." if form.given_at.strip() else "Please say when the consent was given."
        )
        return now
    if given_at > now:
        errors["given_at"] = "Please give a moment that is over: this one is still to come."
    return given_at


def _check_proof(form: ConsentForm, errors: dict[str, str]) -> None:
    if len(form.quote) > QUOTE_LIMIT:
        errors["quote"] = f"Please shorten this to {QUOTE_LIMIT} characters."
    if not form.quote and not form.file:
        errors["quote"] = "Please quote their words, or attach what they sent."
    if len(form.file) > MAX_FILE:
        errors["file"] = "Please attach a file of 1 MB at most."
    elif form.file and kind_of_file(form.file_name, form.file) is None:
        known = ", ".join(FileKind)
        errors["file"] = f"Please attach one of these kinds: {known}."
