"""An invitation's states: one campaign asking one organization."""

from enum import StrEnum
from types import MappingProxyType


class InvitationState(StrEnum):
    AWAITING = "awaiting"
    DEFERRED = "deferred"
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    RECONFIRMING = "reconfirming"
    EXPIRED = "expired"
    REVOKED = "revoked"


class InvitationEvent(StrEnum):
    SIGN = "sign"
    DEFER = "defer"
    ASK_AGAIN = "ask_again"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"
    EXPIRE = "expire"
    REVOKE = "revoke"
    REOPEN = "reopen"


_S, _E = InvitationState, InvitationEvent

INVITATION_MOVES = MappingProxyType(
    {
        (_S.AWAITING, _E.SIGN): _S.SIGNED,
        (_S.AWAITING, _E.DEFER): _S.DEFERRED,
        (_S.AWAITING, _E.DECLINE): _S.DECLINED,
        (_S.AWAITING, _E.EXPIRE): _S.EXPIRED,
        (_S.AWAITING, _E.REVOKE): _S.REVOKED,
        (_S.DEFERRED, _E.SIGN): _S.SIGNED,
        (_S.DEFERRED, _E.DEFER): _S.DEFERRED,
        # Their day has come: from here on they are asked as all others are.
        (_S.DEFERRED, _E.ASK_AGAIN): _S.AWAITING,
        (_S.DEFERRED, _E.DECLINE): _S.DECLINED,
        (_S.DEFERRED, _E.EXPIRE): _S.EXPIRED,
        (_S.DEFERRED, _E.REVOKE): _S.REVOKED,
        (_S.DECLINED, _E.SIGN): _S.SIGNED,
        (_S.WITHDRAWN, _E.SIGN): _S.SIGNED,
        (_S.SIGNED, _E.WITHDRAW): _S.WITHDRAWN,
        (_S.SIGNED, _E.SUPERSEDE): _S.RECONFIRMING,
        (_S.RECONFIRMING, _E.SIGN): _S.SIGNED,
        (_S.RECONFIRMING, _E.DECLINE): _S.WITHDRAWN,
        (_S.RECONFIRMING, _E.WITHDRAW): _S.WITHDRAWN,
        (_S.RECONFIRMING, _E.EXPIRE): _S.EXPIRED,
        (_S.RECONFIRMING, _E.REVOKE): _S.REVOKED,
        # After the close, for a late signer. A no or a withdrawal stands until the yes comes.
        (_S.EXPIRED, _E.REOPEN): _S.AWAITING,
        (_S.DECLINED, _E.REOPEN): _S.DECLINED,
        (_S.WITHDRAWN, _E.REOPEN): _S.WITHDRAWN,
        # Reopened already, and given another moment.
        (_S.AWAITING, _E.REOPEN): _S.AWAITING,
    }
)

# Who is still asked. `deferred` is asked again on its own date, not by the reminder steps.
UNANSWERED_STATES = frozenset({_S.AWAITING, _S.RECONFIRMING})
EXPIRING_STATES = frozenset({_S.AWAITING, _S.DEFERRED, _S.RECONFIRMING})
