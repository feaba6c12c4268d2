"""What others may be told of by a webhook, the states of a call, and when it is tried again."""

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class WebhookEvent(StrEnum):
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    PUBLISHED = "published"


# What the desk sends when somebody presses "Test": nobody subscribes to it.
TEST_EVENT = "test"


class CallState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class CallEvent(StrEnum):
    CLAIM = "claim"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    DROP = "drop"
    RETRY = "retry"


_S, _E = CallState, CallEvent

CALL_MOVES = MappingProxyType(
    {
        (_S.QUEUED, _E.CLAIM): _S.SENDING,
        # Its worker died: the same call again, with the same id, for the receiver to recognise.
        (_S.SENDING, _E.CLAIM): _S.SENDING,
        (_S.SENDING, _E.ACCEPTED): _S.SENT,
        (_S.SENDING, _E.REFUSED): _S.QUEUED,
        (_S.SENDING, _E.GIVEN_UP): _S.FAILED,
        # The webhook was switched off; a call in hand only once its worker has died.
        (_S.QUEUED, _E.DROP): _S.FAILED,
        (_S.SENDING, _E.DROP): _S.FAILED,
        # A person has mended the other side, or wants it told once more.
        (_S.FAILED, _E.RETRY): _S.QUEUED,
        (_S.SENT, _E.RETRY): _S.QUEUED,
    }
)

# As the Standard Webhooks specification advises: three days and some hours in all.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
_SPREAD = 0.1


def next_call(attempts: int, *, now: datetime, jitter: float) -> datetime | None:
    """When to call again after ``attempts`` in vain (1 at least); None where that was the last.

    ``jitter`` in [0, 1) spreads what failed together, over a tenth of the pause.
    """
    if attempts > len(PAUSES):
        return None
    pause = PAUSES[attempts - 1]
    return now + pause + pause * _SPREAD * jitter
