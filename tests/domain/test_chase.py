"""The order of the chase list: what each organization calls for, and who comes first."""

from datetime import date, timedelta
from itertools import permutations

import pytest

from outreach.domain.chase import Asked, ChaseFacts, Reason, in_order, is_unreached, reason_of
from tests.factories import NOW

TODAY = date(2026, 3, 4)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
INVITED = Asked(sent=1, last_at=NOW - 2 * DAY)


def facts(organization_id: int = 1, asked: Asked = INVITED, **more: object) -> ChaseFacts:
    return ChaseFacts(organization_id, asked, **more)  # type: ignore[arg-type]


def reason(asked: Asked = INVITED, **more: object) -> Reason:
    return reason_of(facts(1, asked, **more), today=TODAY, now=NOW)


@pytest.mark.parametrize(
    ("asked", "unreached"),
    [
        (Asked(), True),  # nobody to write to
        (Asked(failed=2), True),
        (Asked(failed=1, sent=1), False),
        (Asked(failed=1, waiting=1), False),
        (Asked(put_off_since=NOW - 2 * HOUR), True),
        (Asked(put_off_since=NOW - 2 * HOUR + timedelta(seconds=1)), False),
        (Asked(put_off_since=NOW - 9 * HOUR, waiting=1), False),
        (Asked(put_off_since=NOW - 9 * HOUR, sent=1), False),
        (Asked(waiting=1), False),
        (INVITED, False),
    ],
)
def test_unreached_is_whom_no_mail_has_reached_nor_will_within_hours(
    asked: Asked, unreached: bool
) -> None:
    assert is_unreached(asked, now=NOW) is unreached


@pytest.mark.parametrize(
    ("asked", "more", "expected"),
    [
        (Asked(failed=1), {}, Reason.UNREACHED),
        (Asked(failed=1), {"next_on": TODAY}, Reason.UNREACHED),
        (Asked(failed=1), {"next_on": TODAY + DAY}, Reason.PLANNED),
        (Asked(failed=1), {"touched_at": NOW - HOUR}, Reason.TOUCHED),
        (Asked(failed=1), {"touched_at": NOW - DAY}, Reason.UNREACHED),
        (Asked(failed=1), {"touched_at": NOW - HOUR, "next_on": TODAY}, Reason.UNREACHED),
        (INVITED, {"next_on": TODAY}, Reason.DUE),
        (INVITED, {"next_on": TODAY - 9 * DAY}, Reason.DUE),
        (INVITED, {"next_on": TODAY, "touched_at": NOW - HOUR}, Reason.DUE),
        (INVITED, {"next_on": TODAY + DAY, "viewed_at": NOW}, Reason.PLANNED),
        (INVITED, {"viewed_at": NOW - HOUR}, Reason.VIEWED),
        (INVITED, {"viewed_at": NOW - HOUR, "touched_at": NOW - 2 * HOUR}, Reason.VIEWED),
        (INVITED, {"viewed_at": NOW - 2 * HOUR, "touched_at": NOW - HOUR}, Reason.TOUCHED),
        (INVITED, {"viewed_at": NOW - HOUR, "has_deferred": True}, Reason.DEFERRED),
        (INVITED, {"has_deferred": True, "next_on": TODAY}, Reason.DUE),
        (Asked(sent=3, reminders=2), {"viewed_at": NOW}, Reason.VIEWED),
        (Asked(sent=3, reminders=2), {}, Reason.SILENT),
        (Asked(sent=2, reminders=1), {}, Reason.WAITING),
        (INVITED, {}, Reason.WAITING),
    ],
)
def test_every_reason(asked: Asked, more: dict[str, object], expected: Reason) -> None:
    assert reason(asked, **more) is expected


IN_ORDER = [
    facts(17, Asked(failed=1)),
    facts(9, Asked(failed=1, last_at=NOW - 5 * DAY)),
    facts(8, Asked(failed=1, put_off_since=NOW - 4 * HOUR, last_at=NOW - 9 * DAY)),
    facts(7, next_on=TODAY - DAY),
    facts(6, next_on=TODAY),
    facts(5, viewed_at=NOW - 2 * DAY),
    facts(4, viewed_at=NOW - HOUR),
    facts(3, Asked(sent=4, reminders=3, last_at=NOW - HOUR)),
    facts(2, Asked(sent=3, reminders=2, last_at=NOW - 3 * DAY)),
    facts(1, Asked(sent=1, last_at=NOW - 3 * DAY)),
    facts(10, Asked(sent=1, last_at=NOW - DAY)),
    facts(11, Asked(sent=1, last_at=NOW - DAY)),
    facts(12, touched_at=NOW - 3 * HOUR),
    facts(13, touched_at=NOW - HOUR),
    facts(14, has_deferred=True),
    facts(15, next_on=TODAY + DAY),
    facts(16, next_on=TODAY + 2 * DAY),
]


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_the_list_is_in_the_order_of_what_to_do_next(first: int) -> None:
    shuffled = IN_ORDER[first:] + IN_ORDER[:first][::-1]
    ordered = in_order(shuffled, today=TODAY, now=NOW)
    assert [one.organization_id for one, _ in ordered] == [one.organization_id for one in IN_ORDER]
    places = [list(Reason).index(reason) for _, reason in ordered]
    assert places == sorted(places)
    assert set(places) == set(range(len(Reason)))


def test_what_was_never_mailed_comes_after_what_was() -> None:
    never, once = facts(1, Asked(waiting=1)), facts(2)
    for both in permutations([never, once]):
        ordered = in_order(both, today=TODAY, now=NOW)
        assert [one.organization_id for one, _ in ordered] == [2, 1]
