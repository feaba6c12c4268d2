"""All that the notices' mails may use: words, numbers and links that are ready to print.

Those to coordinators lead to the desk, where one signs in; none holds an organization's own link.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Listed:
    """The first few names, and how many more there are."""

    names: tuple[str, ...] = ()
    more: int = 0

    @property
    def total(self) -> int:
        return len(self.names) + self.more


@dataclass(frozen=True)
class Reader:
    """The coordinator whom it is for."""

    name: str
    email: str
    account_url: str


@dataclass(frozen=True)
class Standing:
    """How a campaign stands, in organizations, and how long it has."""

    signed: int
    asked: int
    waiting: int
    left: str
    deadline: str


@dataclass(frozen=True)
class DueLine:
    """What is to be done for an organization. ``whose`` is empty where it is nobody's."""

    organization: str
    step: str
    whose: str
    overdue: str


@dataclass(frozen=True)
class MissedLine:
    organization: str
    words: str


@dataclass(frozen=True)
class CampaignDigest:
    """One campaign's part of a digest. ``paused`` says why, where it is; ``closed`` says when;
    ``asking`` is how many ask to join, ``reviews`` how many contradicting answers wait."""

    title: str
    url: str
    chase_url: str
    mails_url: str
    standing: Standing
    paused: str
    closed: str
    signed: Listed
    declined: Listed
    withdrawn: Listed
    due: tuple[DueLine, ...]
    due_more: int
    missed: tuple[MissedLine, ...]
    missed_more: int
    failed: int
    uncertain: int
    asking: int = 0
    requests_url: str = ""
    reviews: int = 0
    reviews_url: str = ""


@dataclass(frozen=True)
class SignedCheckpoint:
    """A ledger's signed size and root, line by line: it names nobody."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class DigestContext:
    reader: Reader
    desk_url: str
    day: str
    campaigns: tuple[CampaignDigest, ...]
    checkpoints: tuple[SignedCheckpoint, ...]
    signed_total: int
    due_total: int
    missed_total: int
    closed_total: int
    locale: str
    direction: str


@dataclass(frozen=True)
class AlertContext:
    """``event`` is the word of AlertEvent; ``organization`` is empty for a paused campaign."""

    reader: Reader
    event: str
    title: str
    organization: str
    reason: str
    at: str
    url: str
    standing: Standing
    locale: str
    direction: str


@dataclass(frozen=True)
class ProofContext:
    """To an address that somebody typed at the open door: not a word of what they typed is here.
    ``until`` is when the link ends; ``coordinator`` whom to ask."""

    title: str
    addressee: str
    deadline: str
    link: str
    until: str
    coordinator: str
    discreet: bool
    locale: str
    direction: str
