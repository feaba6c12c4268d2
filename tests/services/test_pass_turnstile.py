"""Mails are kept to the limits, and those that must wait are spread."""

from datetime import UTC, datetime

import pytest

from outreach.domain.limits import SendingLimits
from outreach.mail.connection import Envelope
from outreach.mail.data import DataBytes
from outreach.mail.pace import Pace
from outreach.services.mail_stock import Mail
from outreach.services.pass_turnstile import Turnstile
from outreach.store.claims import Claimed
from tests.factories import DEADLINE

NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)


def _turnstile(*, send_rate: str = "", domain_limits: str = "") -> Turnstile:
    limits = SendingLimits.parse(
        send_rate=send_rate, domain_limits=domain_limits, ascii_domain=lambda name: name
    )
    return Turnstile(Pace(limits, redis_url="", key="k" * 32, clock=lambda: NOW))


def _mail(number: int, *, domain: str = "one.example") -> Mail:
    claimed = Claimed(number, campaign_id=1, priority=5, attempts=0, alone=False)
    return Mail(claimed, Envelope("a@coalition.example", f"b@{domain}"), DataBytes(), DEADLINE)


@pytest.mark.parametrize("turnstile", [Turnstile(None), _turnstile()])
def test_without_limits_everybody_passes(turnstile: Turnstile) -> None:
    assert all(turnstile.admit(_mail(number)) is None for number in range(500))


def test_a_domain_that_has_its_fill_waits_and_others_do_not() -> None:
    turnstile = _turnstile(domain_limits="one.example=:2")
    assert [turnstile.admit(_mail(number)) for number in range(2)] == [None, None]
    wait = turnstile.admit(_mail(2))
    assert wait is not None
    assert not wait.is_everybodys
    assert turnstile.admit(_mail(3, domain="two.example")) is None


def test_who_leaves_makes_room_once() -> None:
    turnstile = _turnstile(domain_limits="one.example=:1")
    assert turnstile.admit(_mail(1)) is None
    for _ in range(2):
        turnstile.leave(_mail(1))
    assert turnstile.admit(_mail(2)) is None
    assert turnstile.admit(_mail(3)) is not None


def test_where_the_limit_of_all_is_reached_everybody_waits() -> None:
    turnstile = _turnstile(send_rate="3/minute")
    assert [turnstile.admit(_mail(number)) for number in range(3)] == [None] * 3
    wait = turnstile.admit(_mail(3, domain="two.example"))
    assert wait is not None
    assert wait.is_everybodys


def test_those_held_back_are_due_in_turns_of_what_the_limit_lets_through() -> None:
    turnstile = _turnstile(domain_limits="one.example=80/minute")
    for number in range(80):
        assert turnstile.admit(_mail(number)) is None
    waits = [wait.seconds for number in range(80, 240) if (wait := turnstile.admit(_mail(number)))]
    assert len(waits) == 160
    assert len({round(wait, 3) for wait in waits[:80]}) == 1
    assert waits[80] == pytest.approx(2 * waits[0])


def test_closing_frees_all() -> None:
    turnstile = _turnstile(domain_limits="one.example=:1")
    assert turnstile.admit(_mail(1)) is None
    turnstile.close()
    assert turnstile.admit(_mail(2)) is None
