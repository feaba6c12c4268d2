"""The brake: no more mails are queued than there are people who are still to be asked.

A wrong query or a double run would otherwise mail everybody, and nobody can call that back.
"""

from outreach.domain.errors import Refused


class UnexpectedNumber(Refused):
    """Other people would be mailed than somebody has agreed to."""

    def __init__(self, *, people: int, expected: int) -> None:
        super().__init__(
            f"{people:,} would be mailed now, not {expected:,} as expected; nobody was mailed."
            " See who they are, then say the right number"
        )
        self.people = people
        self.expected = expected


class TooManyMails(Refused):
    """More mails would go out than there are people to ask: a fault of ours, not of theirs."""

    def __init__(self, *, slug: str, mails: int, pending: int) -> None:
        super().__init__(
            f"the brake holds {mails:,} mails back: only {pending:,} people are to be asked now."
            " Nobody was mailed. This is a fault in Outreach or in its data: please report it."
            f" Who is to be asked: outreach partners list {slug} --state awaiting;"
            f" to remind exactly those: outreach campaign remind {slug}"
        )
        self.mails = mails
        self.pending = pending


def require_expected(people: int, *, expected: int | None) -> None:
    """Raises UnexpectedNumber; None expects nothing."""
    if expected is not None and people != expected:
        raise UnexpectedNumber(people=people, expected=expected)


def apply_brake(slug: str, *, mails: int, pending: int) -> None:
    """Raises TooManyMails."""
    if mails > pending:
        raise TooManyMails(slug=slug, mails=mails, pending=pending)
