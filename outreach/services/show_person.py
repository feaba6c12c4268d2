"""What is kept of a person, told in numbers: what a page asks before it gives or erases all."""

from dataclasses import dataclass

from sqlmodel import Session

from outreach.partners.keys import email_key
from outreach.services.erase_person import NobodyOfThisAddress, ids_of, words_of
from outreach.store import erasures, holdings, join_requests, mentions, recorded_erasures
from outreach.store.holdings import Holding


@dataclass(frozen=True)
class PersonView:
    """``contacts`` are as ``holdings`` counts them, the rest is how many there are of each."""

    contacts: list[Holding]
    is_kept_out: bool
    recorded: int
    requests: int
    mentions: int


def show_person(session: Session, *, email: str) -> PersonView:
    """The same that ``export_person`` tells in full. Raises NobodyOfThisAddress."""
    key = email_key(email)
    found = erasures.find_contacts(session, key)
    sought = words_of(session, key, found)
    view = PersonView(
        contacts=holdings.find_holdings(session, key),
        is_kept_out=erasures.find_suppression(session, key) is not None,
        recorded=len(recorded_erasures.recorded_of(session, ids_of(found), sought)),
        requests=len(join_requests.tell(session, key)),
        mentions=sum(1 for _ in mentions.find_mentions(session, sought)),
    )
    if view == PersonView([], is_kept_out=False, recorded=0, requests=0, mentions=0):
        raise NobodyOfThisAddress
    return view
