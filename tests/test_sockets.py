import asyncio
import smtplib
import socket
from pathlib import Path

import pytest

from tests.sockets import OutsideConnection

# TEST-NET-1 and the documentation prefix: nobody answers there even without the guard.
OUTSIDE = [("192.0.2.1", 25), ("2001:db8::1", 25)]


@pytest.mark.parametrize("address", OUTSIDE)
def test_connecting_to_the_outside_is_an_error_that_says_so(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as talk:
        with pytest.raises(OutsideConnection, match="only this machine"):
            talk.connect(address)
        with pytest.raises(OutsideConnection):
            talk.connect_ex(address)
    with socket.socket(family, socket.SOCK_DGRAM) as talk, pytest.raises(OutsideConnection):
        talk.sendto(b"?", address)


def test_no_name_of_the_outside_is_looked_up() -> None:
    with pytest.raises(OutsideConnection, match="mail\\.example"):
        socket.create_connection(("mail.example", 25), timeout=1)


def test_libraries_are_stopped_too_and_cannot_take_it_for_a_server_that_is_down() -> None:
    with pytest.raises(OutsideConnection):
        smtplib.SMTP("192.0.2.1", 25, timeout=1)

    async def connect() -> None:
        await asyncio.open_connection("192.0.2.1", 80)

    with pytest.raises(OutsideConnection):
        asyncio.run(connect())


def test_this_machine_and_its_files_may_be_reached(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as talk:
        server.bind(str(tmp_path / "s"))
        server.listen()
        talk.connect(str(tmp_path / "s"))
