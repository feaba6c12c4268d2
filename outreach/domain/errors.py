"""What can be refused, in the words of the domain. Each error carries its facts.

Only the web's error pages turn these into status codes, only the CLI into exit codes.
"""

from datetime import datetime


class OutreachError(Exception):
    """Something that a person can understand and mend; ``str()`` says what and how."""


class Refused(OutreachError):
    """The input or the request was refused; nothing was changed."""


class ChangedMeanwhile(Refused):
    """Somebody has changed it since the form was shown that would take its place."""

    def __init__(self) -> None:
        super().__init__("it was changed meanwhile")


class MoveRefused(Refused):
    """A state table has no such row."""

    def __init__(self, *, state: str, event: str) -> None:
        super().__init__(f"cannot {event} what is {state}")
        self.state = state
        self.event = event


class CampaignNotFound(Refused):
    """No campaign has this slug."""

    def __init__(self, *, slug: str) -> None:
        super().__init__(f"there is no campaign '{slug}'; `outreach campaign list` names them")
        self.slug = slug


class SlugTaken(Refused):
    """Another campaign has this slug."""

    def __init__(self, *, slug: str) -> None:
        super().__init__(f"a campaign '{slug}' exists already; choose another --slug")
        self.slug = slug


class DeadlinePassed(Refused):
    """The campaign takes no more answers: its deadline is over."""

    def __init__(self, *, deadline: datetime) -> None:
        super().__init__("the deadline has passed")
        self.deadline = deadline


class CampaignNotOpen(Refused):
    """The campaign takes no answers in this state."""

    def __init__(self, *, state: str) -> None:
        super().__init__(f"the campaign is {state}")
        self.state = state


class AlreadyAnswered(Refused):
    """Another answer of the organization stands; a later one never overwrites it."""

    def __init__(self, *, state: str) -> None:
        super().__init__(f"the organization has answered already: {state}")
        self.state = state


class TextChanged(Refused):
    """The statement on the visitor's page is not the current version."""


class LinkRefused(Refused):
    """Unknown, altered, expired or revoked: one answer for all, so that none can be told apart."""

    def __init__(self) -> None:
        super().__init__("this link does not work")


class InvitationNotFound(Refused):
    """The campaign has not asked this organization."""

    def __init__(self) -> None:
        super().__init__("this organization was not invited")


class FieldErrors(Refused):
    """A form's fields were refused: ``errors`` maps field name to what to do."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in errors.items()))
        self.errors = errors


class ImportRefused(Refused):
    """A partner file cannot be taken as a whole: ``what`` is wrong, and the ``remedy``."""

    def __init__(self, *, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


class OrganizationNotFound(Refused):
    """The campaign asks no organization of this name."""

    def __init__(self, *, name: str, slug: str) -> None:
        super().__init__(
            f"campaign '{slug}' has no organization '{name}'; `outreach partners list {slug}` "
            "names them"
        )
        self.name = name
        self.slug = slug
