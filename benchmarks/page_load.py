"""Asks for one page over and over, on so many kept connections, each one request at a time.

``python -m benchmarks.page_load PORT PATH COOKIE CONNECTIONS SECONDS``, in a process of its own;
prints the rate and how long an answer took. Raw sockets: a library's client would be the limit.
"""

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

_LENGTH = b"content-length: "


@dataclass
class Line:
    """One connection: what has come of the present answer, and when it was asked for."""

    talk: socket.socket
    began: float = 0.0
    got: bytearray = field(default_factory=bytearray)

    def ask(self, request: bytes, *, now: float) -> None:
        self.began = now
        self.got.clear()
        self.talk.sendall(request)

    def take(self) -> bool:
        """Whether the answer is whole. Raises ConnectionError where it is not a page."""
        part = self.talk.recv(262_144)
        if not part:
            raise ConnectionError("the server hung up")
        self.got += part
        head, found, body = self.got.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"not a page: {head[:40]!r}")
        start = head.lower().index(_LENGTH) + len(_LENGTH)
        return len(body) >= int(head[start:].split(b"\r\n", 1)[0])


def ask_over_and_over(
    port: int, request: bytes, *, connections: int, seconds: float
) -> list[float]:
    """How long each answer took that was asked for in that time, after a short warming up."""
    spans: list[float] = []
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            line = Line(socket.create_connection(("127.0.0.1", port), timeout=10))
            line.talk.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line.talk, selectors.EVENT_READ, line)
            line.ask(request, now=time.perf_counter())
        counts_from = time.perf_counter() + min(0.5, seconds / 2)
        ends = counts_from + seconds
        while (now := time.perf_counter()) < ends:
            for key, _ in selector.select(timeout=5):
                line = key.data
                if line.take():
                    now = time.perf_counter()
                    if now >= counts_from:
                        spans.append(now - line.began)
                    line.ask(request, now=now)
        for key in list(selector.get_map().values()):
            key.data.talk.close()
    return spans


def main() -> None:
    port, path, cookie, connections, seconds = sys.argv[1:]
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/html"]
    lines += [f"Cookie: {cookie}"] if cookie else []
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    spans = sorted(
        ask_over_and_over(int(port), request, connections=int(connections), seconds=float(seconds))
    )
    slow = spans[int(len(spans) * 0.99)] if spans else float(seconds)  # not one came in time
    found = {"rate": len(spans) / float(seconds), "p99": slow * 1000}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
