"""Countries as people write them: a code, an English name, or the country's own name."""

from functools import cache

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages

from outreach.partners.keys import name_key

# In Babel's table, and no ISO 3166 alpha-2 country: unions, outlying areas, test regions.
_NO_COUNTRIES = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ")
)

# Common names that Babel words otherwise, or not at all.
_COMMON_NAMES = {
    "Hong Kong": "HK",
    "香港": "HK",
    "Macau": "MO",
    "Macao": "MO",
    "澳門": "MO",
    "澳门": "MO",
    "Republic of China": "TW",
    "臺灣": "TW",
    "台湾": "TW",
    "People's Republic of China": "CN",
    "PRC": "CN",
    "UK": "GB",
    "Great Britain": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "Northern Ireland": "GB",
    "USA": "US",
    "United States of America": "US",
    "The Netherlands": "NL",
    "Czech Republic": "CZ",
    "Burma": "MM",
    "Myanmar": "MM",
    "Turkey": "TR",
    "Palestine": "PS",
    "Ivory Coast": "CI",
    "East Timor": "TL",
    "Cape Verde": "CV",
    "Swaziland": "SZ",
    "Vatican": "VA",
    "Republic of Korea": "KR",
    "Republic of Ireland": "IE",
    "Democratic Republic of the Congo": "CD",
    "Republic of the Congo": "CG",
    "Russian Federation": "RU",
    "Macedonia": "MK",
}


def find_country(text: str) -> str | None:
    """The ISO 3166 alpha-2 code of what is written, or None."""
    code = text.strip().upper()
    if code in _english_names():
        return code
    key = name_key(text)
    return _code_by_name().get(key) or _code_by_own_name().get(key)


@cache
def _english_names() -> dict[str, str]:
    names: dict[str, str] = dict(Locale("en").territories.items())
    return {
        code: name
        for code, name in names.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }


@cache
def _code_by_name() -> dict[str, str]:
    names = {_key(name): code for code, name in _english_names().items()}
    return names | {_key(name): code for name, code in _COMMON_NAMES.items()}


@cache
def _code_by_own_name() -> dict[str, str]:
    """Names in a country's own official languages; one that names two countries is left out."""
    found: dict[str, set[str]] = {}
    for code in _english_names():
        for language in get_official_languages(code, regional=True, de_facto=True):
            if name := _name_in(language, code):
                found.setdefault(_key(name), set()).add(code)
    return {key: codes.pop() for key, codes in found.items() if len(codes) == 1}


def _name_in(language: str, code: str) -> str | None:
    try:
        name: str | None = Locale.parse(language).territories.get(code)
    except (UnknownLocaleError, ValueError):
        return None
    return name


def _key(name: str) -> str:
    return name_key(name.replace("St. ", "Saint ").replace("&", "and"))
