import socket
from collections import deque
from collections.abc import Iterator

import pytest

from outreach.mail.connection import Envelope, SmtpConnection
from outreach.mail.data import DataBytes
from outreach.services.delivery_line import Line
from outreach.services.mail_stock import Mail
from outreach.store.claims import Claimed
from tests.factories import DEADLINE


@pytest.fixture
def line() -> Iterator[Line]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Line(SmtpConnection(ours, pipelining=True, utf8=False))


def _mail(number: int) -> Mail:
    claimed = Claimed(number, campaign_id=1, priority=5, attempts=0, alone=False)
    return Mail(claimed, Envelope("a@one.example", "b@two.example"), DataBytes(), DEADLINE)


def test_it_is_active_with_an_envelope_or_a_body_under_way(line: Line) -> None:
    assert not line.is_active
    line.offered = _mail(1)
    assert line.is_active
    line.offered, line.sending = None, _mail(1)
    assert line.is_active


def test_what_waits_for_the_marks_is_the_offered_mail_and_then_its_window(line: Line) -> None:
    line.window = deque([_mail(2), _mail(3)])
    assert [mail.claimed.id for mail in line.waiting] == [2, 3]
    line.offered = _mail(1)
    assert [mail.claimed.id for mail in line.waiting] == [1, 2, 3]
