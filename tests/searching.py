"""Looks for a name in a text however it may be written there."""

import base64
import binascii
import quopri
import re
import unicodedata
from collections.abc import Iterable, Iterator
from email.header import decode_header, make_header
from html import unescape
from urllib.parse import unquote_plus

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-]{8,}[\r\n]*)+={0,2}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_PUNYCODE = re.compile(r"xn--[a-z0-9-]+", re.IGNORECASE)
_JOINERS = re.compile(r"[\s\\\u200b-\u200f\u2060\ufeff\u00ad-]+|<[^>]*>")


def names_in(content: str | bytes, names: Iterable[str]) -> list[str]:
    """Those of ``names`` that can be read in it: as they are, composed or decomposed, in capitals,
    percent-encoded, as entities, escaped as in JSON, in quoted-printable, in base64, in an encoded
    word, with markup, backslashes, spaces or joiners in between, or without accents."""
    texts = {text for reading in _readings(content) for text in (_plain(reading), _bare(reading))}
    return [name for name in names if any(_plain(name) in t or _bare(name) in t for t in texts)]


def _readings(content: str | bytes) -> Iterator[str]:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    text = raw.decode("utf-8", "replace")
    yield from _decoded(text)
    yield from _decoded(quopri.decodestring(raw).decode("utf-8", "replace"))
    for packed in _BASE64.findall(raw):
        yield from _decoded(_unpacked(re.sub(rb"[\r\n=]", b"", packed)))
    for line in text.splitlines():
        if "=?" in line:
            yield str(make_header(decode_header(line)))


def _unpacked(packed: bytes) -> str:
    """Nothing where it is no text in base64."""
    altchars = b"-_" if b"-" in packed or b"_" in packed else None
    try:
        return base64.b64decode(packed + b"=" * (-len(packed) % 4), altchars).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _decoded(text: str) -> Iterator[str]:
    if not text:
        return
    yield text
    yield unescape(text)
    yield unescape(unescape(text))
    yield unquote_plus(text)
    yield unescape(unquote_plus(text))
    yield _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    yield _PUNYCODE.sub(lambda found: found[0][4:].encode().decode("punycode", "replace"), text)


def _plain(text: str) -> str:
    return _JOINERS.sub("", unicodedata.normalize("NFKD", text).casefold())


def _bare(text: str) -> str:
    """Without accents and points, as in an address or a file's name."""
    return "".join(one for one in _plain(text) if not unicodedata.combining(one))
