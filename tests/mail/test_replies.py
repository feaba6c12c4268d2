"""A reply in a server's words, and what stands in the place of one."""

import pytest

from outreach.mail.replies import read_reply
from outreach.mail.reply_table import Outcome, Stage


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (250, Outcome.ACCEPTED),
        (251, Outcome.ACCEPTED),
        (421, Outcome.DEFERRED),
        (450, Outcome.DEFERRED),
        (452, Outcome.DEFERRED),
        (550, Outcome.RECIPIENT_REJECTED),
        (554, Outcome.RECIPIENT_REJECTED),
        (-1, Outcome.UNREACHABLE),
    ],
)
def test_a_reply_is_read_by_its_first_digit(code: int, outcome: Outcome) -> None:
    reply = read_reply(code, b"said so\r\nand more", stage=Stage.RCPT)
    assert reply.outcome is outcome
    assert "said so and more" in reply.words


@pytest.mark.parametrize("code", [-1, 0, 25, 199, 600, 999])
def test_what_is_no_reply_says_so_and_after_a_body_it_is_a_doubt(code: int) -> None:
    reply = read_reply(code, "what", stage=Stage.RCPT)
    assert reply.outcome is Outcome.UNREACHABLE
    assert reply.words == f"not an SMTP reply: {code} what"
    assert read_reply(code, "what", stage=Stage.BODY).outcome is Outcome.DOUBTFUL


def test_words_are_kept_on_one_line_and_not_for_ever() -> None:
    reply = read_reply(550, b" no \xff\r\n\t such\x0b user " + b"x" * 1000, stage=Stage.RCPT)
    assert reply.words.startswith("550 no \ufffd such user xxx")
    assert len(reply.words) <= 510
    assert reply.code == 550
