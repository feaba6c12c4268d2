import pytest

from outreach.partners.keys import email_key, name_key, one_line


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ARTICLE19", "Article 19"),
        ("Le Comité", "LE  COMITE"),
        ("Freiheit für Hongkong e.V.", "freiheit fur hongkong eV"),
        ("Straße der Freiheit", "STRASSE DER FREIHEIT"),
        ("Łódź Forum", "Lodz forum"),
        ("İstanbul Forumu", "istanbul forumu"),
        ("ＨＫ Ｗａｔｃｈ", "HK Watch"),
        ("e\u0301cole", "école"),
        ("Hong\u200bKong Watch", "HongKong Watch"),
        ("New School (Taiwan)", "New School(Taiwan)"),
        ("مُنَظَّمَة", "منظمة"),
    ],
)
def test_two_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("བོད་", "བད་"),
        ("ไทย", "ไท"),
        ("が", "か"),
        ("हिंदी", "हद"),
        ("中国人权", "中国人"),
        ("Call4HK", "CallHK"),
    ],
)
def test_two_names_of_any_script_have_two_keys(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_a_name_without_letters_has_no_key() -> None:
    assert name_key("!?  – …") == ""


def test_an_address_is_one_mailbox_whatever_its_case() -> None:
    assert email_key(" Ana@Example.ORG ") == email_key("ana@example.org")


def test_a_spelling_is_trimmed_collapsed_and_composed() -> None:
    assert one_line("  Le \u00a0 Comite\u0301\u3000X ") == "Le Comité X"
