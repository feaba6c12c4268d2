"""Words on a terminal: counted nouns, instants in a zone, and text that cannot steer it."""

import shutil
from datetime import datetime
from zoneinfo import ZoneInfo

# Joiners and direction marks that Persian, Indic and right-to-left names are written with.
_WRITTEN = frozenset("\u200c\u200d\u200e\u200f")


def counted(count: int, noun: str, plural: str = "") -> str:
    """``1 organization``, ``1,000 organizations``, ``2 people``."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def shown(text: str) -> str:
    """Safe for a terminal: what cannot be printed stands as its escape."""
    return "".join(
        character
        if character.isprintable() or character in _WRITTEN
        else character.encode("unicode_escape").decode()
        for character in text
    )


def moment_in(zone: str, moment: datetime) -> str:
    """``Wed 2026-03-04 15:00``: short, for lists that name the zone once."""
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"


def wrapped(text: str, *, indent: int) -> str:
    """``text`` broken between words to the terminal's width; a longer word stays whole."""
    from rich.cells import cell_len  # a Chinese letter takes two places

    width = max(shutil.get_terminal_size().columns - indent, 20)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and cell_len(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(" " * indent + line for line in lines)
