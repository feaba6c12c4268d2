"""Which locale a language tag finds, and from which side it is written."""

import pytest

from outreach.languages import find_locale, text_direction


@pytest.mark.parametrize("language", ["", "xx", "tlh", "not a language", "e", "en_", "zh-Hant-XX-"])
def test_a_language_without_words_of_its_own_is_english(language: str) -> None:
    assert str(find_locale(language)) == "en_GB"
    assert text_direction(language) == "ltr"


@pytest.mark.parametrize(
    ("language", "locale"), [("en", "en_GB"), ("en-US", "en_US"), ("zh-Hant", "zh_Hant")]
)
def test_a_language_finds_its_locale(language: str, locale: str) -> None:
    assert str(find_locale(language)) == locale


@pytest.mark.parametrize("language", ["ar", "fa", "he", "ur", "ug"])
def test_languages_written_from_the_right_say_so(language: str) -> None:
    assert text_direction(language) == "rtl"


@pytest.mark.parametrize("language", ["en", "de", "zh-Hant", "bo", "fi"])
def test_languages_written_from_the_left_say_so(language: str) -> None:
    assert text_direction(language) == "ltr"
