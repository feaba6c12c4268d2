"""A statement's file: what is read, and every fault named at once."""

import hashlib
from datetime import date

import pytest

from outreach.statement.source import StatementRefused, decode_statement, parse_statement

GOOD = """---
title: "Human rights: not negotiable"
addressee: Secretary of State Jane Doe
occasion: visit to Examplia
occasion_date: 2026-04-24
reply_to: coordinator@coalition.example
language: zh_Hant
asks:
  - Call for the release
    of all prisoners
  - "Raise: the press"
---

Dear Secretary,

---

a rule above.

"""


def _with(line: str, *, without: str = "") -> str:
    lines = [one for one in GOOD.split("\n") if not without or not one.startswith(without)]
    return "\n".join([lines[0], *([line] if line else []), *lines[1:]])


def _faults(text: str) -> list[str]:
    with pytest.raises(StatementRefused) as refusal:
        parse_statement(text)
    return refusal.value.faults


def test_every_field_is_read() -> None:
    statement = parse_statement(GOOD)
    assert statement.title == "Human rights: not negotiable"
    assert statement.addressee == "Secretary of State Jane Doe"
    assert statement.occasion == "visit to Examplia"
    assert statement.occasion_date == date(2026, 4, 24)
    assert statement.reply_to == "coordinator@coalition.example"
    assert statement.language == "zh-Hant"
    assert statement.asks == ("Call for the release of all prisoners", "Raise: the press")
    assert statement.body == "Dear Secretary,\n\n---\n\na rule above.\n"


@pytest.mark.parametrize(
    "title",
    ["Déclaration\u00a0: la visite", "می\u200cخواهیم\u200f!", "声明\u3000訪問", "👩\u200d👧"],
)
def test_a_title_may_hold_what_its_script_is_set_with(title: str) -> None:
    assert parse_statement(_with(f'title: "{title}"', without="title")).title == title


def test_what_is_optional_may_be_missing() -> None:
    lines = GOOD.split("\n")
    statement = parse_statement("\n".join([*lines[:5], *lines[11:]]))
    assert (statement.reply_to, statement.asks, statement.language) == ("", (), "en")


def test_the_digest_is_over_the_file_as_given_with_its_line_ends_as_lf() -> None:
    expected = hashlib.sha256(GOOD.encode()).hexdigest()
    assert parse_statement(GOOD).sha256 == expected
    for ends in ("\r\n", "\r"):
        statement = parse_statement(GOOD.replace("\n", ends))
        assert (statement.sha256, statement.body) == (expected, parse_statement(GOOD).body)
    assert parse_statement(GOOD + "\n").sha256 != expected


@pytest.mark.parametrize("name", ["title", "addressee", "occasion:", "occasion_date"])
@pytest.mark.parametrize("instead", ["", "{}: ''", "{}: '  '", "{}:"])
def test_what_is_required_must_be_there_and_say_something(name: str, instead: str) -> None:
    field = name.rstrip(":")
    faults = _faults(_with(instead.format(field), without=name))
    assert f"'{field}' is missing in the front matter" in faults


@pytest.mark.parametrize(
    ("line", "without", "fault"),
    [
        ("deadline: soon", "", "'deadline' is not known in the front matter; known are title,"),
        ("1: x", "", "'1' is not known in the front matter"),
        ("title: 2026", "title", "'title' must be one line of text; put it in quotes"),
        ("title: [a, b]", "title", "'title' must be one line of text"),
        ('title: "a\\nb"', "title", "'title' holds a line break or control character"),
        ('title: "a\\u202eb"', "title", "'title' holds a line break or control character"),
        (f"title: {'x' * 301}", "title", "'title' is longer than 300 characters"),
        ("language: no", "language", "'language' must be one line of text; put it in quotes"),
        ("language: klingonish", "language", "language 'klingonish' is not known"),
        ("occasion_date: soon", "occasion_date", "occasion_date 'soon' is no day"),
        ("occasion_date: 2026-02-30", "occasion_date", "a date in the front matter is none"),
        ("occasion_date: 2026-04-24 10:00:00", "occasion_date", "is no day; write 2026-12-05"),
        ("reply_to: coordinator", "reply_to", "is no bare e-mail address"),
        ("reply_to: Ada <a@example.org>", "reply_to", "is no bare e-mail address"),
        ("reply_to: a@example.org, b@example.org", "reply_to", "is no bare e-mail address"),
        ("reply_to: a@localhost", "reply_to", "is no bare e-mail address"),
        ("reply_to: büro@example.org", "reply_to", "is no bare e-mail address"),
    ],
)
def test_a_wrong_field_is_refused_with_the_remedy(line: str, without: str, fault: str) -> None:
    faults = _faults(_with(line, without=without))
    assert len(faults) == 1
    assert fault in faults[0]


@pytest.mark.parametrize("asks", ["asks: one", "asks: {a: b}", "asks: [a, 2]", "asks:\n  - a: b"])
def test_asks_must_be_a_list_of_lines(asks: str) -> None:
    head, _, tail = GOOD.partition("asks:")
    text = head + asks + "\n---\n" + tail.split("---\n", 1)[1]
    assert any("'asks' must be a list" in fault for fault in _faults(text))


def test_every_fault_is_named_at_once() -> None:
    text = "---\ntitle: 7\nlanguage: xx\nreply_to: nobody\ncolour: red\n---\n\n"
    faults = _faults(text)
    assert len(faults) == 8
    with pytest.raises(StatementRefused) as refusal:
        parse_statement(text)
    assert all(f"\n- {fault}" in str(refusal.value) for fault in faults)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dear Secretary",
        "---\ntitle: a\n",
        "\n---\ntitle: a\n---\nText",
        "--- \ntitle: a\n----\n",
    ],
)
def test_a_file_without_front_matter_is_told_how_to_begin(text: str) -> None:
    assert "it must begin with a front matter" in _faults(text)[0]


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("title: a: b", "not YAML in line 2; put quotes around values with a colon"),
        ("title: a\naddressee: 'x", "not YAML"),
        ("just words", "holds no 'name: value' lines"),
        ("- a\n- b", "holds no 'name: value' lines"),
        ("title: !!python/object/apply:os.system ['true']", "not YAML"),
        ("title: a\x00b", "not YAML"),
    ],
)
def test_a_front_matter_that_cannot_be_read_is_refused(front: str, words: str) -> None:
    assert words in _faults(f"---\n{front}\n---\nText\n")[0]


@pytest.mark.parametrize(("body", "fault"), [("", "no text after"), (" \n\n", "no text after"),
                                             ("a\x00b", "NUL character")])  # fmt: skip
def test_a_body_must_have_text_and_no_nul(body: str, fault: str) -> None:
    text = "---" + GOOD.split("---")[1] + "---\n" + body
    assert [one for one in _faults(text) if fault in one]


def test_a_file_is_utf8_with_or_without_a_mark() -> None:
    assert decode_statement(b"\xef\xbb\xbf" + GOOD.encode()) == GOOD
    assert decode_statement(GOOD.encode()) == GOOD
    with pytest.raises(StatementRefused, match="line 2 is not UTF-8; save the file as UTF-8"):
        decode_statement("a\nbücher\n".encode("latin-1"))
