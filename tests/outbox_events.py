"""What may happen to an outbox: the acts of tests/services/test_delivery_machine.py, by name."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from outreach.domain.message import MessageEvent, MessageState
from outreach.services import suppress_contact
from tests.factories import decline, sign, withdraw
from tests.mortal_sender import BODIES_UNDER_WAY, DEATHS
from tests.scripted_smtp import Answer

ORGANIZATIONS = ("One", "Two", "Three", "Four", "Five", "Six")
SENDERS = ("first", "second", "answers")

SETTLED = {
    MessageEvent.ARRIVED: MessageState.UNCERTAIN,
    MessageEvent.REPEAT: MessageState.UNCERTAIN,
    MessageEvent.REQUEUE: MessageState.FAILED,
    MessageEvent.BOUNCED: MessageState.SENT,
}
_SETTLING = tuple(SETTLED)

_SECOND = timedelta(seconds=1)
_WISHES = (suppress_contact.suppress, suppress_contact.lift)
_STEERING = ("pause", "resume", "resume", "extend", "close", "remind", "again")

Rounds = Sequence[Sequence[Answer]]  # what the server says in each

organizations = st.sampled_from(ORGANIZATIONS)
names = st.sampled_from(SENDERS)
# Mostly yes, or no sequence would ever get far.
_answers = st.sampled_from([Answer.YES] * 12 + list(Answer))
rounds = st.just(BODIES_UNDER_WAY) | st.lists(
    st.lists(_answers, max_size=4), min_size=1, max_size=6
)
openings = st.sampled_from([Answer.YES] * 8 + [Answer.HANGS_UP, Answer.NOT_FROM_US])
spans = st.sampled_from(
    [
        *(timedelta(seconds=20), timedelta(minutes=13), timedelta(minutes=40), timedelta(hours=3)),
        *(timedelta(hours=9), timedelta(hours=26), -timedelta(minutes=6), -timedelta(days=1)),
    ]
)


def _an(act: str, /, **facts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(act), st.fixed_dictionaries(facts))


# One rule for all: Hypothesis leaves most rules out of most runs, and what must not happen here
# takes many parts.
EVENTS = st.one_of(
    _an("send", name=names, rounds=rounds, opening=openings),
    _an("send", name=names, rounds=rounds, opening=openings),
    _an("tell_to_stop", name=names),
    _an("kill", name=names, when=st.sampled_from(DEATHS)),
    _an("stall", name=names, other=names, rounds=rounds, meanwhile=rounds),
    _an("time_goes_by", span=spans),
    _an("the_deadline_comes", span=st.sampled_from([-_SECOND, 0 * _SECOND, 3600 * _SECOND])),
    _an("look_after_everything"),
    _an("answer", organization=organizations, act=st.sampled_from([sign, sign, decline, withdraw])),
    _an("want_no_mail_or_again", organization=organizations, act=st.sampled_from(_WISHES)),
    _an("steer", act=st.sampled_from(_STEERING)),
    _an("settle", number=st.integers(min_value=0, max_value=20), act=st.sampled_from(_SETTLING)),
)
