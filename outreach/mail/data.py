"""A message as it stands after DATA (RFC 5321 4.5.2)."""

import re


class WholeLines(bytes):
    """A body of whole lines, each ended by CRLF and none begun by a dot."""


class DataBytes(bytes):
    """A body as it stands after DATA: whole lines, leading dots doubled, the last dot."""


def stuffed(body: bytes) -> DataBytes:
    """A leading dot is doubled; the body ends on its own line, then the dot. A bare CR or LF, which
    ends a line for some servers, becomes a whole line's end (2.3.8)."""
    if isinstance(body, WholeLines):
        return DataBytes(body + b".\r\n")
    ends = body.count(b"\r\n")
    if body.count(b"\n") != ends or body.count(b"\r") != ends:
        body = re.sub(rb"\r\n|\r|\n", b"\r\n", body)
    if b"\n." in body:
        body = body.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return DataBytes(body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"))
