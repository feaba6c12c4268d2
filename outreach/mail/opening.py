"""From a target to an open connection: connect, secure, greet, log in.

That part is smtplib's. It blocks, so it has a thread of its own and the open connections go on.
"""

import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from outreach.mail.connection import SmtpConnection
from outreach.mail.replies import Reply, read_reply
from outreach.mail.reply_table import Outcome, Stage
from outreach.mail.target import SmtpTarget

CONNECT_LIMIT = 30.0  # seconds for each step of the opening
OPENING_LIMIT = 90.0  # and for all of them: a byte now and then is no greeting


class Opening:
    """One connection on its way. ``done`` says when ``take`` gives it, or why there is none."""

    def __init__(self, target: SmtpTarget, *, when_done: Callable[[], None] = lambda: None) -> None:
        self._target = target
        self._when_done = when_done
        self._began = time.monotonic()
        self._smtp: smtplib.SMTP | None = None
        self._result: SmtpConnection | Reply | None = None
        self._given_up = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="smtp-opening")
        self._thread.start()

    @property
    def done(self) -> bool:
        return self._result is not None or self._is_late

    @property
    def _is_late(self) -> bool:
        return time.monotonic() - self._began > OPENING_LIMIT

    def take(self, *, within: float | None = None) -> SmtpConnection | Reply:
        """Waits for it. The reply says why no conversation came about."""
        limit = OPENING_LIMIT if within is None else within
        self._thread.join(max(0.0, self._began + limit - time.monotonic()))
        if self._result is None:
            self.give_up()
            return Reply(Outcome.UNREACHABLE, None, "the mail server did not greet in time")
        return self._result

    def give_up(self) -> None:
        """Whatever comes of it is closed."""
        self._given_up = True
        if self._smtp is not None and self._smtp.sock is not None:
            with suppress(OSError):
                self._smtp.sock.shutdown(socket.SHUT_RDWR)
        if isinstance(self._result, SmtpConnection):
            self._result.close()

    def _run(self) -> None:
        try:
            self._result = self._open()
        except smtplib.SMTPAuthenticationError as error:
            self._result = read_reply(error.smtp_code, error.smtp_error, stage=Stage.LOGIN)
        except smtplib.SMTPResponseException as error:
            self._result = read_reply(error.smtp_code, error.smtp_error, stage=Stage.CONNECT)
        except Exception as error:  # whatever it is, the sender must hear that nothing opened
            self._result = Reply(Outcome.UNREACHABLE, None, spoken(error))
        if self._given_up and isinstance(self._result, SmtpConnection):
            self._result.close()
        if not isinstance(self._result, SmtpConnection) and self._smtp is not None:
            self._smtp.close()
        self._when_done()

    def _open(self) -> SmtpConnection:
        target = self._target
        context = None if target.security == "smtp" else _trust()
        if target.security == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(local_hostname=_own_name(), context=context)
        else:
            smtp = smtplib.SMTP(local_hostname=_own_name())
        self._smtp = smtp
        smtp.timeout = CONNECT_LIMIT
        smtp._host = target.host  # type: ignore[attr-defined]  # what TLS verifies; else set only by the constructor, which connects
        code, words = smtp.connect(target.host, target.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        smtp.ehlo_or_helo_if_needed()
        if target.security == "smtp+starttls":
            smtp.starttls(context=context)
            smtp.ehlo()
        if target.user:
            smtp.login(target.user, target.password)
        assert smtp.sock is not None
        if smtp.file is not None:  # smtplib reads through it: while open, it keeps the socket open
            smtp.file.close()
        return SmtpConnection(
            smtp.sock, pipelining=smtp.has_extn("pipelining"), utf8=smtp.has_extn("smtputf8")
        )


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Reading all that this machine trusts takes tens of milliseconds."""
    return ssl.create_default_context()


@lru_cache(maxsize=1)
def _own_name() -> str:
    """What EHLO says, as smtplib has it: asked of the DNS once, not for each connection."""
    return smtplib.SMTP().local_hostname


def greet(target: SmtpTarget, *, within: float | None = None) -> Reply:
    """Connects, secures and authenticates, then hangs up: whether mail could be sent."""
    opened = Opening(target).take(within=within)
    if isinstance(opened, Reply):
        return opened
    opened.quit()
    return Reply(Outcome.ACCEPTED)


def spoken(error: Exception) -> str:
    """Why there was no conversation, in words for a coordinator."""
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "the mail server did not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "the mail server refused the connection"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"the mail server lacks what SMTP_URL asks for: {error}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the mail server's certificate is not valid: {error.verify_message}"
    if isinstance(error, smtplib.SMTPServerDisconnected | ConnectionResetError):
        return "the mail server hung up"
    return f"the mail server could not be reached: {type(error).__name__}"
