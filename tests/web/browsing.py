"""What a person does in a browser without JavaScript, over HTTP."""

import re
from html import unescape
from typing import Any

from fastapi.testclient import TestClient

SIGNED = {
    "credit_line": "Archive Watch",
    "sort_name": "",
    "signer_name": "Ida Berg",
    "capacity": "Director",
    "authority": "yes",
}

_FORM = re.compile(r'<form method="post" action="([^"]+)">(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def open_answer_page(client: TestClient, link: str) -> str:
    """Presses the link in the mail. Returns the clean address of the page."""
    response = client.get(link, follow_redirects=False)
    assert response.status_code == 303, response.text
    return response.headers["location"]


def hidden_fields(html: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that posts to an address ending in ``action``."""
    for address, content in _FORM.findall(html):
        if address.endswith(f"/{action}"):
            return {name: unescape(value) for name, value in _HIDDEN.findall(content)}
    raise AssertionError(f"the page has no form '{action}'")


def has_form(html: str, action: str) -> bool:
    return any(address.endswith(f"/{action}") for address, _ in _FORM.findall(html))


def submit(
    client: TestClient,
    page: str,
    action: str,
    fields: dict[str, str],
    *,
    headers: dict[str, str] | None = None,
) -> Any:
    """Fills in the form ``action`` of ``page`` and sends it as a browser does."""
    html = client.get(page).text
    return client.post(
        f"{page}/{action}",
        data=hidden_fields(html, action) | fields,
        headers={"sec-fetch-site": "same-origin", "origin": "null"} if headers is None else headers,
        follow_redirects=False,
    )
