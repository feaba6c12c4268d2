"""Send the notices' mails, with the same promise as the others: claim, talk SMTP with no
transaction open, record.

They are few, so one connection serves, and one mail at a time: claimed, its envelope taken, looked
at again and marked, its body sent, the reply written down. After any death one of them at most is
in doubt; it goes once more, flagged, with the same Message-ID.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

import structlog
from sqlmodel import Session

from outreach.domain.breaker import Breaker
from outreach.domain.message import MessageEvent
from outreach.domain.notice import why_pointless
from outreach.domain.retry import UNREACHABLE_PAUSE, RetrySchedule
from outreach.mail.connection import Envelope, Heard, SmtpConnection, What
from outreach.mail.group import ConnectionGroup
from outreach.mail.headers import HeaderRefused
from outreach.mail.replies import Reply
from outreach.mail.reply_table import Outcome
from outreach.mail.target import SmtpTarget
from outreach.services.compose_message import ComposedMail
from outreach.services.compose_notice import NoticeComposer
from outreach.services.delivery_report import DeliveryReport
from outreach.services.mail_stock import LEASE
from outreach.services.read_outcome import consequence_of
from outreach.services.settle_round import BODY_LEASE
from outreach.store import notices
from outreach.store.claims import Claimed
from outreach.store.database import Database
from outreach.store.notices import NoticeFacts

if TYPE_CHECKING:  # it brings the Redis client: not for every command that only looks
    from outreach.mail.pace import Pace

_log = structlog.get_logger(__name__)

_TICK = 0.5
_RENEW_SECONDS = 20.0
# A server hangs up when it has had enough; where a new connection ends so too, it is away.
_MOST_GONE = 2


@dataclass
class _Written:
    """A claimed notice and its mail."""

    facts: NoticeFacts
    mail: ComposedMail
    envelope: Envelope = field(init=False)

    def __post_init__(self) -> None:
        self.envelope = Envelope(self.mail.sender, self.mail.recipient)


class NoticeSender:
    """One sender. Not for use by two threads at once."""

    def __init__(
        self,
        database: Database,
        composer: NoticeComposer,
        target: SmtpTarget,
        *,
        clock: Callable[[], datetime],
        retry: RetrySchedule,
        pace: "Pace | None" = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._composer = composer
        self._target = target
        self._clock = clock
        self._retry = retry
        self._pace = pace if pace and not pace.is_free else None
        self._should_stop = should_stop
        self._owner = secrets.token_hex(8)
        self._report = DeliveryReport()

    def send_due(self) -> DeliveryReport:
        """Sends until nothing is due, the server cannot be reached, or it is told to stop."""
        self._report = DeliveryReport()
        self._group = ConnectionGroup(self._target, size=1)
        try:
            while not self._is_over() and (facts := self._claim()):
                self._see_to(facts)
        finally:
            self._group.close()
            if self._pace:
                self._pace.close()
        return self._report

    def _is_over(self) -> bool:
        return bool(self._report.unreachable) or self._should_stop()

    def _claim(self) -> NoticeFacts | None:
        def claim(session: Session) -> NoticeFacts | None:
            return notices.claim_next(session, owner=self._owner, lease=LEASE, now=self._clock())

        return self._database.persist(claim)

    def _see_to(self, facts: NoticeFacts) -> None:
        try:
            written = self._write(facts)
        except HeaderRefused as error:
            self._record(facts, MessageEvent.REJECTED, words=str(error))
        except Exception as error:  # one poisoned row must not stop the others
            _log.error("notice_set_aside", notice=facts.id, error=type(error).__name__)
            words = f"it could not be written: {type(error).__name__}"
            self._record(facts, MessageEvent.REJECTED, words=words)
        else:
            if written is None:
                self._record(facts, MessageEvent.CANCEL, words="nothing to tell any more")
            else:
                self._send_in_turn(written)

    def _write(self, facts: NoticeFacts) -> _Written | None:
        with self._database.reading() as session:
            mail = self._composer.compose(session, facts, now=self._clock())
        return _Written(facts, mail) if mail else None

    def _send_in_turn(self, written: _Written) -> None:
        """Within the limits, which are those of all mail."""
        domain = written.mail.recipient.rpartition("@")[2]
        if self._pace and (seconds := self._pace.admit(domain)):
            self._release(written.facts, after=timedelta(seconds=max(seconds, 1.0)))
            return
        try:
            self._send(written)
        finally:
            if self._pace:
                self._pace.leave(domain)

    def _send(self, written: _Written) -> None:
        for _ in range(_MOST_GONE):
            connection = self._connect()
            if connection is None:
                break
            if written.envelope.needs_utf8 and not connection.utf8:
                words = "the server takes no addresses outside ASCII (no SMTPUTF8)"
                self._conclude(written, Reply(Outcome.RECIPIENT_REJECTED, None, words))
                return
            connection.offer(written.envelope)
            heard = self._hear(connection, may_stop=True)
            if heard is None or heard.what is not What.GONE:
                self._go_on(written, connection, heard)
                return
            self._report.unreachable = heard.reply.words
        pause = UNREACHABLE_PAUSE if self._report.unreachable else timedelta(0)
        self._release(written.facts, after=pause)

    def _connect(self) -> SmtpConnection | None:
        """An open connection; None where none comes about, and the report says why."""
        self._group.want(1)
        while not self._group.connections:
            if not self._group.is_opening:
                trouble = self._group.trouble
                self._report.unreachable = trouble.words if trouble else "no connection"
                return None
            if self._should_stop():
                return None
            self._group.listen(_TICK)
            self._group.expire()
        self._report.unreachable = ""
        return self._group.connections[0]

    def _go_on(self, written: _Written, connection: SmtpConnection, heard: Heard | None) -> None:
        """After the reply to the envelope; None where we stopped waiting for it."""
        if heard is None:
            self._group.drop(connection)
            self._release(written.facts, after=timedelta(0))
        elif heard.what is What.REFUSED:
            self._conclude(written, heard.reply)
        elif not self._mark(written.facts):
            self._group.drop(connection)  # the only way out of a 354 whose body must not follow
        else:
            connection.send_body(written.mail.body)
            answer = self._hear(connection, may_stop=False)
            assert answer is not None
            self._conclude(written, answer.reply)

    def _hear(self, connection: SmtpConnection, *, may_stop: bool) -> Heard | None:
        """What the server says; None where it is not waited for any more."""
        renew_at = monotonic() + _RENEW_SECONDS
        while not (may_stop and self._should_stop()):
            for one, told in [*self._group.listen(_TICK), *self._group.expire()]:
                if told and one is connection:
                    return told[0]
            if self._pace and monotonic() >= renew_at:
                renew_at = monotonic() + _RENEW_SECONDS
                self._pace.renew()
        return None

    def _mark(self, facts: NoticeFacts) -> bool:
        """Says durably that the body may go out from here on, if it may."""

        def mark(session: Session) -> MessageEvent | None:
            notice = notices.hold(session, facts.id, owner=self._owner)
            if notice is None:
                return MessageEvent.LAPSED_BEFORE_DATA
            now = self._clock()
            if why := why_pointless(notices.last_look(session, notice, now=now)):
                notices.record(session, notice, MessageEvent.CANCEL, words=why, now=now)
                return MessageEvent.CANCEL
            notices.mark_data(session, notice, lease_until=now + BODY_LEASE, now=now)
            return None

        stopped_by = self._database.persist(mark)
        if stopped_by is MessageEvent.CANCEL:
            self._report.note(stopped_by)
        return stopped_by is None

    def _conclude(self, written: _Written, reply: Reply) -> None:
        """The server has spoken of this mail: it is judged as any other's."""
        facts = written.facts
        claimed = Claimed(facts.id, 0, 0, facts.attempts, alone=True)
        result = consequence_of(
            claimed, reply, retry=self._retry, breaker=Breaker(), now=self._clock()
        ).result
        if reply.outcome is Outcome.STOPPED:
            self._report.unreachable = reply.words
        self._record(
            facts, result.event, words=result.words, due_at=result.due_at, attempts=result.attempts
        )

    def _record(
        self,
        facts: NoticeFacts,
        event: MessageEvent,
        *,
        words: str = "",
        due_at: datetime | None = None,
        attempts: int | None = None,
    ) -> None:
        """While it is still ours: a stalled sender that wakes up overwrites nothing."""

        def write(session: Session) -> bool:
            notice = notices.hold(session, facts.id, owner=self._owner)
            if notice is not None:
                notices.record(
                    session,
                    notice,
                    event,
                    words=words,
                    due_at=due_at,
                    attempts=attempts,
                    now=self._clock(),
                )
            return notice is not None

        if self._database.persist(write):
            self._report.note(event)

    def _release(self, facts: NoticeFacts, *, after: timedelta) -> None:
        """Nothing came of it: it is due again then, and no attempt is counted."""
        due_at = self._clock() + after

        def write(session: Session) -> None:
            notice = notices.hold(session, facts.id, owner=self._owner)
            if notice is not None:
                lapsed = MessageEvent.LAPSED_BEFORE_DATA
                notices.record(session, notice, lapsed, due_at=due_at, now=self._clock())

        self._database.persist(write)
