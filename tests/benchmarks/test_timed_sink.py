"""The server that takes its time: one mail waits, other connections do not, replies in order."""

import smtplib
import socket
import time
from pathlib import Path

from benchmarks.sink import timed_sink
from tests.waiting import wait_until

_MAIL = "Subject: one\r\n\r\nA line.\r\n..dotted\r\n"


def test_a_mail_is_counted_weighed_and_kept(tmp_path: Path) -> None:
    with timed_sink(tmp_path, keeps=1) as sink:
        with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as server:
            for _ in range(2):
                server.sendmail("a@coalition.example", "b@o.example", _MAIL)
        wait_until(lambda: len(sink.moments()) == 2, what="two mails")
        assert len(set(sink.sizes())) == 1
        (kept,) = sink.mails()
        assert kept["Subject"] == "one"
        assert "..dotted" in str(kept.get_payload())


def test_what_was_sent_ahead_is_answered_after_the_pause_and_in_order(tmp_path: Path) -> None:
    pause = 0.2
    with (
        timed_sink(tmp_path, pause=pause) as sink,
        socket.create_connection(("127.0.0.1", sink.port), timeout=5) as talk,
        talk.makefile("rb") as replies,
    ):
        assert replies.readline().startswith(b"220")
        talk.sendall(b"MAIL FROM:<a@coalition.example>\r\nRCPT TO:<b@o.example>\r\nDATA\r\n")
        assert [replies.readline()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
        began = time.monotonic()
        talk.sendall(b"Subject: one\r\n\r\nbody\r\n.\r\nMAIL FROM:<>\r\nDATA\r\n")
        assert [replies.readline()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
        assert time.monotonic() - began >= pause
