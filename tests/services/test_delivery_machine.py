"""Any sequence of what can happen to the outbox, with a real Delivery on a real database.

Hypothesis makes them up: senders start, stall, die and wake, the server says whatever it may,
people answer, the clock jumps. After every step the outbox must be sound, and all end as one.
"""

import itertools
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event
from sqlmodel import Session, col, select

from outreach.domain.campaign import CampaignState
from outreach.domain.coordinator import SERVICE
from outreach.domain.delivery import Share
from outreach.domain.errors import Refused
from outreach.domain.invitation import UNANSWERED_STATES
from outreach.domain.message import (
    ASKING_KINDS,
    MESSAGE_MOVES,
    RECEIPT_KINDS,
    MessageEvent,
    MessageState,
)
from outreach.domain.moves import next_state
from outreach.services import mail_stock, read_outcome
from outreach.services.close_campaign import close_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.services.remind_by_hand import remind_by_hand
from outreach.services.settle_message import send_again, settle_as_arrived
from outreach.services.settle_round import BODY_LEASE
from outreach.services.steer_campaign import extend_campaign, pause_campaign, resume_campaign
from outreach.services.sweep import sweep
from outreach.store.database import Database
from outreach.store.messages import record_event
from outreach.store.tables import Answer as GivenAnswer
from outreach.store.tables import Campaign, Contact, Invitation, Message, Suppression
from tests.factories import (
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    the_link,
    the_messages,
)
from tests.mortal_sender import BODIES_UNDER_WAY, Sender, a_sender
from tests.outbox_events import EVENTS, ORGANIZATIONS, SETTLED, Rounds
from tests.scripted_smtp import Answer

RUNS = int(os.environ.get("MACHINE_RUNS", "25"))
STEPS = int(os.environ.get("MACHINE_STEPS", "30"))
TALLY = os.environ.get("MACHINE_TALLY", "")

_SLUG = "visit"
_DEADLINE = NOW + timedelta(days=3)
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]+)>", re.MULTILINE | re.IGNORECASE)
_LONGEST_PAUSE = timedelta(hours=3)
_MOST_ROUNDS = 300

tally: Counter[str] = Counter()  # over all runs: what the zeros stand beside


@dataclass
class Copies:
    """How often each message may have been taken by a server, and what a person said of it."""

    many: Counter[str] = field(default_factory=Counter)
    sent_again: Counter[int] = field(default_factory=Counter)
    arrived: set[int] = field(default_factory=set)


class Outbox(RuleBasedStateMachine):
    """``window``: how many mails of a connection share a commit."""

    def __init__(self, template: Path, folder: Path) -> None:
        super().__init__()
        path = folder / "outreach.db"
        for old in folder.glob("outreach.db*"):
            old.unlink()
        shutil.copy(template, path)
        self.database = Database(f"sqlite:///{path}")
        event.listen(self.database.engine, "connect", _never_mind_the_disk)
        self.now = self.latest = NOW
        self.senders: dict[str, Sender] = {}
        self.copies = Copies()
        self.known: set[int] = set()
        self.window = 1

    @initialize(window=st.sampled_from([1, 1, 2]))
    def launch(self, window: int) -> None:
        self.window = window
        with self.database.transaction() as session:
            campaign = a_campaign(session, slug=_SLUG, deadline=_DEADLINE, remind="2d,1d,4h")
            for organization in (*ORGANIZATIONS, ORGANIZATIONS[0]):
                a_contact(session, campaign, organization=organization)
            launch_campaign(session, slug=_SLUG, mail_domain=DOMAIN, now=NOW)

    @rule(event=EVENTS)
    def happens(self, event: tuple[str, dict[str, Any]]) -> None:
        act, facts = event
        getattr(self, act)(**facts)

    # Senders. One that is not there is started.

    def send(self, name: str, rounds: Rounds, opening: Answer) -> None:
        """And then it stands still, wherever it is."""
        for answers in rounds:
            sender = self._started(name)
            sender.group.script(answers, opening=opening)
            if not sender.goes_on():
                del self.senders[name]
                return

    def tell_to_stop(self, name: str) -> None:
        self._started(name).stopping = True

    def kill(self, name: str, when: str) -> None:
        sender = self._started(name)
        if when == "with bodies under way" or "database" in when:
            self.send(name, BODIES_UNDER_WAY, Answer.YES)
        tally["deaths with bodies under way"] += sender.bodies_under_way > 0
        sender.die(when)
        tally["deaths"] += self.senders.pop(name, None) is not None

    def stall(self, name: str, other: str, rounds: Rounds, meanwhile: Rounds) -> None:
        """Another takes over, and then it wakes."""
        self.send(name, rounds, Answer.YES)
        self.time_goes_by(BODY_LEASE + timedelta(minutes=1))
        self.look_after_everything()
        self.send(other, meanwhile, Answer.YES)
        self.send(name, BODIES_UNDER_WAY, Answer.YES)
        tally["stalls"] += 1

    # Time.

    def time_goes_by(self, span: timedelta) -> None:
        self._set_clock(self.now + span)

    def the_deadline_comes(self, span: timedelta) -> None:
        with self.database.reading() as session:
            self._set_clock(self._campaign(session).deadline + span)

    def look_after_everything(self) -> None:
        swept = sweep(self.database, mail_domain=DOMAIN, clock=self._clock)
        tally["lapses"] += swept.recovered
        tally["reminders"] += swept.reminders

    # People.

    def answer(self, organization: str, act: Callable[..., None]) -> None:
        with self._deciding("answers") as session:
            act(session, organization, now=self.now)

    def want_no_mail_or_again(self, organization: str, act: Callable[..., None]) -> None:
        with self._deciding("suppressions, lifted or not") as session:
            act(session, link_id=the_link(session, organization).id, now=self.now)

    # Coordinators.

    def steer(self, act: str) -> None:
        with self._deciding(act) as session:
            later = self._campaign(session).deadline + timedelta(days=2)
            match act:
                case "pause":
                    pause_campaign(session, slug=_SLUG)
                case "resume":
                    resume_campaign(session, slug=_SLUG)
                case "extend":
                    extend_campaign(session, slug=_SLUG, deadline=later, now=self.now)
                case "close" if self.now > NOW + timedelta(days=2):
                    close_campaign(session, slug=_SLUG, mail_domain=DOMAIN, now=self.now)
                case "remind" | "again":
                    again = act == "again"
                    remind_by_hand(
                        session, slug=_SLUG, mail_domain=DOMAIN, again=again, now=self.now
                    )

    def settle(self, number: int, act: MessageEvent) -> None:
        with self._deciding(f"a person or a report says {act}") as session:
            waiting = [one for one in the_messages(session) if one.state == SETTLED[act]]
            if not waiting:
                raise Refused
            message = waiting[number % len(waiting)]
            pk = message.id or 0
            if act is MessageEvent.ARRIVED:
                settle_as_arrived(session, message_pk=pk, by=SERVICE, now=self.now)
                self.copies.arrived.add(pk)
            elif act is MessageEvent.BOUNCED:
                message.state = next_state(MESSAGE_MOVES, MessageState.SENT, act)
                record_event(session, pk, act, now=self.now)
            else:
                send_again(session, message_pk=pk, by=SERVICE, now=self.now)
                self.copies.sent_again[pk] += 1

    # What must hold.

    @invariant()
    def the_outbox_is_sound(self) -> None:
        tally["steps"] += 1
        with self.database.reading() as session:
            messages = the_messages(session)
        keys = {(one.invitation_id, one.contact_id, one.kind, one.step) for one in messages}
        assert len(keys) == len({one.message_id for one in messages}) == len(messages)
        assert self.known <= {one.id for one in messages}, "a message is gone"
        self.known = {one.id or 0 for one in messages}
        for message in messages:
            self._check_message(message)

    def _check_message(self, message: Message) -> None:
        pk = message.id or 0
        assert message.repeats <= 1 + self.copies.sent_again[pk]
        assert self.copies.many[message.message_id] <= 1 + message.repeats, "a copy too many"
        if message.state == MessageState.SENDING:
            assert message.owner
            assert message.lease_until
            assert message.lease_until <= self.latest + BODY_LEASE, "it would be held too long"
        else:
            assert message.owner is None
            assert message.lease_until is None
        if message.state == MessageState.QUEUED:
            assert message.due_at <= self.latest + _LONGEST_PAUSE, "it would wait too long"

    def _check_body(self, sender: Sender, body: bytes) -> None:
        """At the moment at which it leaves."""
        with self.database.reading() as session:
            message = _message_of(session, body)
            self.copies.many[message.message_id] += 1
            tally["bodies"] += 1
            if self.window == 1:
                assert message.state == MessageState.SENDING
                assert message.owner == sender.delivery._owner, "it is another's"
                assert message.data_at == self.now, "its mark is not written"
                self._check_may_go(session, message)

    def _check_may_go(self, session: Session, message: Message) -> None:
        invitation = session.get_one(Invitation, message.invitation_id)
        contact = session.get_one(Contact, message.contact_id)
        campaign = session.get_one(Campaign, message.campaign_id)
        suppressed = select(Suppression).where(col(Suppression.email_key) == contact.email_key)
        assert session.exec(suppressed).first() is None, "to who wants no mail"
        if message.kind in ASKING_KINDS:
            assert invitation.state in UNANSWERED_STATES, "to who has answered"
            assert campaign.state == CampaignState.OPEN, "though it is paused or over"
            assert self.now < campaign.deadline, "after the deadline"
        if message.kind in RECEIPT_KINDS:
            query = select(GivenAnswer.id).where(
                col(GivenAnswer.invitation_id) == message.invitation_id
            )
            assert int(message.step) == max(one or 0 for one in session.exec(query))

    def teardown(self) -> None:
        """All senders gone, the server well, whatever is paused resumed: everything ends."""
        try:
            if self.known:
                self._await_the_end()
                self._check_the_end()
            tally["runs"] += 1
        finally:
            self.database.close()

    def _await_the_end(self) -> None:
        self.senders.clear()
        for _ in range(_MOST_ROUNDS):
            self._set_clock(self.now + timedelta(hours=8))
            with suppress(Refused), self.database.transaction() as session:
                resume_campaign(session, slug=_SLUG)
            self.look_after_everything()
            self._deliver_everything()
            self.the_outbox_is_sound()
            if self._is_over():
                return
        raise AssertionError("some message comes to no end")

    def _deliver_everything(self) -> None:
        sender = self._sender(Share.ALL)
        for _ in range(_MOST_ROUNDS):
            sender.group.script([Answer.YES] * 20, opening=Answer.YES)
            if not sender.goes_on():
                return
        raise AssertionError("a delivery comes to no end")

    def _is_over(self) -> bool:
        with self.database.reading() as session:
            closed = self._campaign(session).state == CampaignState.CLOSED
            return closed and all(
                one.state not in (MessageState.QUEUED, MessageState.SENDING)
                and not (one.state == MessageState.UNCERTAIN and not one.repeats)
                for one in the_messages(session)
            )

    def _check_the_end(self) -> None:
        with self.database.reading() as session:
            for message in the_messages(session):
                copies = self.copies.many[message.message_id]
                tally[f"ended {message.state}"] += 1
                tally["second copies"] += max(0, copies - 1)
                if message.state in (MessageState.SENT, MessageState.BOUNCED):
                    assert copies or message.id in self.copies.arrived, "lost"
                if message.state in (MessageState.FAILED, MessageState.CANCELLED):
                    assert not copies or message.repeats, "it went out, and nobody is told"

    # The rest.

    def _clock(self) -> datetime:
        return self.now

    def _set_clock(self, moment: datetime) -> None:
        self.now = moment
        self.latest = max(self.latest, moment)

    def _sender(self, share: Share) -> Sender:
        return a_sender(
            self.database,
            clock=self._clock,
            window=self.window,
            share=share,
            sent=self._check_body,
            refused=self._note_refused,
        )

    def _note_refused(self, body: bytes) -> None:
        self.copies.many[_read_message_id(body)] -= 1
        tally["bodies refused"] += 1

    @contextmanager
    def _deciding(self, what: str) -> Iterator[Session]:
        """A person's act, which may be refused."""
        with suppress(Refused), self.database.transaction() as session:
            yield session
            tally[what] += 1

    def _campaign(self, session: Session) -> Campaign:
        return session.exec(select(Campaign)).one()

    def _started(self, name: str) -> Sender:
        if name not in self.senders:
            self.senders[name] = self._sender(Share.ANSWERS if name == "answers" else Share.BULK)
            tally["senders started"] += 1
        return self.senders[name]


def _read_message_id(body: bytes) -> str:
    found = _MESSAGE_ID.search(body)
    assert found
    return found[1].decode()


def _message_of(session: Session, body: bytes) -> Message:
    query = select(Message).where(col(Message.message_id) == _read_message_id(body))
    return session.exec(query).one()


def _never_mind_the_disk(connection: object, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]


def test_no_sequence_of_events_loses_or_doubles_a_mail(
    sqlite_template: Path, tmp_path: Path
) -> None:
    moments = map(float, itertools.count())
    with (
        mock.patch.object(mail_stock, "monotonic", moments.__next__),
        mock.patch.object(read_outcome, "secrets", SimpleNamespace(randbelow=lambda _: 0)),
    ):
        run_state_machine_as_test(
            partial(Outbox, sqlite_template, tmp_path),  # type: ignore[arg-type]  # or what makes one
            settings=settings(
                max_examples=RUNS,
                stateful_step_count=STEPS,
                derandomize=True,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert tally["runs"] >= RUNS
    if TALLY:
        Path(TALLY).write_text(json.dumps(tally))
