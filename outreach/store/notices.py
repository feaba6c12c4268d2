"""The outbox of mails to coordinators, and to those who ask to join: written once each, won,
marked, recorded.

A notice moves as a message does (MESSAGE_MOVES), and the same is promised of it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Insert, func, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from outreach.domain.message import MAX_LAPSES, MESSAGE_MOVES, MessageEvent, MessageState
from outreach.domain.moves import next_state
from outreach.domain.notice import AlertEvent, NoticeKind, NoticeLook, read_alert_key
from outreach.domain.review import ReviewState
from outreach.store import join_requests
from outreach.store.columns import UtcDateTime
from outreach.store.desk_tables import Coordinator, Notice, Passkey
from outreach.store.join_tables import JoinRequest
from outreach.store.review_tables import Review
from outreach.store.tables import Answer, Campaign, Suppression

_NOTHING_TO_TELL = "nothing to tell"


@dataclass(frozen=True)
class Told:
    """Who gets notices, and what was the last digest that was thought of for them."""

    coordinator_id: int
    zone: str
    joined_at: datetime
    last_day: date | None = None
    last_at: datetime | None = None


@dataclass(frozen=True)
class NoticeFacts:
    """One notice and whom it is for."""

    id: int
    kind: NoticeKind
    key: str
    coordinator_id: int | None
    campaign_id: int | None
    organization_id: int | None
    created_at: datetime
    attempts: int
    email: str
    name: str
    zone: str
    request_id: int | None = None


@dataclass(frozen=True)
class _Reader:
    """A coordinator, or whoever asks to join."""

    email: str
    email_key: str
    name: str
    zone: str
    is_disabled: bool = False
    wants_digest: bool = True
    request: JoinRequest | None = None


def who_is_told(session: Session) -> list[int]:
    """Every coordinator whose account is in use. One whose setup link still waits has not shown
    that the address is theirs."""
    query = select(Coordinator.id).where(_is_in_use()).order_by(col(Coordinator.id))
    return [one for one in session.exec(query) if one is not None]


def who_wants_digests(session: Session) -> list[Told]:
    latest = (
        select(
            Notice.coordinator_id,
            func.max(col(Notice.key)),
            func.max(col(Notice.created_at), type_=UtcDateTime()),
        )
        .where(col(Notice.kind) == NoticeKind.DIGEST)
        .group_by(col(Notice.coordinator_id))
    )
    last = {who: (date.fromisoformat(key), at) for who, key, at in session.exec(latest)}
    query = (
        select(Coordinator.id, Coordinator.zone, Coordinator.created_at)
        .where(_is_in_use(), col(Coordinator.wants_digest))
        .order_by(col(Coordinator.id))
    )
    return [
        Told(who or 0, zone, joined_at, *last.get(who or 0, ()))
        for who, zone, joined_at in session.exec(query)
    ]


def digest_before(session: Session, coordinator_id: int, *, key: str) -> datetime | None:
    """When the one before that of this day was thought of."""
    query = select(func.max(col(Notice.created_at), type_=UtcDateTime())).where(
        col(Notice.coordinator_id) == coordinator_id,
        col(Notice.kind) == NoticeKind.DIGEST,
        col(Notice.key) < key,
    )
    return session.exec(query).one()


def _is_in_use() -> ColumnElement[bool]:
    passkey = select(Passkey.id).where(col(Passkey.coordinator_id) == col(Coordinator.id))
    has_way_in = (col(Coordinator.password_hash) != "") | passkey.exists()
    return col(Coordinator.disabled_at).is_(None) & has_way_in


def queue_notices(
    session: Session,
    coordinator_ids: Collection[int],
    kind: NoticeKind,
    *,
    key: str,
    campaign_id: int | None = None,
    organization_id: int | None = None,
    now: datetime,
) -> int:
    """One for each of them, due now. Of what was told under this key already, nothing is."""
    return _insert(
        session,
        coordinator_ids,
        kind=kind,
        key=key,
        state=MessageState.QUEUED,
        campaign_id=campaign_id,
        organization_id=organization_id,
        now=now,
    )


def queue_proof(session: Session, request: JoinRequest, *, now: datetime) -> None:
    """The mail by which an address that was typed at the open door is proven, due now."""
    notice = Notice(
        request_id=request.id,
        campaign_id=request.campaign_id,
        kind=NoticeKind.JOIN_PROOF,
        key=f"join/{request.id}",
        due_at=now,
        created_at=now,
    )
    session.add(notice)
    session.flush()


def note_nothing_to_tell(
    session: Session, coordinator_id: int, kind: NoticeKind, *, key: str, now: datetime
) -> int:
    """Takes the key without a mail: what comes later that day is for the next day's."""
    return _insert(
        session,
        [coordinator_id],
        kind=kind,
        key=key,
        state=next_state(MESSAGE_MOVES, MessageState.QUEUED, MessageEvent.CANCEL),
        last_reply=_NOTHING_TO_TELL,
        now=now,
    )


def _insert(
    session: Session, coordinator_ids: Collection[int], *, now: datetime, **facts: object
) -> int:
    common = {"attempts": 0, "lapses": 0, "repeats": 0, "last_reply": ""}
    common |= {"due_at": now, "created_at": now} | facts
    rows = [common | {"coordinator_id": one} for one in coordinator_ids]
    if not rows:
        return 0
    statement, options = _insert_once(session).values(rows), {"preserve_rowcount": True}
    return session.connection().execute(statement, execution_options=options).rowcount


def _insert_once(session: Session) -> Insert:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(Notice).on_conflict_do_nothing()
    return sqlite.insert(Notice).on_conflict_do_nothing()


def claim_next(
    session: Session, *, owner: str, lease: timedelta, now: datetime
) -> NoticeFacts | None:
    """Wins the next due notice; one whose sender died comes after all others."""
    query = (
        select(Notice)
        .where(text("state = 'queued'"), col(Notice.due_at) <= now)
        .order_by(col(Notice.lapses), col(Notice.due_at), col(Notice.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    notice = session.exec(query, execution_options={"populate_existing": True}).first()
    if notice is None:
        return None
    notice.state = next_state(MESSAGE_MOVES, MessageState.QUEUED, MessageEvent.CLAIM)
    notice.owner, notice.lease_until, notice.data_at = owner, now + lease, None
    session.add(notice)
    session.flush()
    return _facts(session, notice)


def _facts(session: Session, notice: Notice) -> NoticeFacts:
    assert notice.id is not None
    reader = _reader(session, notice)
    return NoticeFacts(
        id=notice.id,
        kind=NoticeKind(notice.kind),
        key=notice.key,
        coordinator_id=notice.coordinator_id,
        campaign_id=notice.campaign_id,
        organization_id=notice.organization_id,
        created_at=notice.created_at,
        attempts=notice.attempts,
        email=reader.email,
        name=reader.name,
        zone=reader.zone,
        request_id=notice.request_id,
    )


def _reader(session: Session, notice: Notice) -> _Reader:
    """As they are now."""
    if notice.request_id is None:
        coordinator = session.get_one(Coordinator, notice.coordinator_id, populate_existing=True)
        return _Reader(
            coordinator.email,
            coordinator.email_key,
            coordinator.name,
            coordinator.zone,
            is_disabled=coordinator.disabled_at is not None,
            wants_digest=coordinator.wants_digest,
        )
    request = session.get_one(JoinRequest, notice.request_id, populate_existing=True)
    campaign = session.get_one(Campaign, request.campaign_id)
    # What a stranger typed as a name is told to nobody.
    return _Reader(request.email, request.email_key, "", campaign.zone, request=request)


def hold(session: Session, notice_id: int, *, owner: str) -> Notice | None:
    """The notice, held until the transaction ends; None where it is another's by now."""
    query = (
        select(Notice)
        .where(
            col(Notice.id) == notice_id,
            col(Notice.owner) == owner,
            col(Notice.state) == MessageState.SENDING,
        )
        .with_for_update()
    )
    return session.exec(query, execution_options={"populate_existing": True}).first()


def last_look(session: Session, notice: Notice, *, now: datetime) -> NoticeLook:
    """What is true of it at this moment."""
    reader, kind = _reader(session, notice), NoticeKind(notice.kind)
    suppression = select(Suppression.reason).where(col(Suppression.email_key) == reader.email_key)
    return NoticeLook(
        kind=kind,
        is_disabled=reader.is_disabled,
        wants_digest=reader.wants_digest,
        suppressed=session.exec(suppression).first() or "",
        answered_later=kind is NoticeKind.ALERT and _is_answered_later(session, notice.key),
        is_void=reader.request is not None
        and not join_requests.is_provable(session, reader.request, now=now),
    )


def _is_answered_later(session: Session, key: str) -> bool:
    event, number = read_alert_key(key)
    if event is AlertEvent.PAUSED or not number.isdecimal():
        return False
    if event is AlertEvent.CONTRADICTED:
        waits = select(Review.id).where(
            col(Review.id) == int(number), col(Review.state) == ReviewState.WAITING
        )
        return session.exec(waits).first() is None
    of = select(Answer.invitation_id).where(col(Answer.id) == int(number)).scalar_subquery()
    newest = select(func.max(col(Answer.id))).where(col(Answer.invitation_id) == of)
    return (session.exec(newest).one() or 0) > int(number)


def mark_data(session: Session, notice: Notice, *, lease_until: datetime, now: datetime) -> None:
    """Its body may go out from here on."""
    notice.data_at, notice.lease_until = now, lease_until
    session.add(notice)
    session.flush()


def record(
    session: Session,
    notice: Notice,
    event: MessageEvent,
    *,
    words: str = "",
    due_at: datetime | None = None,
    attempts: int | None = None,
    now: datetime,
) -> None:
    """What became of a notice that the caller holds."""
    notice.state = next_state(MESSAGE_MOVES, MessageState(notice.state), event)
    notice.owner = notice.lease_until = None
    notice.last_reply = words or notice.last_reply
    notice.due_at = due_at or notice.due_at
    notice.attempts = notice.attempts if attempts is None else attempts
    notice.sent_at = now if event is MessageEvent.ACCEPTED else notice.sent_at
    session.add(notice)
    session.flush()


def undelivered(session: Session, *, since: datetime) -> list[tuple[str, int]]:
    """For whom how many failed, or are in doubt after they were sent once more."""
    in_doubt = (col(Notice.state) == MessageState.UNCERTAIN) & (col(Notice.repeats) > 0)
    query = (
        select(Coordinator.name, Coordinator.email, func.count())
        .join(Notice, col(Notice.coordinator_id) == col(Coordinator.id))
        .where(
            (col(Notice.state) == MessageState.FAILED) | in_doubt, col(Notice.created_at) > since
        )
        .group_by(col(Coordinator.id))
        .order_by(col(Coordinator.id))
    )
    return [(name or email, many) for name, email, many in session.exec(query)]


def recover_lapsed(session: Session, *, now: datetime) -> int:
    """Takes back what dead senders held, as of messages. Returns how many."""
    query = (
        select(Notice)
        .where(col(Notice.state) == MessageState.SENDING, col(Notice.lease_until) <= now)
        .with_for_update(skip_locked=True)
    )
    lapsed = session.exec(query).all()
    for notice in lapsed:
        notice.lapses += 1
        event, words = MessageEvent.LAPSED_BEFORE_DATA, ""
        if notice.data_at is not None:
            event = MessageEvent.LAPSED_AFTER_DATA
        elif notice.lapses >= MAX_LAPSES:
            event = MessageEvent.REJECTED
            words = f"set aside: its sender died {notice.lapses} times"
        record(session, notice, event, words=words, now=now)
    return len(lapsed)


def repeat_uncertain(session: Session, *, now: datetime) -> int:
    """Queues each uncertain notice once more, flagged, with the same Message-ID."""
    query = (
        select(Notice)
        .where(col(Notice.state) == MessageState.UNCERTAIN, col(Notice.repeats) == 0)
        .with_for_update(skip_locked=True)
    )
    doubtful = session.exec(query).all()
    for notice in doubtful:
        notice.repeats = 1
        record(session, notice, MessageEvent.REPEAT, due_at=now, now=now)
    return len(doubtful)
