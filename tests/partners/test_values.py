from collections.abc import Callable

import pytest

from outreach.partners.values import (
    ValueRefused,
    parse_country,
    parse_email,
    parse_language,
    parse_name,
    parse_notes,
    parse_organization,
    parse_role,
    parse_timezone,
    parse_yes_or_no,
)


def remedy(parse: Callable[[str], str], text: str) -> str:
    with pytest.raises(ValueRefused) as caught:
        parse(text)
    return caught.value.remedy


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" ana@example.org ", "ana@example.org"),
        ("Ana@Mail.EXAMPLE", "Ana@mail.example"),
        ("info@münchen.example", "info@münchen.example"),
        ("info@xn--mnchen-3ya.example", "info@münchen.example"),
        ("jörg@example.org", "jörg@example.org"),
    ],
)
def test_addresses_are_normalized(text: str, email: str) -> None:
    assert parse_email(text) == email


@pytest.mark.parametrize(
    "text",
    ["ana", "ana@", "@example.org", "a@localhost", "a b@example.org", "Ana <ana@example.org>",
     "a@one.example, b@two.example", "a@one.example;b@two.example", "ana@exa\nmple.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    assert "name@example.org" in remedy(parse_email, text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("zh-Hant", "zh-Hant"),
        ("zh_hant", "zh-Hant"),
        ("zh_TW", "zh-Hant-TW"),
        ("pt-br", "pt-BR"),
        ("bo", "bo"),
        ("ug", "ug"),
    ],
)
def test_languages_are_stored_with_hyphens(text: str, language: str) -> None:
    assert parse_language(text) == language


@pytest.mark.parametrize("text", ["deutsch", "xx", "../de", "de@euro", "d", "zh-"])
def test_an_unknown_language_is_refused_with_examples(text: str) -> None:
    assert "language code" in remedy(parse_language, text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"),
        (" de ", "DE"),
        ("Germany", "DE"),
        ("germany", "DE"),
        ("Deutschland", "DE"),
        ("Schweiz", "CH"),
        ("Suisse", "CH"),
        ("日本", "JP"),
        ("Україна", "UA"),
        ("Taiwan", "TW"),
        ("台灣", "TW"),
        ("台湾", "TW"),
        ("Hong Kong", "HK"),
        ("香港", "HK"),
        ("UK", "GB"),
        ("USA", "US"),
        ("United States", "US"),
        ("Cote d'Ivoire", "CI"),
        ("Bosnia and Herzegovina", "BA"),
        ("Saint Lucia", "LC"),
        ("Kosovo", "XK"),
    ],
)
def test_countries_are_stored_as_their_code(text: str, code: str) -> None:
    assert parse_country(text) == code


@pytest.mark.parametrize("text", ["ZZ", "EU", "QQ", "Germania?x", "Deutschlnd", "DEU1"])
def test_an_unknown_country_is_refused_with_the_fix(text: str) -> None:
    assert "two-letter code" in remedy(parse_country, text)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("UTC", "UTC"),
    ],
)
def test_zones_are_stored_in_their_own_spelling(text: str, zone: str) -> None:
    assert parse_timezone(text) == zone


@pytest.mark.parametrize("text", ["Berlin", "+01:00", "../../etc/passwd", "Factory"])
def test_an_unknown_zone_is_refused_with_examples(text: str) -> None:
    assert "Europe/Berlin" in remedy(parse_timezone, text)


@pytest.mark.parametrize(("text", "role"), [("Signs", "signs"), (" COPIED ", "copied")])
def test_roles_are_taken_in_any_case(text: str, role: str) -> None:
    assert parse_role(text) == role


def test_an_unknown_role_is_refused_with_the_two_that_there_are() -> None:
    assert "signs" in remedy(parse_role, "boss")
    assert "copied" in remedy(parse_role, "boss")


@pytest.mark.parametrize(
    ("text", "word"), [("Yes", "yes"), (" TRUE ", "yes"), ("x", "yes"), ("NO", "no"), ("0", "no")]
)
def test_yes_and_no_are_read_as_programs_write_them(text: str, word: str) -> None:
    assert parse_yes_or_no(text) == word


@pytest.mark.parametrize("text", ["maybe", "2", "ja"])
def test_what_may_be_either_is_refused(text: str) -> None:
    assert remedy(parse_yes_or_no, text) == "write yes or no, or leave it empty for no"


def test_a_name_is_trimmed_and_its_spaces_collapsed() -> None:
    assert parse_name("\n  Le \u00a0 Comité ") == "Le Comité"


@pytest.mark.parametrize("text", ["A\tB", "A\x07B", "A\u2028B", "A\u202eB", "A\ufffdB"])
@pytest.mark.parametrize("parse", [parse_organization, parse_name])
def test_a_name_holds_no_control_characters(parse: Callable[[str], str], text: str) -> None:
    assert "one line" in remedy(parse, text)


@pytest.mark.parametrize(
    "text", ["Hong Kong\nWatch", "Hong Kong \r\n\r\n Watch", "Hong Kong\rWatch"]
)
@pytest.mark.parametrize("parse", [parse_organization, parse_name])
def test_a_name_wrapped_in_its_cell_is_one_line(parse: Callable[[str], str], text: str) -> None:
    assert parse(text) == "Hong Kong Watch"


def test_joiners_and_direction_marks_of_real_scripts_are_no_control_characters() -> None:
    assert parse_name("می\u200cخواهم\u200f") == "می\u200cخواهم\u200f"


@pytest.mark.parametrize("parse", [parse_organization, parse_name])
def test_a_name_never_starts_with_an_equals_sign(parse: Callable[[str], str]) -> None:
    assert "never starts with '='" in remedy(parse, '=HYPERLINK("https://x.example","One")')


def test_notes_keep_what_looks_like_a_formula_and_line_breaks() -> None:
    text = '=HYPERLINK("https://x.example")\r\nsecond line\t.'
    assert parse_notes(text) == '=HYPERLINK("https://x.example")\nsecond line\t.'


def test_notes_hold_no_control_characters() -> None:
    assert "control characters" in remedy(parse_notes, "a\x1b[31mb")


def test_an_organization_needs_a_letter_or_digit() -> None:
    assert "letter or digit" in remedy(parse_organization, "—")


def test_names_and_notes_have_a_limit() -> None:
    assert parse_name("n" * 200)
    assert "at most 200" in remedy(parse_name, "n" * 201)
    assert parse_notes("n" * 2_000)
    assert "at most 2,000" in remedy(parse_notes, "n" * 2_001)
