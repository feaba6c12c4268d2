"""Everything is built from Settings, once, and nothing is opened before it is used."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from outreach.domain.delivery import Share
from outreach.domain.retry import RetrySchedule
from outreach.mail.target import SmtpTarget
from outreach.runtime import stack_lock, write_runtime
from outreach.settings import load_settings
from outreach.store.migrate import upgrade_database
from outreach.wiring import Outreach, build


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    return tmp_path


def built(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Outreach:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return build(load_settings())


def _running(home: Path) -> None:
    write_runtime(
        home,
        redis_url="redis://:pw@127.0.0.1:7001/0",
        smtp_url="smtp://127.0.0.1:7002",
        public_url="http://127.0.0.1:7003",
    )


def test_nothing_is_opened_before_it_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outreach = built(
        monkeypatch,
        DATABASE_URL="postgresql://me:pw@127.0.0.1:1/nowhere",
        REDIS_URL="redis://127.0.0.1:1/0",
        SMTP_URL="smtp://127.0.0.1:1",
        MAIL_FROM="sign@coalition.example",
    )
    for name in ("database", "links", "bell", "smtp_target", "public_url"):
        getattr(outreach, name)
    outreach.delivery()
    assert not (home / "outreach.db").exists()


def test_each_part_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    outreach = built(monkeypatch)
    for name in ("database", "links", "bell", "composer"):
        assert getattr(outreach, name) is getattr(outreach, name)
    outreach.database.close()


def test_a_sender_is_built_as_the_settings_say_and_the_one_for_answers_has_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "outreach.services.delivery.Delivery", lambda *_, **named: given.append(named)
    )
    outreach = built(monkeypatch, SMTP_CONNECTIONS="5", SMTP_WINDOW="3", RETRY_AFTER="10m,1h")

    def stops() -> bool:
        return True

    outreach.delivery(share=Share.BULK, should_stop=stops)
    outreach.delivery(share=Share.ANSWERS, should_stop=stops)
    wanted = ("connections", "window", "share", "captured", "should_stop")
    assert [tuple(one[name] for name in wanted) for one in given] == [
        (5, 3, Share.BULK, True, stops),
        (2, 3, Share.ANSWERS, True, stops),
    ]
    assert {one["retry"] for one in given} == {RetrySchedule.parse("10m,1h")}
    outreach.database.close()


def test_without_settings_the_embedded_defaults_serve(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach = built(monkeypatch)
    assert outreach.settings.database_url == f"sqlite:///{home / 'outreach.db'}"
    assert outreach.broker_url == ""
    assert outreach.settings.captures_mail
    assert outreach.smtp_target.host == "127.0.0.1"
    assert outreach.public_url == "http://127.0.0.1:8000"
    assert outreach.reply_to == "outreach@coalition.example"
    assert outreach.mail_domain == "coalition.example"
    outreach.ring_bell()  # without a broker: silent


def test_the_stack_that_runs_on_this_home_is_found(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach = built(monkeypatch)
    with stack_lock(home):
        _running(home)
        assert outreach.broker_url == "redis://:pw@127.0.0.1:7001/0"
        assert outreach.smtp_target == SmtpTarget("smtp", "127.0.0.1", 7002)
        assert outreach.public_url == "http://127.0.0.1:7003"


def test_a_stack_that_was_killed_counts_for_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach = built(monkeypatch)
    with stack_lock(home):
        _running(home)
    assert outreach.broker_url == ""
    assert outreach.smtp_target.port != 7002
    assert outreach.public_url == "http://127.0.0.1:8000"


def test_the_operators_settings_come_before_the_running_stack(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach = built(
        monkeypatch,
        REDIS_URL="redis://redis.example:6379/1",
        SMTP_URL="smtps://me:p%40ss@mail.example",
        MAIL_FROM="The Coalition <sign@coalition.example>",
        PUBLIC_URL="https://sign.example.org/",
    )
    with stack_lock(home):
        _running(home)
        assert outreach.broker_url == "redis://redis.example:6379/1"
        assert outreach.smtp_target == SmtpTarget("smtps", "mail.example", 465, "me", "p@ss")
        assert outreach.public_url == "https://sign.example.org"
    assert outreach.reply_to == "sign@coalition.example"


def test_what_is_to_be_mailed_for_real_never_goes_to_the_running_mailbox(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach = built(
        monkeypatch, SMTP_URL="smtp://127.0.0.1:25", MAIL_FROM="sign@coalition.example"
    )
    with stack_lock(home):
        _running(home)
        assert outreach.smtp_target.port == 25
        assert not outreach.settings.captures_mail


def test_the_clock_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEYS", f"{'a' * 32},{'b' * 32}")
    moment = datetime(2026, 3, 4, tzinfo=UTC)
    seen: list[Any] = []
    outreach = Outreach(load_settings(), clock=lambda: moment)
    for name in ("sweep.sweep", "keep_ledgers.keep_ledgers", "erase_again.erase_again"):
        monkeypatch.setattr(f"outreach.services.{name}", lambda *_, **named: seen.append(named))
    outreach.sweep()
    assert [one["clock"]() for one in seen] == [moment] * 3
    assert {one["mail_domain"] for one in seen} == {"coalition.example"}
    assert seen[1]["key"].seed.hex() == (outreach.settings.home / "ledger_key").read_text()
    assert seen[2]["seed"] == outreach.erasure_seed
    outreach.database.close()


def test_erased_addresses_have_a_key_of_their_own_or_the_ledgers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert built(monkeypatch, LEDGER_KEY="ab" * 32).erasure_seed == b"\xab" * 32
    assert built(monkeypatch, ERASURE_KEY="CD" * 32).erasure_seed == b"\xcd" * 32
    assert "cd" * 32 not in repr(load_settings())


def test_the_ledgers_are_kept_whatever_becomes_of_noted_erasures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outreach = built(monkeypatch)
    upgrade_database(outreach.database)
    kept: list[Any] = []
    monkeypatch.setattr(
        "outreach.services.keep_ledgers.keep_ledgers", lambda *_, **__: kept.append(1)
    )

    def fail(*_: Any, **__: Any) -> int:
        raise RuntimeError

    monkeypatch.setattr("outreach.services.erase_again.erase_again", fail)
    with pytest.raises(RuntimeError):
        outreach.sweep()
    assert kept == [1]
    outreach.database.close()


def test_links_are_signed_by_the_last_key_and_read_by_every_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = built(monkeypatch, SECRET_KEYS="a" * 32).links
    after = built(monkeypatch, SECRET_KEYS=f"{'a' * 32},{'b' * 32}").links
    token = before.token("an-id", purpose="answer")
    assert after.read(token, purpose="answer") == "an-id"
    assert after.token("an-id", purpose="answer") != token
