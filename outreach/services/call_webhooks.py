"""Make the calls that are due: claim, call with no transaction open, record."""

import random
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlmodel import Session
from standardwebhooks.webhooks import Webhook as Signer

from outreach.calling import AddressRefused, CallFailed, Reply
from outreach.domain.webhook import CallEvent, next_call
from outreach.sealing import SealBroken, Sealer
from outreach.services.webhooks import SEALED_FOR
from outreach.store import webhooks
from outreach.store.database import Database
from outreach.store.webhooks import ClaimedCall

# Longer than any call takes: a name's look-up, some addresses in vain, then the call.
_LEASE = timedelta(minutes=2)
_HANDS = 4
_GONE = 410


class Post(Protocol):
    """One call, as calling.post makes it."""

    def __call__(self, url: str, *, body: bytes, headers: dict[str, str]) -> Reply: ...


_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Outcome:
    """``words`` are for the coordinator. ``gone``: the other side wants no calls any more."""

    accepted: bool
    words: str
    gone: bool = False


class WebhookCaller:
    """Calls with ``post``, which is given address, body and headers."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        post: Post,
        *,
        clock: Callable[[], datetime],
        should_stop: Callable[[], bool] = lambda: False,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._post = post
        self._clock = clock
        self._should_stop = should_stop
        self._jitter = jitter
        self._owner = secrets.token_hex(8)

    def call_due(self) -> int:
        """Makes every call that is due. Returns how many were made, in vain or not."""
        first = self._claim()
        if first is None:
            return 0
        with ThreadPoolExecutor(_HANDS - 1, thread_name_prefix="webhook") as others:
            rest = [others.submit(self._work, None) for _ in range(_HANDS - 1)]
            return self._work(first) + sum(hand.result() for hand in rest)

    def _work(self, call: ClaimedCall | None) -> int:
        """One hand: call after call until none is due."""
        made = 0
        while call := call or self._claim():
            self._make(call)
            made, call = made + 1, None
        return made

    def _claim(self) -> ClaimedCall | None:
        if self._should_stop():
            return None
        win = partial(webhooks.claim_call, owner=self._owner, lease=_LEASE, now=self._clock())
        return self._database.persist(win)

    def _make(self, call: ClaimedCall) -> None:
        outcome = self._call(call)
        self._database.persist(partial(self._record, call=call, outcome=outcome))
        _log.info(
            "webhook_called", call=call.id, webhook=call.webhook_id, accepted=outcome.accepted
        )

    def _call(self, call: ClaimedCall) -> _Outcome:
        try:
            secret = self._sealer.open(call.secret, purpose=SEALED_FOR)
        except SealBroken:
            return _Outcome(False, "its secret cannot be read with the present SECRET_KEYS")
        try:
            reply = self._post(
                call.url, body=call.payload.encode(), headers=self._headers(call, secret)
            )
        except (AddressRefused, CallFailed) as failure:
            return _Outcome(False, str(failure))
        words = f"{reply.status} {reply.words}".strip()
        return _Outcome(200 <= reply.status < 300, words, gone=reply.status == _GONE)

    def _headers(self, call: ClaimedCall, secret: str) -> dict[str, str]:
        now = self._clock()
        signature = Signer(secret).sign(call.key, now, call.payload)
        return {
            "content-type": "application/json",
            "user-agent": "Outreach-Webhook/1",
            "webhook-id": call.key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
            "connection": "close",
        }

    def _record(self, session: Session, *, call: ClaimedCall, outcome: _Outcome) -> None:
        now = self._clock()
        webhook = webhooks.lock_webhook(session, call.webhook_id)
        ours = webhooks.lock_own_call(session, call.id, owner=self._owner)
        if ours is None or webhook is None:
            return
        again = next_call(call.attempts + 1, now=now, jitter=self._jitter())
        over = outcome.gone or webhook.disabled_at is not None or again is None
        event = CallEvent.GIVEN_UP if over else CallEvent.REFUSED
        if outcome.accepted:
            event, again = CallEvent.ACCEPTED, None
        webhooks.record_call(session, ours, event, words=outcome.words, due_at=again, now=now)
        if outcome.gone and webhook.disabled_at is None:
            reason = "the other side has answered 410: it wants no more calls"
            webhooks.switch_off(session, webhook, reason=reason, now=now)
