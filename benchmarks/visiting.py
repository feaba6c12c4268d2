"""A person with a link from a mail: opens it, fills in the form, signs. Each request by hand, on
one kept connection, so that nothing but the service takes time."""

import re
from collections.abc import Mapping
from html import unescape
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode, urlsplit

from benchmarks.processes import Failed

_FORM = re.compile(r'<form method="post" action="([^"]+/sign)">(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_SIGNED = {
    "credit_line": "Organization",
    "sort_name": "",
    "signer_name": "Ada Example",
    "capacity": "Director",
    "authority": "yes",
}


class Visit:
    """One link, opened. ``path`` and ``cookie`` are those of its answer page."""

    def __init__(self, port: int, link: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=20)
        opened = self._ask("GET", urlsplit(link).path, {})
        opened.read()
        self.path = opened.headers.get("location", "")
        self.cookie = opened.headers.get("set-cookie", "").partition(";")[0]
        if not self.path:
            raise Failed(f"the link led nowhere: {opened.status}")

    def sign_form(self) -> tuple[str, str]:
        """Where the form goes, and the body to send there."""
        page = self._ask("GET", self.path, {}).read().decode()
        found = _FORM.search(page)
        if found is None:
            raise Failed("the answer page has no form to sign")
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(found[2])}
        return found[1], urlencode(hidden | _SIGNED)

    def send(self, action: str, body: str) -> None:
        """Raises Failed unless it leads back to the page, as an answer that was taken does."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
        }
        answer = self._ask("POST", action, headers, body)
        answer.read()
        if answer.status != 303:
            raise Failed(f"the form was answered with {answer.status}")

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: str | None = None
    ) -> HTTPResponse:
        cookie = getattr(self, "cookie", "")
        self._connection.request(
            method, path, body, {**headers, **({"Cookie": cookie} if cookie else {})}
        )
        return self._connection.getresponse()
