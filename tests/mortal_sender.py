"""A sender that can be stopped after any round, and die at any commit."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from outreach.domain.delivery import Share
from outreach.domain.retry import RetrySchedule
from outreach.mail.target import SmtpTarget
from outreach.services.delivery import Delivery
from outreach.store.database import Database
from tests.scripted_smtp import Answer, ScriptedGroup
from tests.sending import a_composer, a_lost_connection

DEATHS = (
    *("at rest", "with bodies under way", "before the commit", "after the commit"),
    *("the database is away", "the database is away for a moment"),
)
# Until they have left; then there is silence.
BODIES_UNDER_WAY = ((Answer.YES,) * 2, ())

_COMPOSER = a_composer()
_RETRY = RetrySchedule.parse("12m,30m,2h")

T = TypeVar("T")


class Died(Exception):
    """A sender's process is gone."""


class MortalDatabase(Database):
    """The same database; whoever commits through this dies where ``dies`` says."""

    def __init__(self, database: Database) -> None:
        self.__dict__.update(database.__dict__)
        self.dies = ""

    def persist(self, work: Callable[[Session], T]) -> T:
        return self._mortally(super().persist, work)

    def persist_piped(self, work: Callable[[Session], T]) -> T:
        return self._mortally(super().persist_piped, work)

    def _mortally(
        self, persist: Callable[[Callable[[Session], T]], T], work: Callable[[Session], T]
    ) -> T:
        if self.dies == "before the commit":
            with self.transaction() as session:
                work(session)
                raise Died
        if self.dies == "the database is away for a moment":
            self.dies = ""
            raise a_lost_connection()
        if self.dies == "the database is away":
            raise a_lost_connection()
        done = persist(work)
        if self.dies == "after the commit":
            raise Died
        return done


@dataclass
class Sender:
    """One worker's delivery, which does a round whenever it is told to."""

    database: MortalDatabase
    delivery: Delivery
    group: ScriptedGroup
    stopping: bool = False

    @property
    def bodies_under_way(self) -> int:
        return sum(one.body is not None for one in self.group.connections)

    def goes_on(self) -> bool:
        """One round, as deliver_due does it. False once it has ended by itself."""
        with suppress(OperationalError):
            if self.delivery._step():
                return True
        with suppress(OperationalError):
            self.delivery._end()
        return False

    def die(self, when: str) -> None:
        """In its next commit, where ``when`` says so; else there is nothing to do."""
        if "commit" in when or "database" in when:
            self.database.dies = when
            self.group.script([Answer.YES] * 4, opening=Answer.YES)
            with suppress(Died):
                self.goes_on()


def a_sender(
    database: Database,
    *,
    clock: Callable[[], datetime],
    window: int,
    share: Share,
    sent: Callable[[Sender, bytes], None],
    refused: Callable[[bytes], None],
) -> Sender:
    mortal, size = MortalDatabase(database), 1 if share is Share.ANSWERS else 2
    delivery = Delivery(
        mortal,
        _COMPOSER,
        SmtpTarget.from_url("smtp://127.0.0.1:9"),
        clock=clock,
        retry=_RETRY,
        connections=size,
        window=window,
        share=share,
        should_stop=lambda: sender.stopping,
    )
    group = ScriptedGroup(size=size, sent=lambda body: sent(sender, body), refused=refused)
    delivery._group = group  # type: ignore[assignment]  # as deliver_due does
    delivery._progress = lambda _: None
    sender = Sender(mortal, delivery, group)
    return sender
