from datetime import UTC, datetime, timedelta

import time_machine

from outreach.domain.limits import Rate
from outreach.mail.local_count import LocalCount

START = datetime(2026, 3, 4, 12, tzinfo=UTC)
BY_HOUR, BY_MINUTE = ("a", Rate(3, 3600)), ("b", Rate(2, 60))


def _counts() -> LocalCount:
    return LocalCount(clock=lambda: datetime.now(UTC))


def test_a_window_moves_and_never_holds_more() -> None:
    with time_machine.travel(START, tick=False) as clock:
        here = _counts()
        for _ in range(2):
            assert here.wait_for([BY_MINUTE]) == 0
            here.count([BY_MINUTE])
            clock.shift(timedelta(seconds=20))
        assert 20 <= here.wait_for([BY_MINUTE]) <= 20.01
        clock.shift(timedelta(seconds=20.01))
        assert here.wait_for([BY_MINUTE]) == 0
        here.count([BY_MINUTE])
        assert 19.9 <= here.wait_for([BY_MINUTE]) <= 20.01


def test_the_longest_wait_counts_and_asking_counts_nothing() -> None:
    with time_machine.travel(START, tick=False):
        here = _counts()
        for _ in range(2):
            here.count([BY_HOUR, BY_MINUTE])
        for _ in range(5):
            assert 60 <= here.wait_for([BY_HOUR, BY_MINUTE]) <= 60.01
            assert here.wait_for([BY_HOUR]) == 0
        here.count([BY_HOUR])
        assert 3600 <= here.wait_for([BY_MINUTE, BY_HOUR]) <= 3600.01


def test_keys_are_counted_apart() -> None:
    with time_machine.travel(START, tick=False):
        here = _counts()
        here.count([("a", Rate(1, 60))])
        assert here.wait_for([("a", Rate(1, 60))]) > 0
        assert here.wait_for([("b", Rate(1, 60))]) == 0
        assert here.wait_for([]) == 0
