"""What a check of evidence can find."""

from outreach.domain.errors import OutreachError


class EvidenceBroken(OutreachError):
    """The evidence does not hold: ``str()`` says where it breaks."""


class NotEvidence(EvidenceBroken):
    """The file is none of ours, or not whole: nothing in it can be checked."""
