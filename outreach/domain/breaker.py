"""When refusals in a row are about us, not about each mail: then nobody else is to be failed."""

from collections import Counter

# So many in a row: a text that filters refuse, or a sender whom servers will not have.
MESSAGES_IN_A_ROW = 5
RECIPIENTS_IN_A_ROW = 25


class Breaker:
    """Counts refusals since a campaign's last accepted mail."""

    def __init__(self) -> None:
        self._messages: Counter[int] = Counter()
        self._recipients: Counter[int] = Counter()

    def note_accepted(self, campaign_id: int) -> None:
        self._messages.pop(campaign_id, None)
        self._recipients.pop(campaign_id, None)

    def note_message_refused(self, campaign_id: int) -> bool:
        """Whether the campaign should stop."""
        self._messages[campaign_id] += 1
        return self._messages[campaign_id] >= MESSAGES_IN_A_ROW

    def note_recipient_refused(self, campaign_id: int) -> bool:
        """Whether the campaign should stop."""
        self._recipients[campaign_id] += 1
        return self._recipients[campaign_id] >= RECIPIENTS_IN_A_ROW
