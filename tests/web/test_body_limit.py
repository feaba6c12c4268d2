"""How much is read from whom: what nobody vouches for is not read to its end."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Message

from outreach.web.body_limit import MAX_BODY
from outreach.wiring import Outreach
from tests.api_facts import a_key
from tests.web.desk.conftest import signed_in
from tests.web.invited import NOW

_PART = b"x" * 65_536
_ALL = 32 * len(_PART)
_UPLOAD = "/desk/c/archives/setup/partners/upload"
_IMPORT = "/api/v1/campaigns/archives/partners"
_MULTIPART = "multipart/form-data; boundary=b"
_BEGINS = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
_ENDS = b"\r\n--b--\r\n"


@pytest.fixture
def send(client: TestClient) -> Callable[..., tuple[int, int]]:
    """Sends two megabytes in parts. Returns the answer's status, and how much was read."""

    def sent(path: str, *, kind: str, **headers: str) -> tuple[int, int]:
        app = client.app
        assert isinstance(app, FastAPI)
        begins, ends = (_BEGINS, _ENDS) if kind == _MULTIPART else (b"", b"")
        read, status = 0, 0

        async def receive() -> Message:
            nonlocal read
            part = _PART if read else begins.ljust(len(_PART), b"x")
            read += len(part)
            if read == _ALL:
                part = part[: -len(ends) or None] + ends
            return {"type": "http.request", "body": part, "more_body": read < _ALL}

        async def answered(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)

        given = {"content-type": kind, "sec-fetch-site": "same-origin"} | headers
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "server": ("testserver", 80),
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        assert client.portal
        client.portal.call(app, scope, receive, answered)
        return status, read

    return sent


Sending = Callable[..., tuple[int, int]]


@pytest.mark.parametrize("path", [_UPLOAD, "/desk/new", "/desk/c/x/setup/statement"])
@pytest.mark.parametrize("cookie", ["", "desk=nobody"])
def test_what_a_stranger_sends_to_the_desk_is_not_read_to_its_end(
    send: Sending, path: str, cookie: str
) -> None:
    for kind in (_MULTIPART, "application/x-www-form-urlencoded"):
        status, read = send(path, kind=kind, cookie=cookie)
        assert status == 413
        assert read <= MAX_BODY + len(_PART)


def test_who_is_signed_in_sends_a_long_list(
    outreach: Outreach, client: TestClient, send: Sending
) -> None:
    signed_in(outreach, client)
    _, read = send(_UPLOAD, kind=_MULTIPART, cookie=f"desk={client.cookies['desk']}")
    assert read == _ALL


@pytest.mark.parametrize("kind", ["text/csv", "application/json", "text/plain", _MULTIPART])
def test_without_a_key_no_byte_of_a_list_is_read(send: Sending, kind: str) -> None:
    assert send(_IMPORT, kind=kind) == (401, 0)
    assert send(_IMPORT, kind=kind, authorization="Bearer outreach_none") == (401, 0)


def test_with_a_key_a_list_is_read_as_csv_alone(outreach: Outreach, send: Sending) -> None:
    with outreach.database.transaction() as session:
        key = f"Bearer {a_key(session, 'write', now=NOW)}"
    assert send(_IMPORT, kind="text/csv; charset=utf-8", authorization=key)[1] == _ALL
    status, read = send(_IMPORT, kind="application/json", authorization=key)
    assert status == 413
    assert read <= MAX_BODY + len(_PART)
