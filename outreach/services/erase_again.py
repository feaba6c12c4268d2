"""An erasure outlives a backup that is brought back: it is noted outside the database, by a keyed
hash of the address, and done again where the database does not know of it."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from outreach.services.erase_person import ErasureReport, NobodyOfThisAddress, erase_person
from outreach.services.refuse_erased import address_hash, is_of_key
from outreach.services.settle_round import BODY_LEASE
from outreach.store import erasures, join_requests
from outreach.store.database import Database

_log = structlog.get_logger(__name__)

FILE_NAME = "erasures"
# A body that leaves while its reader is erased is told of no later than this.
_ON_ITS_WAY = BODY_LEASE + timedelta(minutes=5)


def note_erasure(home: Path, email: str, *, seed: bytes) -> None:
    """Keeps the hash outside the database, where no restored backup takes it back.

    Before the erasure is committed: one that a crash undoes is then done by the next sweep.
    """
    line = address_hash(email, seed=seed) + "\n"
    descriptor = os.open(home / FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def erase_again(
    database: Database, home: Path, *, seed: bytes, mail_domain: str, clock: Callable[[], datetime]
) -> int:
    """After a backup was brought back: erases who was erased since it was made, one by one.

    Looks at no contact unless the file knows of an erasure, under this key, that the database does
    not. Returns how many persons were erased. One who cannot be stops no other.
    """
    now = clock()
    noted = {one for one in _noted(home) if is_of_key(one, seed=seed)}
    with database.reading() as session:
        known = erasures.remembered(session)
        missing = noted - known.keys()
        emails = _all_addresses(session) if missing else []
    if any(at > now - _ON_ITS_WAY for at in known.values()):
        database.persist(erasures.forget_late_copies)
    hashes = {email: address_hash(email, seed=seed) for email in emails}
    found = [email for email, one in hashes.items() if one in missing]
    erase = partial(erase_person, seed=seed, mail_domain=mail_domain, now=now)
    erased = sum(_try(database, partial(erase, email=email)) for email in found)
    for one in missing - set(hashes.values()):  # of nobody in this database: nor shall they be
        database.persist(partial(erasures.remember, address_hash=one, now=now))
    return erased


def _all_addresses(session: Session) -> set[str]:
    return {*erasures.all_email_keys(session), *join_requests.email_keys(session)}


def _noted(home: Path) -> list[str]:
    try:
        return (home / FILE_NAME).read_text().split()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:  # a sweep has other things to do
        _log.error("erasures_not_read", error=type(error).__name__)
        return []


def _try(database: Database, erase: Callable[[Session], ErasureReport]) -> bool:
    """Whether somebody was erased; by another sweep at the same moment, it was not this one."""
    try:
        database.persist(erase)
    except NobodyOfThisAddress:
        return False
    except OperationalError:
        raise  # the database is away: nothing else would go better
    except Exception as error:
        _log.error("not_erased_again", error=type(error).__name__)
        return False
    return True
