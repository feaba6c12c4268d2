"""The chart says what the figures say."""

from datetime import UTC, date, datetime, timedelta

from outreach.domain.forecast import Forecast, Wave
from outreach.services.report_status import PlannedReminder
from outreach.services.show_campaign import Course
from outreach.store.sign_on_curve import Change
from outreach.store.standing import Deferred
from outreach.web.desk.chart import Chart, Day, draw_chart

BEGINS = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DEADLINE = BEGINS + timedelta(days=10)
A_DAY = timedelta(days=1)


def _course(*changes: Change, **facts: object) -> Course:
    known: dict[str, object] = {
        "waves": (),
        "plan": (),
        "next_reminder": None,
        "forecast": None,
        "deferred": Deferred(),
        "not_reached": 0,
        "due_today": 0,
        "held_back": "",
    }
    return Course(changes=changes, **(known | facts))  # type: ignore[arg-type]


def _draw(course: Course, *, now: datetime = BEGINS + 5 * A_DAY, zone: str = "UTC") -> Chart:
    return draw_chart(course, begins=BEGINS, deadline=DEADLINE, zone=zone, now=now)


def test_the_curve_steps_up_with_a_yes_and_down_with_a_withdrawal() -> None:
    chart = _draw(
        _course(
            Change(BEGINS + A_DAY, 1), Change(BEGINS + 2 * A_DAY, 1), Change(BEGINS + 4 * A_DAY, -1)
        )
    )
    # The field is 1000 by 100; its top is 4.
    assert chart.curve == "M0 100 L100 100 L100 75 L200 75 L200 50 L400 50 L400 75 L500 75"
    assert chart.total == 1
    assert (chart.now, chart.deadline) == (50.0, 100.0)


def test_without_a_yes_it_is_a_line_on_the_ground() -> None:
    assert _draw(_course()).curve == "M0 100 L500 100"


def test_what_came_after_the_deadline_is_on_it_too() -> None:
    late = Change(DEADLINE + 10 * A_DAY, 1)
    chart = _draw(_course(late), now=DEADLINE + 10 * A_DAY)
    assert (chart.deadline, chart.now) == (50.0, None)
    assert chart.curve.endswith("L1000 100 L1000 75")


def test_thousands_are_drawn_with_no_more_corners_than_can_be_seen() -> None:
    changes = [Change(BEGINS + A_DAY * place / 1_000, 1) for place in range(5_000)]
    chart = _draw(_course(*changes))
    assert chart.total == 5_000
    assert chart.curve.count("L") < 850
    assert [tick.word for tick in chart.y_ticks] == ["3,000", "6,000"]


def test_the_forecast_leads_from_now_to_the_deadline() -> None:
    chart = _draw(
        _course(Change(BEGINS + A_DAY, 1), forecast=Forecast(3, rate=0.5, waves=1, to_come=1))
    )
    assert chart.forecast == "M500 75 L1000 25"
    assert _draw(_course()).forecast == ""


def test_reminders_are_marked_and_close_ones_do_not_hide_each_others_names() -> None:
    plan = (
        PlannedReminder("7d", BEGINS + 3 * A_DAY, "past"),
        PlannedReminder("1d", BEGINS + 9 * A_DAY, "planned"),
        PlannedReminder("4h", DEADLINE - timedelta(hours=4), "planned"),
    )
    waves = (
        Wave("7d/0", BEGINS + 3 * A_DAY, 40, 3),
        Wave("by-hand-2026-03-05", BEGINS + 4 * A_DAY, 5, 1),
    )
    marks = _draw(_course(plan=plan, waves=waves)).marks
    assert [(mark.at, mark.word, mark.is_sent) for mark in marks] == [
        (30.0, "7d", True),
        (40.0, "by hand", True),
        (90.0, "1d", False),
        (98.33, "4h", False),
    ]
    near = (*plan[:2], PlannedReminder("12h", DEADLINE - 0.8 * A_DAY, "planned"))
    assert [mark.word for mark in _draw(_course(plan=near)).marks] == ["1d", ""]


def test_the_table_has_the_days_of_the_coordinators_zone() -> None:
    late_in_the_evening = datetime(2026, 3, 3, 22, 30, tzinfo=UTC)
    course = _course(
        Change(late_in_the_evening, 1),
        Change(late_in_the_evening + timedelta(hours=2), -1),
        waves=(Wave("7d/0", late_in_the_evening, 4, 1),),
    )
    assert _draw(course, zone="Europe/Berlin").days == (
        Day(date(2026, 3, 1), 0, 0, 0, ()),
        Day(date(2026, 3, 3), 1, 0, 1, ("7d",)),
        Day(date(2026, 3, 4), 0, 1, 0, ()),
        Day(date(2026, 3, 6), 0, 0, 0, ()),
    )
    assert [one.day.day for one in _draw(course, zone="Asia/Tokyo").days] == [1, 4, 6]


def test_a_short_campaign_has_hours_below_it() -> None:
    chart = draw_chart(
        _course(), begins=BEGINS, deadline=BEGINS + timedelta(minutes=10), zone="UTC", now=BEGINS
    )
    assert [tick.word for tick in chart.x_ticks] == ["12:02", "12:04", "12:06", "12:08"]


def test_a_long_one_has_a_handful_of_days() -> None:
    chart = draw_chart(
        _course(), begins=BEGINS, deadline=BEGINS + 90 * A_DAY, zone="UTC", now=BEGINS
    )
    assert [tick.word for tick in chart.x_ticks] == ["2 Mar", "20 Mar", "7 Apr", "25 Apr", "13 May"]
