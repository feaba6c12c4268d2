"""Languages as the Unicode data know them: their words for days and months, and their direction."""

from babel import Locale, UnknownLocaleError


def find_locale(language: str) -> Locale:
    """The reader's locale; English where the language has no calendar words of its own."""
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en", "GB")
    return Locale("en", "GB") if str(locale) == "en" else locale


def text_direction(language: str) -> str:
    """``ltr`` or ``rtl``."""
    return "rtl" if find_locale(language).text_direction == "rtl" else "ltr"


def language_name(language: str) -> str:
    """``German``, ``Chinese (Traditional)``: for coordinators; the code where nobody knows it."""
    try:
        named = Locale.parse(language.replace("-", "_")).get_display_name("en")
    except (UnknownLocaleError, ValueError):
        return language
    return named or language
