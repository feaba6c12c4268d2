"""Look at an installation as an operator would: each part configured, reachable, safe."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from outreach.ledger.note import LogKey, encoded
from outreach.mail.opening import greet
from outreach.mail.reply_table import Outcome
from outreach.mail.target import SmtpTarget
from outreach.settings import Settings
from outreach.store import webhooks
from outreach.store.database import Database
from outreach.store.migrate import needs_upgrade

Level = Literal["fine", "note", "trouble"]


@dataclass(frozen=True)
class Finding:
    """One part's state, and what to do where it is not fine."""

    part: str
    level: Level
    text: str


def examine(
    settings: Settings,
    open_database: Callable[[], Database],
    *,
    broker_url: str,
    smtp_target: SmtpTarget,
    public_url: str,
) -> list[Finding]:
    """Every part, whatever the others' state."""
    database, usable = _database(open_database)
    return [
        Finding("home", "fine", str(settings.home)),
        database,
        _broker(broker_url),
        _smtp(settings, smtp_target),
        _public_url(public_url),
        _keys(settings),
        _ledger_key(settings),
        Finding("MAIL_FROM", "fine" if settings.mail_from else "note", _sender(settings)),
        _webhooks(usable),
    ]


def database_reason(error: Exception) -> str:
    """The first line of the database's own words; the rest may quote what it was given."""
    return (str(getattr(error, "orig", error)).strip() or type(error).__name__).splitlines()[0]


def _database(open_database: Callable[[], Database]) -> tuple[Finding, Database | None]:
    """With the database, where our tables can be read in it."""
    try:
        database = open_database()
        old = needs_upgrade(database)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        return Finding("database", "trouble", f"it cannot be used: {database_reason(error)}"), None
    if not old:
        kind = "PostgreSQL" if database.is_postgresql else "SQLite"
        return Finding("database", "fine", f"{kind}, tables up to date"), database
    if database.is_postgresql:
        text = "PostgreSQL lacks tables; run: outreach db upgrade"
        return Finding("database", "trouble", text), None
    text = "SQLite, new or older: the next command brings it up"
    return Finding("database", "note", text), None


def _broker(url: str) -> Finding:
    if not url:
        return Finding(
            "broker", "note", "none: REDIS_URL is not set and no stack runs here (outreach up)"
        )
    import redis

    trouble = "its options are not understood; mend what stands after the ? in REDIS_URL"
    where = f"{urlsplit(url).hostname or 'localhost'}:{urlsplit(url).port or 6379}"
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()
    except redis.RedisError as error:
        return Finding("broker", "trouble", f"{where} does not answer: {type(error).__name__}")
    except (TypeError, ValueError):
        return Finding("broker", "trouble", f"{where}: {trouble}")
    return Finding("broker", "fine", f"{where} answers")


def _smtp(settings: Settings, target: SmtpTarget) -> Finding:
    where = f"{target.host}:{target.port}"
    reply = greet(target)
    if reply.outcome is Outcome.ACCEPTED:
        note = " (embedded mailbox: nothing leaves this machine)" if settings.captures_mail else ""
        return Finding("SMTP", "fine", f"{where} answers{note}")
    if settings.captures_mail:
        return Finding("SMTP", "note", "SMTP_URL is not set, and no stack runs here (outreach up)")
    return Finding("SMTP", "trouble", f"{where}: {reply.words}")


def _public_url(url: str) -> Finding:
    parts = urlsplit(url)
    if parts.hostname in ("127.0.0.1", "localhost", "::1"):
        return Finding("PUBLIC_URL", "note", f"{url}: only this machine can open the links")
    if parts.scheme != "https":
        return Finding("PUBLIC_URL", "note", f"{url}: use https, links are as good as a signature")
    return Finding("PUBLIC_URL", "fine", url)


def _keys(settings: Settings) -> Finding:
    if kept := settings.generated_key_file:
        return Finding("keys", "note", f"generated, kept in {kept}")
    return Finding("keys", "fine", f"{len(settings.secret_keys)} given; the last signs")


def _webhooks(database: Database | None) -> Finding:
    if database is None:
        return Finding("webhooks", "note", "not known until the database can be read")
    with database.reading() as session:
        enabled, failed = webhooks.count_enabled(session)
    if not enabled:
        return Finding("webhooks", "fine", "none")
    if not failed:
        return Finding("webhooks", "fine", f"{enabled} enabled, no call failed for good")
    calls = "1 call failed for good: the desk repeats it"
    if failed > 1:
        calls = f"{failed:,} calls failed for good: the desk repeats them"
    return Finding("webhooks", "note", f"{enabled} enabled, {calls}")


def _ledger_key(settings: Settings) -> Finding:
    """The public one tells machines with the same key from those that sign with another."""
    public = encoded(LogKey(bytes.fromhex(settings.ledger_key)).public)
    if settings.has_generated_ledger_key and settings.database_url.startswith("postgres"):
        elsewhere = "another machine signs with another one; give all the same LEDGER_KEY"
        return Finding("ledger key", "note", f"{public}, generated on this machine: {elsewhere}")
    return Finding("ledger key", "fine", f"{public} (as in `outreach ledger key`)")


def _sender(settings: Settings) -> str:
    if settings.mail_from:
        return settings.mail_from
    return f"not set; the embedded mailbox shows {settings.sender}"
