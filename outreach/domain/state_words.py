"""One word for each state, as people read it: wherever a state is named and not explained.

The stored values are for programs, and for what is typed at a command line.
"""

from types import MappingProxyType
from typing import Final

from outreach.domain.campaign import CampaignState
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageState

NOT_INVITED: Final = ""  # in the place of an invitation's state
PUT_OFF: Final = "put_off"  # queued, with a server's words on it
NOT_REACHED: Final = "Not reached"

ANSWERS: Final = MappingProxyType(
    {
        NOT_INVITED: "Not invited",
        InvitationState.AWAITING: "Waiting",
        InvitationState.DEFERRED: "Decides later",
        InvitationState.SIGNED: "Signed",
        InvitationState.DECLINED: "Declined",
        InvitationState.WITHDRAWN: "Withdrawn",
        InvitationState.RECONFIRMING: "Asked anew",
        InvitationState.EXPIRED: "No answer",
        InvitationState.REVOKED: "Link ended",
    }
)
MAILS: Final = MappingProxyType(
    {
        MessageState.QUEUED: "Waiting",
        PUT_OFF: "Put off",
        MessageState.SENDING: "Being sent",
        MessageState.SENT: "Sent",
        MessageState.FAILED: "Failed",
        MessageState.UNCERTAIN: "In doubt",
        MessageState.CANCELLED: "Called off",
        MessageState.BOUNCED: "Came back",
        MessageState.COMPLAINED: "Reported as unwanted",
    }
)
CAMPAIGNS: Final = MappingProxyType(
    {
        CampaignState.DRAFT: "Draft",
        CampaignState.OPEN: "Open",
        CampaignState.PAUSED: "Paused",
        CampaignState.CLOSED: "Closed",
        CampaignState.PUBLISHED: "Published",
        CampaignState.CANCELLED: "Cancelled",
    }
)
