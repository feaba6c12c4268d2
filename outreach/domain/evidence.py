"""What a campaign's ledger holds: the facts of consent, one event each."""

from enum import StrEnum


class EventKind(StrEnum):
    """Stable words: they stand in evidence that outlives this program."""

    INVITED = "invited"
    VIEWED = "viewed"
    SIGNED = "signed"
    DECLINED = "declined"
    DEFERRED = "deferred"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    RECORDED = "recorded"
    RECONFIRMED = "reconfirmed"
    ERASED = "erased"
    CLOSED = "closed"
    PUBLISHED = "published"
    CONTRADICTED = "contradicted"


class Method(StrEnum):
    """How a fact came in: by a personal link, entered by a coordinator, or done by the service."""

    LINK = "link"
    BY_HAND = "by_hand"
    SERVICE = "service"


# What is said of a person, not of the organization: an erasure takes it out of the openings.
PERSONAL_FIELDS = frozenset({"person", "email", "capacity", "reason", "quote", "file_hash"})

# After these a checkpoint is due at once: from here on others rely on what stands.
LASTING_KINDS = frozenset({EventKind.CLOSED, EventKind.PUBLISHED})
