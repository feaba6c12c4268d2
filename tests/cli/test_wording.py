import pytest

from outreach.cli.wording import counted, shown, wrapped


def test_one_is_no_plural() -> None:
    assert counted(1, "message") == "1 message"
    assert counted(0, "message") == "0 messages"
    assert counted(1_000, "person", "people") == "1,000 people"


def test_what_steers_a_terminal_is_shown_as_its_escape() -> None:
    assert shown("a\x1b[31m\x9b\u202eb") == "a\\x1b[31m\\x9b\\u202eb"
    assert shown("می\u200cخواهم") == "می\u200cخواهم"


def test_text_is_broken_between_words_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    long = "x" * 40
    assert wrapped(f"[b]one two three four five {long} six", indent=2).splitlines() == [
        "  [b]one two three four",
        "  five",
        f"  {long}",
        "  six",
    ]
    assert wrapped("香港監察 " * 4, indent=0) == "香港監察 香港監察\n香港監察 香港監察"
