"""Deliver what is due: claim, talk SMTP with no transaction open, record.

One sender leads a group of connections. A round is one transaction, which writes what became of
the last mails and, after the last look, marks the next (``settle_round``); then on each connection
the body of its mail goes out together with the next envelope; then the replies are heard.
"""

import secrets
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from outreach.domain.breaker import Breaker
from outreach.domain.delivery import Share, Verdict
from outreach.domain.retry import UNREACHABLE_PAUSE, RetrySchedule
from outreach.mail.connection import Heard, SmtpConnection, What
from outreach.mail.group import ConnectionGroup
from outreach.mail.replies import Reply
from outreach.mail.reply_table import Outcome
from outreach.mail.target import SmtpTarget
from outreach.services.compose_message import MessageComposer
from outreach.services.delivery_line import Line
from outreach.services.delivery_report import DeliveryReport
from outreach.services.keep_sent import Leaving, SentKeeper
from outreach.services.mail_stock import Mail, MailStock
from outreach.services.pass_turnstile import Turnstile
from outreach.services.read_outcome import consequence_of
from outreach.services.settle_round import Round, Settled, settle_round
from outreach.store.database import Database

if TYPE_CHECKING:  # it brings the Redis client: not for every command that only looks
    from outreach.mail.pace import Pace

_TICK = 0.5  # seconds between looks at what is late
# So long after the last news a round begins without those who have not answered yet.
_QUIET = 0.0005
_FRUITLESS_MORE = 2
# A database that is away is waited for so long with replies in hand: they would be lost with us.
_PATIENCE = 300.0
_MOST_GONE = 2
# What a limit holds back for a moment is kept at hand, as far as that goes.
_SHORT = 2.0


class Delivery:
    """One sender. Not for use by two threads at once.

    ``window`` is how many mails of one connection share a commit, and so how many of it may be in
    doubt after a crash.
    """

    def __init__(
        self,
        database: Database,
        composer: MessageComposer,
        target: SmtpTarget,
        *,
        clock: Callable[[], datetime],
        retry: RetrySchedule,
        connections: int = 8,
        window: int = 1,
        captured: bool = False,
        share: Share = Share.ALL,
        pace: "Pace | None" = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._target = target
        self._clock = clock
        self._retry = retry
        self._size = connections
        self._window = window
        self._share = share
        self._turnstile = Turnstile(pace)
        self._should_stop = should_stop
        self._owner = secrets.token_hex(8)
        self._stock = MailStock(
            database,
            composer,
            owner=self._owner,
            clock=clock,
            least=connections * (window + 1),
            captured=captured,
            share=share,
        )
        self._lines: dict[SmtpConnection, Line] = {}
        self._round = Round()
        self._keeper = SentKeeper()
        self._breaker = Breaker()
        self._fruitless = 0
        self._gone: Counter[int] = Counter()
        self._has_served = False
        self._expire_at = self._wait_until = 0.0
        self._report = DeliveryReport()

    def deliver_due(self, *, progress: Callable[[int], None] = lambda _: None) -> DeliveryReport:
        """Sends until nothing is due, the server cannot be reached, or it is told to stop.

        ``progress`` is told how many more messages were dealt with.
        """
        self._report = DeliveryReport()
        self._fruitless = 0
        self._gone.clear()
        self._has_served = False
        self._group = ConnectionGroup(self._target, size=self._size)
        self._progress = progress
        try:
            while self._step():
                pass
        finally:
            self._end()
        return self._report

    def _step(self) -> bool:
        """One round. False where there is nothing more to do."""
        going_on = not self._report.unreachable and not self._should_stop()
        if not going_on:
            self._withdraw_offers()
        self._settle()
        if going_on:
            self._stock.refill()
            self._open()
            self._offer()
        if any(line.is_active for line in self._lines.values()) or (going_on and self._stock.left):
            self._listen()
            return True
        self._collect_unfit()
        return bool(self._round)

    def _collect_unfit(self) -> None:
        """What could not be written fails, and its row says why."""
        self._round.results.extend(self._stock.take_unfit())

    def _open(self) -> None:
        self._group.want(min(self._size, self._stock.left + len(self._lines)))
        for connection in self._group.connections:
            self._lines.setdefault(connection, Line(connection))

    def _offer(self) -> None:
        """An envelope on each connection that has nothing to do."""
        for line in self._lines.values():
            if line.offered is None and line.sending is None and (mail := self._next(line)):
                line.offered = mail
                line.connection.offer(mail.envelope)

    def _next(self, line: Line) -> Mail | None:
        """The next mail for this connection; one that its server cannot take fails on the way."""
        while mail := line.window.popleft() if line.window else self._take():
            if line.connection.utf8 or not mail.envelope.needs_utf8:
                return mail
            words = "the server takes no addresses outside ASCII (no SMTPUTF8)"
            self._write_down(mail, Reply(Outcome.RECIPIENT_REJECTED, None, words))
        return None

    def _take(self) -> Mail | None:
        """The next mail that the limits let through. One to a domain that has its fill is due
        again later; where all have to wait, it stays."""
        while (now := monotonic()) >= self._wait_until and (mail := self._stock.take()):
            wait = self._turnstile.admit(mail)
            if wait is None:
                return mail
            if wait.is_everybodys:
                self._wait_until = now + wait.seconds
                self._stock.put_back(mail)
            elif wait.seconds > _SHORT or not self._stock.hold(mail, seconds=wait.seconds):
                later = timedelta(seconds=max(wait.seconds, wait.turn * _SHORT))
                self._round.released[mail.claimed.id] = self._clock() + later
        return None

    def _withdraw_offers(self) -> None:
        """No body that has not begun begins now."""
        for line in list(self._lines.values()):
            if line.sending is None:
                self._take_back(line)
                self._group.drop(line.connection)
                del self._lines[line.connection]

    def _listen(self) -> None:
        """Returns when a round can begin: everybody has answered, or those who have not would
        keep the others waiting. While the server is at work the next mails are written."""
        self._stock.write_ahead(len(self._lines))
        heard_any = False
        if not self._waits_for_something():
            self._group.listen(self._pause())
        while self._waits_for_something():
            news = self._group.listen(_QUIET if heard_any else self._pause())
            for connection, told in news:
                self._hear(connection, told)
                heard_any = True
            if not news:
                break
        if not heard_any or monotonic() >= self._expire_at:
            self._expire_at = monotonic() + _TICK
            self._turnstile.renew()
            for connection, told in self._group.expire():
                self._hear(connection, told)
            self._note_trouble()

    def _pause(self) -> float:
        """Seconds until there is something to look at, whatever servers do."""
        now = monotonic()
        moments = (self._wait_until, self._stock.next_moment)
        return min([_TICK, *(moment - now for moment in moments if moment > now)])

    def _waits_for_something(self) -> bool:
        return self._group.is_opening or any(
            line.connection.is_busy for line in self._lines.values()
        )

    def _note_trouble(self) -> None:
        """Where no connection opens there is nobody to speak to."""
        trouble = self._group.trouble
        if trouble is None or self._group.connections or self._group.is_opening:
            return
        self._report.unreachable = trouble.words
        if trouble.outcome is Outcome.STOPPED:
            for claimed in self._stock.in_hand.values():
                self._round.stops.setdefault(claimed.campaign_id, trouble.words)

    def _hear(self, connection: SmtpConnection, told: list[Heard]) -> None:
        line = self._lines.get(connection) or Line(connection)
        for heard in told:
            if heard.what is What.TAKEN:
                self._go_on(line)
            elif heard.what is What.ANSWERED and line.sending:
                mail, line.sending = line.sending, None
                self._conclude(mail, heard.reply, on=line, kept=mail.kept)
            elif heard.what is What.REFUSED and line.offered:
                mail, line.offered = line.offered, None
                self._conclude(mail, heard.reply, on=line)
            elif heard.what is What.GONE:
                self._note_gone(line, heard.reply)
        if connection.closed:
            self._take_back(line)
            self._lines.pop(connection, None)

    def _go_on(self, line: Line) -> None:
        """A mail of the window is marked already; all others wait for the round."""
        mail = line.offered
        assert mail is not None
        if mail.claimed.id in line.marked_pks:
            self._send(line, mail)
        else:
            line.taken = True

    def _send(self, line: Line, mail: Mail) -> None:
        line.offered, line.taken, line.sending = None, False, mail
        line.marked_pks.discard(mail.claimed.id)
        # Behind a receipt's body no other receipt waits, however long the server takes for it.
        following = None if self._share is Share.ANSWERS else self._next(line)
        line.connection.send_body(mail.body, then=following.envelope if following else None)
        line.offered = following

    def _note_gone(self, line: Line, reply: Reply) -> None:
        """A server hangs up when it has had enough; where it never does anything else, it is not
        to be reached. One mail at which it does so on new connections makes way for the others."""
        self._fruitless += 1
        if self._fruitless > self._size + _FRUITLESS_MORE:
            self._report.unreachable = reply.words
        elif (mail := line.offered) is not None and not line.has_served:
            self._gone[mail.claimed.id] += 1
            line.offered = None
            if self._has_served and self._gone[mail.claimed.id] >= _MOST_GONE:
                self._write_down(mail, Reply(Outcome.DEFERRED, None, reply.words))
            else:
                self._turnstile.leave(mail)
                if not self._stock.hold(mail, seconds=_TICK):
                    self._stock.put_back(mail)

    def _take_back(self, line: Line) -> None:
        """What was offered or marked in vain goes first on another connection."""
        for mail in [*reversed(line.window), *([line.offered] if line.offered else [])]:
            self._turnstile.leave(mail)
            self._stock.put_back(mail)
        line.offered, line.taken = None, False
        line.window.clear()
        line.marked_pks.clear()

    def _conclude(self, mail: Mail, reply: Reply, *, on: Line, kept: Leaving | None = None) -> None:
        """The server has spoken of this mail; ``kept``: of its body, which went out."""
        self._fruitless = 0
        if reply.outcome is not Outcome.DOUBTFUL:
            on.has_served = self._has_served = True
        self._write_down(mail, reply, kept=kept)

    def _write_down(self, mail: Mail, reply: Reply, *, kept: Leaving | None = None) -> None:
        """With the next round."""
        self._turnstile.leave(mail)
        found = consequence_of(
            mail.claimed, reply, retry=self._retry, breaker=self._breaker, now=self._clock()
        )
        if kept:
            self._round.kept.append(kept)
        sent = kept.sent if kept else None
        self._round.results.append(replace(found.result, sent=sent))
        if found.stop:
            self._round.stops.setdefault(mail.claimed.campaign_id, found.stop)
            if reply.outcome is Outcome.STOPPED:
                self._report.unreachable = reply.words

    def _settle(self) -> None:
        """The round's one commit, and then the bodies."""
        self._collect_unfit()
        taken = [line for line in self._lines.values() if line.taken]
        for line in taken:
            self._fill_window(line)
            self._round.offered |= {mail.claimed.id: mail.deadline for mail in line.waiting}
        if self._round or self._stock.renewal_is_due:
            settled = self._commit()
            for line in taken:
                self._obey(line, settled)

    def _fill_window(self, line: Line) -> None:
        while len(line.window) < self._window - 1 and (mail := self._take()):
            line.window.append(mail)

    def _commit(self) -> Settled:
        """What is to be written is kept until it is."""
        due, renews = self._round, self._stock.renewal_is_due

        def work(session: Session) -> Settled:
            settled = settle_round(
                session, due, owner=self._owner, clock=self._clock, keeper=self._keeper
            )
            if renews:
                self._stock.renew(session)
            return settled

        settled = self._persist(work)
        self._keeper.note_committed()
        self._round = Round()
        self._stock.let_go(result.message_pk for result in due.results)
        self._stock.let_go(due.released)
        self._stock.let_go(pk for pk in due.offered if settled.verdicts.get(pk) is not Verdict.SEND)
        for result in settled.results:
            self._report.note(result.event)
        self._progress(len(settled.results))
        return settled

    def _persist(self, work: Callable[[Session], Settled]) -> Settled:
        """What servers have said is known here alone, so a database that is away is waited for."""
        until = monotonic() + _PATIENCE
        # A campaign that stops is told of in statements of all kinds.
        persist = self._database.persist if self._round.stops else self._database.persist_piped
        while True:
            try:
                return persist(work)
            except OperationalError:
                if not self._round.results or self._should_stop() or monotonic() >= until:
                    raise

    def _obey(self, line: Line, settled: Settled) -> None:
        """What may go goes. An envelope whose body must not follow ends with its connection."""
        for mail in line.waiting:
            if settled.verdicts.get(mail.claimed.id) is Verdict.HOLD:
                self._hold(mail.claimed.campaign_id)
        first, *others = line.waiting
        going = [one for one in others if settled.verdicts.get(one.claimed.id) is Verdict.SEND]
        for mail in line.waiting:
            if settled.verdicts.get(mail.claimed.id) is not Verdict.SEND:
                self._turnstile.leave(mail)
        line.window = deque(going)
        line.marked_pks = {one.claimed.id for one in going}
        if settled.verdicts.get(first.claimed.id) is Verdict.SEND:
            self._send(line, first)
            return
        line.offered = None
        self._take_back(line)
        self._group.drop(line.connection)
        del self._lines[line.connection]

    def _hold(self, campaign_id: int) -> None:
        """What was claimed ahead goes back: it is paused, or its mails are to be rewritten."""
        now = self._clock()
        self._round.released |= dict.fromkeys(self._stock.drop_campaign(campaign_id), now)

    def _end(self) -> None:
        """Whatever has not gone out is given back; a body without its reply is left to lapse."""
        in_doubt = {line.sending.claimed.id for line in self._lines.values() if line.sending}
        self._lines.clear()
        self._group.close()
        self._turnstile.close()
        self._collect_unfit()
        settled = {result.message_pk for result in self._round.results} | set(self._round.released)
        now = self._clock()
        due_at = now + UNREACHABLE_PAUSE if self._report.unreachable else now
        for pk in self._stock.empty():
            if pk not in in_doubt and pk not in settled:
                self._round.released[pk] = due_at
        self._round.offered.clear()
        if self._round:
            self._commit()
