"""Webhooks as the desk handles them. On both databases."""

import base64
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.errors import FieldErrors
from outreach.services import webhooks
from outreach.services.webhooks import WebhookNotFound, WebhookRefused
from outreach.store.database import Database
from outreach.store.desk_tables import Webhook
from outreach.store.webhooks import claim_call
from tests.api_facts import SEALER, SOMEBODY, a_coordinator, a_webhook, the_actions, the_calls
from tests.factories import NOW, a_launched_campaign, sign

LEASE = timedelta(minutes=2)


def _end(session: Session, state: str) -> int:
    call = the_calls(session)[-1]
    call.state = state
    session.flush()
    assert call.id is not None
    return call.id


def test_a_webhook_has_a_secret_of_256_bits_kept_sealed(database: Database) -> None:
    with database.transaction() as session:
        _, secret = a_webhook(session)
        assert secret.startswith("whsec_")
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
        stored = session.exec(select(Webhook)).one()
        assert secret.removeprefix("whsec_") not in stored.model_dump_json()
        assert SEALER.open(stored.secret, purpose=webhooks.SEALED_FOR) == secret


def test_what_is_noted_names_the_host_alone(database: Database) -> None:
    """The rest of an address may be as good as a password."""
    with database.transaction() as session:
        a_webhook(session, url="https://hooks.example.org/T0/B1/secret")
        assert the_actions(session) == [("Clara Example", "webhook.add", "hooks.example.org")]


@pytest.mark.parametrize(
    ("url", "noted"),
    [
        ("https://hooks.example.org?token=S3CRET", "hooks.example.org"),
        ("https://hooks.example.org:8443?token=S3CRET", "hooks.example.org:8443"),
        ("https://HOOKS.example.org/?S3CRET", "HOOKS.example.org"),
    ],
)
def test_no_secret_in_an_address_is_noted(database: Database, url: str, noted: str) -> None:
    with database.transaction() as session:
        webhook, _ = a_webhook(session, url=url)
        webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        webhooks.disable_webhook(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        assert {detail for _, _, detail in the_actions(session)} == {noted}


@pytest.mark.parametrize(
    ("url", "events", "fields"),
    [
        ("http://hooks.example.org/in", ["signed"], ["url"]),
        ("https://127.0.0.1/in", ["signed"], ["url"]),
        ("https://hooks.example.org/in", [], ["events"]),
        ("https://hooks.example.org/in", ["test"], ["events"]),
        ("nowhere", ["signed", "opened"], ["url", "events"]),
    ],
)
def test_an_address_of_this_network_or_an_unknown_event_is_refused(
    database: Database, url: str, events: list[str], fields: list[str]
) -> None:
    with database.transaction() as session, pytest.raises(FieldErrors) as refused:
        webhooks.add_webhook(
            session,
            SEALER,
            url=url,
            events=events,
            private=False,
            coordinator_id=a_coordinator(session).id or 0,
            by=SOMEBODY,
            now=NOW,
        )
    assert list(refused.value.errors) == fields


def test_a_test_call_tells_of_nothing(database: Database) -> None:
    with database.transaction() as session:
        webhook, _ = a_webhook(session, "closed")
        webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        first, second = the_calls(session)
        assert first.payload == (
            '{"type":"test","timestamp":"2026-03-04T14:00:00+00:00","data":{}}'
        )
        assert first.key != second.key


def test_switched_off_it_is_not_called_and_what_waits_fails(database: Database) -> None:
    with database.transaction() as session:
        webhook, _ = a_webhook(session)
        webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        for _ in range(2):
            webhooks.disable_webhook(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        (call,) = the_calls(session)
        assert (call.state, call.last_reply) == ("failed", "the webhook was switched off")
        with pytest.raises(WebhookRefused):
            webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        with pytest.raises(WebhookRefused):
            webhooks.retry_call(
                session, webhook_id=webhook, call_id=call.id or 0, by=SOMEBODY, now=NOW
            )
        for _ in range(2):
            webhooks.enable_webhook(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        actions = [action for _, action, _ in the_actions(session)]
        assert actions.count("webhook.disable") == actions.count("webhook.enable") == 1


def test_switched_off_what_a_dead_worker_held_fails_too(database: Database) -> None:
    with database.transaction() as session:
        webhook, _ = a_webhook(session)
        webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        assert claim_call(session, owner="dead", lease=LEASE, now=NOW)
        webhooks.disable_webhook(session, webhook_id=webhook, by=SOMEBODY, now=NOW + LEASE)
        (call,) = the_calls(session)
        assert (call.state, call.last_reply) == ("failed", "the webhook was switched off")
        assert (call.owner, call.lease_until) == (None, None)


def test_a_call_in_hand_is_its_workers_until_the_lease_is_over(database: Database) -> None:
    with database.transaction() as session:
        webhook, _ = a_webhook(session)
        webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        assert claim_call(session, owner="slow", lease=LEASE, now=NOW)
        webhooks.disable_webhook(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        for moment, state in (
            (NOW + LEASE - timedelta(seconds=1), "sending"),
            (NOW + LEASE, "failed"),
        ):
            webhooks.give_up_abandoned(session, now=moment)
            session.expire_all()
            assert [call.state for call in the_calls(session)] == [state]


def test_a_call_that_a_dead_worker_held_waits_for_the_next_where_the_webhook_is_on(
    database: Database,
) -> None:
    with database.transaction() as session:
        webhook, _ = a_webhook(session)
        webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        assert claim_call(session, owner="dead", lease=LEASE, now=NOW)
        webhooks.give_up_abandoned(session, now=NOW + LEASE)
        assert claim_call(session, owner="next", lease=LEASE, now=NOW + LEASE)


@pytest.mark.parametrize("state", ["failed", "sent"])
def test_a_call_that_is_over_is_repeated_with_the_same_id(database: Database, state: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        webhook, _ = a_webhook(session)
        sign(session, "Alpha")
        key = the_calls(session)[0].key
        call_id = _end(session, state)
        webhooks.retry_call(session, webhook_id=webhook, call_id=call_id, by=SOMEBODY, now=NOW)
        (call,) = the_calls(session)
        assert (call.key, call.state, call.attempts) == (key, "queued", 0)


def test_a_call_that_waits_or_is_anothers_is_not_repeated(database: Database) -> None:
    with database.transaction() as session:
        webhook, _ = a_webhook(session)
        other, _ = a_webhook(session)
        webhooks.call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=NOW)
        call_id = the_calls(session)[0].id or 0
        for where in (webhook, other, 99):
            with pytest.raises(WebhookRefused):
                webhooks.retry_call(
                    session, webhook_id=where, call_id=call_id, by=SOMEBODY, now=NOW
                )


def test_the_list_shows_each_with_its_last_call(database: Database) -> None:
    with database.transaction() as session:
        quiet, _ = a_webhook(session, "closed")
        busy, _ = a_webhook(session)
        for _ in range(3):
            webhooks.call_for_test(session, webhook_id=busy, by=SOMEBODY, now=NOW)
        _end(session, "failed")
        shown = {one.id: one for one in webhooks.list_webhooks(session)}
        assert shown[quiet].last is None
        last = shown[busy].last
        assert last is not None
        assert last.state == "failed"
        found, calls = webhooks.show_webhook(session, webhook_id=busy)
        assert (found.id, [one.state for one in calls]) == (busy, ["failed", "queued", "queued"])
        with pytest.raises(WebhookNotFound):
            webhooks.show_webhook(session, webhook_id=99)
