import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.demo.pointers import up_pointers
from outreach.demo.ports import free_port, is_free, next_free_port, reachable
from outreach.demo.stack import PortTaken, choose_door
from outreach.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    return load_settings()


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_busy_port_that_was_asked_for_is_refused(settings: Settings, busy_port: int) -> None:
    with pytest.raises(PortTaken, match=f"port {busy_port} is in use"):
        choose_door(settings, host="127.0.0.1", port=busy_port, say=print)


def test_a_busy_default_gives_the_next_free_one(
    settings: Settings, busy_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.demo.stack.DEFAULT_PORT", busy_port)
    said: list[str] = []
    door = choose_door(settings, host="127.0.0.1", port=None, say=said.append)
    assert door.port != busy_port
    assert said == [f"Port {busy_port} is in use by another program; the web takes {door.port}."]
    assert door.public_url == f"http://127.0.0.1:{door.port}"


def test_a_public_url_that_was_set_is_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.demo.stack.DEFAULT_PORT", free_port())
    monkeypatch.setenv("PUBLIC_URL", "https://sign.example.org")
    door = choose_door(load_settings(), host="127.0.0.1", port=None, say=print)
    assert door.public_url == "https://sign.example.org"


def test_the_port_that_a_proxy_leads_to_does_not_move(
    settings: Settings, busy_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.demo.stack.DEFAULT_PORT", busy_port)
    monkeypatch.setenv("PUBLIC_URL", "https://sign.example.org")
    with pytest.raises(PortTaken):
        choose_door(load_settings(), host="127.0.0.1", port=None, say=print)


def test_a_port_on_which_somebody_answers_is_not_free(busy_port: int) -> None:
    assert not is_free("0.0.0.0", busy_port)
    assert next_free_port("127.0.0.1", busy_port) != busy_port
    assert reachable("0.0.0.0") == "127.0.0.1"


def test_it_is_said_that_nothing_leaves_this_machine(settings: Settings) -> None:
    door = choose_door(settings, host="127.0.0.1", port=None, say=print)
    said = up_pointers(settings, door, setup="")
    assert "nothing leaves this machine" in said
    assert f"{door.public_url}/mailbox" in said


def test_the_way_to_the_first_account_stands_on_a_line_of_its_own(settings: Settings) -> None:
    door = choose_door(settings, host="127.0.0.1", port=None, say=print)
    link = f"{door.public_url}/desk/setup/abc"
    assert link in up_pointers(settings, door, setup=link).splitlines()


def test_where_there_is_an_account_the_desk_is_named(settings: Settings) -> None:
    door = choose_door(settings, host="127.0.0.1", port=None, say=print)
    said = up_pointers(settings, door, setup="")
    assert f"{door.public_url}/desk\n" in said
    assert "/desk/setup" not in said


def test_the_mailbox_page_is_not_offered_to_a_network(settings: Settings) -> None:
    door = choose_door(settings, host="0.0.0.0", port=None, say=print)
    said = up_pointers(settings, door, setup="")
    assert "/mailbox" in said
    assert "http" not in said.split("Mailbox")[1].splitlines()[0]


def test_it_is_said_that_real_people_are_reached(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://mail.example.org")
    monkeypatch.setenv("MAIL_FROM", "sign@example.org")
    door = choose_door(settings, host="127.0.0.1", port=None, say=print)
    said = up_pointers(load_settings(), door, setup="")
    assert "real people" in said
    assert "mailbox" not in said.lower()


def test_a_later_start_keeps_its_port_for_the_links_in_mails_lead_there(
    settings: Settings,
) -> None:
    port = free_port()
    assert choose_door(settings, host="127.0.0.1", port=port, say=print).port == port
    assert choose_door(settings, host="127.0.0.1", port=None, say=print).port == port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(PortTaken, match="links in mails may lead there"):
            choose_door(settings, host="127.0.0.1", port=None, say=print)
