"""Who may learn that an organization has signed, as its signer chose."""

from enum import StrEnum


class Privacy(StrEnum):
    """A promise to the signer, kept from the moment of signing on.

    ``public``: the name is printed in the public list. ``addressee``: the name is shown to the
    addressee only; the public list counts it among those that are not named. ``counted``: the name
    is shown to neither, and is counted only. The organization's own contacts and the coordinators
    know in any case.
    """

    PUBLIC = "public"
    ADDRESSEE = "addressee"
    COUNTED = "counted"


_FEWER_AND_FEWER = tuple(Privacy)
# Those whom the public list counts and does not name.
UNNAMED = (Privacy.ADDRESSEE, Privacy.COUNTED)


def protects_more(wanted: Privacy, *, than: Privacy) -> bool:
    """Whether fewer people learn the name: such a change is never too late."""
    return _FEWER_AND_FEWER.index(wanted) > _FEWER_AND_FEWER.index(than)


def unnamed_line(count: int, *, after_names: bool) -> str:
    """The list's last line, of those who are counted without a name; empty where there are none.

    One number for all of them, so that nobody can tell who is shown to the addressee.
    """
    if not count:
        return ""
    are = "1 organization that is" if count == 1 else f"{count} organizations that are"
    return f"{'and ' if after_names else ''}{are} not named"
