"""A server's reply, or what stood in its place."""

from dataclasses import dataclass

from outreach.mail.reply_table import Outcome, Stage, judge

_LONGEST = 500


@dataclass(frozen=True)
class Reply:
    """``words`` begin with the code; they are kept for the coordinator."""

    outcome: Outcome
    code: int | None = None
    words: str = ""


def read_reply(code: int, text: bytes | str, *, stage: Stage) -> Reply:
    """What ``code`` and ``text`` mean as the answer to ``stage``. A code below 0 is none."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    said = " ".join(said.split())[:_LONGEST]
    if 200 <= code < 600:
        return Reply(judge(code, said, stage=stage), code, f"{code} {said}")
    outcome = Outcome.DOUBTFUL if stage is Stage.BODY else Outcome.UNREACHABLE
    return Reply(outcome, code, f"not an SMTP reply: {code} {said}")
