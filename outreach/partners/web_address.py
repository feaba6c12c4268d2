"""The address of an organization's website, as a list may link to it."""

import re
from typing import Final
from urllib.parse import quote, urlsplit

import idna

from outreach.partners.values import ValueRefused

MAX_ADDRESS_LENGTH: Final = 300
_HOST: Final = re.compile(r"(?:[a-z0-9-]+\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)")
_SAFE: Final = "/:@!$&'*+,;=-._~%"  # brackets are left out: they would end a link in Markdown
_REMEDY: Final = "write a web address, as in https://example.org"


def parse_web_address(text: str) -> str:
    """The address in ASCII, with ``https`` where no scheme was typed; empty where nothing was.

    Refuses what is no public page: other schemes, passwords, numbers in place of a name. Sources:
    RFC 3986 for the parts, RFC 5891 for names in other scripts.
    """
    typed = text.strip()
    if not typed:
        return ""
    address = _in_ascii(typed if "://" in typed else f"https://{typed}")
    if len(address) > MAX_ADDRESS_LENGTH:
        raise ValueRefused(f"shorten the web address to {MAX_ADDRESS_LENGTH} characters")
    return address


def _in_ascii(address: str) -> str:
    try:
        parts = urlsplit(address)
        host = idna.encode(parts.hostname or "", uts46=True).decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # what idna refuses is one too
        raise ValueRefused(_REMEDY) from None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        raise ValueRefused(_REMEDY)
    query = f"?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{quote(parts.path, safe=_SAFE)}{query}"
