import pytest

from outreach.domain.errors import ImportRefused
from outreach.partners.encoding import decode

WESTERN = "organization,email\nLe Comité pour la liberté,a@one.example\nFür alle,b@two.example\n"
CHINESE = "organization,email\n中国人权,a@one.example\n人道中国,b@two.example\n"
JAPANESE = "organization,email\n日本の人権フォーラム,a@one.example\n"
RUSSIAN = "organization,email\nМемориал,a@one.example\nПравозащитный центр,b@two.example\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("text", [WESTERN, CHINESE, JAPANESE, RUSSIAN])
def test_utf_8_is_read_with_and_without_its_mark(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (WESTERN, "utf-16", "UTF-16"),
        (WESTERN, "utf-16-le", "UTF-16"),
        (WESTERN, "utf-16-be", "UTF-16"),
        (WESTERN, "utf-32", "UTF-32"),
        (WESTERN, "cp1252", "Windows-1252"),
        (CHINESE, "gb18030", "GB18030"),
        (JAPANESE, "shift_jis", "Shift JIS"),
        (CHINESE.replace("国", "國").replace("权", "權"), "big5", "Big5"),
        (RUSSIAN, "cp1251", "Windows-1251"),
    ],
)
def test_other_encodings_are_named_and_refused_with_the_fix(
    text: str, encoding: str, named: str
) -> None:
    with pytest.raises(ImportRefused) as caught:
        decode(text.encode(encoding))
    assert named in caught.value.what
    assert "CSV UTF-8" in caught.value.remedy


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ImportRefused, match="not UTF-8"):
        decode(b"organization,email\n" + bytes(range(1, 256)))
