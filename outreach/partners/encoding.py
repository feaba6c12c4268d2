"""Bytes to text: UTF-8 or a refusal that names what the file is instead.

Guessed encodings were wrong often enough to print a name wrongly, so a guess only ever serves to
word the refusal; nothing is decoded by it.
"""

import codecs

from charset_normalizer import from_bytes

from outreach.domain.errors import ImportRefused

_REMEDY = (
    "save it as UTF-8: in Excel choose File > Save As > 'CSV UTF-8 (Comma delimited)', "
    "or save as .xlsx and import that"
)
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16 (Excel's 'Unicode Text')"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_NAMES = {
    "cp1252": "Windows-1252",
    "gb18030": "GB18030",
    "big5": "Big5",
    "shift_jis": "Shift JIS",
    "euc_jp": "EUC-JP",
    "euc_kr": "EUC-KR",
    "cp1251": "Windows-1251",
    "cp1250": "Windows-1250",
    "cp1253": "Windows-1253",
    "cp1254": "Windows-1254",
    "cp1255": "Windows-1255",
    "cp1256": "Windows-1256",
    "mac_roman": "Mac Roman",
    "cp850": "DOS 850",
}
_EAST_ASIAN = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr")
_TYPOGRAPHY = "“”„‘’–—…«»\u00a0"
_SAMPLE_BYTES = 50_000


def decode(data: bytes) -> str:
    """The text of a UTF-8 file, with or without its mark.

    Raises ImportRefused naming the encoding of any other.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            raise ImportRefused(what=f"the file is {name}, not UTF-8", remedy=_REMEDY)
    if _has_every_other_byte_nul(data):
        raise ImportRefused(what="the file is UTF-16, not UTF-8", remedy=_REMEDY)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"the file is not UTF-8 (line {line}); it {_likeness(data)}"
        raise ImportRefused(what=what, remedy=_REMEDY) from None


def _has_every_other_byte_nul(data: bytes) -> bool:
    head = data[:200]
    pairs = len(head) // 2
    return pairs > 1 and max(head[::2].count(0), head[1::2].count(0)) > pairs * 0.7


def _likeness(data: bytes) -> str:
    head, *lines = data.splitlines()
    telling = [line for line in lines if not line.isascii()]
    sample = b"\n".join([head, *telling])[:_SAMPLE_BYTES]
    best = from_bytes(sample, cp_isolation=list(_NAMES)).best()
    if best is None:
        return "is in no encoding that we know"
    # The one that Excel writes in most of Europe, where the bytes fit it as well.
    first = "cp1252" if "cp1252" in best.could_be_from_charset else best.encoding
    others = [name for name in _EAST_ASIAN if name != first and _reads_as(sample, name)]
    if first not in _EAST_ASIAN and _reads_as(sample, first):
        others = []
    named = [first, *others] if first in _EAST_ASIAN or not others else others
    return "looks like " + " or ".join(_NAMES[name] for name in named[:3])


def _reads_as(data: bytes, encoding: str) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return all(c.isalnum() or c in _TYPOGRAPHY for c in text if not c.isascii())
