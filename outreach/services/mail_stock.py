"""The mails that a sender has claimed: written ahead, handed out in order, given back if unused."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog
from sqlmodel import Session

from outreach.domain.delivery import Share
from outreach.domain.message import MessageEvent
from outreach.mail.connection import Envelope
from outreach.mail.data import DataBytes, stuffed
from outreach.mail.headers import HeaderRefused
from outreach.services.compose_message import MessageComposer
from outreach.services.keep_sent import Leaving
from outreach.store import claims, outgoing
from outreach.store.claims import Claimed
from outreach.store.database import Database
from outreach.store.outgoing import Outgoing
from outreach.store.rounds import Result

_log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
_RENEW_AFTER = LEASE / 5
# As many as go out in so many seconds: a pause or a later deadline finds few written already.
_AHEAD_SECONDS = 0.2
_MOST = 200
_DRY_SECONDS = 0.1
_MOST_HELD = 64


@dataclass(frozen=True)
class Mail:
    """One claimed message, written. ``deadline`` is the one that it names."""

    claimed: Claimed
    envelope: Envelope
    body: DataBytes
    deadline: datetime
    kept: Leaving | None = None


class MailStock:
    """Not for use by two threads at once. ``least`` is what a claim should bring at least.

    ``in_hand`` are all rows that are this owner's until they are settled or given back.
    """

    def __init__(
        self,
        database: Database,
        composer: MessageComposer,
        *,
        owner: str,
        clock: Callable[[], datetime],
        least: int,
        captured: bool,
        share: Share,
    ) -> None:
        self._database, self._composer = database, composer
        self._owner, self._clock = owner, clock
        self._least, self._many = least, least
        self._captured, self._share = captured, share
        self._unwritten: deque[tuple[Claimed, Outgoing | None]] = deque()
        self._written: deque[Mail] = deque()
        self._held: deque[tuple[float, Mail]] = deque()
        self.in_hand: dict[int, Claimed] = {}
        self._unfit: list[Result] = []
        self._claimed_at = 0.0
        self._dry_until = 0.0
        self._renew_at = clock()

    def __len__(self) -> int:
        return len(self._unwritten) + len(self._written)

    @property
    def renewal_is_due(self) -> bool:
        return bool(self.in_hand) and self._clock() >= self._renew_at

    def refill(self) -> None:
        """Claims more where little is left. One whose sender died goes alone."""
        if len(self) >= self._least or any(one.alone for one in self.in_hand.values()):
            return
        if self.in_hand and monotonic() < self._dry_until:
            return
        self._adapt()
        won = self._database.persist(self._claim)
        self._claimed_at = monotonic()
        if not won:
            self._dry_until = self._claimed_at + _DRY_SECONDS
        for claimed, found in won:
            self.in_hand[claimed.id] = claimed
            self._unwritten.append((claimed, found))

    def _adapt(self) -> None:
        """Claims what will go out in a moment, at the pace seen since the last claim."""
        took = monotonic() - self._claimed_at
        grown = self._many * 2 if took < _AHEAD_SECONDS else int(self._many * _AHEAD_SECONDS / took)
        self._many = max(self._least, min(grown, _MOST))

    def _claim(self, session: Session) -> list[tuple[Claimed, Outgoing | None]]:
        now = self._clock()

        def claim(*, many: int, lapsed: bool) -> list[Claimed]:
            return claims.claim_due(
                session,
                owner=self._owner,
                many=many,
                lease=LEASE,
                captured=self._captured,
                share=self._share,
                lapsed=lapsed,
                now=now,
            )

        won = claim(many=self._many, lapsed=False)
        if not won and not self.in_hand:
            won = claim(many=1, lapsed=True)
        found = outgoing.load_outgoing(session, [claimed.id for claimed in won])
        return [(claimed, found.get(claimed.id)) for claimed in won]

    def write_ahead(self, many: int) -> None:
        """Sees to it that so many are written, if there are so many."""
        while self._unwritten and len(self._written) < many:
            self._write()

    def take(self) -> Mail | None:
        """The next mail. None where there is none that may go yet."""
        if self._held and self._held[0][0] <= monotonic():
            return self._held.popleft()[1]
        while not self._written and self._unwritten:
            self._write()
        return self._written.popleft() if self._written else None

    def put_back(self, mail: Mail) -> None:
        """Nothing came of its envelope: it goes next."""
        self._written.appendleft(mail)

    def hold(self, mail: Mail, *, seconds: float) -> bool:
        """Keeps it at hand for that moment. False where enough are kept already."""
        if len(self._held) >= _MOST_HELD:
            return False
        self._held.append((monotonic() + seconds, mail))
        return True

    @property
    def left(self) -> int:
        """All that is still to be taken, now or in a moment."""
        return len(self) + len(self._held)

    @property
    def next_moment(self) -> float:
        """When the first that is held may go; 0.0 where none is."""
        return self._held[0][0] if self._held else 0.0

    def drop_campaign(self, campaign_id: int) -> list[int]:
        """Forgets what is left of it; the rows are to be released."""
        dropped = [mail.claimed for mail in self._written]
        dropped += [mail.claimed for _, mail in self._held]
        dropped += [claimed for claimed, _ in self._unwritten]
        dropped = [claimed for claimed in dropped if claimed.campaign_id == campaign_id]
        gone = {claimed.id for claimed in dropped}
        self._written = deque(mail for mail in self._written if mail.claimed.id not in gone)
        self._held = deque(pair for pair in self._held if pair[1].claimed.id not in gone)
        self._unwritten = deque(pair for pair in self._unwritten if pair[0].id not in gone)
        return sorted(gone)

    def let_go(self, message_pks: Iterable[int]) -> None:
        """They are not in hand any more."""
        for pk in message_pks:
            self.in_hand.pop(pk, None)

    def empty(self) -> list[int]:
        """Forgets all that is in hand; the rows are to be released."""
        self._written.clear()
        self._unwritten.clear()
        self._held.clear()
        left = list(self.in_hand)
        self.in_hand.clear()
        return left

    def take_unfit(self) -> list[Result]:
        """What became of those that could not be written."""
        unfit, self._unfit = self._unfit, []
        return unfit

    def renew(self, session: Session) -> None:
        """What is in hand is ours for another while: a slow server is not a dead sender."""
        now = self._clock()
        claims.renew_lease(session, self.in_hand, owner=self._owner, lease_until=now + LEASE)
        self._renew_at = now + _RENEW_AFTER

    def _write(self) -> None:
        claimed, found = self._unwritten.popleft()
        try:
            if found is None:
                raise LookupError
            composed = self._composer.compose(found, now=self._clock())
        except HeaderRefused as error:
            self._set_aside(claimed, str(error), error)
        except Exception as error:  # one poisoned row must not stop the others
            self._set_aside(claimed, f"it could not be written: {type(error).__name__}", error)
        else:
            envelope = Envelope(composed.sender, composed.recipient)
            data = stuffed(composed.body)
            mail = Mail(claimed, envelope, data, found.campaign.deadline, composed.kept)
            self._written.append(mail)

    def _set_aside(self, claimed: Claimed, words: str, error: Exception) -> None:
        _log.error("set_aside", message=claimed.id, error=type(error).__name__)
        self._unfit.append(Result(claimed.id, MessageEvent.REJECTED, words=words))
