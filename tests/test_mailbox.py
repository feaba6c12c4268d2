from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outreach.mailbox import MailNotFound, count_mails, list_mails, read_mail, store_mail

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MAIL = (
    b"From: Coalition <sign@example.org>\r\n"
    b"To: =?utf-8?q?J=C3=BCrgen?= <contact@one.example>\r\n"
    b"Subject: =?utf-8?b?5Y+D6IiH?= today\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Gr\xc3\xbc\xc3\x9fe</p>\r\n--b--\r\n"
)


def test_a_mail_comes_back_byte_for_byte_with_its_envelope(tmp_path: Path) -> None:
    name = store_mail(tmp_path, MAIL, ["hidden@two.example"], sender="bounce@example.org", now=NOW)
    mail = read_mail(tmp_path, name)
    assert mail.raw == MAIL
    assert mail.to == ("hidden@two.example",)
    assert mail.subject == "參與 today"
    assert mail.text.strip() == "Grüße"
    assert mail.html.strip() == "<p>Grüße</p>"
    assert mail.date == NOW
    assert dict(mail.headers)["To"] == "Jürgen <contact@one.example>"


def test_the_newest_mail_is_listed_first_without_bodies(tmp_path: Path) -> None:
    names = [
        store_mail(tmp_path, MAIL, ["a@one.example"], now=NOW + timedelta(microseconds=step))
        for step in range(3)
    ]
    listed = list_mails(tmp_path)
    assert [mail.name for mail in listed] == names[::-1]
    assert {mail.subject for mail in listed} == {"參與 today"}
    assert {mail.raw + mail.text.encode() for mail in listed} == {b""}
    assert [mail.name for mail in list_mails(tmp_path, limit=1)] == [names[2]]
    assert count_mails(tmp_path) == 3


def test_an_empty_or_missing_folder_lists_nothing(tmp_path: Path) -> None:
    assert list_mails(tmp_path / "none") == []
    assert count_mails(tmp_path / "none") == 0


def test_a_half_written_mail_is_not_listed(tmp_path: Path) -> None:
    name = store_mail(tmp_path, MAIL, ["a@one.example"], now=NOW)
    (tmp_path / name).rename(tmp_path / f".{name}")
    assert list_mails(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    ["", "..", "../secret_key", "/etc/hostname", "x.eml", "20261124T120000000000Z-00000000.eml"],
)
def test_a_name_that_was_never_given_out_finds_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(MailNotFound):
        read_mail(tmp_path, name)


def test_mails_are_for_their_owner_only(tmp_path: Path) -> None:
    name = store_mail(tmp_path / "mailbox", MAIL, ["a@one.example"], now=NOW)
    assert (tmp_path / "mailbox").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "mailbox" / name).stat().st_mode & 0o777 == 0o600


def test_a_plain_mail_with_an_unknown_charset_is_still_readable(tmp_path: Path) -> None:
    raw = b"Subject: odd\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhello\r\n"
    mail = read_mail(tmp_path, store_mail(tmp_path, raw, [], now=NOW))
    assert mail.text.strip() == "hello"
    assert mail.html == ""


def test_what_is_no_mail_at_all_is_kept_too(tmp_path: Path) -> None:
    mail = read_mail(tmp_path, store_mail(tmp_path, b"\x00\xff\xfe", [], now=NOW))
    assert mail.raw == b"\x00\xff\xfe"
    assert list_mails(tmp_path)[0].subject == ""
