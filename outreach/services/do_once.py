"""What a program asks for twice with one Idempotency-Key is done once and answered alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.store import api_keys
from outreach.store.desk_tables import ApiAnswer

KEPT = timedelta(days=1)


class KeyReused(Refused):
    """The key stands for another request."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for another request; choose a new one")


@dataclass(frozen=True)
class Answered:
    """A success: ``body`` as it goes out. ``repeated``: nothing was done this time."""

    status: int
    body: str
    location: str = ""
    repeated: bool = False


def do_once(
    session: Session,
    *,
    api_key_id: int,
    key: str,
    fingerprint: str,
    act: Callable[[], Answered],
    now: datetime,
) -> Answered:
    """Does ``act`` and keeps its answer, in the same transaction: what is refused leaves nothing
    behind and may be asked for again. Of two at once the second waits, and gets the first's
    answer. Raises KeyReused, and what ``act`` raises.
    """
    row = ApiAnswer(api_key_id=api_key_id, key=key, fingerprint=fingerprint, created_at=now)
    since = now - KEPT
    if not api_keys.begin_answer(session, row, since=since):
        kept = api_keys.require_answer(session, api_key_id=api_key_id, key=key)
        if kept.fingerprint != fingerprint:
            raise KeyReused
        return Answered(kept.status, kept.body, kept.location, repeated=True)
    answered = act()
    api_keys.keep_answer(
        session, row, status=answered.status, body=answered.body, location=answered.location
    )
    return answered
