"""Calls to a real server: signed, tried again, given up; never twice but for a death.

On both databases."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from outreach.calling import CallFailed, Reply, post
from outreach.domain.webhook import PAUSES
from outreach.sealing import Sealer
from outreach.services.call_webhooks import WebhookCaller
from outreach.services.webhooks import call_for_test, disable_webhook
from outreach.store.database import Database
from outreach.store.desk_tables import Webhook, WebhookCall
from outreach.store.webhooks import claim_call
from tests.api_facts import SEALER, SOMEBODY, a_webhook, the_calls
from tests.factories import NOW, a_launched_campaign, sign
from tests.racing import race
from tests.waiting import wait_until
from tests.webhook_server import Receiver, a_receiver


@dataclass
class Scene:
    """A database with webhooks, and the time."""

    database: Database
    now: datetime = NOW
    secrets: list[str] = field(default_factory=list)

    def webhook(self, url: str, *events: str) -> int:
        with self.database.transaction() as session:
            webhook, secret = a_webhook(session, *events, url=url)
        self.secrets.append(secret)
        return webhook

    def test_call(self, webhook: int, *, many: int = 1) -> None:
        with self.database.transaction() as session:
            for _ in range(many):
                call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=self.now)

    def caller(self, **changes: object) -> WebhookCaller:
        facts: dict[str, object] = {"clock": lambda: self.now, "jitter": lambda: 0.0}
        private = partial(post, private=True)
        return WebhookCaller(self.database, SEALER, private, **(facts | changes))  # type: ignore[arg-type]

    def calls(self) -> list[WebhookCall]:
        with self.database.reading() as session:
            return the_calls(session)

    def is_off(self, webhook: int) -> bool:
        with self.database.reading() as session:
            return session.get_one(Webhook, webhook).disabled_at is not None


@pytest.fixture
def scene(database: Database) -> Scene:
    return Scene(database)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as running:
        yield running


def _answering(reply: Reply | Exception) -> Callable[..., Reply]:
    def answer(url: str, *, body: bytes, headers: dict[str, str]) -> Reply:
        if isinstance(reply, Exception):
            raise reply
        return reply

    return answer


def test_an_answer_is_told_once_and_the_receiver_can_verify_it(
    scene: Scene, receiver: Receiver
) -> None:
    scene.now = datetime.now(UTC)  # the receiver's library wants the true time
    scene.webhook(receiver.url)
    with scene.database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        sign(session, "Alpha")
        # Signed back then, told today.
    assert scene.caller().call_due() == 1
    assert scene.caller().call_due() == 0
    (got,) = receiver.got
    assert Verifier(scene.secrets[0]).verify(got.body, got.headers) == json.loads(got.body)
    assert json.loads(got.body)["data"]["state"] == "signed"
    (call,) = scene.calls()
    assert (call.state, call.attempts, call.sent_at) == ("sent", 1, scene.now)
    assert (call.owner, call.lease_until) == (None, None)


@pytest.mark.parametrize("altered", ["body", "webhook-id", "webhook-timestamp"])
def test_an_altered_call_does_not_verify(scene: Scene, receiver: Receiver, altered: str) -> None:
    scene.now = datetime.now(UTC)
    scene.test_call(scene.webhook(receiver.url))
    scene.caller().call_due()
    (got,) = receiver.got
    body, headers = got.body, dict(got.headers)
    if altered == "body":
        body = body.replace(b"test", b"tess")
    elif altered == "webhook-id":
        headers["webhook-id"] += "x"
    else:
        headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + 1)
    with pytest.raises(WebhookVerificationError):
        Verifier(scene.secrets[0]).verify(body, headers)


def test_what_fails_is_tried_again_after_each_pause_then_shown_as_failed(
    scene: Scene, receiver: Receiver
) -> None:
    receiver.answer = lambda number: (500, f"no {number}".encode())
    scene.test_call(scene.webhook(receiver.url))
    for number, pause in enumerate(PAUSES, start=1):
        assert scene.caller().call_due() == 1
        (call,) = scene.calls()
        assert (call.state, call.attempts, call.last_reply) == (
            "queued",
            number,
            f"500 no {number}",
        )
        assert call.due_at == scene.now + pause
        scene.now += pause - timedelta(seconds=1)
        assert scene.caller().call_due() == 0
        scene.now += timedelta(seconds=1)
    assert scene.caller().call_due() == 1
    (call,) = scene.calls()
    assert (call.state, call.attempts, call.last_reply) == ("failed", 10, "500 no 10")
    assert len(set(receiver.ids)) == 1
    scene.now += timedelta(days=30)
    assert scene.caller().call_due() == 0


def test_what_succeeds_at_the_second_try_is_sent(scene: Scene, receiver: Receiver) -> None:
    receiver.answer = lambda number: (503, b"") if number == 1 else (200, b"thank you")
    scene.test_call(scene.webhook(receiver.url))
    scene.caller().call_due()
    scene.now += PAUSES[0]
    scene.caller().call_due()
    (call,) = scene.calls()
    assert (call.state, call.attempts, call.last_reply) == ("sent", 2, "200 thank you")


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 500])
def test_all_but_a_2xx_is_no_success(scene: Scene, receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: (status, b"")
    scene.test_call(scene.webhook(receiver.url))
    scene.caller().call_due()
    (call,) = scene.calls()
    assert (call.state, call.last_reply) == ("queued", str(status))
    assert len(receiver.got) == 1


def test_410_switches_the_webhook_off_and_fails_what_waits(
    scene: Scene, receiver: Receiver
) -> None:
    receiver.answer = lambda _: (410, b"gone")
    webhook = scene.webhook(receiver.url)
    scene.test_call(webhook, many=3)
    assert scene.caller().call_due() == 1
    assert scene.is_off(webhook)
    assert [call.state for call in scene.calls()] == ["failed"] * 3
    assert {call.last_reply for call in scene.calls()[1:]} == {
        "the other side has answered 410: it wants no more calls"
    }


@pytest.mark.parametrize("failure", [CallFailed("nobody listens there")])
def test_a_server_that_is_away_is_said_so(scene: Scene, failure: Exception) -> None:
    scene.test_call(scene.webhook("https://hooks.example.org/in"))
    caller = WebhookCaller(
        scene.database, SEALER, _answering(failure), clock=lambda: scene.now, jitter=lambda: 0.0
    )
    caller.call_due()
    (call,) = scene.calls()
    assert (call.state, call.last_reply) == ("queued", "nobody listens there")


def test_a_name_that_leads_to_this_network_is_not_called_unless_the_setting_says_so(
    scene: Scene, receiver: Receiver
) -> None:
    scene.test_call(scene.webhook(receiver.url.replace("http:", "https:")))
    public_only = partial(post, private=False)
    WebhookCaller(scene.database, SEALER, public_only, clock=lambda: scene.now).call_due()
    (call,) = scene.calls()
    assert "not on the public Internet" in call.last_reply
    assert receiver.got == []


def test_a_secret_that_no_key_opens_is_said_so_and_nothing_is_sent(
    scene: Scene, receiver: Receiver
) -> None:
    scene.test_call(scene.webhook(receiver.url))
    private = partial(post, private=True)
    other = Sealer(["n" * 40])
    WebhookCaller(scene.database, other, private, clock=lambda: scene.now).call_due()
    (call,) = scene.calls()
    assert "SECRET_KEYS" in call.last_reply
    assert receiver.got == []


def test_a_worker_that_died_is_followed_by_the_same_call_and_no_other(
    scene: Scene, receiver: Receiver
) -> None:
    """It had called and not recorded: the receiver sees one id twice, all others once."""
    scene.test_call(scene.webhook(receiver.url), many=3)
    with scene.database.transaction() as session:
        lease = timedelta(minutes=2)
        held = claim_call(session, owner="dead", lease=lease, now=scene.now)
    assert held is not None
    assert scene.caller().call_due() == 0  # one at a time for a webhook
    scene.now += timedelta(minutes=2)
    assert scene.caller().call_due() == 3
    assert [call.state for call in scene.calls()] == ["sent"] * 3
    assert sorted(receiver.ids) == sorted(call.key for call in scene.calls())
    assert held.key in receiver.ids


def test_one_that_stalled_and_wakes_up_overwrites_nothing(scene: Scene, receiver: Receiver) -> None:
    scene.test_call(scene.webhook(receiver.url))

    def stall(_: int) -> tuple[int, bytes]:
        receiver.answer = lambda _: (204, b"")
        scene.now += timedelta(minutes=3)
        assert scene.caller().call_due() == 1
        return 500, b"late"

    receiver.answer = stall
    scene.caller().call_due()
    (call,) = scene.calls()
    assert (call.state, call.last_reply, call.attempts) == ("sent", "204", 1)
    assert len(receiver.got) == 2


def test_a_slow_webhook_keeps_no_other_waiting(scene: Scene, receiver: Receiver) -> None:
    may_answer = threading.Event()
    with a_receiver() as slow:

        def wait(_: int) -> tuple[int, bytes]:
            may_answer.wait(10)
            return 204, b""

        slow.answer = wait
        scene.test_call(scene.webhook(slow.url), many=20)
        scene.test_call(scene.webhook(receiver.url), many=20)
        thread = threading.Thread(target=scene.caller().call_due)
        thread.start()
        try:
            wait_until(lambda: len(receiver.got) == 20, what="the quick one's calls")
            assert len(slow.got) == 1
        finally:
            may_answer.set()
            thread.join(20)
        assert len(slow.got) == 20


def test_four_callers_at_once_make_each_call_once(scene: Scene, receiver: Receiver) -> None:
    for _ in range(3):
        scene.test_call(scene.webhook(receiver.url), many=8)
    made = race([scene.caller().call_due] * 4)
    while not all(call.state == "sent" for call in scene.calls()):
        made.append(scene.caller().call_due())
    assert sum(one for one in made if isinstance(one, int)) == 24
    assert len(receiver.ids) == len(set(receiver.ids)) == 24


def test_no_transaction_is_open_while_a_call_is_made(scene: Scene, receiver: Receiver) -> None:
    webhook = scene.webhook(receiver.url)
    scene.test_call(webhook)

    def switch_off_meanwhile(_: int) -> tuple[int, bytes]:
        with scene.database.transaction() as session:
            disable_webhook(session, webhook_id=webhook, by=SOMEBODY, now=scene.now)
        return 500, b""

    receiver.answer = switch_off_meanwhile
    scene.caller().call_due()
    (call,) = scene.calls()
    assert call.state == "failed"  # its webhook is off: there is no next time


def test_told_to_stop_it_ends_after_the_calls_in_hand(scene: Scene, receiver: Receiver) -> None:
    scene.test_call(scene.webhook(receiver.url), many=9)
    caller = scene.caller(should_stop=lambda: bool(receiver.got))
    made = caller.call_due()
    assert 1 <= made == len(receiver.got) <= 4  # one for each hand, where all were quicker
    states = [call.state for call in scene.calls()]
    assert states == ["sent"] * made + ["queued"] * (9 - made)
