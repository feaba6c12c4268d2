"""Words in the scripts that organizations and people write their names in, put together by a seed.

Every word is composed (NFC), as an import leaves it; ``decomposed`` ones are not.
"""

from collections.abc import Mapping
from random import Random
from types import MappingProxyType

_RTL, _LTR, _ZWNJ = "\u200f", "\u200e", "\u200c"

SCRIPTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "latin": ("Fédération", "Łódź", "Þórshöfn", "Ñandú", "Đông", "Œuvre", "Škofja", "Ğüneş"),
        "cyrillic": ("Мемориал", "Київ", "Ћирилица", "Ўзбекистан", "Ёлка", "права", "человека"),
        "greek": ("Ελληνική", "Ένωση", "δικαιωμάτων", "ανθρώπου", "Ὀδύσσεια", "ς"),
        "han": ("達賴喇嘛", "人權", "香港監察", "\U00020bb7野家", "维权网", "協會"),
        "kana": ("アムネスティ", "ひらがな", "ガイド", "ヴェール", "ｶﾀｶﾅ", "々ー"),
        "hangul": ("국제앰네스티", "한국지부", "인권", "참여연대", "ㄱㄴㄷ"),
        "arabic": ("منظمة", "العفو", "الدولية", "مركز", f"می{_ZWNJ}خواهیم", "ئۇيغۇر"),
        "hebrew": ("האגודה", "לזכויות", "האזרח", "בישראל", "שָׁלוֹם"),
        "devanagari": ("मानव", "अधिकार", "आयोग", "क्षमा", "श्री"),
        "bengali": ("মানবাধিকার", "কমিশন", "বাংলাদেশ", "স্বাধীনতা"),
        "tamil": ("மனித", "உரிமைகள்", "தமிழ்", "ஸ்ரீ"),
        "thai": ("สมาคม", "สิทธิ", "เสรีภาพ", "ของประชาชน"),
        "tibetan": ("བོད་ཀྱི་", "གཞོན་ནུ་", "ལྷན་ཚོགས་", "རྒྱལ་ཡོངས།"),
        "georgian": ("საქართველოს", "უფლებები", "ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ"),
        "armenian": ("Հայաստանի", "իրավունքների", "կոմիտե", "և"),
        "ethiopic": ("የኢትዮጵያ", "ሰብዓዊ", "መብቶች", "፩፪፫"),
        "astral": ("🙂", "👩‍👩‍👧", "🏳️‍🌈", "𝔄𝔟𝔠", "𐌰𐌱𐌲", "🇹🇼"),
        "decomposed": ("e\u0301te\u0301", "q\u0303x\u030c", "n\u0308o\u0308\u0323", "a\u20dd"),
        "marks": (f"{_RTL}مركز{_RTL}", f"{_LTR}(TM){_LTR}", f"שלום{_RTL}!", f"ABC{_LTR}אבג"),
    }
)  # fmt: skip
_BETWEEN = (" ", " ", " ", " ", ", ", " & ", " – ", " = ", ' "', "' ", " <b> ", "; ", " (", "://")


def a_name(random: Random, script: str, *, at_least: int = 1) -> str:
    """Words of the script, its punctuation now and then such as markup or a mail would mind."""
    words = SCRIPTS[script]
    name = random.choice(words)
    for _ in range(random.randrange(4)):
        name += random.choice(_BETWEEN) + random.choice(words)
    while len(name) < at_least:
        name += random.choice(_BETWEEN) + random.choice(words)
    return name
