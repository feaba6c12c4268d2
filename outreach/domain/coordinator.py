"""Who runs campaigns: what each role may do, and in whose name things are done."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"

    @property
    def may_edit(self) -> bool:
        """Campaigns: everything but who else may come in."""
        return self in (Role.OWNER, Role.EDITOR)

    @property
    def may_own(self) -> bool:
        """Other people's accounts, keys and webhooks."""
        return self is Role.OWNER


@dataclass(frozen=True)
class Actor:
    """Who did something, for the activity log."""

    name: str
    coordinator_id: int | None = None


COMMAND_LINE = Actor("command line")
SERVICE = Actor("the service")  # what time alone brings about
