"""What has changed in a campaign since the last look, in counts and without names."""

from dataclasses import dataclass

from outreach.domain.campaign import CampaignState
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageKind, MessageState
from outreach.services.report_status import StatusReport

_ANSWERS = (InvitationState.SIGNED, InvitationState.DECLINED, InvitationState.WITHDRAWN)
_STATES = {
    CampaignState.PAUSED: "The campaign is paused: answers count, mails wait.",
    CampaignState.CLOSED: "The deadline has passed: the campaign is closed.",
    CampaignState.PUBLISHED: "The statement is published, with its signatories in order.",
    CampaignState.CANCELLED: "The campaign was cancelled.",
}
_MAILS = {
    MessageKind.INVITATION: "invitation",
    MessageKind.REMINDER: "reminder",
    MessageKind.CLOSING_NOTICE: "closing notice",
}


@dataclass
class Watch:
    """Remembers one look. The first one tells what stands already."""

    _state: str = ""
    _answers: str = ""
    _mails: tuple[int, ...] = (0,) * len(_MAILS)

    def news(self, report: StatusReport) -> list[str]:
        """One line for each thing that changed."""
        return [*self._mail_news(report), *self._answer_news(report), *self._state_news(report)]

    def _mail_news(self, report: StatusReport) -> list[str]:
        sent = tuple(report.messages.get(kind, {}).get(MessageState.SENT, 0) for kind in _MAILS)
        known, self._mails = self._mails, sent
        return [
            f"{_counted(after, noun)} sent."
            for before, after, noun in zip(known, sent, _MAILS.values(), strict=True)
            if after > before
        ]

    def _answer_news(self, report: StatusReport) -> list[str]:
        counts = [(report.invitations.get(state, 0), str(state)) for state in _ANSWERS]
        total = sum(report.invitations.values())
        answers = ", ".join(f"{number} {word}" for number, word in counts if number)
        known, self._answers = self._answers, answers
        news = f"{answers}, of {_counted(total, 'organization')}."
        return [news] if answers and answers != known else []

    def _state_news(self, report: StatusReport) -> list[str]:
        state = report.campaign.state
        known, self._state = self._state, state
        return [_STATES[state]] if state != known and state in _STATES else []


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else f'{noun}s'}"
