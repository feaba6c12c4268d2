"""What somebody could type to get a line, a header or a recipient of their own into a mail."""

from base64 import b64encode
from collections.abc import Iterator
from itertools import cycle

EVIL = "evil@example.org"
# Real line breaks, what some program takes for one, and what another decodes to one. Of the two
# ideographs the lower byte is LF and CR.
BREAKS = (
    *("\r\n", "\n", "\r", "\n\r", "\r\n ", "\n\t", "\r\r\n", "\0", "\0\n", "\v", "\f"),
    *("\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\b\b", "\x1b[1A", "\x7f"),
    *("%0a", "%0d%0a", "\\r\\n", "&#10;", "=0D=0A", "=\r\n", "\u560a", "\u560d\u560a"),
)  # fmt: skip
_HEADERS = (f"Bcc: {EVIL}", f"To: {EVIL}", f"Reply-To: X <{EVIL}>", "Subject: x\r\n\r\n<b>body")
_ENCODED = (
    f"x\r\nBcc: {EVIL}",
    f"x\nBcc: {EVIL}",
    f"x\rCc: {EVIL}",
    f", {EVIL},",
    f"<{EVIL}>",
    f'x" <{EVIL}>, "y',
    "x\0y",
    "x\r\n\r\nbody",
)
_ADDRESSES = (
    f"x, {EVIL}",
    f"x,{EVIL},",
    f"x; {EVIL}",
    f"x <{EVIL}>",
    f"<{EVIL}>",
    f"<{EVIL}>,",
    f'x" <{EVIL}>',
    f'x" <{EVIL}>, "y',
    f'x\\" <{EVIL}>, "y',
    f'x\\\\" <{EVIL}>, "y',
    f'"x" <{EVIL}>',
    f'"{EVIL}"',
    f'"x, {EVIL}, y"',
    f"x\\, {EVIL}",
    "x\\",
    'x"',
    'x\\"',
    f"friends: {EVIL};",
    f"friends: {EVIL}, x",
    ":;",
    f"undisclosed-recipients:;, {EVIL}",
    f"x ({EVIL})",
    f"x (a (b) c) {EVIL}",
    f"x ( <{EVIL}>",
    f"x ) <{EVIL}>",
    f"@a.example,@b.example:{EVIL}",
    f"<@a.example:{EVIL}>",
    f"{EVIL}%coalition.example",
    f"{EVIL}\u200b",
    f"x\u202e>{EVIL[::-1]}<\u202c",
    f"x\uff0c \uff1c{EVIL}\uff1e",
    f"x\u00a0<{EVIL}>",
    f"x, {'y' * 900} <{EVIL}>",
    f"{'x, ' * 60}<{EVIL}>",
    f"{'ä, ' * 60}<{EVIL}>",
    f"{'x ' * 30}, {EVIL} <{EVIL}>, {'y ' * 30}",
    "x" * 2_000,
    "ж" * 2_000,
    "=?utf-8?q?" * 40,
    "=?" * 300,
)  # fmt: skip


def payloads() -> list[str]:
    """All of them, a plain beginning before one and an accented one before the next: the two go
    different ways into a header."""
    beginnings = cycle(("Ada", "Ädà"))
    return [f"{next(beginnings)} {payload}" for payload in (*_broken(), *_encoded(), *_ADDRESSES)]


def _broken() -> Iterator[str]:
    for broken in BREAKS:
        for header in _HEADERS:
            yield f"x{broken}{header}"


def _encoded() -> Iterator[str]:
    """RFC 2047's words, plain, nested, halved and in other spellings."""
    for text in _ENCODED:
        yield (word := _quoted_word(text))
        yield f"=?UTF-8?B?{b64encode(text.encode()).decode()}?="
        yield _quoted_word(word)
        yield f"=?us-ascii*en?Q?{''.join(f'={ord(c):02x}' for c in text)}?="
        yield f"{word[:14]}\r\n {word[14:]}"
        yield f"={word}{word}=?"
    yield f"=?utf-7?q?+AA0ACg-Bcc:_{EVIL}?="
    yield f"=?utf-16?b?{b64encode(_ENCODED[0].encode('utf-16')).decode()}?="
    yield f"=?unknown?q?x=0d=0aBcc:_{EVIL}?="
    yield f"=?utf-8?x?x=0d=0aBcc:_{EVIL}?="


def _quoted_word(text: str) -> str:
    special = "".join(f"={ord(one):02X}" if one in '\r\n\0=?_,<>"' else one for one in text)
    return f"=?utf-8?q?{special.replace(' ', '_')}?="
