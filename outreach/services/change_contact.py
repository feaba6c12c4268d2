"""Correct who is reached at an organization, or reach somebody else there as well.

An address that was written to is not overwritten: another contact takes its place, and the old one
stays with what was sent to it. Its link is dead from then on; the new one gets its own, in a mail
that asks or, where the organization has signed, in its receipt.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlmodel import Session

from outreach.domain.campaign import CampaignState, takes_answers
from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors, OrganizationNotFound, Refused
from outreach.domain.invitation import UNANSWERED_STATES, InvitationState
from outreach.domain.message import MessageKind, receipt_step
from outreach.links import new_link_id
from outreach.partners.keys import email_key
from outreach.partners.values import (
    ROLES,
    parse_email,
    parse_language,
    parse_name,
    parse_timezone,
)
from outreach.services.ask_anew import ask_anew
from outreach.services.clean_typing import parse_fields
from outreach.services.note_activity import note_activity
from outreach.services.refuse_erased import WHY_NOT, erased_among
from outreach.store import campaigns, contacts, invitations, messages, recorded_consents, signatures
from outreach.store.messages import Addressee
from outreach.store.tables import Campaign, Contact, Invitation

_REPLACED: Final = "the contact's address was changed"


class ContactRefused(Refused):
    """The organization has no such contact, or the campaign is over."""


@dataclass(frozen=True)
class ContactForm:
    """As it was typed. ``role`` counts for one who is added; ``discreet``: mails to them say
    nothing of the matter."""

    name: str
    email: str
    language: str
    zone: str
    role: str = "signs"
    discreet: bool = False


@dataclass(frozen=True)
class ContactChange:
    """What came of it: whether mail goes to a new address; whether an invitation does, or the
    receipt (``is_told``); and whether a link died that no mail replaces (``is_cut_off``)."""

    contact_id: int
    is_new_address: bool
    is_invited: bool
    is_told: bool = False
    is_cut_off: bool = False


@dataclass(frozen=True)
class _Desk:
    """Where the change takes place."""

    session: Session
    campaign: Campaign
    organization_id: int
    mail_domain: str
    now: datetime

    @property
    def campaign_id(self) -> int:
        assert self.campaign.id is not None
        return self.campaign.id


def change_contact(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    contact_id: int,
    form: ContactForm,
    mail_domain: str,
    by: Actor,
    now: datetime,
) -> ContactChange:
    """Raises CampaignNotFound, OrganizationNotFound, ContactRefused, FieldErrors."""
    desk = _open(session, slug, organization_id, mail_domain=mail_domain, now=now)
    contact = contacts.find_contact(
        session, contact_id, campaign_id=desk.campaign_id, organization_id=organization_id
    )
    if contact is None:
        raise ContactRefused("this contact was changed meanwhile; look at the page anew")
    checked = _checked(form)
    key = email_key(checked.email)
    if key == contact.email_key:
        change = _overwrite(desk, contact, checked)
    else:
        known = _require_free(desk, key)
        change = _readdress(desk, contact, checked, known)
    _note(desk, "contact.change", change, by=by)
    return change


def add_contact(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    form: ContactForm,
    mail_domain: str,
    by: Actor,
    now: datetime,
) -> ContactChange:
    """Who signs is invited at once, where the organization still owes an answer.

    Raises CampaignNotFound, OrganizationNotFound, ContactRefused, FieldErrors.
    """
    desk = _open(session, slug, organization_id, mail_domain=mail_domain, now=now)
    checked = _checked(form)
    known = _require_free(desk, email_key(checked.email))
    change = _reach(desk, checked, known, role=checked.role)
    _note(desk, "contact.add", change, by=by)
    return change


def _open(
    session: Session, slug: str, organization_id: int, *, mail_domain: str, now: datetime
) -> _Desk:
    campaign = campaigns.lock_campaign(session, slug)
    if campaign.state == CampaignState.CANCELLED:
        raise ContactRefused("the campaign was cancelled: nobody is written to any more")
    desk = _Desk(session, campaign, organization_id, mail_domain, now)
    if contacts.find_organization(session, organization_id, campaign_id=desk.campaign_id) is None:
        raise OrganizationNotFound(name=str(organization_id), slug=slug)
    return desk


def _checked(form: ContactForm) -> ContactForm:
    """Raises FieldErrors with all that is wrong."""
    parsers: dict[str, Callable[[str], str]] = {
        "name": parse_name,
        "email": parse_email,
        "language": parse_language,
        "zone": parse_timezone,
    }
    values, errors = parse_fields(vars(form), parsers)
    if form.role not in ROLES:
        errors["role"] = "Please choose one of these."
    if errors:
        raise FieldErrors(errors)
    return ContactForm(**values, role=form.role, discreet=form.discreet)


def _require_free(desk: _Desk, key: str) -> Contact | None:
    """The organization's own contact who had this address earlier. Raises FieldErrors for one that
    is somebody's, or that must not be mailed, or whose person was erased."""
    if why := contacts.why_suppressed(desk.session, key):
        raise FieldErrors({"email": f"This address must not get mail from us: {why}."})
    if erased_among(desk.session, [key]):
        raise FieldErrors({"email": f"{WHY_NOT[0].upper()}{WHY_NOT[1:]}."})
    found = contacts.find_by_address(desk.session, key, campaign_id=desk.campaign_id)
    if found is None:
        return None
    contact, organization = found
    if contact.organization_id != desk.organization_id:
        raise FieldErrors({"email": f"The campaign has this address for “{organization}”."})
    if contact.replaced_at is None:
        raise FieldErrors({"email": "This address is a contact of this organization already."})
    return contact


def _overwrite(desk: _Desk, contact: Contact, form: ContactForm) -> ContactChange:
    contact.name, contact.email = form.name, form.email
    contact.language, contact.zone = form.language, form.zone
    contact.discreet = form.discreet
    contacts.save(desk.session, contact)
    assert contact.id is not None
    return ContactChange(contact.id, is_new_address=False, is_invited=False)


def _readdress(
    desk: _Desk, contact: Contact, form: ContactForm, known: Contact | None
) -> ContactChange:
    assert contact.id is not None
    if known is None and not contacts.was_mailed(desk.session, contact.id):
        contact.email_key = email_key(form.email)  # nothing was sent that would speak of another
        _overwrite(desk, contact, form)
        if contacts.revoke_links(desk.session, contact.id, now=desk.now):
            return _as_cut_off(_write_to(desk, contact), role=contact.role)
        return ContactChange(contact.id, is_new_address=True, is_invited=False)
    role = contact.role
    contacts.retire(desk.session, contact, now=desk.now)
    was_linked = contacts.revoke_links(desk.session, contact.id, now=desk.now)
    messages.cancel_queued(
        desk.session, contact_ids=[contact.id], kinds=frozenset(MessageKind), reason=_REPLACED
    )
    change = _reach(desk, form, known, role=role)
    return _as_cut_off(change, role=role) if was_linked else change


def _as_cut_off(change: ContactChange, *, role: str) -> ContactChange:
    """After a link that could answer has died: whether no mail brings another."""
    is_cut_off = role == "signs" and not (change.is_invited or change.is_told)
    return replace(change, is_cut_off=is_cut_off)


def _reach(desk: _Desk, form: ContactForm, known: Contact | None, *, role: str) -> ContactChange:
    """A contact at this address."""
    contact = known or Contact(
        campaign_id=desk.campaign_id,
        organization_id=desk.organization_id,
        email=form.email,
        email_key=email_key(form.email),
        language=form.language,
        zone=form.zone,
        created_at=desk.now,
    )
    contact.role, contact.replaced_at = role, None
    _overwrite(desk, contact, form)
    return _write_to(desk, contact)


def _write_to(desk: _Desk, contact: Contact) -> ContactChange:
    """The contact gets a link, and the mail that brings it: one that asks where an answer is owed,
    the receipt where the organization has signed."""
    assert contact.id is not None
    invitation = _invitation(desk)
    _link(desk, contact, invitation)
    is_invited, is_told = _ask(desk, contact, invitation), _tell(desk, contact, invitation)
    return ContactChange(contact.id, True, is_invited, is_told)


def _invitation(desk: _Desk) -> Invitation | None:
    return contacts.invitation_of(desk.session, desk.organization_id)


def _link(desk: _Desk, contact: Contact, invitation: Invitation | None) -> None:
    """Where the organization was invited; else the launch gives one to each of its contacts."""
    if invitation is not None:
        assert contact.id is not None
        assert invitation.id is not None
        row = (new_link_id(), contact.id, invitation.id)
        invitations.create_links(desk.session, [row], now=desk.now)


def _ask(desk: _Desk, contact: Contact, invitation: Invitation | None) -> bool:
    """Whether a mail that asks is on its way."""
    if invitation is None or contact.role != "signs":
        return False
    is_asked = invitation.state in UNANSWERED_STATES and takes_answers(
        CampaignState(desk.campaign.state),
        deadline=desk.campaign.deadline,
        open_until=invitation.open_until,
        now=desk.now,
    )
    if not is_asked:
        return False
    assert contact.id is not None
    assert invitation.id is not None
    to = Addressee(contact.id, invitation.id)
    ask_anew(desk.session, desk.campaign, [to], mail_domain=desk.mail_domain, now=desk.now)
    return True


def _tell(desk: _Desk, contact: Contact, invitation: Invitation | None) -> bool:
    """Whether the receipt of the organization's standing yes is on its way."""
    if invitation is None or invitation.state != InvitationState.SIGNED:
        return False
    assert contact.id is not None
    assert invitation.id is not None
    answer_id = signatures.newest_answer(desk.session, invitation.id)
    is_by_hand = answer_id in recorded_consents.answer_ids(desk.session, invitation.campaign_id)
    messages.queue_messages(
        desk.session,
        desk.campaign,
        MessageKind.RECORDED_RECEIPT if is_by_hand else MessageKind.RECEIPT,
        [Addressee(contact.id, invitation.id)],
        step=receipt_step(answer_id, again_at=desk.now),
        mail_domain=desk.mail_domain,
        now=desk.now,
    )
    return True


def _note(desk: _Desk, action: str, change: ContactChange, *, by: Actor) -> None:
    detail = "a new address, invited" if change.is_invited else ""
    if change.is_told:
        detail = "a new address, sent the receipt"
    note_activity(
        desk.session,
        by=by,
        action=action,
        campaign_id=desk.campaign_id,
        organization_id=desk.organization_id,
        detail=detail,
        now=desk.now,
    )
