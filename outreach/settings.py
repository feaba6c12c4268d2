"""Settings, from environment variables, read once in wiring.

Every variable may also be given as ``<NAME>_FILE``, the path of a file that holds the value (a
container secret). Without any of them the embedded defaults serve.
"""

import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from outreach.domain.errors import Refused
from outreach.domain.limits import SendingLimits
from outreach.domain.retry import DEFAULT_RETRY, RetryRefused, RetrySchedule
from outreach.setting_values import ascii_address, has_port, limits, netloc, whole_number

EMBEDDED_MAIL_FROM = "Outreach <outreach@coalition.example>"
_SECRET = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "PUBLIC_URL")
_SHORTEST_KEY = 32
_SEED = re.compile("[0-9a-fA-F]{64}")
_SCHEME = re.compile(r"((?:[a-zA-Z0-9+.-]*://)?)(.*)", re.DOTALL)
_CREDENTIALS = re.compile(r"[^/?#:\[]*:(?!\d{1,5}(?:[/?#]|\Z))")  # USER:PASSWORD, the @ forgotten
_NAMES = {
    "home": "OUTREACH_HOME",
    "database_url": "DATABASE_URL",
    "redis_url": "REDIS_URL",
    "smtp_url": "SMTP_URL",
    "public_url": "PUBLIC_URL",
    "secret_keys": "SECRET_KEYS",
    "ledger_key": "LEDGER_KEY",
    "erasure_key": "ERASURE_KEY",
    "mail_from": "MAIL_FROM",
    "retry_after": "RETRY_AFTER",
    "smtp_connections": "SMTP_CONNECTIONS",
    "smtp_window": "SMTP_WINDOW",
    "send_rate": "SEND_RATE",
    "domain_limits": "DOMAIN_LIMITS",
    "desk_second_factor": "DESK_SECOND_FACTOR",
    "webhook_private_networks": "WEBHOOK_PRIVATE_NETWORKS",
    "retention_days": "RETENTION_DAYS",
}


class SettingsRefused(Refused):
    """A setting is wrong: names the variable, its value (secrets masked) and the fix."""

    def __init__(self, *, name: str, value: str, fix: str) -> None:
        super().__init__(f"{name}={value!r} is not usable: {fix}")
        self.name = name


class Settings(BaseSettings):
    """What an operator decides. Empty means: the embedded default."""

    # The prefix is for the fields' own names, which count beside the aliases: without it the
    # shell's HOME would be ours.
    model_config = SettingsConfigDict(
        frozen=True, populate_by_name=True, env_ignore_empty=True, env_prefix="OUTREACH_"
    )

    home: Path = Field(Path("var"), validation_alias=AliasChoices("OUTREACH_HOME"))
    database_url: str = Field("", validation_alias=AliasChoices("DATABASE_URL"))
    redis_url: str = Field("", validation_alias=AliasChoices("REDIS_URL"))
    smtp_url: str = Field("", validation_alias=AliasChoices("SMTP_URL"))
    public_url: str = Field("http://127.0.0.1:8000", validation_alias=AliasChoices("PUBLIC_URL"))
    secret_keys: Annotated[list[str], NoDecode] = Field(
        default_factory=list, validation_alias=AliasChoices("SECRET_KEYS")
    )
    ledger_key: str = Field("", repr=False, validation_alias=AliasChoices("LEDGER_KEY"))
    erasure_key: str = Field("", repr=False, validation_alias=AliasChoices("ERASURE_KEY"))
    mail_from: str = Field("", validation_alias=AliasChoices("MAIL_FROM"))
    retry_after: str = Field(DEFAULT_RETRY, validation_alias=AliasChoices("RETRY_AFTER"))

    smtp_connections: int = Field(8, validation_alias=AliasChoices("SMTP_CONNECTIONS"))
    smtp_window: int = Field(1, validation_alias=AliasChoices("SMTP_WINDOW"))
    send_rate: str = Field("", validation_alias=AliasChoices("SEND_RATE"))
    domain_limits: str = Field("", validation_alias=AliasChoices("DOMAIN_LIMITS"))
    desk_second_factor: str = Field("required", validation_alias=AliasChoices("DESK_SECOND_FACTOR"))
    webhook_private_networks: bool = Field(
        False, validation_alias=AliasChoices("WEBHOOK_PRIVATE_NETWORKS")
    )
    retention_days: int = Field(90, validation_alias=AliasChoices("RETENTION_DAYS"))

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and urlsplit(value).scheme.split("+")[0] not in (
            "sqlite",
            "postgresql",
            "postgres",
        ):
            raise ValueError("start it with postgresql:// or sqlite:///")
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_broker(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("redis", "rediss") or not has_port(value)):
            raise ValueError("start it with redis:// or rediss://, as in redis://127.0.0.1:6379/0")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _known_smtp(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in ("smtp", "smtps", "smtp+starttls")
            or not has_port(value)
            or not parts.hostname
        ):
            raise ValueError(
                "write smtp://HOST:PORT, smtps://USER:PASSWORD@HOST or smtp+starttls://…"
                " (in a password, write @ as %40, # as %23, / as %2F)"
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _absolute_public_url(cls, value: str) -> str:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and has_port(value) and parts.hostname
        plain = value.isascii() and value.isprintable() and not set(value) & set(" <>?#@")
        if not whole or not plain:
            raise ValueError("give the address that people reach, as in https://sign.example.org")
        return parts._replace(netloc=netloc(parts)).geturl().rstrip("/")

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: Any) -> Any:
        return [key.strip() for key in value.split(",")] if isinstance(value, str) else value

    @field_validator("secret_keys")
    @classmethod
    def _long_keys(cls, value: list[str]) -> list[str]:
        if any(len(key) < _SHORTEST_KEY for key in value):
            raise ValueError(
                f"each comma-separated key needs at least {_SHORTEST_KEY} characters;"
                " the last signs"
            )
        return value

    @field_validator("ledger_key", "erasure_key")
    @classmethod
    def _whole_seed(cls, value: str) -> str:
        if value and not _SEED.fullmatch(value.strip()):
            raise ValueError("give 64 hex digits, as `openssl rand -hex 32` makes them")
        return value.strip().lower()

    @field_validator("mail_from")
    @classmethod
    def _one_sender(cls, value: str) -> str:
        if value and not (value.isprintable() and ascii_address(value)):
            raise ValueError(
                "write one sender whose address mail servers take,"
                " as in Coalition <sign@example.org>"
            )
        return value

    @field_validator("smtp_connections", mode="before")
    @classmethod
    def _few_connections(cls, value: Any) -> int:
        return whole_number(value, most=50, of="connections to the mail server, as in 8")

    @field_validator("smtp_window", mode="before")
    @classmethod
    def _small_window(cls, value: Any) -> int:
        return whole_number(value, most=500, of="mails that may be in doubt, as in 1")

    @field_validator("retention_days", mode="before")
    @classmethod
    def _days(cls, value: Any) -> int:
        if str(value).strip() == "0":
            return 0
        return whole_number(value, most=36_500, of="days, as in 90, or 0 to erase nobody")

    @field_validator("retry_after")
    @classmethod
    def _known_pauses(cls, value: str) -> str:
        try:
            RetrySchedule.parse(value)
        except RetryRefused as refused:
            raise ValueError(str(refused)) from None
        return value

    @field_validator("send_rate")
    @classmethod
    def _known_rate(cls, value: str) -> str:
        limits(send_rate=value)
        return value

    @field_validator("domain_limits")
    @classmethod
    def _known_limits(cls, value: str) -> str:
        limits(domain_limits=value)
        return value

    @field_validator("webhook_private_networks", mode="before")
    @classmethod
    def _plain_yes(cls, value: Any) -> bool:
        if value in (True, False, "yes", "no"):
            return value in (True, "yes")
        raise ValueError("write yes or no; yes lets webhooks reach this network, and without TLS")

    @field_validator("desk_second_factor")
    @classmethod
    def _known_factor(cls, value: str) -> str:
        if value not in ("required", "optional"):
            raise ValueError("write required, or optional where a password alone shall do")
        return value

    @property
    def needs_second_factor(self) -> bool:
        """Whether a coordinator must have a code or a passkey beside the password."""
        return self.desk_second_factor == "required"

    @property
    def sending_limits(self) -> SendingLimits:
        return limits(send_rate=self.send_rate, domain_limits=self.domain_limits)

    @property
    def retry_schedule(self) -> RetrySchedule:
        return RetrySchedule.parse(self.retry_after)

    @property
    def captures_mail(self) -> bool:
        """Whether mail goes to the embedded mailbox: nothing leaves this machine."""
        return not self.smtp_url

    @property
    def generated_key_file(self) -> Path | None:
        """Where the generated key is kept; None where the operator gave keys."""
        path = self.home / "secret_key"
        generated = path.exists() and self.secret_keys == [path.read_text().strip()]
        return path if generated else None

    @property
    def has_generated_ledger_key(self) -> bool:
        path = self.home / "ledger_key"
        return path.exists() and self.ledger_key == path.read_text().strip()

    @property
    def sender(self) -> str:
        return self.mail_from or EMBEDDED_MAIL_FROM

    @property
    def mail_domain(self) -> str:
        """The sender's domain, in ASCII, as Message-IDs carry it."""
        return ascii_address(self.sender).rpartition("@")[2]


def load_settings() -> Settings:
    """The settings of this process. Raises SettingsRefused for the first wrong value."""
    given = {name: value for name in _NAMES.values() if (value := _from_file(name)) is not None}
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        fix = first["msg"].removeprefix("Value error, ")
        raise SettingsRefused(name=name, value=_masked(name, first["input"]), fix=fix) from None
    if settings.smtp_url and not settings.mail_from:
        fix = "SMTP_URL is set, so say who sends: MAIL_FROM='Coalition <sign@example.org>'"
        raise SettingsRefused(name="MAIL_FROM", value="", fix=fix)
    return _with_embedded_defaults(settings)


def _from_file(name: str) -> str | None:
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return None
    if os.environ.get(name):
        fix = f"{name} is set too, and only one can hold; unset one of the two"
        raise SettingsRefused(name=f"{name}_FILE", value=path, fix=fix)
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        fix = f"the file cannot be read ({reason}); mend the path or unset it"
        raise SettingsRefused(name=f"{name}_FILE", value=path, fix=fix) from None
    if not value:
        fix = "the file is empty; write the value into it or unset it"
        raise SettingsRefused(name=f"{name}_FILE", value=path, fix=fix)
    return value


def _with_embedded_defaults(settings: Settings) -> Settings:
    home = settings.home.absolute()
    changes: dict[str, Any] = {"home": home}
    if not settings.database_url:
        changes["database_url"] = f"sqlite:///{home / 'outreach.db'}"
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not settings.secret_keys:
            changes["secret_keys"] = [_kept_key(home)]
        if not settings.ledger_key:
            changes["ledger_key"] = _kept_ledger_key(home)
    except OSError as error:
        fix = f"it cannot be written ({error.strerror}); choose a folder that this user may write"
        raise SettingsRefused(name="OUTREACH_HOME", value=str(home), fix=fix) from None
    return settings.model_copy(update=changes)


def _kept_key(home: Path) -> str:
    """The generated key, kept with mode 600; two first starts agree on one of them."""
    key = _kept(home / "secret_key", secrets.token_urlsafe(48))
    if len(key) < _SHORTEST_KEY:
        raise _damaged(home, "secret_key", loss="old links then end")
    return key


def _kept_ledger_key(home: Path) -> str:
    """The seed of the Ed25519 key that signs checkpoints, kept like the other."""
    key = _kept(home / "ledger_key", secrets.token_hex(32))
    if not _SEED.fullmatch(key):
        raise _damaged(home, "ledger_key", loss="later checkpoints then have another public key")
    return key


def _kept(path: Path, value: str) -> str:
    """What the file holds; ``value`` where there was none."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(value)
        try:
            os.link(draft, path)  # atomic, and refuses where another start was first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _damaged(home: Path, name: str, *, loss: str) -> SettingsRefused:
    fix = f"the key kept in {home / name} is damaged: bring it back, or delete it ({loss})"
    return SettingsRefused(name="OUTREACH_HOME", value=str(home), fix=fix)


def _masked(name: str, value: object) -> str:
    """Nothing that may be a password: neither before an @ nor in a query, however ill-formed."""
    text = str(value)
    if name in ("SECRET_KEYS", "LEDGER_KEY", "ERASURE_KEY"):
        return "***"
    if name not in _SECRET:
        return text
    scheme, place = _SCHEME.match(text).groups()  # type: ignore[union-attr]
    if "@" in place:
        place = f"***@{place.rpartition('@')[2]}"
    elif _CREDENTIALS.match(place):
        place = "***"
    return scheme + re.sub(r"[?#].*", "?***", place, flags=re.DOTALL)
