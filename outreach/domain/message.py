"""A message's kinds and states: one e-mail as an outbox row."""

from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType


class MessageKind(StrEnum):
    INVITATION = "invitation"
    REMINDER = "reminder"
    RECEIPT = "receipt"
    RECORDED_RECEIPT = "recorded_receipt"
    DECLINE_RECEIPT = "decline_receipt"
    DEFERRAL_RECEIPT = "deferral_receipt"
    WITHDRAWAL_RECEIPT = "withdrawal_receipt"
    CLOSING_NOTICE = "closing_notice"
    REVIEW_NOTICE = "review_notice"
    REVIEW_RESULT = "review_result"


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class MessageEvent(StrEnum):
    CLAIM = "claim"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    LAPSED_BEFORE_DATA = "lapsed_before_data"
    LAPSED_AFTER_DATA = "lapsed_after_data"
    REPEAT = "repeat"
    ARRIVED = "arrived"
    CANCEL = "cancel"
    REQUEUE = "requeue"
    HURRY = "hurry"
    DISMISS = "dismiss"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


_S, _E = MessageState, MessageEvent

MESSAGE_MOVES = MappingProxyType(
    {
        (_S.QUEUED, _E.CLAIM): _S.SENDING,
        (_S.QUEUED, _E.CANCEL): _S.CANCELLED,
        (_S.SENDING, _E.ACCEPTED): _S.SENT,
        (_S.SENDING, _E.DEFERRED): _S.QUEUED,
        (_S.SENDING, _E.REJECTED): _S.FAILED,
        (_S.SENDING, _E.LAPSED_BEFORE_DATA): _S.QUEUED,
        (_S.SENDING, _E.LAPSED_AFTER_DATA): _S.UNCERTAIN,
        # Won, then found at the last look to be answered, suppressed or past its deadline.
        (_S.SENDING, _E.CANCEL): _S.CANCELLED,
        # Once by itself, flagged; after that a person says whether it arrived or goes again.
        (_S.UNCERTAIN, _E.REPEAT): _S.QUEUED,
        (_S.UNCERTAIN, _E.ARRIVED): _S.SENT,
        # A person has mended what stood in the way.
        (_S.FAILED, _E.REQUEUE): _S.QUEUED,
        # A person wants it tried now, and not only when the schedule says so.
        (_S.QUEUED, _E.HURRY): _S.QUEUED,
        # A person has seen it, and there is nothing to do.
        (_S.FAILED, _E.DISMISS): _S.FAILED,
        (_S.BOUNCED, _E.DISMISS): _S.BOUNCED,
        # Held back by an unsubscription that was undone.
        (_S.CANCELLED, _E.REQUEUE): _S.QUEUED,
        (_S.SENT, _E.BOUNCED): _S.BOUNCED,
        (_S.SENT, _E.COMPLAINED): _S.COMPLAINED,
    }
)

# The kinds that ask for an answer: cancelled once there is one, or none can be given any more.
ASKING_KINDS = frozenset({MessageKind.INVITATION, MessageKind.REMINDER})

# Each for one answer: see receipt_step().
RECEIPT_KINDS = frozenset(
    {
        MessageKind.RECEIPT,
        MessageKind.RECORDED_RECEIPT,
        MessageKind.DECLINE_RECEIPT,
        MessageKind.DEFERRAL_RECEIPT,
        MessageKind.WITHDRAWAL_RECEIPT,
    }
)

# Of an answer that contradicts a colleague's; their step is the review's id.
REVIEW_KINDS = frozenset({MessageKind.REVIEW_NOTICE, MessageKind.REVIEW_RESULT})

# Lower goes first: a person who has just pressed a button never waits behind a bulk.
PRIORITY = MappingProxyType(
    {
        MessageKind.RECEIPT: 0,
        MessageKind.RECORDED_RECEIPT: 0,
        MessageKind.DECLINE_RECEIPT: 0,
        MessageKind.DEFERRAL_RECEIPT: 0,
        MessageKind.WITHDRAWAL_RECEIPT: 0,
        MessageKind.REVIEW_NOTICE: 0,
        MessageKind.REVIEW_RESULT: 0,
        MessageKind.INVITATION: 5,
        MessageKind.REMINDER: 5,
        MessageKind.CLOSING_NOTICE: 5,
    }
)

# A row that took its worker down this often is set aside.
MAX_LAPSES = 5


def receipt_step(answer_id: int, *, again_at: datetime | None = None) -> str:
    """The step of a receipt of this answer: of its first, or of one that is sent anew then."""
    return f"{answer_id}/{again_at.astimezone(UTC):%Y%m%dT%H%M%S}" if again_at else str(answer_id)


def answer_of(step: str) -> int | None:
    """The id of the answer that a receipt with this step is for."""
    number = step.partition("/")[0]
    return int(number) if number.isdecimal() else None
