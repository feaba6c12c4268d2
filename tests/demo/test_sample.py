import csv
import io
from collections import Counter
from datetime import date, timedelta
from zoneinfo import available_timezones

import pytest

from outreach.demo.sample import free_slug, sample_partners, sample_statement, scaled_steps
from outreach.domain.reminder import parse_steps
from outreach.partners.rows import parse_rows
from outreach.partners.table import read_table
from outreach.statement.source import parse_statement


def _rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sample_partners().decode())))


def test_the_statement_is_one_and_its_occasion_lies_after_the_deadline() -> None:
    statement = parse_statement(sample_statement(deadline_day=date(2026, 12, 31)))
    assert statement.occasion_date == date(2027, 1, 14)
    assert len(statement.asks) == 3
    assert statement.reply_to == "coordinator@coalition.example"
    assert "24 April 2024" in statement.body


def test_the_partners_are_47_organizations_with_contacts_at_reserved_domains() -> None:
    rows = _rows()
    assert len({row["organization"] for row in rows}) == 47
    assert all(row["email"].endswith(".example") for row in rows)
    assert len({row["email"] for row in rows}) == len(rows)
    assert {row["timezone"] for row in rows} <= available_timezones()
    assert len({row["country"] for row in rows}) >= 12
    assert {"en", "de", "fr", "fi", "zh-Hant", "bo", "ug"} <= {row["language"] for row in rows}


def test_every_organization_has_a_contact_who_may_sign_and_some_have_two() -> None:
    signing = Counter(row["organization"] for row in _rows() if row["role"] == "signs")
    assert len(signing) == 47
    assert sorted(signing.values())[-3:] == [2, 2, 2]
    assert sum(row["role"] == "copied" for row in _rows()) == 1


def test_the_partners_pass_the_import() -> None:
    table = read_table(sample_partners(), filename="partners.csv")
    rows, errors = parse_rows(table.rows)
    assert (table.errors, list(errors)) == ((), []) or not [*table.errors, *errors]
    assert len(rows) == len(_rows())


def test_the_article_of_the_hong_kong_scots_does_not_decide_where_they_stand() -> None:
    sort_names = {row["organization"]: row["sort_name"] for row in _rows()}
    assert sort_names["The Hong Kong Scots"] == "Hong Kong Scots"
    assert sort_names["Le Comité pour la liberté à Hongkong"] == ""


@pytest.mark.parametrize(
    ("minutes", "steps"),
    [
        (10, "6m,4m,2m,45s"),
        (1, "36s,24s,12s,4s"),
        (600, "6h,4h,2h,45m"),
        (1440, "864m,576m,288m,108m"),
    ],
)
def test_the_reminders_fit_into_the_time(minutes: int, steps: str) -> None:
    assert scaled_steps(timedelta(minutes=minutes)) == steps
    assert len(parse_steps(steps)) == 4


@pytest.mark.parametrize("seconds", [1, 7, 7919, 12345, 99991, 8_640_000])
def test_every_span_gives_steps_that_can_be_read(seconds: int) -> None:
    assert parse_steps(scaled_steps(timedelta(seconds=seconds)))


def test_only_later_samples_are_numbered() -> None:
    assert [free_slug(number) for number in (1, 2, 3)] == [
        "blinken-beijing",
        "blinken-beijing-2",
        "blinken-beijing-3",
    ]
