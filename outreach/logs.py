"""Logs carry ids and states; never addresses, names of signers, tokens or links."""

import logging
import re
import sys

import structlog

_QUIET = (
    "httpx", "amqp", "kombu", "uvicorn.access", "mail.log", "alembic", "asyncio",
    # Three lines for each sweep, that is for nothing done; what fails is an error, and is told.
    "celery.app.trace", "celery.worker.strategy", "celery.beat",
)  # fmt: skip
# What a failing statement or a server may quote in an exception, whoever logs it.
_QUOTED = (
    (re.compile(r"\[parameters: .*?(?=\\n|\n|\Z)"), "[parameters: ...]"),
    (re.compile(r"\b(DETAIL|CONTEXT): .*?(?=\\n|\n|\Z)"), r"\1: ..."),
    (re.compile(r"(/[au]/)[\w.~%-]+"), r"\1..."),
    (re.compile(r"[^\s<>@\"'(),:;=]+@[^\s<>@\"'(),:;]+"), "...@..."),
)


def configure_logging() -> None:
    """One line an event, on standard error."""
    handler = _ToStandardError()
    handler.setFormatter(_Discreet("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer(key_order=["event"])],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


class _ToStandardError(logging.Handler):
    """Writes to what is standard error at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


class _Discreet(logging.Formatter):
    """The last net: what slipped into a message or a traceback is blotted out."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for pattern, blot in _QUOTED:
            line = pattern.sub(blot, line)
        return line
