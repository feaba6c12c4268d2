"""The pace with a real broker: what one sender is told holds for all of them."""

import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic, sleep

import pytest
import time_machine
from redis import Redis

from outreach.domain.limits import DomainLimit, Rate, SendingLimits
from outreach.mail import pace as pace_module
from outreach.mail import shared_count
from outreach.mail.pace import Pace
from tests.mail.pacing import (
    DOMAIN,
    BrokerProcess,
    a_broker,
    a_pace,
    fullest,
    given_to,
    send,
    sender_process,
)
from tests.racing import race

OTHER = "example.net"
HOURLY = 3600

MakePace = Callable[..., Pace]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerProcess]:
    with a_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no broker that is away."""
    monkeypatch.setattr(shared_count, "_TIMEOUT", 5)


@pytest.fixture
def key() -> str:
    """Each test is an installation of its own."""
    return secrets.token_hex(20)


@pytest.fixture
def pace(broker: BrokerProcess, key: str) -> Iterator[MakePace]:
    """Makes senders; closed at the end."""
    made: list[Pace] = []

    def make(limits: SendingLimits, *, url: str = broker.url, **more: float) -> Pace:
        made.append(a_pace(limits, url, key=key, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _to(rate: Rate | None = None, connections: int | None = None) -> SendingLimits:
    return SendingLimits(domains={DOMAIN: DomainLimit(rate, connections)})


def test_without_limits_nobody_is_asked(pace: MakePace) -> None:
    free = pace(SendingLimits(), url="redis://127.0.0.1:1")
    assert free.is_free
    assert free.admit(DOMAIN) == 0
    limited = pace(_to(connections=1), url="redis://127.0.0.1:1")
    assert not limited.is_free
    assert limited.admit(OTHER) == 0  # a domain without a limit: nothing is asked either
    limited.leave(OTHER)
    limited.renew()


def test_a_window_is_never_exceeded_by_two_threads(pace: MakePace) -> None:
    rate = Rate(10, 1)
    senders = [pace(_to(rate, 2)) for _ in range(2)]
    runs = race([lambda one=one: send(one, seconds=2.5) for one in senders])  # type: ignore[misc]
    given = [one for run in runs if not isinstance(run, Exception) for one in run]
    assert fullest(given, seconds=1) <= 10
    assert 20 <= len(given) <= 30


def test_a_window_is_never_exceeded_by_two_processes(broker: BrokerProcess, key: str) -> None:
    rate = Rate(10, 1)
    senders = [sender_process(broker.url, key=key, rate=rate, seconds=4) for _ in range(2)]
    given = [one for sender in senders for one in given_to(sender)]
    assert fullest(given, seconds=1) <= 10
    assert len(given) >= 30


def test_to_be_told_to_wait_is_to_be_let_in_then(pace: MakePace) -> None:
    sender = pace(_to(Rate(2, 1)))
    assert [sender.admit(DOMAIN) for _ in range(2)] == [0, 0]
    wait = sender.admit(DOMAIN)
    assert 0 < wait <= 1.01
    sleep(wait)
    assert sender.admit(DOMAIN) == 0


def test_other_domains_go_on_at_once_while_one_is_over_its_limit(pace: MakePace) -> None:
    limits = SendingLimits(others=DomainLimit(Rate(1, HOURLY), 1))
    sender = pace(limits)
    assert sender.admit(DOMAIN) == 0
    for number in range(20):
        assert sender.admit(DOMAIN) > 0
        assert sender.admit(f"d{number}.example") == 0


def test_the_case_of_a_domain_does_not_count(pace: MakePace) -> None:
    sender = pace(_to(connections=1))
    assert sender.admit("Example.ORG") == 0
    assert sender.admit(DOMAIN) > 0
    sender.leave("EXAMPLE.org")
    assert sender.admit(DOMAIN) == 0


def test_connections_are_shared_and_freed(pace: MakePace) -> None:
    one, two = pace(_to(connections=2)), pace(_to(connections=2))
    assert one.admit(DOMAIN) == two.admit(DOMAIN) == 0
    assert 0 < one.admit(DOMAIN) < 1
    assert 0 < two.admit(DOMAIN) < 1
    one.leave(DOMAIN)
    one.leave(DOMAIN)  # it holds none: nobody else's is freed
    assert two.admit(DOMAIN) == 0
    assert one.admit(DOMAIN) > 0
    two.close()
    assert [one.admit(DOMAIN) for _ in range(2)] == [0, 0]


def test_connections_are_freed_however_often(
    pace: MakePace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace_module, "_MOST_UNFREED", 3)
    sender = pace(_to(connections=1))
    for _ in range(5):
        assert sender.admit(DOMAIN) == 0
        sender.leave(DOMAIN)


def test_where_the_connections_are_taken_no_rate_is_used(pace: MakePace) -> None:
    limits = SendingLimits(Rate(3, HOURLY), {DOMAIN: DomainLimit(Rate(3, HOURLY), 1)})
    one, two = pace(limits), pace(limits)
    assert one.admit(DOMAIN) == 0
    assert all(two.admit(DOMAIN) > 0 for _ in range(5))
    one.leave(DOMAIN)
    for _ in range(2):
        assert two.admit(DOMAIN) == 0
        two.leave(DOMAIN)
    assert two.admit(DOMAIN) > 1000


def test_where_a_rate_is_used_up_no_connection_is_held(
    pace: MakePace, broker: BrokerProcess
) -> None:
    sender = pace(_to(Rate(1, HOURLY), 2))
    assert sender.admit(DOMAIN) == 0
    sender.leave(DOMAIN)
    assert all(sender.admit(DOMAIN) > 1000 for _ in range(3))
    with Redis.from_url(broker.url) as redis:
        assert not [name for name in redis.scan_iter() if b":places:" in name and redis.zcard(name)]


def test_a_message_that_one_rate_refuses_is_not_counted_by_the_other(pace: MakePace) -> None:
    limits = SendingLimits(
        Rate(3, HOURLY), {DOMAIN: DomainLimit(Rate(1, HOURLY)), OTHER: DomainLimit(Rate(5, HOURLY))}
    )
    sender = pace(limits)
    assert sender.admit(DOMAIN) == 0
    assert all(sender.admit(DOMAIN) > 0 for _ in range(5))
    assert [sender.admit(OTHER) for _ in range(2)] == [0, 0]
    assert all(sender.admit(OTHER) > 0 for _ in range(5))
    more = pace(SendingLimits(None, limits.domains))
    assert [more.admit(OTHER) for _ in range(3)] == [0, 0, 0]
    assert more.admit(OTHER) > 0


@pytest.mark.parametrize("skew", [timedelta(days=1), timedelta(days=-1)])
def test_a_sender_whose_clock_is_wrong_shares_the_same_window(
    pace: MakePace, skew: timedelta
) -> None:
    one, two = pace(_to(Rate(1, HOURLY))), pace(_to(Rate(1, HOURLY)))
    with time_machine.travel(skew):
        assert one.admit(DOMAIN) == 0
    assert 3500 < two.admit(DOMAIN) < 3601


def test_the_connections_of_a_sender_that_died_are_free_again(pace: MakePace) -> None:
    dead, alive = pace(_to(connections=2), place_life=0.6), pace(_to(connections=2))
    assert dead.admit(DOMAIN) == alive.admit(DOMAIN) == 0
    assert alive.admit(DOMAIN) > 0
    sleep(0.7)
    assert alive.admit(DOMAIN) == 0
    assert alive.admit(DOMAIN) > 0


def test_a_sender_that_renews_keeps_its_connections(pace: MakePace) -> None:
    busy, waiting = pace(_to(connections=1), place_life=0.6), pace(_to(connections=1))
    assert busy.admit(DOMAIN) == 0
    for _ in range(6):
        sleep(0.2)
        busy.renew()
        assert waiting.admit(DOMAIN) > 0
    busy.leave(DOMAIN)
    assert waiting.admit(DOMAIN) == 0


def test_no_domain_stands_in_redis(broker: BrokerProcess, pace: MakePace) -> None:
    heard: list[str] = []
    with Redis.from_url(broker.url) as redis, redis.monitor() as monitor:
        sender = pace(SendingLimits(Rate(9, 60), others=DomainLimit(Rate(2, 60), 2)))
        assert sender.admit("signer.example") == 0
        sender.renew()
        assert sender.admit("signer.example") == 0
        assert sender.admit("signer.example") > 0
        sender.leave("signer.example")
        sender.close()
        redis.ping()
        while not heard or heard[-1] != "PING":
            heard.append(monitor.next_command()["command"])
        kept = b"".join(redis.dump(name) or b"" for name in redis.scan_iter())
        names = b"".join(redis.keys())
    commands = " ".join(heard)
    for written in (commands, repr(kept), repr(names)):
        assert "signer" not in written
    assert {"ZADD", "lpush", "GET", "ZREM"} <= set(commands.split())


def test_the_names_in_redis_cannot_be_guessed_without_the_key(broker: BrokerProcess) -> None:
    with Redis.from_url(broker.url) as redis:
        found = []
        for key in ("a" * 40, "b" * 40, "a" * 40):
            before = set(redis.keys())
            sender = a_pace(_to(Rate(5, 60)), broker.url, key=key)
            assert sender.admit(DOMAIN) == 0
            sender.close()
            found.append(set(redis.keys()) - before)
    assert found[0]
    assert found[1]
    assert not found[2]


def test_where_redis_lost_its_data_its_windows_count_as_full(
    broker: BrokerProcess, pace: MakePace
) -> None:
    one, two = (pace(_to(Rate(4, 1), 3), place_life=0.9) for _ in range(2))
    assert [one.admit(DOMAIN), two.admit(DOMAIN)] == [0, 0]
    with Redis.from_url(broker.url) as redis:
        redis.flushall()
    begun = monotonic()
    waits = [one.admit(DOMAIN), two.admit(DOMAIN), one.admit(DOMAIN), two.admit(DOMAIN)]
    assert all(waits)
    assert waits[2] > 0.8 or monotonic() - begun > 0.2
    with Redis.from_url(broker.url) as redis:  # what is held is said again at once
        assert [redis.zcard(name) for name in redis.scan_iter(match="*:places:*")] == [2]
    sleep(1.05)
    one.renew()
    two.renew()
    assert one.admit(DOMAIN) == 0  # both places from before stand again: this is the third
    assert two.admit(DOMAIN) > 0


def test_without_a_broker_the_senders_of_a_process_have_the_whole_limits() -> None:
    one = a_pace(SendingLimits(Rate(5, 1), {DOMAIN: DomainLimit(None, 2)}), "")
    two = one.another()
    assert [one.admit(DOMAIN), two.admit(DOMAIN)] == [0, 0]
    assert one.admit(DOMAIN) > 0
    two.leave(DOMAIN)
    two.leave(DOMAIN)
    assert one.admit(DOMAIN) == 0
    one.close()
    assert [two.admit(DOMAIN), two.admit(DOMAIN)] == [0, 0]
    wait = two.admit(OTHER)
    assert 0 < wait <= 1.01
    sleep(wait)
    assert one.admit(OTHER) == 0
    two.close()


def test_without_a_broker_no_window_is_exceeded() -> None:
    one = a_pace(SendingLimits(Rate(10, 1)), "")
    two = one.another()
    done = threading.Barrier(2)

    def run(sender: Pace) -> list[object]:
        given = send(sender, seconds=2.5)
        done.wait(20)
        return list(given)

    runs = race([lambda: run(one), lambda: run(two)])
    given = [admission for each in runs if isinstance(each, list) for admission in each]
    assert 20 <= len(given) <= 30
    assert fullest(given, seconds=1) <= 10  # type: ignore[arg-type]


def test_another_sender_with_a_broker_shares_by_it(broker: BrokerProcess, key: str) -> None:
    one = a_pace(_to(connections=1), broker.url, key=key)
    two = one.another()
    assert one.admit(DOMAIN) == 0
    assert two.admit(DOMAIN) > 0
    one.close()
    assert two.admit(DOMAIN) == 0
    two.close()
