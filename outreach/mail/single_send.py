"""One mail to one address, while a person waits for it: a connection of its own, soon over.

Nothing is queued and nothing is kept. For the mails of a campaign there is ``services/delivery``.
"""

import time
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector

from outreach.mail.connection import Envelope, SmtpConnection, What
from outreach.mail.opening import Opening
from outreach.mail.replies import Reply
from outreach.mail.reply_table import Outcome
from outreach.mail.target import SmtpTarget

_TOO_SLOW = Reply(Outcome.UNREACHABLE, None, "the mail server did not answer in time")


def send_single(target: SmtpTarget, envelope: Envelope, body: bytes, *, within: float) -> Reply:
    """The server's answer to it, or why there was none, after ``within`` seconds at most."""
    until = time.monotonic() + within
    opened = Opening(target).take(within=within)
    if isinstance(opened, Reply):
        return opened
    try:
        return _talk(opened, envelope, body, until=until)
    finally:
        opened.quit()


def _talk(connection: SmtpConnection, envelope: Envelope, body: bytes, *, until: float) -> Reply:
    connection.offer(envelope)
    with DefaultSelector() as selector:
        selector.register(connection, EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            wanted = EVENT_READ | (EVENT_WRITE if connection.wants_to_write else 0)
            selector.modify(connection, wanted)
            selector.select(left)
            for heard in connection.move():
                if heard.what is not What.TAKEN:
                    return heard.reply
                connection.send_body(body)
    return _TOO_SLOW
