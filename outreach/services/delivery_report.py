"""What one delivery did, in counts."""

from dataclasses import dataclass

from outreach.domain.message import MessageEvent

_COUNTED = {
    MessageEvent.ACCEPTED: "sent",
    MessageEvent.DEFERRED: "deferred",
    MessageEvent.REJECTED: "failed",
    MessageEvent.CANCEL: "cancelled",
    MessageEvent.LAPSED_AFTER_DATA: "uncertain",
}


@dataclass
class DeliveryReport:
    """``unreachable`` holds why the server could not be spoken to."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    cancelled: int = 0
    uncertain: int = 0
    unreachable: str = ""

    def note(self, event: MessageEvent) -> None:
        """One more message ended so."""
        counter = _COUNTED[event]
        setattr(self, counter, getattr(self, counter) + 1)
