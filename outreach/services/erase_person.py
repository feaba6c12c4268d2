"""A person is erased (GDPR, article 17).

What an organization has consented to stays, and so do list and counts; the ledger's events stay to
the byte, and what their commitments hid of the person is gone. An erasure is remembered by a keyed
hash of the address: whoever asked for it is not entered again, and a backup that is brought back is
erased again (``erase_again``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.partners.keys import email_key
from outreach.services.append_event import append_erasure
from outreach.services.refuse_erased import address_hash
from outreach.store import campaigns, erasures, join_requests, mentions, recorded_erasures
from outreach.store.mentions import Sought
from outreach.store.tables import Contact


class NobodyOfThisAddress(Refused):
    """Nothing is kept of this address."""

    def __init__(self) -> None:
        super().__init__("nothing is kept of this address")


@dataclass(frozen=True)
class ErasureReport:
    """How many contacts were erased, and in how many other places they were mentioned."""

    contacts: int
    mentions: int


def erase_person(
    session: Session, *, email: str, seed: bytes, mail_domain: str, now: datetime
) -> ErasureReport:
    """Erases who has this address, in every campaign. Raises NobodyOfThisAddress.

    No answer is taken meanwhile, in any campaign: it would be one of a link that is being revoked.
    """
    campaigns.lock_all(session)
    key = email_key(email)
    found = erasures.find_contacts(session, key)
    sought = words_of(session, key, found)
    recorded = recorded_erasures.recorded_of(session, ids_of(found), sought)
    erasures.erase_contacts(session, found, now=now)
    recorded_erasures.erase_recorded(session, recorded, now=now)
    is_kept_out = erasures.erase_suppression(session, key)
    has_asked = join_requests.forget_address(session, key)
    mentioned = mentions.scrub(session, sought)
    if not (found or is_kept_out or has_asked or mentioned):
        raise NobodyOfThisAddress
    erasures.remember(session, address_hash(key, seed=seed), now=now)
    for campaign_id in sorted({contact.campaign_id for contact in found}):
        campaign = campaigns.hold_campaign(session, campaign_id)
        append_erasure(session, campaign, mail_domain=mail_domain, now=now)
    return ErasureReport(len(found), mentioned)


def words_of(session: Session, key: str, found: Sequence[Contact]) -> Sought:
    """What they are sought by in words: a single one is too common a name for that."""
    ids = ids_of(found)
    names = {contact.name for contact in found} | erasures.signed_by(session, ids).names
    names |= recorded_erasures.recorded_as(session, ids)
    names |= join_requests.persons_of(session, key)
    return Sought(
        addresses={key, *(contact.email for contact in found)},
        names={name for name in names if " " in name.strip()} - {mentions.ERASED},
    )


def ids_of(found: Sequence[Contact]) -> list[int]:
    return [contact.id for contact in found if contact.id is not None]
