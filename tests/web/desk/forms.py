"""Forms of the desk's door, as a browser without JavaScript fills them in."""

import re
from html import unescape
from typing import Any

from fastapi.testclient import TestClient

from tests.web.desk.conftest import SAME_ORIGIN


def hidden(html: str, name: str) -> str:
    """The value of the page's first hidden field of this name."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', html)
    assert found, html
    return unescape(found[1])


def send(
    client: TestClient,
    path: str,
    page: str,
    *,
    headers: Any = None,
    **fields: Any,
) -> Any:
    """Sends a form of ``page`` with its token."""
    return client.post(
        path,
        data={"form_token": hidden(page, "form_token"), **fields},
        headers=SAME_ORIGIN if headers is None else headers,
        follow_redirects=False,
    )


def options_of(html: str, way: str) -> str:
    """What the page's script would ask the browser for."""
    found = re.search(rf'data-passkey="{way}" data-options="([^"]*)"', html)
    assert found, html
    return unescape(found[1])
