"""The search for protected names finds them in every disguise that a program may give them."""

import base64
import json
import quopri
import unicodedata
from collections.abc import Callable
from email.header import Header
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from outreach.statement.export import markdown_text
from tests.searching import names_in

NAMES = ["Žuželčín Vigil & Öst", "守望燈塔（香港）", "مرصد الأمل المحروس"]
DISGUISES: dict[str, Callable[[str], str | bytes]] = {
    "as it is": str,
    "NFC": lambda name: unicodedata.normalize("NFC", name),
    "NFD": lambda name: unicodedata.normalize("NFD", name),
    "NFKC": lambda name: unicodedata.normalize("NFKC", name),
    "NFKD": lambda name: unicodedata.normalize("NFKD", name),
    "capitals": str.upper,
    "percent": quote,
    "plus": quote_plus,
    "percent, decomposed": lambda name: quote(unicodedata.normalize("NFKD", name), safe=""),
    "entities": escape,
    "numbered entities": lambda name: "".join(f"&#{ord(one)};" for one in name),
    "hexadecimal entities": lambda name: "".join(f"&#x{ord(one):x};" for one in name),
    "JSON": json.dumps,
    "a log's repr": ascii,
    "base64": lambda name: base64.b64encode(f"x{name}".encode()),
    "base64 of an address": lambda name: base64.urlsafe_b64encode(name.encode()).rstrip(b"="),
    "quoted-printable": lambda name: quopri.encodestring(name.encode()),
    "an encoded word": lambda name: Header(name, "utf-8").encode(),
    "set apart": lambda name: "".join(f"<bdi>{one}</bdi>" for one in name),
    "Markdown": markdown_text,
    "a file's name": lambda name: name.replace(" ", "-").lower(),
    "without accents": lambda name: "".join(
        one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one)
    ),
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_found_in_disguise(name: str, disguise: Callable[[str], str | bytes]) -> None:
    written = disguise(name)
    around: str | bytes = (
        b"before " + written if isinstance(written, bytes) else f"before {written}"
    )
    assert names_in(around, NAMES) == [name]


def test_what_is_not_there_is_not_found() -> None:
    assert names_in("Vigil Öst, 守望, مرصد", NAMES) == []
