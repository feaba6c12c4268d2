"""The SMTP conversation, the server's part said word by word: one round trip a mail, no body
before its 354, and after every kind of end a result that is true."""

from collections.abc import Iterator

import pytest

from outreach.mail.connection import Envelope, What
from outreach.mail.data import DataBytes
from outreach.mail.reply_table import Outcome
from tests.mail.conversation import Talk, a_talk, told

FIRST = Envelope("from@coalition.example", "a@one.example")
NEXT = Envelope("from@coalition.example", "b@two.example")
MAIL = b"MAIL FROM:<from@coalition.example>\r\n"
FIRST_RCPT, NEXT_RCPT = b"RCPT TO:<a@one.example>\r\n", b"RCPT TO:<b@two.example>\r\n"
DATA = b"DATA\r\n"
BODY = b"Subject: one\r\n\r\nHello\r\n"
STUFFED = BODY + b".\r\n"
TAKEN = (What.TAKEN, Outcome.ACCEPTED)
ACCEPTED = (What.ANSWERED, Outcome.ACCEPTED)
DOUBTFUL = (What.ANSWERED, Outcome.DOUBTFUL)
GONE = (What.GONE, Outcome.UNREACHABLE)
PUT_OFF = (What.REFUSED, Outcome.DEFERRED)


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def talk(request: pytest.FixtureRequest) -> Iterator[Talk]:
    with a_talk(pipelining=request.param) as talk:
        yield talk


@pytest.fixture
def pipelined() -> Iterator[Talk]:
    with a_talk(pipelining=True) as talk:
        yield talk


@pytest.fixture
def plain() -> Iterator[Talk]:
    with a_talk(pipelining=False) as talk:
        yield talk


def take(talk: Talk, envelope: Envelope = FIRST) -> None:
    """Up to the 354."""
    talk.connection.offer(envelope)
    talk.said()
    assert told(talk.says("250 ok", "250 ok", "354 go on")) == [TAKEN]
    talk.said()


def test_an_envelope_goes_out_at_once_where_the_server_pipelines(pipelined: Talk) -> None:
    pipelined.connection.offer(FIRST)
    assert pipelined.said() == MAIL + FIRST_RCPT + DATA
    assert pipelined.connection._socket.writes == 1  # type: ignore[attr-defined]


def test_a_body_and_the_next_envelope_go_out_in_one_write(pipelined: Talk) -> None:
    take(pipelined)
    before = pipelined.connection._socket.writes  # type: ignore[attr-defined]
    pipelined.connection.send_body(BODY, then=NEXT)
    assert pipelined.said() == STUFFED + MAIL + NEXT_RCPT + DATA
    assert pipelined.connection._socket.writes == before + 1  # type: ignore[attr-defined]
    assert told(pipelined.says("250 taken\r\n250 ok\r\n250 ok\r\n354 go on")) == [ACCEPTED, TAKEN]


def test_what_stands_after_data_already_goes_out_as_it_is(pipelined: Talk) -> None:
    take(pipelined)
    pipelined.connection.send_body(DataBytes(b"..a dot\r\n.\r\n"))
    assert pipelined.said() == b"..a dot\r\n.\r\n"


def test_where_it_does_not_each_command_waits_for_its_reply(plain: Talk) -> None:
    plain.connection.offer(FIRST)
    for said, reply in ((MAIL, "250 ok"), (FIRST_RCPT, "250 ok")):
        assert plain.said() == said
        assert plain.says(reply) == []
    assert plain.said() == DATA
    assert told(plain.says("354 go on")) == [TAKEN]
    plain.connection.send_body(BODY, then=NEXT)
    assert plain.said() == STUFFED
    assert told(plain.says("250 taken")) == [ACCEPTED]
    assert plain.said() == MAIL
    assert plain.says("250 ok") == []
    assert plain.said() == NEXT_RCPT


def test_no_leave_is_heard_before_the_whole_354_has_come(talk: Talk) -> None:
    talk.connection.offer(FIRST)
    assert talk.says("250 ok", "250 ok") == []
    for byte in b"354-go\r\n354 on":
        talk.server.sendall(bytes([byte]))
        assert talk.hears() == []
    talk.server.sendall(b"\r\n")
    assert told(talk.hears()) == [TAKEN]
    assert b"Subject" not in talk.said()


@pytest.mark.parametrize("reply", ["250 ok", "220 hm", "300 what", "355 go on", "nonsense", ""])
def test_whatever_is_no_354_is_no_leave_for_a_body(talk: Talk, reply: str) -> None:
    talk.connection.offer(FIRST)
    (heard,) = talk.says("250 ok", "250 ok", reply)
    assert heard.what in (What.REFUSED, What.GONE)
    assert heard.reply.outcome in (Outcome.DEFERRED, Outcome.UNREACHABLE)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_replies_of_many_lines_that_come_byte_by_byte_are_read_like_any(
    talk: Talk, end: str
) -> None:
    talk.connection.offer(FIRST)
    heard = []
    for line in ("250-one", "250-two", "250 ok", "250-", "250", "354-go", "354 on"):
        for byte in (line + end).encode():
            talk.server.sendall(bytes([byte]))
            heard += talk.hears()
    assert told(heard) == [TAKEN]


def test_a_reply_of_many_lines_is_kept_whole(plain: Talk) -> None:
    plain.connection.offer(FIRST)
    (heard,) = plain.says("250 ok", "550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user")
    assert heard.reply.words == "550 5.1.1 no 5.1.1 such 5.1.1 user"
    assert heard.reply.code == 550


@pytest.mark.parametrize(
    ("replies", "outcome", "words"),
    [
        (["530 5.7.0 Authentication required", "503 mail", "503 rcpt"], Outcome.STOPPED, "530"),
        (["451 4.3.0 later", "503 mail", "503 rcpt"], Outcome.DEFERRED, "451"),
        (["250 ok", "550 5.1.1 no such user", "503 rcpt"], Outcome.RECIPIENT_REJECTED, "550"),
        (["250 ok", "450 4.2.1 busy", "554 no valid recipients"], Outcome.DEFERRED, "450"),
        (["250 ok", "250 ok", "451 4.3.1 disk full"], Outcome.DEFERRED, "451"),
        (["250 ok", "250 ok", "554 5.6.0 no"], Outcome.MESSAGE_REJECTED, "554"),
    ],
)
@pytest.mark.parametrize("pipelining", [True, False])
def test_the_first_refusal_counts_and_the_next_envelope_begins_anew(
    replies: list[str], outcome: Outcome, words: str, pipelining: bool
) -> None:
    with a_talk(pipelining=pipelining) as talk:
        talk.connection.offer(FIRST)
        asked = replies if pipelining else [one for one in replies if not one.startswith("503")]
        asked = asked[:2] if not pipelining and "450" in words else asked
        (heard,) = talk.says(*asked)
        assert (heard.what, heard.reply.outcome) == (What.REFUSED, outcome)
        assert heard.reply.words.startswith(words)
        assert not talk.connection.is_busy
        talk.said()
        talk.connection.offer(NEXT)
        reset = b"RSET\r\n"
        assert talk.said() == (reset + MAIL + NEXT_RCPT + DATA if pipelining else reset)
        assert told(talk.says("250 reset", "250 ok", "250 ok", "354 go on")) == [TAKEN]
        talk.said()
        talk.connection.send_body(BODY, then=FIRST)
        assert b"RSET" not in talk.said()
        assert told(talk.says("250 ok")) == [ACCEPTED]


def test_a_refused_recipient_is_not_told_twice_by_what_follows_from_it(pipelined: Talk) -> None:
    pipelined.connection.offer(FIRST)
    assert pipelined.says("250 ok", "550 5.1.1 unknown user") == []
    assert told(pipelined.says("503 need RCPT")) == [(What.REFUSED, Outcome.RECIPIENT_REJECTED)]


@pytest.mark.parametrize("end", ["250 nothing sent", "554 no valid recipients", "503 hm"])
def test_a_354_after_a_refused_recipient_gets_the_dot_alone(pipelined: Talk, end: str) -> None:
    pipelined.connection.offer(FIRST)
    pipelined.said()
    assert pipelined.says("250 ok", "450 4.2.1 busy", "354 go on") == []
    assert pipelined.said() == b".\r\n"
    (heard,) = pipelined.says(end)
    assert (heard.what, heard.reply.words) == (What.REFUSED, "450 4.2.1 busy")
    pipelined.connection.offer(NEXT)
    assert pipelined.said() == MAIL + NEXT_RCPT + DATA


def test_a_refusal_within_a_pipeline_leaves_the_body_before_it_its_own_reply(
    pipelined: Talk,
) -> None:
    take(pipelined)
    pipelined.connection.send_body(BODY, then=NEXT)
    heard = pipelined.says("250 taken", "250 ok", "550 5.1.1 unknown user", "503 rcpt")
    assert told(heard) == [ACCEPTED, (What.REFUSED, Outcome.RECIPIENT_REJECTED)]


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        (["421 closing"], [GONE]),
        (["250 ok", "421 closing"], [PUT_OFF]),
        (["250 ok", "250 ok", "421 closing"], [PUT_OFF]),
    ],
)
def test_a_421_to_an_envelope_closes_and_puts_off_only_whom_it_was_said_of(
    talk: Talk, replies: list[str], expected: list[tuple[What, Outcome]]
) -> None:
    talk.connection.offer(FIRST)
    assert told(talk.says(*replies)) == expected
    assert talk.connection.closed
    assert talk.has_ended


def test_a_421_to_a_body_puts_that_mail_off_and_lets_go_of_the_next(talk: Talk) -> None:
    take(talk)
    talk.connection.send_body(BODY, then=NEXT)
    assert told(talk.says("421 4.3.2 closing")) == [(What.ANSWERED, Outcome.DEFERRED), GONE]
    assert talk.connection.closed


def test_a_421_to_rset_says_nothing_of_anybody(talk: Talk) -> None:
    talk.connection.offer(FIRST)
    talk.says("250 ok", "550 5.1.1 unknown user", *(["503 x"] * talk.connection.pipelining))
    talk.connection.offer(NEXT)
    assert told(talk.says("421 closing")) == [GONE]


def test_words_that_nobody_asked_for_end_it(talk: Talk) -> None:
    (heard,) = talk.says("421 4.4.2 idle for too long")
    assert (heard.what, heard.reply.words) == (What.GONE, "421 4.4.2 idle for too long")
    assert talk.connection.closed


@pytest.mark.parametrize("hard", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([], [GONE]),
        (["250 ok"], [PUT_OFF]),
        (["250 ok", "250 ok"], [PUT_OFF]),
        (["250 ok", "250 ok", "354 go on"], [GONE]),
    ],
)
def test_who_hangs_up_at_a_recipient_puts_off_that_one_alone(
    talk: Talk, replies: list[str], expected: list[tuple[What, Outcome]], hard: bool
) -> None:
    talk.connection.offer(FIRST)
    talk.says(*replies)
    talk.said()
    assert told(talk.hangs_up(hard=hard)) == expected
    assert talk.connection.closed


def test_who_hangs_up_after_a_refusal_has_refused(pipelined: Talk) -> None:
    pipelined.connection.offer(FIRST)
    pipelined.says("250 ok", "550 5.1.1 unknown user")
    assert told(pipelined.hangs_up()) == [(What.REFUSED, Outcome.RECIPIENT_REJECTED)]


@pytest.mark.parametrize("hard", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("then", [None, NEXT], ids=["the last", "with a next"])
def test_who_hangs_up_before_the_final_reply_leaves_a_doubt(
    talk: Talk, then: Envelope | None, hard: bool
) -> None:
    take(talk)
    talk.connection.send_body(BODY, then=then)
    talk.said()
    assert told(talk.hangs_up(hard=hard)) == [DOUBTFUL, GONE]


def test_who_hangs_up_after_the_final_reply_leaves_none(talk: Talk) -> None:
    take(talk)
    talk.connection.send_body(BODY, then=NEXT)
    talk.server.sendall(b"250 taken\r\n")
    assert told(talk.hangs_up()) in ([ACCEPTED, GONE], [ACCEPTED])
    if not talk.connection.closed:
        assert told(talk.hears()) == [GONE]


@pytest.mark.parametrize("reply", ["OK queued", "354 go on", "150 hm", "600 what", "-1 x", "250"])
def test_a_final_reply_that_cannot_be_read_is_a_doubt_and_ends_it(talk: Talk, reply: str) -> None:
    take(talk)
    talk.connection.send_body(BODY, then=NEXT)
    heard = told(talk.says(reply))
    if reply == "250":
        assert heard == [ACCEPTED]
    else:
        assert heard == [DOUBTFUL, GONE]
        assert talk.connection.closed


@pytest.mark.parametrize("replies", [["hm"], ["250 ok", "250ok?no\r\n"], ["250 ok", "hm", "503 x"]])
def test_a_reply_that_cannot_be_read_is_no_refusal(talk: Talk, replies: list[str]) -> None:
    talk.connection.offer(FIRST)
    heard = talk.says(*replies)
    assert all(one.reply.outcome is not Outcome.RECIPIENT_REJECTED for one in heard)
    assert all(one.what is not What.TAKEN for one in heard)
