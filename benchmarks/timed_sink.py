"""An SMTP server that takes its time over each mail and notes when it accepted it.

``python -m benchmarks.timed_sink PORT PAUSE LOG FOLDER KEEPS``. One mail waits; the other
connections do not. It announces PIPELINING, as relays do, and answers in order.
"""

import asyncio
import selectors
import sys
import time
from pathlib import Path
from typing import TextIO

_END = b"\r\n.\r\n"
_HELLO = (
    b"250-timed-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 50000000\r\n"
)
_REPLIES = {b"DATA": b"354 go on\r\n", b"EHLO": _HELLO, b"QUIT": b"221 2.0.0 bye\r\n"}
_FINE = b"250 2.0.0 fine\r\n"


class Ledger:
    """What was accepted: a line a mail, ``<monotonic seconds> <bytes>``; the first as files."""

    def __init__(self, lines: TextIO, *, folder: Path, keeps: int) -> None:
        self._lines, self._folder, self._keeps = lines, folder, keeps
        self._many = 0

    def accept(self, mail: bytes) -> None:
        self._lines.write(f"{time.monotonic():.6f} {len(mail)}\n")
        self._lines.flush()
        if self._many < self._keeps:
            path = self._folder / f"{self._many:05}.eml"
            path.write_bytes(mail.replace(b"\r\n.", b"\r\n"))
        self._many += 1


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, ledger: Ledger, *, pause: float) -> None:
        self._ledger, self._pause = ledger, pause
        self._unread = bytearray()
        self._in_body = self._is_pausing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 timed-sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._unread += data
        self._go_on()

    def _go_on(self) -> None:
        while not self._is_pausing and (self._take_body() if self._in_body else self._take_line()):
            pass

    def _take_line(self) -> bool:
        line, found, rest = self._unread.partition(b"\r\n")
        if not found:
            return False
        self._unread = rest
        word = bytes(line[:4]).upper()
        self._in_body = word == b"DATA"
        self._transport.write(_REPLIES.get(word, _FINE))
        if word == b"QUIT":
            self._transport.close()
        return True

    def _take_body(self) -> bool:
        body, found, rest = self._unread.partition(_END)
        if not found:
            return False
        self._unread, self._in_body, self._is_pausing = rest, False, True
        mail = bytes(body) + b"\r\n"
        if self._pause:
            asyncio.get_running_loop().call_later(self._pause, self._accept, mail)
        else:
            self._accept(mail)
        return True

    def _accept(self, mail: bytes) -> None:
        self._ledger.accept(mail)
        self._transport.write(_FINE)
        self._is_pausing = False
        if self._pause:
            self._go_on()


def _punctual_loop() -> asyncio.AbstractEventLoop:
    """select() wakes to the microsecond; epoll would round each pause up to a millisecond."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def _serve(port: int, *, pause: float, ledger: Ledger) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Talk(ledger, pause=pause), "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    port, pause, log, folder, keeps = sys.argv[1:]
    with Path(log).open("a") as lines, asyncio.Runner(loop_factory=_punctual_loop) as runner:
        ledger = Ledger(lines, folder=Path(folder), keeps=int(keeps))
        runner.run(_serve(int(port), pause=float(pause), ledger=ledger))


if __name__ == "__main__":
    main()
