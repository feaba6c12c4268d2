import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from outreach.demo.mailbox_server import SIZE_LIMIT, serve_mailbox
from outreach.demo.ports import answers, free_port
from outreach.domain.errors import Refused
from outreach.mailbox import list_mails, read_mail
from tests.waiting import wait_until

SERVE = (
    "import sys; from pathlib import Path;"
    "from outreach.demo.mailbox_server import serve_mailbox;"
    "serve_mailbox(Path(sys.argv[1]), port=int(sys.argv[2]), say=lambda t: print(t, flush=True))"
)


def _start(folder: Path, port: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), str(port)], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a mailbox that keeps its mail in ``tmp_path``."""
    chosen = free_port()
    process = _start(tmp_path, chosen)
    wait_until(lambda: answers("127.0.0.1", chosen), what="the mailbox")
    yield chosen
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=5)
    assert process.returncode == 0


def _mail(text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@one.example", "Grüße"
    mail.set_content(text)
    return mail


def test_a_mail_is_on_the_disk_once_the_server_has_said_250(port: int, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(_mail("Guten Tag\n.\nzwei"), to_addrs=["b@one.example", "c@two.example"])
        (listed,) = list_mails(tmp_path)
    mail = read_mail(tmp_path, listed.name)
    assert mail.to == ("b@one.example", "c@two.example")
    assert mail.subject == "Grüße"
    assert mail.text.splitlines() == ["Guten Tag", ".", "zwei"]


def test_an_address_beyond_ascii_is_taken(port: int, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.sendmail(
            "a@example.org", ["käthe@one.example"], "Subject: ä\r\n\r\nä".encode(), ["SMTPUTF8"]
        )
    assert list_mails(tmp_path)[0].to == ("käthe@one.example",)


def test_a_mail_beyond_ten_megabytes_is_refused(port: int, tmp_path: Path) -> None:
    with (
        smtplib.SMTP("127.0.0.1", port) as smtp,
        pytest.raises(smtplib.SMTPException, match=r"552|exceeds"),
    ):
        smtp.sendmail("a@example.org", ["b@one.example"], b"x" * (SIZE_LIMIT + 1))
    assert list_mails(tmp_path) == []


def test_a_mail_that_cannot_be_stored_is_deferred(tmp_path: Path) -> None:
    in_the_way = tmp_path / "mailbox"
    in_the_way.write_text("a file where the folder should be")
    chosen = free_port()
    process = _start(in_the_way, chosen)
    wait_until(lambda: answers("127.0.0.1", chosen), what="the mailbox")
    try:
        with (
            smtplib.SMTP("127.0.0.1", chosen) as smtp,
            pytest.raises(smtplib.SMTPDataError) as told,
        ):
            smtp.send_message(_mail("hello"))
        assert told.value.smtp_code == 452
    finally:
        process.terminate()
        process.communicate(timeout=5)


def test_a_free_port_is_found_and_said(tmp_path: Path) -> None:
    process = _start(tmp_path, 0)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert answers("127.0.0.1", int(said.split("127.0.0.1:")[1].split(",")[0]))
    finally:
        process.terminate()
        process.communicate(timeout=5)


def test_a_taken_port_is_refused_with_the_fix(port: int, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="another --port"):
        serve_mailbox(tmp_path, port=port, say=print)
