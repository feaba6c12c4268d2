"""When two spellings mean the same: the keys that organizations and addresses are compared by."""

import unicodedata

# Marks that are an accent or an optional vowel point. Marks of other scripts (Tibetan, Thai,
# Devanagari, the dakuten of kana) are letters to their readers: without them names collapse.
_ACCENTS = (
    (0x0300, 0x036F),
    (0x0483, 0x0487),
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0xFE20, 0xFE2F),
)
# Letters with a stroke or without a dot, which Unicode does not take apart.
_STROKES = str.maketrans("łøđħŧı", "lodhti")
# Cyrillic and Greek letters that look like a Latin one, small or as a capital, by what they look
# like: the common ones of Unicode's confusables.txt (UTS #39), no more.
_LOOK_ALIKES = str.maketrans(
    "авеһіјӏкмнорԛѕстуԝхԁ" + "αβεζηικμνορτυχ",
    "abehijlkmhopqsctywxd" + "abezhikmnoptyx",
)
_KEPT_CATEGORIES = ("L", "N", "M")


def one_line(text: str) -> str:
    """Trimmed, inner spaces of any kind collapsed to one, composed (NFC): a spelling."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def name_key(name: str) -> str:
    """A name without case, accents, spaces and punctuation: equal for two spellings of one name.

    Empty where a name has no letter and no digit at all.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(character for character in folded.translate(_STROKES) if _is_kept(character))


def look_key(name: str) -> str:
    """The name's key as it looks: equal for a Latin name and one with a Cyrillic а or Greek ο."""
    return name_key(name).translate(_LOOK_ALIKES)


def email_key(email: str) -> str:
    """An address without case: two addresses with one key are one mailbox to us."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


def _is_kept(character: str) -> bool:
    if unicodedata.category(character)[0] not in _KEPT_CATEGORIES:
        return False
    return not any(first <= ord(character) <= last for first, last in _ACCENTS)
