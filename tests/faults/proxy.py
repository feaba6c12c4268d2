"""A TCP proxy in front of an SMTP server that does harm at named points.

``python -m tests.faults.proxy SERVER_PORT --seed N``. It says its port, then takes faults as JSON
lines on its standard input ({"clear": true} takes them all back), acknowledges each, and tells
each strike on its standard output. It speaks to the server in lock-step, so
that each point is one.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from tests.faults.fault import Armed, Fault

_LONGEST = 64 * 1024 * 1024


class Over(Exception):
    """The conversation has ended."""


def _tell(**facts: object) -> None:
    print(json.dumps(facts), flush=True)  # noqa: T201 - the trial reads it


@dataclass
class Harm:
    """What is armed, for all conversations."""

    server_port: int
    chance: random.Random
    armed: list[Armed] = field(default_factory=list)
    connections: int = 0

    def take(self, line: str) -> None:
        facts = json.loads(line)
        if facts.get("clear"):
            self.armed.clear()
        else:
            self.armed.append(Armed(Fault(**facts)))
        _tell(took=facts.get("name", "clear"))

    def strike(self, point: str, recipient: str, *, held_by: Callable[[int], bool]) -> Fault | None:
        hit = (
            armed.fault
            for armed in self.armed
            if armed.hits(point, recipient, self.chance, held_by=held_by)
        )
        return next(hit, None)


class Conversation:
    """One client's, from its connection to the end."""

    def __init__(
        self, harm: Harm, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        harm.connections += 1
        self._harm = harm
        self._number = harm.connections
        self._client, self._to_client = reader, writer
        self._server: asyncio.StreamReader | None = None
        self._to_server: asyncio.StreamWriter | None = None
        self._recipient = ""
        self._pause = 0.0
        self._server_said = b""
        self._told = False

    async def run(self) -> None:
        try:
            await self._talk()
        except (Over, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for writer in (self._to_client, self._to_server):
                if writer is not None:
                    with suppress(OSError):
                        writer.close()

    async def _talk(self) -> None:
        if await self._at("before CONNECT"):
            return
        await self._connect()
        await self._answer("CONNECT")
        while True:
            line = await self._next_line()
            await self._command(line)

    async def _next_line(self) -> bytes:
        """The client's next command; what the server says meanwhile is passed on."""
        assert self._server is not None
        said = asyncio.ensure_future(self._client.readuntil(b"\r\n"))
        unasked = asyncio.ensure_future(self._server.readuntil(b"\r\n"))
        try:
            await asyncio.wait({said, unasked}, return_when=asyncio.FIRST_COMPLETED)
            if said.done():
                return said.result()
            await self._pass_on(unasked.result())
            raise Over
        finally:
            said.cancel()
            unasked.cancel()
            await asyncio.gather(said, unasked, return_exceptions=True)

    async def _command(self, line: bytes) -> None:
        verb = line.split(b" ")[0].strip().upper().decode("ascii", "replace")
        verb = "EHLO" if verb == "HELO" else verb
        if verb == "MAIL":
            self._recipient = ""
        if verb == "RCPT":
            self._recipient = line.decode("utf-8", "replace").partition("<")[2].partition(">")[0]
        if await self._at(f"before {verb}"):
            return
        self._send(line)
        code = await self._answer(verb)
        if verb == "DATA" and code == b"354":
            await self._body()
        elif verb == "DATA" and self._server_said == b"354":
            await self._start_afresh()
        elif verb == "STARTTLS" and code == b"220":
            await self._pass_everything()
        elif verb == "QUIT":
            raise Over

    async def _body(self) -> None:
        lines: list[bytes] = []
        while True:
            try:
                line = await self._client.readuntil(b"\r\n")
            except asyncio.IncompleteReadError as error:
                self._send(b"".join(lines) + error.partial)
                raise
            if line == b".\r\n":
                break
            lines.append(line)
        half = len(lines) // 2
        self._send(b"".join(lines[:half]))
        await self._at("mid-body")
        self._send(b"".join(lines[half:]))
        if await self._at("before DOT"):
            await self._start_afresh()
            return
        self._send(b".\r\n")
        await self._answer("DOT")

    async def _start_afresh(self) -> None:
        """The server waits for a body that it will not get: another conversation with it."""
        assert self._to_server is not None
        self._to_server.transport.abort()
        await self._connect()
        await self._reply()
        self._send(b"EHLO proxy.example\r\n")
        await self._reply()

    async def _connect(self) -> None:
        self._server, self._to_server = await asyncio.open_connection(
            "127.0.0.1", self._harm.server_port, limit=_LONGEST
        )

    async def _reply(self) -> bytes:
        assert self._server is not None
        reply = b""
        while True:
            line = await self._server.readuntil(b"\r\n")
            reply += line
            if line[3:4] != b"-":
                return reply

    async def _answer(self, verb: str) -> bytes:
        """Passes the server's reply on. Returns its code; nothing if the client got another."""
        reply = await self._reply()
        self._server_said = reply[:3]
        struck = await self._at(f"reply {verb}", reply=reply)
        if not struck:
            await self._pass_on(reply)
        await self._at(f"after {verb}")
        return b"" if struck else reply[:3]

    async def _at(self, point: str, *, reply: bytes = b"") -> bool:
        """Whether what was to be passed on here is dealt with already."""
        self._told = False
        fault = self._harm.strike(point, self._recipient, held_by=self._is_held_by)
        if fault is None:
            return False
        _tell(
            struck=fault.name,
            point=point,
            connection=self._number,
            recipient=self._recipient,
        )
        for action in fault.actions:
            await self._act(action, fault, reply)
        return self._told

    async def _act(self, action: str, fault: Fault, reply: bytes) -> None:
        if action == "kill":
            self._kill(fault)
        elif action == "wait":
            await asyncio.sleep(fault.seconds)
        elif action == "trickle":
            self._pause = fault.seconds
        elif action == "hang":
            while await self._client.read(65536):
                pass
            raise Over
        elif action == "close":
            raise Over
        elif action == "reset":
            self._reset()
            raise Over
        else:
            self._told = True
            await self._pass_on(_instead(action, fault, reply))

    def _kill(self, fault: Fault) -> None:
        """Only who was named, and only the one at the other end of this connection."""
        for pid in filter(self._is_held_by, fault.pids):
            os.kill(pid, fault.signal)
            _tell(killed=pid, point=fault.point)

    def _is_held_by(self, pid: int) -> bool:
        port = self._to_client.get_extra_info("peername")[1]
        with suppress(psutil.Error):
            held = psutil.Process(pid).net_connections(kind="tcp")
            return any(one.laddr.port == port for one in held)
        return False

    def _reset(self) -> None:
        for writer in (self._to_client, self._to_server):
            if writer is not None:
                held: socket.socket = writer.get_extra_info("socket")
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()

    def _send(self, words: bytes) -> None:
        assert self._to_server is not None
        self._to_server.write(words)

    async def _pass_on(self, words: bytes) -> None:
        if not self._pause:
            self._to_client.write(words)
            await self._to_client.drain()
            return
        for byte in words:
            self._to_client.write(bytes((byte,)))
            await self._to_client.drain()
            await asyncio.sleep(self._pause)

    async def _pass_everything(self) -> None:
        """Encrypted from here on: bytes both ways, no points."""
        assert self._server is not None
        assert self._to_server is not None
        ways = ((self._client, self._to_server), (self._server, self._to_client))
        tasks = [asyncio.ensure_future(_copy(*way)) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise Over


def _instead(action: str, fault: Fault, reply: bytes) -> bytes:
    """What the client is told in place of the reply."""
    if action == "say":
        return f"{fault.words}\r\n".encode()
    if action == "strip":
        lines = [
            line
            for line in reply.splitlines(keepends=True)
            if fault.words.encode().upper() not in line.upper()
        ]
        return b"".join(lines[:-1]) + lines[-1][:3] + b" " + lines[-1][4:]
    return b""


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()


async def _serve(server_port: int, seed: int) -> None:
    harm = Harm(server_port, random.Random(seed))  # noqa: S311 - repeatable on purpose

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Conversation(harm, reader, writer).run()

    server = await asyncio.start_server(converse, "127.0.0.1", 0, limit=_LONGEST, backlog=200)
    _tell(listening=server.sockets[0].getsockname()[1])
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    while line := await orders.readline():
        harm.take(line.decode())


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="tests.faults.proxy")
    parser.add_argument("server_port", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    asyncio.run(_serve(given.server_port, given.seed))


if __name__ == "__main__":
    main(sys.argv[1:])
