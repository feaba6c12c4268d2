"""Pass the invitation on to a colleague, who gets one of their own.

Whoever has a link could have any address written to: so only to somebody new, a few times, and
without a word of their own in the mail but their name.
"""

from datetime import datetime
from typing import Final

from sqlmodel import Session

from outreach.domain.errors import AlreadyAnswered, FieldErrors
from outreach.domain.invitation import UNANSWERED_STATES
from outreach.domain.message import MessageKind
from outreach.links import new_link_id
from outreach.partners.keys import email_key
from outreach.partners.values import parse_email, parse_name
from outreach.services.answer_invitation import require_answering
from outreach.services.clean_typing import parse_fields
from outreach.services.refuse_erased import erased_among
from outreach.store import contacts, invitations, messages
from outreach.store.invitations import Linked
from outreach.store.messages import Addressee
from outreach.store.tables import Contact

MOST_PASSED: Final = 3  # by all of an organization together


def pass_on(
    session: Session, *, link_id: str, name: str, email: str, mail_domain: str, now: datetime
) -> None:
    """Makes them a contact who may answer, and queues their invitation. The link that it was
    passed on with stays as good as it was.

    Raises FieldErrors, AlreadyAnswered, DeadlinePassed, CampaignNotOpen, LinkRefused.
    """
    linked = require_answering(session, link_id, now=now)
    if linked.invitation.state not in UNANSWERED_STATES:
        raise AlreadyAnswered(state=linked.invitation.state)
    name, email = _checked(name, email)
    _require_new(session, linked, email_key(email))
    assert linked.invitation.id is not None
    assert linked.contact.id is not None
    colleague = contacts.save(
        session,
        Contact(
            campaign_id=linked.invitation.campaign_id,
            organization_id=linked.invitation.organization_id,
            name=name,
            email=email,
            email_key=email_key(email),
            language=linked.contact.language,
            zone=linked.contact.zone,
            discreet=linked.contact.discreet,
            created_at=now,
            passed_by=linked.contact.id,
        ),
    )
    assert colleague.id is not None
    to = Addressee(colleague.id, linked.invitation.id)
    link = (new_link_id(), to.contact_id, to.invitation_id)
    invitations.create_links(session, [link], now=now)
    messages.queue_messages(
        session, linked.campaign, MessageKind.INVITATION, [to], mail_domain=mail_domain, now=now
    )


def _checked(name: str, email: str) -> tuple[str, str]:
    """Raises FieldErrors with all that is wrong."""
    typed = {"name": name, "email": email}
    values, errors = parse_fields(typed, {"name": parse_name, "email": parse_email})
    if not errors and not values["name"]:
        errors["name"] = "Please type your colleague's name."
    if errors:
        raise FieldErrors(errors)
    return values["name"], values["email"]


def _require_new(session: Session, linked: Linked, key: str) -> None:
    """Raises FieldErrors. Of an address elsewhere it says no more than of one that gets no mail:
    who else is asked, and who has unsubscribed, is nobody's business here."""
    found = contacts.find_by_address(session, key, campaign_id=linked.invitation.campaign_id)
    is_ours = found is not None and found[0].organization_id == linked.invitation.organization_id
    if found is not None and is_ours and found[0].replaced_at is None:
        raise FieldErrors({"email": "Your colleague has an invitation of their own already."})
    is_barred = contacts.why_suppressed(session, key) or erased_among(session, [key])
    if found is not None or is_barred:
        raise FieldErrors({"email": "We cannot write to this address. Please ask the coordinator."})
    if contacts.count_passed(session, linked.invitation.organization_id) >= MOST_PASSED:
        raise FieldErrors(
            {
                "email": f"It was passed on {MOST_PASSED} times already. Please ask the coordinator"
                " to add your colleague."
            }
        )
