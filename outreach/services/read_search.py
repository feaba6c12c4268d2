"""What somebody typed into a search box, made ready for the columns that it is looked for in."""

import unicodedata

from outreach.partners.keys import email_key, name_key
from outreach.store.name_search import Search

_LONGEST = 200


def read_search(typed: str) -> Search:
    text = printable(typed)
    return Search(text, name_key=name_key(text), email_key=email_key(text))


def printable(text: str, *, most: int = _LONGEST) -> str:
    """One line without what no name holds: PostgreSQL takes no NUL."""
    kept = "".join(
        one for one in text if one.isspace() or unicodedata.category(one) not in ("Cc", "Cs")
    )
    return " ".join(kept.split())[:most]
