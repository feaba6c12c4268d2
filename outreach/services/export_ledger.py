"""A campaign's whole ledger as one file, for whoever wants to check it elsewhere."""

from collections.abc import Sequence

from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.ledger.checkpoint import Checkpoint
from outreach.ledger.commitment import Opening
from outreach.ledger.export import LedgerFile
from outreach.ledger.note import LogKey, VerifierKey
from outreach.services.append_event import grown
from outreach.store import campaigns, ledger
from outreach.store.ledger_tables import LedgerCheckpoint


class NothingLogged(Refused):
    """The campaign has no ledger yet."""

    def __init__(self, *, slug: str) -> None:
        super().__init__(f"nothing is logged of '{slug}' yet: nobody was invited or has answered")


def read_ledger_file(
    session: Session, *, slug: str, key: LogKey, with_openings: bool
) -> LedgerFile:
    """Its events, its checkpoints, and one of now. ``with_openings``: with what is personal.

    Raises CampaignNotFound, NothingLogged.
    """
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    log = ledger.find_log(session, campaign.id)
    if log is None:
        raise NothingLogged(slug=slug)
    kept = ledger.read_checkpoints(session, campaign.id)
    peaks = grown(ledger.find_tip(session, campaign.id))
    notes = [one.note for one in kept]
    if not kept or kept[-1].size < peaks.size:
        notes.append(Checkpoint(log.origin, peaks.size, peaks.root()).signed(key))
    openings = ledger.read_openings(session, campaign.id) if with_openings else []
    return LedgerFile(
        log=log.origin,
        keys=_keys(key.verifier(log.origin), kept),
        events=tuple(ledger.read_events(session, campaign.id)),
        checkpoints=tuple(notes),
        openings=_by_position(openings),
    )


def _keys(present: VerifierKey, kept: Sequence[LedgerCheckpoint]) -> tuple[VerifierKey, ...]:
    """Every key that has signed one of the checkpoints, the present one first."""
    former = (VerifierKey.parse(one.key) for one in kept)
    return tuple(dict.fromkeys((present, *former)))


def _by_position(
    rows: Sequence[tuple[int, str, str, str]],
) -> dict[int, tuple[Opening, ...]]:
    found: dict[int, tuple[Opening, ...]] = {}
    for position, *opening in rows:
        found[position] = (*found.get(position, ()), Opening(*opening))
    return found
