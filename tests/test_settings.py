"""Settings: each wrong value stops the start with its name, its value (masked) and the fix."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from outreach.domain.limits import DomainLimit, Rate
from outreach.mail.headers import message_id_line, split_mailbox
from outreach.mail.target import SmtpTarget
from outreach.settings import SettingsRefused, load_settings

KEY = "k" * 32
SMTP_FIX = "smtps://USER:PASSWORD@HOST"
PUBLIC_FIX = "https://sign.example.org"
SENDER_FIX = "Coalition <sign@example.org>"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsRefused) as refusal:
        load_settings()
    return str(refusal.value)


def test_without_any_the_embedded_defaults_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/somebody")
    settings = load_settings()
    assert settings.home == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/outreach.db"
    assert (settings.redis_url, settings.smtp_url, settings.mail_from) == ("", "", "")
    assert settings.captures_mail
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.mail_domain == "coalition.example"
    assert settings.retry_after == "12m,30m,2h"
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700


def test_every_variable_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "OUTREACH_HOME": str(tmp_path / "elsewhere"),
        "DATABASE_URL": "postgresql://u:p@db/outreach",
        "REDIS_URL": "redis://:p@redis:6379/0",
        "SMTP_URL": "smtp+starttls://u:p@mail.example.org:587",
        "PUBLIC_URL": "https://sign.example.org/",
        "SECRET_KEYS": f" {KEY} , {'n' * 40}",
        "MAIL_FROM": "Coalition <sign@example.org>",
        "RETRY_AFTER": "1m,2h",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.home == tmp_path / "elsewhere"
    assert settings.database_url == values["DATABASE_URL"]
    assert settings.redis_url == values["REDIS_URL"]
    assert settings.smtp_url == values["SMTP_URL"]
    assert settings.public_url == "https://sign.example.org"
    assert settings.secret_keys == [KEY, "n" * 40]
    assert settings.mail_domain == "example.org"
    assert settings.retry_schedule.pauses == (timedelta(minutes=1), timedelta(hours=2))
    assert not settings.captures_mail
    assert settings.generated_key_file is None


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("DATABASE_URL", "mysql://db/outreach", "postgresql:// or sqlite:///"),
        ("DATABASE_URL", "outreach.db", "postgresql:// or sqlite:///"),
        ("REDIS_URL", "127.0.0.1:6379", "redis:// or rediss://"),
        ("REDIS_URL", "amqp://127.0.0.1", "redis:// or rediss://"),
        ("REDIS_URL", "redis://127.0.0.1:99999/0", "redis:// or rediss://"),
        ("SMTP_URL", "mail.example.org:25", SMTP_FIX),
        ("SMTP_URL", "http://mail.example.org", SMTP_FIX),
        ("SMTP_URL", "smtp://", SMTP_FIX),
        ("SMTP_URL", "smtp://mail.example.org:0", SMTP_FIX),
        ("SMTP_URL", "smtp://mail.example.org:65536", SMTP_FIX),
        ("PUBLIC_URL", "sign.example.org", PUBLIC_FIX),
        ("PUBLIC_URL", "ftp://sign.example.org", PUBLIC_FIX),
        ("PUBLIC_URL", "https://", PUBLIC_FIX),
        ("PUBLIC_URL", "https://sign.example.org:70000", PUBLIC_FIX),
        ("PUBLIC_URL", "https://sign .example.org", PUBLIC_FIX),
        ("PUBLIC_URL", "https://bücher.example", PUBLIC_FIX),
        ("MAIL_FROM", "Coalition", SENDER_FIX),
        ("MAIL_FROM", "x@localhost", SENDER_FIX),
        ("MAIL_FROM", "Coalition <x@localhost>", SENDER_FIX),
        ("MAIL_FROM", "a@example.org, b@example.org", SENDER_FIX),
        ("MAIL_FROM", "a@b@example.org", SENDER_FIX),
        ("MAIL_FROM", "büro@example.org", SENDER_FIX),
        ("MAIL_FROM", "a@example.org\nBcc: b@example.org", SENDER_FIX),
        ("MAIL_FROM", "Coalition <sign@exa_mple.org>", SENDER_FIX),
        ("RETRY_AFTER", "12m,soon", "pause 2: 'soon' is no length of time; write the pauses"),
        ("RETRY_AFTER", "30", "12m,30m,2h"),
        ("SEND_RATE", "fast", "'fast' is no rate; write a rate as in 100/second"),
        ("SEND_RATE", "0/minute", "'0/minute' is not from 1 to 1,000,000"),
        ("DOMAIN_LIMITS", "*=30/minute, example.org", "entry 2: 'example.org' has no ="),
        ("DOMAIN_LIMITS", "exa mple.org=:1", "entry 1: 'exa mple.org' is no domain; write domains"),
        ("DOMAIN_LIMITS", "a@example.org=:1", "'a@example.org' is no domain"),
        ("DOMAIN_LIMITS", "bücher.example=:1,xn--bcher-kva.example=:2", "stands twice"),
        ("DESK_SECOND_FACTOR", "never", "write required, or optional"),
        ("RETENTION_DAYS", "soon", "days, as in 90, or 0 to erase nobody"),
        ("RETENTION_DAYS", "-1", "days, as in 90, or 0 to erase nobody"),
        ("WEBHOOK_PRIVATE_NETWORKS", "maybe", "write yes or no"),
        ("WEBHOOK_PRIVATE_NETWORKS", "true", "write yes or no"),
        ("SECRET_KEYS", "short", "at least 32 characters"),
        ("SECRET_KEYS", f"{KEY},", "at least 32 characters"),
        ("SECRET_KEYS", f"{KEY},{'s' * 31}", "at least 32 characters"),
    ],
)
def test_a_wrong_value_stops_the_start_with_name_value_and_fix(
    name: str, value: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = _refusal(monkeypatch, **{name: value})
    shown = "***" if name == "SECRET_KEYS" else value
    assert words.startswith(f"{name}={shown!r} is not usable: ")
    assert fix in words


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("DATABASE_URL", "mysql://u:hunter2@db/x", "mysql://***@db/x"),
        ("DATABASE_URL", "mysql://db/x?password=hunter2", "mysql://db/x?***"),
        ("DATABASE_URL", "u:hunter2@db", "***@db"),
        ("REDIS_URL", "amqp://:hunter2@redis", "amqp://***@redis"),
        ("SMTP_URL", "u:hunter2@mail.example.org", "***@mail.example.org"),
        ("SMTP_URL", "http://u:hunter2://x@mail.example.org", "http://***@mail.example.org"),
        ("SMTP_URL", "smtp://u:hun#hunter2@mail.example.org", "smtp://***@mail.example.org"),
        ("SMTP_URL", "smtp://u:hunter2", "smtp://***"),
        ("PUBLIC_URL", "https://u:hunter2@sign.example.org", "https://***@sign.example.org"),
        # What only looks as if it held one is masked as well.
        ("REDIS_URL", "redis://127.0.0.1:port/0", "redis://***"),
        ("SMTP_URL", "smtp://mail.example.org:-1", "smtp://***"),
        ("PUBLIC_URL", "https://sign.example.org/#top", "https://sign.example.org/?***"),
        ("PUBLIC_URL", "https://sign.example.org/?a=b", "https://sign.example.org/?***"),
        ("SECRET_KEYS", "hunter2", "***"),
    ],
)
def test_a_password_is_never_shown_however_wrong_the_rest_is(
    name: str, value: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = _refusal(monkeypatch, **{name: value})
    assert f"{name}={shown!r}" in words
    assert "hunter2" not in words


def test_who_sends_must_be_said_once_mail_leaves_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = _refusal(monkeypatch, SMTP_URL="smtp://mail.example.org")
    assert words.startswith("MAIL_FROM='' is not usable")
    assert "SMTP_URL is set" in words
    monkeypatch.setenv("MAIL_FROM", "sign@example.org")
    assert load_settings().sender == "sign@example.org"


@pytest.mark.parametrize(
    "sender",
    ["sign@example.org", "Coalition <sign@coalition.example>", "Büro <sign@bücher.example>",
     '"Coalition, e.V." <sign@example.org>'],
)  # fmt: skip
def test_a_sender_that_passes_here_passes_the_mails_own_guard(
    sender: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_FROM", sender)
    settings = load_settings()
    address = split_mailbox(settings.sender, field="From")[1]
    assert address.endswith(f"@{settings.mail_domain}")
    message_id_line("Message-ID", f"abc@{settings.mail_domain}")


def test_an_smtp_url_that_passes_here_makes_a_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_FROM", "sign@example.org")
    monkeypatch.setenv("SMTP_URL", "smtps://u%40x:p%23w@[::1]:2465")
    target = SmtpTarget.from_url(load_settings().smtp_url)
    assert (target.host, target.port, target.user, target.password) == ("::1", 2465, "u@x", "p#w")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://u:p@db/outreach"),
        ("REDIS_URL", "redis://redis"),
        ("PUBLIC_URL", "https://sign.example.org"),
        ("MAIL_FROM", "sign@example.org"),
    ],
)
def test_a_value_may_come_from_a_file_and_the_file_wins(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{value}\n", encoding="utf-8")
    monkeypatch.setenv(f"{name}_FILE", str(path))
    monkeypatch.setenv(name, "")
    assert getattr(load_settings(), name.lower()) == value


def test_keys_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys").write_text(f"{KEY},{'n' * 40}\n")
    monkeypatch.setenv("SECRET_KEYS_FILE", str(tmp_path / "keys"))
    assert load_settings().secret_keys == [KEY, "n" * 40]
    assert not (tmp_path / "var" / "secret_key").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"", "the file is empty"), (b"\n", "empty"), (b"\xff\xfe", "UTF-8")],
)
def test_a_file_without_a_value_stops_the_start(
    content: bytes | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    words = _refusal(monkeypatch, SMTP_URL_FILE=str(path))
    assert f"SMTP_URL_FILE={str(path)!r}" in words
    assert reason in words


def test_a_wrong_value_from_a_file_is_masked_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text("http://u:hunter2@mail.example.org")
    words = _refusal(monkeypatch, SMTP_URL_FILE=str(tmp_path / "url"))
    assert "SMTP_URL='http://***@mail.example.org'" in words


def test_a_generated_key_is_kept_for_its_owner_alone_and_found_again(tmp_path: Path) -> None:
    first = load_settings()
    kept = tmp_path / "var" / "secret_key"
    assert first.generated_key_file == kept
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert first.secret_keys == [kept.read_text()]
    assert len(first.secret_keys[0]) >= 32
    assert load_settings().secret_keys == first.secret_keys
    assert sorted(path.name for path in kept.parent.iterdir()) == ["ledger_key", "secret_key"]


def test_the_ledgers_key_is_made_once_and_kept_like_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_settings()
    kept = tmp_path / "var" / "ledger_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(bytes.fromhex(first.ledger_key)) == 32
    assert load_settings().ledger_key == first.ledger_key == kept.read_text()
    assert first.ledger_key not in repr(first)
    monkeypatch.setenv("LEDGER_KEY", "AB" * 32)
    assert load_settings().ledger_key == "ab" * 32
    kept.write_text("half")
    assert load_settings().ledger_key == "ab" * 32
    words = _refusal(monkeypatch, LEDGER_KEY="")
    assert "ledger_key is damaged" in words


@pytest.mark.parametrize("name", ["LEDGER_KEY", "ERASURE_KEY"])
@pytest.mark.parametrize("value", ["short", "x" * 64, "ab" * 33])
def test_a_wrong_key_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    words = _refusal(monkeypatch, **{name: value})
    assert "openssl rand -hex 32" in words
    assert value not in words


def test_a_generated_key_is_kept_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_settings()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "\n", "half-a-key"])
def test_a_damaged_key_is_not_signed_with(content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    load_settings()
    Path("var/secret_key").write_text(content)
    words = _refusal(monkeypatch)
    assert "secret_key is damaged" in words


@pytest.mark.parametrize("keys", ["", KEY])
def test_a_home_that_cannot_be_made_stops_the_start(
    keys: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")  # a folder that even root cannot make one in
    words = _refusal(monkeypatch, OUTREACH_HOME=str(tmp_path / "file" / "home"), SECRET_KEYS=keys)
    assert words.startswith("OUTREACH_HOME=")
    assert "choose a folder that this user may write" in words


@pytest.mark.parametrize(("value", "allowed"), [("yes", True), ("no", False), ("", False)])
def test_webhooks_reach_this_network_only_where_that_is_said(
    monkeypatch: pytest.MonkeyPatch, value: str, allowed: bool
) -> None:
    monkeypatch.setenv("WEBHOOK_PRIVATE_NETWORKS", value)
    assert load_settings().webhook_private_networks is allowed


def test_settings_cannot_be_changed_after_the_start() -> None:
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.smtp_url = "smtp://elsewhere"


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("HTTPS://Sign.Example.ORG", "https://sign.example.org"),
        ("https://sign.example.org:443/", "https://sign.example.org"),
        ("http://sign.example.org:80", "http://sign.example.org"),
        ("http://sign.example.org:443", "http://sign.example.org:443"),
        ("https://sign.example.org:08443", "https://sign.example.org:8443"),
        ("https://sign.example.org:", "https://sign.example.org"),
        ("http://[::1]:80/Desk/", "http://[::1]/Desk"),
        ("http://[2001:DB8::1]:8000", "http://[2001:db8::1]:8000"),
    ],
)
def test_public_url_is_written_as_browsers_write_an_origin(
    monkeypatch: pytest.MonkeyPatch, given: str, origin: str
) -> None:
    monkeypatch.setenv("PUBLIC_URL", given)
    assert load_settings().public_url == origin


@pytest.mark.parametrize("name", ["PUBLIC_URL", "SECRET_KEYS"])
def test_a_value_and_a_file_at_once_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("https://one.example")
    words = _refusal(monkeypatch, **{name: KEY, f"{name}_FILE": str(tmp_path / "file")})
    assert words.startswith(f"{name}_FILE=")
    assert "unset one of the two" in words
    assert KEY not in words


@pytest.mark.parametrize("name", ["SMTP_CONNECTIONS", "SMTP_WINDOW"])
@pytest.mark.parametrize("value", ["0", "-1", "501", "many", "1.5", "²"])
def test_a_number_out_of_its_range_is_refused_with_the_range(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsRefused, match=rf"{name}=.*whole number from 1 to"):
        load_settings()


def test_numbers_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    assert (load_settings().smtp_connections, load_settings().smtp_window) == (8, 1)
    monkeypatch.setenv("SMTP_CONNECTIONS", "20")
    monkeypatch.setenv("SMTP_WINDOW", " 50 ")
    assert (load_settings().smtp_connections, load_settings().smtp_window) == (20, 50)


def test_limits_on_sending_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().sending_limits.is_free
    monkeypatch.setenv("SEND_RATE", "100/second")
    monkeypatch.setenv("DOMAIN_LIMITS", "*=30/minute:2, BÜCHER.example=:1, straße.example=9/day")
    limits = load_settings().sending_limits
    assert limits.overall == Rate(100, 1)
    assert limits.for_domain("example.org") == DomainLimit(Rate(30, 60), 2)
    assert limits.for_domain("xn--bcher-kva.example") == DomainLimit(None, 1)
    assert limits.for_domain("xn--strae-oqa.example") == DomainLimit(Rate(9, 86_400), None)
