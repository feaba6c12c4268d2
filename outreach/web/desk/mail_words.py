"""Mails in a coordinator's words: kinds, states, what happened, what can be done."""

from types import MappingProxyType
from typing import Final

from outreach.domain.message import MessageEvent, MessageKind
from outreach.domain.reminder import by_hand_day, decision_day, parse_span
from outreach.domain.settlement import Decision
from outreach.localtime import format_left
from outreach.services.show_mail import Truth
from outreach.store.mail_lists import Sort

KINDS: Final = MappingProxyType(
    {
        MessageKind.INVITATION: "Invitation",
        MessageKind.REMINDER: "Reminder",
        MessageKind.RECEIPT: "Receipt for a signature",
        MessageKind.RECORDED_RECEIPT: "Receipt for a recorded consent",
        MessageKind.REVIEW_NOTICE: "Notice of two answers",
        MessageKind.REVIEW_RESULT: "The first answer stands",
        MessageKind.DECLINE_RECEIPT: "Receipt for a no",
        MessageKind.DEFERRAL_RECEIPT: "Receipt for a later day",
        MessageKind.WITHDRAWAL_RECEIPT: "Receipt for a withdrawal",
        MessageKind.CLOSING_NOTICE: "Notice of the close",
    }
)
SORTS: Final = MappingProxyType(
    {
        Sort.ATTENTION: "Needs attention",
        Sort.WAITING: "Waiting",
        Sort.SENT: "Sent",
        Sort.ALL: "All",
    }
)
EVENTS: Final = MappingProxyType(
    {
        MessageEvent.ACCEPTED: ("good", "The mail server took it"),
        MessageEvent.DEFERRED: ("warn", "The mail server put it off"),
        MessageEvent.REJECTED: ("bad", "It failed"),
        MessageEvent.LAPSED_BEFORE_DATA: ("", "Its sender stopped before it began"),
        MessageEvent.LAPSED_AFTER_DATA: ("warn", "It was sent, and no reply came: in doubt"),
        MessageEvent.REPEAT: ("", "Sent again after doubt, with the same Message-ID"),
        MessageEvent.ARRIVED: ("good", "Settled: it arrived"),
        MessageEvent.CANCEL: ("bad", "Called off before it was sent"),
        MessageEvent.REQUEUE: ("", "Set to be sent again"),
        MessageEvent.HURRY: ("", "To be tried at once"),
        MessageEvent.DISMISS: ("", "Set aside: nothing to do"),
        MessageEvent.BOUNCED: ("bad", "It came back"),
        MessageEvent.COMPLAINED: ("bad", "Its reader reported it as unwanted"),
    }
)
DECISIONS: Final = MappingProxyType(
    {
        Decision.ARRIVED: "It arrived",
        Decision.AGAIN: "Send again",
        Decision.NOW: "Try now",
        Decision.DISMISSED: "Nothing to do",
    }
)
TRUTHS: Final = MappingProxyType(
    {
        Truth.AS_SENT: "Exactly as it was sent, but for the shortened personal links.",
        Truth.KEPT: "Word for word as it was sent. The program, or the keys of its links, have"
        " changed since: some bytes of its source may differ.",
        Truth.REWRITTEN: "Nothing was kept of this mail when it was sent: it is written again from"
        " what is true today. Names, wording or deadline may have been others.",
        Truth.PLANNED: "It has not gone out. This is how it would read if it went now.",
    }
)


def kind_words(kind: str, step: str) -> str:
    """``Reminder, 3 days before``."""
    words = KINDS[MessageKind(kind)]
    if kind != MessageKind.REMINDER:
        return words
    if by_hand_day(step):
        return f"{words}, by hand"
    if decision_day(step):
        return f"{words}, on their own day"
    return f"{words}, {format_left(parse_span(step.partition('/')[0]), language='en')} before"
